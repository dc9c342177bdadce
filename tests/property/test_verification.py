"""Laws of the comparison: the stored form of an override is applied, and a changed value never is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

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
