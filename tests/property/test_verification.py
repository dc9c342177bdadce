"""Laws of the comparison: the stored form of an override is applied, and a changed value never is."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from hypothesis import assume, given
from hypothesis import strategies as st

from dicommap.dicom.json_model import Attribute
from dicommap.testing.image_set_metadata import build_image_set_metadata
from dicommap.testing.image_sets import ImageSets, ImportedInstance
from dicommap.verification.value_comparison import Agreement, compare_attribute, read_wanted_values
from tests.support.example_counts import examples
from tests.support.imported_instances import imported_instance

WORDS = st.text("abcXYZ019 ^-äß山", min_size=1, max_size=12).map(str.strip).filter(bool)
NAMES = st.fixed_dictionaries({"Alphabetic": WORDS}, optional={"Ideographic": WORDS, "Phonetic": WORDS})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "LO": WORDS,
    "SH": WORDS,
    "LT": WORDS,
    "UT": WORDS,
    "PN": NAMES,
    "DA": st.dates().map(lambda day: f"{day:%Y%m%d}").filter(lambda text: len(text) == 8),
    "DS": st.decimals("-9999", "9999", places=3).map(lambda number: str(number.normalize())),
    "IS": st.integers(-(2**31), 2**31 - 1),
    "US": st.integers(0, 2**16 - 1),
    "FD": st.floats(allow_nan=False, allow_infinity=False),
}
SINGLE = {"LT", "UT"}


@st.composite
def attributes(draw: st.DrawFn) -> Attribute:
    vr = draw(st.sampled_from(sorted(VALUES)))
    values = draw(st.lists(VALUES[vr], max_size=1 if vr in SINGLE else 3))
    return Attribute(vr=vr, Value=values) if values else Attribute(vr=vr)


def text_of(vr: str, value: Any) -> str:
    if isinstance(value, dict):
        return "=".join(value.get(group, "") for group in ("Alphabetic", "Ideographic", "Phonetic")).rstrip("=")
    return repr(value) if vr == "FD" else str(value)


@st.composite
def spellings(draw: st.DrawFn, attribute: Attribute) -> Any:
    """Return a stored form that means the same."""
    vr, values = attribute["vr"], attribute.get("Value", [])
    if not values:
        return draw(st.sampled_from([None, "", [], [None], " "]))
    texts = [text_of(vr, value) + draw(st.sampled_from(["", " "])) for value in values]
    if vr == "PN":
        texts = [text.rstrip() + draw(st.sampled_from(["", "^", "=", "^^="])) for text in texts]
    if vr in ("DS", "IS", "US"):
        texts = [draw(st.sampled_from([text, f" {text}", f"{text}E0"])) for text in map(str.strip, texts)]
    joined = "\\".join(texts)
    forms: list[Any] = [joined, texts] if len(texts) > 1 else [texts[0], texts]
    if vr in ("DS", "IS", "US") and len(texts) == 1:
        forms.append(Decimal(texts[0].strip()))
    return draw(st.sampled_from(forms))


@given(st.data(), attributes())
@examples(300)
def test_each_spelling_of_a_value_is_equal(data: st.DataObject, attribute: Attribute) -> None:
    assert compare_attribute(attribute, data.draw(spellings(attribute))) is Agreement.EQUAL


@given(st.data(), attributes())
@examples(300)
def test_no_spelling_of_another_value_is_equal(data: st.DataObject, wanted: Attribute) -> None:
    values = data.draw(st.lists(VALUES[wanted["vr"]], max_size=1 if wanted["vr"] in SINGLE else 3))
    other = Attribute(vr=wanted["vr"], Value=values) if values else Attribute(vr=wanted["vr"])
    assume(read_wanted_values(wanted) != read_wanted_values(other))
    assert compare_attribute(wanted, data.draw(spellings(other))) is not Agreement.EQUAL


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(attributes(), JSON)
@examples(300)
def test_any_stored_value_has_an_outcome(attribute: Attribute, stored: Any) -> None:
    assert compare_attribute(attribute, stored) in Agreement


@given(WORDS, NAMES, st.lists(WORDS, min_size=1, max_size=3))
@examples(60)
def test_what_the_stand_in_stores_is_equal(text: str, name: dict[str, str], several: list[str]) -> None:
    wanted: dict[str, Attribute] = {
        "00081030": Attribute(vr="LO", Value=[text]),
        "00100010": Attribute(vr="PN", Value=[name]),
        "00101001": Attribute(vr="PN", Value=[{"Alphabetic": word} for word in several]),
        "00100040": Attribute(vr="CS"),
    }
    base = imported_instance()
    instance = ImportedInstance(job_id="job", key="in/1", before=base.before, after={**base.after, **wanted})
    image_set = ImageSets().add("f" * 32, instance)
    metadata = build_image_set_metadata(image_set, image_set.latest, "kept")
    stored = {**metadata["Patient"]["DICOM"], **metadata["Study"]["DICOM"]}
    keywords = {
        "00081030": "StudyDescription",
        "00100010": "PatientName",
        "00101001": "OtherPatientNames",
        "00100040": "PatientSex",
    }
    for tag, keyword in keywords.items():
        assert compare_attribute(wanted[tag], stored[keyword]) is Agreement.EQUAL


ITEM_VRS = {"00080100": "SH", "00080104": "LO", "00100010": "PN", "0040A30A": "DS", "00091001": "LO", "00081140": "SQ"}
"""Tag -> VR of the attributes in items. (0009,1001) is private, and (0008,1140) has items again."""


@st.composite
def items(draw: st.DrawFn, depth: int = 0) -> dict[str, Attribute]:
    tags = draw(st.sets(st.sampled_from([tag for tag, vr in ITEM_VRS.items() if vr != "SQ" or depth < 2]), max_size=4))
    item: dict[str, Attribute] = {}
    for tag in sorted(tags):
        vr = ITEM_VRS[tag]
        values = draw(st.lists(items(depth + 1) if vr == "SQ" else VALUES[vr], max_size=2 if vr == "SQ" else 1))
        item[tag] = Attribute(vr=vr, Value=values) if values else Attribute(vr=vr)
    return item


def meaning(attribute: Attribute) -> Any:
    """Return a form of an attribute that is equal for equal attributes. Empty members of items have no meaning."""
    if attribute["vr"] != "SQ":
        return read_wanted_values(attribute)
    members = [{tag: meaning(member) for tag, member in item.items()} for item in attribute.get("Value", [])]
    return tuple(tuple(sorted((tag, value) for tag, value in item.items() if value)) for item in members)


def store_sequence(attribute: Attribute) -> Any:
    """Return the form in which the stand-in stores a sequence."""
    base = imported_instance()
    instance = ImportedInstance(
        job_id="job", key="in/1", before=base.before, after={**base.after, "00081032": attribute}
    )
    image_set = ImageSets().add("f" * 32, instance)
    return build_image_set_metadata(image_set, image_set.latest, "kept")["Study"]["DICOM"]["ProcedureCodeSequence"]


SEQUENCES = st.lists(items(), min_size=1, max_size=2).map(lambda values: Attribute(vr="SQ", Value=values))


@given(SEQUENCES)
@examples(100)
def test_a_stored_sequence_is_equal(sequence: Attribute) -> None:
    assert compare_attribute(sequence, store_sequence(sequence)) is Agreement.EQUAL


@given(st.data(), SEQUENCES)
@examples(200)
def test_a_sequence_with_another_meaning_is_never_equal(data: st.DataObject, wanted: Attribute) -> None:
    number = data.draw(st.integers(0, len(wanted["Value"]) - 1))
    changed = data.draw(items())
    if data.draw(st.booleans()):  # one member of one item is another
        changed = {**wanted["Value"][number], **dict(list(changed.items())[:1])}
    others = [*wanted["Value"][:number], changed, *wanted["Value"][number + 1 :]]
    other = Attribute(vr="SQ", Value=others[: data.draw(st.integers(1, len(others)))])
    assume(meaning(other) != meaning(wanted))
    assert compare_attribute(wanted, store_sequence(other)) is not Agreement.EQUAL


@given(st.binary(min_size=1, max_size=5), st.binary(max_size=5), st.integers(0, 3))
@examples(200)
def test_bytes_are_equal_only_with_the_padding_of_an_odd_length(wanted: bytes, other: bytes, zeros: int) -> None:
    attribute = Attribute(vr="OB", InlineBinary=b64encode(wanted).decode())
    for stored in (other, wanted + bytes(zeros), wanted.rstrip(b"\0")):
        is_equal = stored + bytes(len(stored) % 2) == wanted + bytes(len(wanted) % 2) and stored != b""
        agreement = compare_attribute(attribute, b64encode(stored).decode())
        assert (agreement is Agreement.EQUAL) is is_equal


@given(
    st.text("aäeëのをかがハパ", min_size=1, max_size=6), st.sampled_from(["NFC", "NFD"]), st.sampled_from(["LO", "PN"])
)
@examples(100)
def test_another_unicode_normal_form_is_neither_equal_nor_different(text: str, form: Any, vr: str) -> None:
    wanted, stored = normalize(form, text), normalize("NFD" if form == "NFC" else "NFC", text)
    attribute = Attribute(vr=vr, Value=[{"Alphabetic": wanted} if vr == "PN" else wanted])
    expected = Agreement.EQUAL if wanted == stored else Agreement.NOT_COMPARABLE
    assert compare_attribute(attribute, stored) is expected
