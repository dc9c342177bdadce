"""Each rule of the DICOM JSON Model: documents that keep it, and documents that break it and nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis import strategies as st
from pydicom._dicom_dict import DicomDictionary

from dicommap.dicom.dictionary import hex_of, is_outside_data_sets, vm_of, vrs_of
from dicommap.dicom.strict_json import pointer_token
from dicommap.dicom.vr import ALL_VRS, BINARY_VRS, SINGLE_VALUE_VRS
from dicommap.reading.document_limits import DEPTH_LIMIT
from tests.property.dicom_json_values import BULK, LARGEST_FLOAT, LIMITS, UNITS, VALID, Values, inline_binary

CREATOR: dict[str, Any] = {"00090010": {"vr": "LO", "Value": ["ACME"]}}
TAG = "00091002"
"""A private attribute, of which the dictionary knows nothing."""

Good = st.SearchStrategy[Any]
"""Data sets."""
Bad = st.SearchStrategy[tuple[Any, str]]
"""Data sets and the JSON Pointer of what is wrong with them."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, or one rule of one value representation."""

    code: str
    about: str
    keeps: Good
    breaks: Bad
    not_in_schema: str = ""
    """Why a JSON Schema cannot say it; it must then take what breaks the rule."""
    nested: bool = True
    """Whether the same holds in an item of a sequence."""

    def __str__(self) -> str:
        return f"{self.code} {self.about}"


def attribute(vr: str, **members: Any) -> dict[str, Any]:
    """Return a data set with one attribute that the dictionary does not know."""
    return CREATOR | {TAG: {"vr": vr, **members}}


def of_values(vr: str, values: Values | None = None) -> Good:
    """Return data sets with values of a value representation: these, and for several beside them any that are valid."""
    most = 1 if vr in SINGLE_VALUE_VRS else 3
    first = VALID[vr] if values is None else values
    rest = st.lists(VALID[vr] | st.none(), max_size=most - 1)
    return st.builds(lambda one, more: attribute(vr, Value=[one, *more]), first, rest)


@st.composite
def with_item(draw: st.DrawFn, vr: str, items: Values, *, below: str = "") -> tuple[Any, str]:
    """Return a data set with one of these items among valid ones, and the pointer to it."""
    most = 0 if vr in SINGLE_VALUE_VRS else 2
    before, after = (draw(st.lists(VALID[vr], max_size=most)) for _ in range(2))
    value = [*before, draw(items), *after]
    return attribute(vr, Value=value), f"/{TAG}/Value/{len(before)}{below}"


def with_attribute(attributes: st.SearchStrategy[Any], member: str = "") -> Bad:
    """Return data sets whose one attribute is one of these, and the pointer to it, or to one of its members."""
    return attributes.map(lambda made: (CREATOR | {TAG: made}, f"/{TAG}{member}"))


def with_member(attributes: st.SearchStrategy[Any], member: str) -> Bad:
    """Return data sets whose one attribute is one of these, and the pointer to this member of it."""
    return with_attribute(attributes, f"/{member}")


def _named(name: str, text: str) -> dict[str, str]:
    return {name: text}


def _holding(vr: str, values: list[Any]) -> dict[str, Any]:
    return {"vr": vr, "Value": values}


def any_vr(*vrs: str) -> Values:
    return st.sampled_from(sorted(vrs or ALL_VRS))


def fixed(vrs: Values, **members: Any) -> Values:
    return vrs.map(lambda vr: {"vr": vr, **members})


empty = any_vr().map(attribute)

# --- members, tags, order --------------------------------------------------------------------------------------------

KNOWN = [tag for tag in DicomDictionary if len(vrs_of(tag)) == 1 and not is_outside_data_sets(tag)]
SEVERAL = [tag for tag in KNOWN if vrs_of(tag)[0] in ("CS", "DS", "LO", "US") and (vm := vm_of(tag)) and vm.low > 1]

names = st.text(max_size=10) | st.sampled_from(
    ["PatientID", "0010002a", "0010,0020", "001000200", "0010002", "0x100020", "00100020\n", "(0010,0020)", "0010_020"]
)
bad_names = names.filter(lambda name: not (len(name) == 8 and set(name) <= set("0123456789ABCDEF")))

known_attributes = st.lists(st.sampled_from(KNOWN), min_size=2, max_size=5, unique=True).map(
    lambda tags: {hex_of(tag): {"vr": vrs_of(tag)[0]} for tag in sorted(tags)}
)


def swapped(data_set: dict[str, Any]) -> tuple[Any, str]:
    """Return a data set with its last two attributes in the wrong order."""
    *others, one, last = data_set.items()
    return dict([*others, last, one]), f"/{one[0]}"


forbidden_tags = st.builds(
    lambda group, element: f"{group:04X}{element:04X}",
    st.sampled_from([0x0000, 0x0001, 0x0002, 0x0003, 0x0005, 0x0006, 0x0007, 0xFFFE, 0xFFFF]),
    st.integers(1, 0xF) | st.integers(0x100, 0xFFFF),  # between them stand the creators of odd groups, which are LO
) | st.integers(8, 0xFFFD).map(lambda group: f"{group:04X}0000")


def structure() -> Iterator[Rule]:
    yield Rule(
        code="dicom-json.not-object",
        about="a data set is an object",
        keeps=st.just({}) | known_attributes,
        breaks=st.sampled_from([None, [], [{}], "x", 0, 1.5, True]).map(lambda value: (value, "")),
    )
    yield Rule(
        code="dicom-json.tag",
        about="names are tags",
        keeps=known_attributes,
        breaks=bad_names.map(lambda name: ({name: {"vr": "LO"}}, pointer_token(name))),
    )
    yield Rule(
        code="attribute.forbidden",
        about="no command, meta, delimiter, illegal group, group length",
        keeps=known_attributes,
        breaks=forbidden_tags.map(lambda tag: ({tag: {"vr": (*vrs_of(int(tag, 16)), "UL")[0]}}, f"/{tag}")),
    )
    yield Rule(
        code="dicom-json.order",
        about="ascending",
        keeps=known_attributes,
        breaks=known_attributes.map(swapped),
        not_in_schema="the members of an object have no order for a schema",
    )
    yield Rule(
        code="dicom-json.vr",
        about="one of PS3.5",
        keeps=empty,
        breaks=with_attribute(st.sampled_from([{}, {"vr": None}, {"vr": "XX"}, {"vr": "lo"}, {"vr": ""}, {"vr": 5}])),
    )
    yield Rule(
        code="dicom-json.vr-mismatch",
        about="the dictionary's",
        keeps=known_attributes,
        breaks=st.builds(
            lambda tag, vr: ({hex_of(tag): {"vr": vr if vr != vrs_of(tag)[0] else "UN"}}, f"/{hex_of(tag)}"),
            st.sampled_from([tag for tag in KNOWN if vrs_of(tag) != ("UN",)]),
            any_vr(),
        ),
        not_in_schema="the dictionary has 5,000 entries and one more each edition",
    )
    yield Rule(
        code="dicom-json.vr-mismatch",
        about="creators are LO",
        keeps=st.just(CREATOR),
        breaks=any_vr(*(ALL_VRS - {"LO"})).map(lambda vr: ({"00090010": {"vr": vr}}, "/00090010")),
        not_in_schema="which groups are odd is no matter for its patterns",
    )
    yield Rule(
        code="dicom-json.private-creator",
        about="in the same data set",
        keeps=st.integers(0x10, 0xFF).map(
            lambda block: {f"000900{block:02X}": CREATOR["00090010"], f"0009{block:02X}02": {"vr": "LO"}}
        ),
        breaks=st.integers(0x1000, 0xFFFF).map(
            lambda element: (
                {
                    f"000900{10 if element >> 8 != 0x10 else 11}": CREATOR["00090010"],
                    f"0009{element:04X}": {"vr": "LO"},
                },
                f"/0009{element:04X}",
            )
        ),
        not_in_schema="it relates two members by their names",
    )
    yield Rule(
        code="dicom-json.repeated-creator",
        about="in the same group",
        keeps=st.just({**CREATOR, "00090011": {"vr": "LO", "Value": ["OTHER"]}, "00110010": CREATOR["00090010"]}),
        breaks=st.integers(0x11, 0xFF).map(
            lambda block: ({**CREATOR, f"000900{block:02X}": CREATOR["00090010"]}, f"/000900{block:02X}")
        ),
        not_in_schema="it compares the values of two members",
    )
    yield Rule(
        code="dicom-json.private-creator",
        about="names somebody",
        keeps=st.just(CREATOR | {TAG: {"vr": "LO"}}),
        breaks=st.just(({"00090010": {"vr": "LO"}, TAG: {"vr": "LO"}}, f"/{TAG}")),
        not_in_schema="it relates two members by their names",
    )
    yield Rule(
        code="dicom-json.private-creator",
        about="no element outside of blocks",
        keeps=empty,
        breaks=(st.integers(1, 0xF) | st.integers(0x100, 0xFFF)).map(
            lambda element: ({f"0009{element:04X}": {"vr": "LO"}}, f"/0009{element:04X}")
        ),
        not_in_schema="which groups are odd is no matter for its patterns",
    )


def members() -> Iterator[Rule]:
    yield Rule(
        code="dicom-json.member",
        about="no others",
        keeps=empty,
        breaks=st.text(max_size=8)
        .filter(lambda name: name not in ("vr", "Value", "InlineBinary", "BulkDataURI"))
        .flatmap(lambda name: with_attribute(st.just({"vr": "LO", name: ["x"]}), pointer_token(name))),
    )
    yield Rule(
        code="dicom-json.several-values",
        about="at most one",
        keeps=fixed(any_vr(*BULK), BulkDataURI="urn:x").map(lambda made: CREATOR | {TAG: made}),
        breaks=with_attribute(
            fixed(any_vr(*BULK & BINARY_VRS), InlineBinary=base64.b64encode(bytes(8)).decode(), BulkDataURI="urn:x")
            | any_vr(*BULK - BINARY_VRS).flatmap(
                lambda vr: st.builds(lambda item: {"vr": vr, "Value": [item], "BulkDataURI": "urn:x"}, VALID[vr])
            )
        ),
    )
    allowed = {"Value": ALL_VRS - BINARY_VRS, "InlineBinary": BINARY_VRS, "BulkDataURI": BULK}
    for member, vrs in allowed.items():
        content = {"Value": ["x"], "InlineBinary": "AAAAAAAAAAA=", "BulkDataURI": "urn:x"}[member]
        good = {
            "Value": any_vr(*VALID).flatmap(of_values),
            "InlineBinary": any_vr(*BINARY_VRS).flatmap(
                lambda vr: inline_binary(vr).map(lambda data: attribute(vr, InlineBinary=data))
            ),
            "BulkDataURI": fixed(any_vr(*vrs), BulkDataURI="urn:x").map(lambda made: CREATOR | {TAG: made}),
        }
        yield Rule(
            code="dicom-json.member-not-allowed",
            about=member,
            keeps=good[member],
            breaks=with_member(fixed(any_vr(*ALL_VRS - vrs), **{member: content}), member),
        )
    yield Rule(
        code="dicom-json.value-form",
        about="an attribute is an object",
        keeps=empty,
        breaks=with_attribute(st.sampled_from([None, "LO", ["LO"], 5, True])),
    )
    yield Rule(
        code="dicom-json.value-form",
        about="Value is an array",
        keeps=any_vr(*VALID).flatmap(of_values),
        breaks=with_member(
            st.builds(
                lambda vr, value: {"vr": vr, "Value": value},
                any_vr(*VALID),
                st.sampled_from([None, "x", {}, 5]),
            ),
            "Value",
        ),
    )
    yield Rule(
        code="dicom-json.value-form",
        about="BulkDataURI is a URI",
        keeps=st.sampled_from(["urn:x", "/a/b?c", "https://example.org/%20"]).map(
            lambda uri: attribute("OB", BulkDataURI=uri)
        ),
        breaks=with_member(
            st.sampled_from(["a b", "é", "a\\b", "x\n", None, 5, ["urn:x"]]).map(
                lambda uri: {"vr": "OB", "BulkDataURI": uri}
            ),
            "BulkDataURI",
        ),
    )


def empty_values() -> Iterator[Rule]:
    code = "dicom-json.empty-value"
    yield Rule(
        code=code,
        about="Value has an item that is not null",
        keeps=empty,
        breaks=with_member(
            st.builds(lambda vr, value: {"vr": vr, "Value": value}, any_vr(*VALID), st.sampled_from([[], [None]]))
            | st.just({"vr": "SQ", "Value": []}),
            "Value",
        ),
    )
    yield Rule(
        code=code,
        about="an item is null and no empty text",
        keeps=any_vr(*VALID).flatmap(of_values),
        breaks=any_vr(*VALID).flatmap(lambda vr: with_item(vr, st.just(""))),
    )
    yield Rule(
        code=code,
        about="a name has no empty group",
        keeps=of_values("PN"),
        breaks=with_item("PN", st.sampled_from([{}, {"Alphabetic": ""}, {"Alphabetic": "A", "Phonetic": ""}])),
    )
    for member, content in {"InlineBinary": "", "BulkDataURI": ""}.items():
        yield Rule(
            code=code,
            about=member,
            keeps=empty,
            breaks=with_member(fixed(any_vr(*BINARY_VRS), **{member: content}), member),
        )


# --- values ----------------------------------------------------------------------------------------------------------

NO_TEXT: dict[str, list[Any]] = {
    "DS": [True, {}, []],
    "IS": [True, 5.5, {}],
    "SV": [False, 0.5],
    "UV": [True, 1.5],
    **{vr: ["1", True, 1.5, [1]] for vr in ("SL", "SS", "UL", "US")},
    **{vr: ["1.5", "NaN", True, {}] for vr in ("FD", "FL")},
}
TOO_LONG = {
    **{vr: st.integers(limit + 1, limit + 300).map(lambda n: "A" * n) for vr, limit in LIMITS.items()},
    "DS": st.integers(17, 300).map(lambda n: "1" * n),
    "IS": st.integers(13, 300).map(lambda n: "7".zfill(n)),
    "DT": st.integers(27, 99).map("20240229".ljust),
    "TM": st.integers(15, 99).map("1200".ljust),
    "UI": st.integers(63, 300).map(lambda n: "2." + "9" * n),
}
CONTROL = st.sampled_from("\x00\x01\x08\x0b\x0e\x1b\x1f\x7f\x80\x85\x9f")
UNFIT = {
    **{vr: CONTROL | st.sampled_from("\\\t\n\f\ré") for vr in ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI")},
    **{vr: CONTROL | st.sampled_from("\\\t\n\f\r") for vr in ("LO", "SH", "UC")},
    **dict.fromkeys(("LT", "ST", "UT"), CONTROL),
    **{vr: CONTROL | st.sampled_from("\\\t\n") for vr in ("AT", "SV", "UR", "UV")},
}
MISFORMED: dict[str, list[Any]] = {
    "AE": [" ", " " * 16],
    "AS": ["18Y", "018y", "0018Y", "018", "D018", "018Y "],
    "AT": ["0018106f", "001810", "0018,106", "001810630"],
    "CS": ["a", "A-B", "  ", "A.B"],
    "DA": ["2024010", "2024-1-1", "20241301", "20240100", "20240132", "20240101 ", "20240101-20240201", "2024.01.01"],
    "DS": [".", "1,5", "NaN", "inf", "1d5", "1e", "1 5", "1_0", "0x10", " ", "--1"],
    "DT": ["202", "202413", "20240132", "2024010124", "202401010060", "20240101-20240102", "2024+1460", "2024 +0100"],
    "IS": ["5.0", "1e3", "+", " ", "1 5", "1_0", "--1"],
    "SV": ["1.0", " 1", "+", "1e3"],
    "TM": ["1", "123", "24", "2360", "235961", "12:00", "12-13", " 12", "120000.", "120000.1234567"],
    "UI": ["1", "3.1", "0.40", "1.40.2", "1.999", "1.02", "1..2", "1.2.", ".1", "1.2 ", "1.2a"],
    "UR": ["a b", " urn:x", '"', "<>", "é", "{x}"],
    "UV": ["-1", "1.0", " 1", "+", "-0"],
}
CALENDAR = {
    "DA": ["20240230", "20230229", "19000229", "20240431", "00000101"],
    "DT": ["20240230", "20230229120000", "0000", "2024-0000", "2024+1401", "2024+1459", "2024-1201", "20240229-1430"],
}
WIDE = st.sampled_from(["\uff11", "\uff21", "\u00a0", "\u2007", "\u3000", "\U0001d7ce", "\u202f", "\u2003"])
UNSEEN = st.sampled_from(["\u200b", "\ufeff", "\u00ad", "\u2060", "\u202e", "\u200e", "\u2066", "\u200d", "\u200c"])


def value_forms() -> Iterator[Rule]:
    for vr in sorted(VALID.keys() - {"PN"}):
        wrong = NO_TEXT.get(vr, [5, True, {}, [], 1.5])
        yield Rule(
            code="dicom-json.value-form",
            about=f"JSON type of {vr}",
            keeps=of_values(vr),
            breaks=with_item(vr, st.sampled_from(wrong)),
        )
    yield Rule(
        code="dicom-json.value-form",
        about="integers are written without a fraction",
        keeps=any_vr("IS", "SL", "SS", "SV", "UL", "US", "UV").flatmap(of_values),
        breaks=any_vr("IS", "SL", "SS", "SV", "UL", "US", "UV").flatmap(lambda vr: with_item(vr, st.just(5.0))),
    )
    yield Rule(
        code="dicom-json.person-name",
        about="an object of component groups",
        keeps=of_values("PN"),
        breaks=with_item(
            "PN",
            st.sampled_from(
                [
                    "A^B",
                    {"alphabetic": "A"},
                    {"Phonetic": 1},
                    {"Ideographic": "A=B"},
                    {"Other": "A"},
                    ["A"],
                    5,
                    True,
                ]
            ),
        ),
    )
    yield Rule(
        code="dicom-json.inline-binary",
        about="base64",
        keeps=any_vr(*UNITS).flatmap(lambda vr: inline_binary(vr).map(lambda data: attribute(vr, InlineBinary=data))),
        breaks=with_member(
            st.sampled_from(
                [
                    "A",
                    "AA=",
                    "A===",
                    "-_==",
                    "AA==AA==",
                    "AA==\n",
                    "AA =",
                    "AB==",
                    "AAB=",
                    "é",
                    "====",
                    None,
                    5,
                    ["AA=="],
                ]
            ).map(lambda data: {"vr": "OB", "InlineBinary": data}),
            "InlineBinary",
        ),
    )
    yield Rule(
        code="dicom-json.inline-binary",
        about="whole units",
        keeps=any_vr(*UNITS).flatmap(lambda vr: inline_binary(vr).map(lambda data: attribute(vr, InlineBinary=data))),
        breaks=with_member(
            st.sampled_from([(vr, unit) for vr, unit in UNITS.items() if unit > 1]).flatmap(
                lambda of: (
                    st.integers(1, 40)
                    .filter(lambda size: size % of[1] != 0)
                    .map(lambda size: {"vr": of[0], "InlineBinary": base64.b64encode(bytes(size)).decode()})
                )
            ),
            "InlineBinary",
        ),
        not_in_schema="it would have to count the bytes that the text stands for",
    )


def value_rules() -> Iterator[Rule]:
    for vr, longer in TOO_LONG.items():
        yield Rule(code="value.too-long", about=vr, keeps=of_values(vr), breaks=with_item(vr, longer))
    yield Rule(
        code="value.too-long",
        about="DS as number",
        keeps=of_values("DS"),
        breaks=with_item("DS", st.sampled_from([0.1 + 0.2, 10**16 + 1, -(10**15) - 1, 1.2345678901234567e-100])),
        not_in_schema="a schema does not see how a number is written",
    )
    yield Rule(
        code="value.long-number",
        about="DS as number",
        keeps=of_values("DS"),
        breaks=with_item("DS", st.sampled_from([0.007909681754268, 10**16, -(10**15), 123 * 10**20])),
        not_in_schema="a schema does not see how a number is written",
    )
    for vr, unfit in UNFIT.items():
        filler = {"AT": "0010002", "SV": "1", "UV": "1", "UR": "a"}.get(vr, "A")
        yield Rule(
            code="value.characters",
            about=vr,
            keeps=of_values(vr),
            breaks=with_item(vr, unfit.map(filler.__add__)),
        )
    for vr, misformed in MISFORMED.items():
        yield Rule(code="value.format", about=vr, keeps=of_values(vr), breaks=with_item(vr, st.sampled_from(misformed)))
    for vr, unreal in CALENDAR.items():
        yield Rule(
            code="value.format",
            about=f"{vr} that exists",
            keeps=of_values(vr),
            breaks=with_item(vr, st.sampled_from(unreal)),
            not_in_schema="a pattern has no calendar and compares no numbers",
        )


def name_rules() -> Iterator[Rule]:
    broken = {
        "value.too-long": st.integers(65, 300).map("A".ljust),
        "value.characters": (CONTROL | st.sampled_from("\\\n\t")).map(lambda character: "A" + character),
        "value.format": st.sampled_from(["a^b^c^d^e^f", "^" * 5, "a^b^c^d^e^"]),
    }
    for code, group in broken.items():
        for name in ("Alphabetic", "Ideographic", "Phonetic"):
            yield Rule(
                code=code,
                about=f"{name} group of PN",
                keeps=of_values("PN"),
                breaks=with_item("PN", group.map(partial(_named, name)), below=f"/{name}"),
            )


def number_rules() -> Iterator[Rule]:
    ranges = {"IS": 32, "SL": 32, "SS": 16, "SV": 64, "UL": 32, "US": 16, "UV": 64}
    for vr, bits in ranges.items():
        low, high = (0, 2**bits - 1) if vr.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        outside = st.integers(max_value=low - 1) | st.integers(min_value=high + 1)
        yield Rule(code="value.range", about=vr, keeps=of_values(vr), breaks=with_item(vr, outside))
    texts = {"IS": ["2147483648", "-2147483649"], "SV": [str(2**63), "9" * 5000], "UV": [str(2**64), "9" * 5000]}
    for vr, beyond in texts.items():
        yield Rule(
            code="value.range",
            about=f"{vr} as text",
            keeps=of_values(vr),
            breaks=with_item(vr, st.sampled_from(beyond)),
            not_in_schema="a pattern compares no numbers",
        )
    for vr, largest in LARGEST_FLOAT.items():
        beyond_float = [int(largest) * 2, -int(largest) * 2, 10**400]
        yield Rule(
            code="value.range", about=vr, keeps=of_values(vr), breaks=with_item(vr, st.sampled_from(beyond_float))
        )


def counts() -> Iterator[Rule]:
    for vr in sorted(SINGLE_VALUE_VRS):
        yield Rule(
            code="value.multiplicity",
            about=f"{vr} has one value",
            keeps=of_values(vr),
            breaks=with_member(
                st.lists(VALID[vr], min_size=2, max_size=4).map(partial(_holding, vr)),
                "Value",
            ),
        )
    yield Rule(
        code="value.multiplicity",
        about="the dictionary's",
        keeps=st.sampled_from(
            [("00080008", "CS", ["A", "B"]), ("00280030", "DS", [1, 2]), ("00280006", "US", [0])]
        ).map(lambda made: {made[0]: {"vr": made[1], "Value": made[2]}}),
        breaks=st.sampled_from(SEVERAL).map(
            lambda tag: (
                {hex_of(tag): {"vr": vrs_of(tag)[0], "Value": [1 if vrs_of(tag)[0] in ("DS", "US") else "A"]}},
                f"/{hex_of(tag)}/Value",
            )
        ),
        not_in_schema="the dictionary has 5,000 entries and one more each edition",
    )
    yield Rule(
        code="value.multiplicity",
        about="of a creator",
        keeps=st.just(CREATOR),
        breaks=st.just(({"00090010": {"vr": "LO", "Value": ["A", "B"]}}, "/00090010/Value")),
        not_in_schema="which groups are odd is no matter for its patterns",
    )
    yield Rule(
        code="value.characters",
        about="of a creator",
        keeps=st.just(CREATOR),
        breaks=st.text("éß山", min_size=1, max_size=9).map(
            lambda text: ({"00090010": {"vr": "LO", "Value": [text]}}, "/00090010/Value/0")
        ),
        not_in_schema="which groups are odd is no matter for its patterns",
    )


def appearances() -> Iterator[Rule]:
    reason = "it is a warning: the character can be meant"
    for vr in ("LO", "SH", "UC"):
        yield Rule(
            code="value.invisible-character",
            about=vr,
            keeps=of_values(vr),
            breaks=with_item(vr, UNSEEN.map(lambda character: "A" + character + "B")),
            not_in_schema=reason,
        )
    yield Rule(
        code="value.invisible-character",
        about="PN",
        keeps=of_values(
            "PN",
            st.just({"Alphabetic": "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "Ideographic": "\u845b\U000e0100"}),
        ),
        breaks=with_item("PN", UNSEEN.map(lambda character: {"Phonetic": "A" + character}), below="/Phonetic"),
        not_in_schema=reason,
    )
    yield Rule(
        code="value.confusable",
        about="in identifiers",
        keeps=WIDE.map(lambda character: {"00081030": {"vr": "LO", "Value": ["A" + character]}}),
        breaks=WIDE.map(
            lambda character: ({"00100020": {"vr": "LO", "Value": ["A" + character]}}, "/00100020/Value/0")
        ),
        not_in_schema=reason,
    )
    yield Rule(
        code="value.confusable",
        about="in names",
        keeps=of_values("PN", WIDE.map(lambda character: {"Ideographic": "A" + character})),
        breaks=with_item("PN", WIDE.map(lambda character: {"Alphabetic": "A" + character}), below="/Alphabetic"),
        not_in_schema=reason,
    )


# --- JSON itself -----------------------------------------------------------------------------------------------------

NOT_A_VALUE = "it is about the text, and a schema sees the value"


def deep(levels: int) -> Any:
    """Return sequences in sequences; each adds three levels to a document."""
    data_set: Any = {}
    for _ in range(levels):
        data_set = {"00400275": {"vr": "SQ", "Value": [data_set]}}
    return data_set


def json_rules() -> Iterator[Rule]:
    yield Rule(
        code="json.lone-surrogate",
        about="in values",
        keeps=of_values("LO", st.just("\U0001f600")),
        breaks=with_item("LO", st.sampled_from(["\ud800", "a\udfffb", "\ude00\ud83d"])),
        not_in_schema=NOT_A_VALUE,
    )
    yield Rule(
        code="json.lone-surrogate",
        about="in names",
        keeps=known_attributes,
        breaks=st.just((CREATOR | {TAG: {"vr": "LO", "\ud800": 1}}, f"/{TAG}")),
    )
    yield Rule(
        code="json.not-finite",
        about="NaN and Infinity",
        keeps=of_values("FD"),
        breaks=any_vr("DS", "FD").flatmap(lambda vr: with_item(vr, st.just(float("nan")))),
        not_in_schema="NaN is neither less nor more than a limit",
    )
    yield Rule(
        code="json.too-deep",
        about=f"{DEPTH_LIMIT} levels",
        keeps=st.integers(0, (DEPTH_LIMIT - 1) // 3).map(deep),
        breaks=st.integers((DEPTH_LIMIT - 1) // 3 + 1, 25).map(
            lambda levels: (deep(levels), "/00400275/Value/0" * ((DEPTH_LIMIT - 1) // 3) + "/00400275")
        ),
        not_in_schema="a schema does not count",
        nested=False,
    )


RULES = [
    *structure(),
    *members(),
    *value_forms(),
    *empty_values(),
    *value_rules(),
    *name_rules(),
    *number_rules(),
    *counts(),
    *appearances(),
    *json_rules(),
]
