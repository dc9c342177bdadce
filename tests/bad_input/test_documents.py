"""Documents as nobody should write them: each is found at its place, in bounded time and memory."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.worker import Found, bounded

MEGABYTES_10 = 10 * 2**20
PACKAGE = Path(__file__).parents[1] / "cases" / "material" / "package"
DEEP = "/00400275/Value/0" * 21 + "/00400275"
OPEN, CLOSE = '{"00400275":{"vr":"SQ","Value":[', "]}}"
FIRST = {"path": "override.json", "pointer": "/00100020/Value/0", "keyword": "PatientID"}
CREATOR = '{"00090010": {"vr": "LO", "Value": ["ACME"]}, "00091001": '


def of_patient_id(value: str) -> str:
    return '{"00100020": {"vr": "LO", "Value": [' + value + "]}}"


def quoted(text: str) -> str:
    return f'"{text}"'


def private(member: str, **members: object) -> dict[str, object]:
    return {"path": "override.json", "pointer": f"/00091001/{member}", "keyword": "(0009,1001)", **members}


DOCUMENTS: dict[str, tuple[Callable[[int], str], Found]] = {
    "nothing": (lambda size: "{}", ("override.empty", {"path": "override.json", "pointer": ""})),
    "10,000 levels": (
        lambda size: OPEN * 10_000 + "{}" + CLOSE * 10_000,
        ("json.too-deep", {"path": "override.json", "pointer": DEEP}),
    ),
    "10,000 levels that are never closed": (
        lambda size: OPEN * 10_000,
        ("json.too-deep", {"path": "override.json", "pointer": DEEP}),
    ),
    "10,000 arrays": (
        lambda size: "[" * 10_000 + "]" * 10_000,
        ("json.too-deep", {"path": "override.json", "pointer": "/0" * 64}),
    ),
    "300 levels": (
        lambda size: OPEN * 100 + "{}" + CLOSE * 100,
        ("json.too-deep", {"path": "override.json", "pointer": DEEP}),
    ),
    "a value of megabytes": (lambda size: of_patient_id(quoted("x" * size)), ("value.too-long", FIRST)),
    "a value of megabytes in kanji": (
        lambda size: of_patient_id(quoted("山" * (size // 3))),
        ("value.too-long", FIRST),
    ),
    "a value of megabytes in escapes": (
        lambda size: of_patient_id(quoted("\\u05d0" * (size // 6))),
        ("value.too-long", FIRST),
    ),
    "megabytes of unseen characters": (
        lambda size: of_patient_id(quoted("\u200b" * (size // 3))),
        ("value.invisible-character", FIRST),
    ),
    "megabytes of surrogates": (
        lambda size: of_patient_id(quoted("\\ud800" * (size // 6))),
        ("json.lone-surrogate", {"path": "override.json", "pointer": "/00100020/Value/0"}),
    ),
    "megabytes of components": (
        lambda size: '{"00100010": {"vr": "PN", "Value": [{"Alphabetic": "' + "^" * size + '"}]}}',
        (
            "value.format",
            {"path": "override.json", "pointer": "/00100010/Value/0/Alphabetic", "keyword": "PatientName"},
        ),
    ),
    "many values of the wrong type": (
        lambda size: of_patient_id(",".join("0" * (size // 11))),
        ("document.more-issues", {"path": "override.json", "pointer": "/00100020/Value", "keyword": "PatientID"}),
    ),
    "many items that are none": (
        lambda size: CREATOR + '{"vr": "SQ", "Value": [' + ",".join("0" * (size // 11)) + "]}}",
        ("document.more-issues", private("Value")),
    ),
    "many NaN": (
        lambda size: CREATOR + '{"vr": "FD", "Value": [' + "NaN," * (size // 11) + "0]}}",
        ("document.more-issues", {"path": "override.json", "pointer": ""}),
    ),
    "one member many times": (
        lambda size: "{" + '"00100020": {},' * (size // 22) + '"00100021": {"vr": "LO"}}',
        ("json.duplicate-key", {"path": "override.json", "pointer": "/00100020"}),
    ),
    "65,000 attributes that are none": (
        lambda size: (
            "{" + "".join(f'"0010{number:04X}": {{}},' for number in range(32, 2**16)) + '"00100010": {"vr": "PN"}}'
        ),
        ("document.more-issues", {"path": "override.json", "pointer": ""}),
    ),
    "many commas in a text": (
        lambda size: of_patient_id(quoted("," * (size // 5))),
        ("value.too-long", FIRST),
    ),
    "a text of escapes that is not closed": (
        lambda size: '["' + '\\"' * (size // 2) + "," * (size // 11),
        ("json.not-json", {"path": "override.json", "pointer": ""}),
    ),
    "a plan of too many jobs": (
        lambda size: '{"jobs": [' + "{}," * (size * 2 // 9) + '{}], "assumptions": {}}',
        ("document.more-issues", {"path": "override.json", "pointer": ""}),
    ),
    "a plan of many unknown members": (
        lambda size: (
            '{"jobs": [], "assumptions": {}' + "".join(f',"x{number}":0' for number in range(size // 11)) + "}"
        ),
        ("schema.unknown-member", {"path": "override.json", "pointer": "/***"}),
    ),
    "a configuration of many mappings that are none": (
        lambda size: (
            '{"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [' + "{}," * (size // 25) + "{}]}}"
        ),
        ("document.more-issues", {"path": "override.json", "pointer": ""}),
    ),
    "a number of megabytes": (
        lambda size: of_patient_id("1" * size),
        ("json.not-json", {"path": "override.json", "pointer": ""}),
    ),
    "a UID of megabytes": (
        lambda size: CREATOR + '{"vr": "UI", "Value": ["' + "1." * (size // 2) + '1"]}}',
        ("value.too-long", private("Value/0")),
    ),
    "a number as text of megabytes": (
        lambda size: CREATOR + '{"vr": "DS", "Value": ["' + "1" * size + 'x"]}}',
        ("value.too-long", private("Value/0")),
    ),
    "a time as text of megabytes": (
        lambda size: CREATOR + '{"vr": "TM", "Value": ["1200' + " " * size + 'x"]}}',
        ("value.too-long", private("Value/0")),
    ),
    "a code of megabytes of spaces": (
        lambda size: CREATOR + '{"vr": "CS", "Value": ["' + " " * size + 'x"]}}',
        ("value.too-long", private("Value/0")),
    ),
    "base64 of megabytes and one byte more": (
        lambda size: (
            CREATOR + '{"vr": "OW", "InlineBinary": "' + base64.b64encode(bytes(max(size, 2**20) + 1)).decode() + '"}}'
        ),
        ("dicom-json.inline-binary", private("InlineBinary")),
    ),
}


@pytest.mark.parametrize("size", [MEGABYTES_10 // 100, pytest.param(MEGABYTES_10, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_overrides(name: str, size: int, tmp_path: Path) -> None:
    make, expected = DOCUMENTS[name]
    path = tmp_path / "override.json"
    path.write_text(make(size), encoding="utf-8")
    ran = bounded("validate", path=path)
    assert expected in ran.found
    assert len(ran.found) <= 2002


@pytest.mark.long
def test_more_values_than_an_override_can_have(tmp_path: Path) -> None:
    path = tmp_path / "override.json"
    path.write_text("[" + "{}," * (MEGABYTES_10 * 3) + "{}]", encoding="utf-8")
    expected = ("document.too-many-values", {"path": "override.json", "pointer": ""})
    assert expected in bounded("validate", path=path).found


def edited(change: Callable[[Path], object], at: Path) -> Path:
    package = at / "package"
    shutil.copytree(PACKAGE, package)
    change(package)
    return package


def override_of(package: Path) -> Path:
    return sorted(package.glob("jobs/0001/files/dicommap-overrides/*.json"))[0]


def inside(package: Path) -> str:
    return override_of(package).relative_to(package).as_posix()


BY_HAND: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "an override": (
        lambda package: override_of(package).write_text("{}", encoding="utf-8"),
        "package.changed-file",
        "override",
    ),
    "an override that is gone": (lambda package: override_of(package).unlink(), "package.missing-file", "override"),
    "an override nested 10,000 levels": (
        lambda package: override_of(package).write_text(OPEN * 10_000, encoding="utf-8"),
        "json.too-deep",
        "override",
    ),
    "a plan nested 10,000 levels": (
        lambda package: (package / "plan.json").write_text('{"jobs":' + "[" * 10_000, encoding="utf-8"),
        "json.too-deep",
        "plan.json",
    ),
    "a plan that is cut off": (
        lambda package: (package / "plan.json").write_text('{"jobs": [', encoding="utf-8"),
        "json.not-json",
        "plan.json",
    ),
    "a configuration of another form": (
        lambda package: (package / "jobs/0001/import-configuration.json").write_text("[]", encoding="utf-8"),
        "schema.type",
        "jobs/0001/import-configuration.json",
    ),
    "a preview": (
        lambda package: (package / "preview.csv").write_text("x", encoding="utf-8"),
        "package.changed-file",
        "preview.csv",
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_packages_edited_by_hand(name: str, tmp_path: Path) -> None:
    change, code, place = BY_HAND[name]
    package = edited(change, tmp_path)
    ran = bounded("validate", path=package)
    whole = PACKAGE.joinpath(inside(PACKAGE))
    path = whole.relative_to(PACKAGE).as_posix() if place == "override" else place
    assert (code, path) in [(found, where.get("path")) for found, where in ran.found]


def test_a_package_whose_mappings_are_changed_is_found(tmp_path: Path) -> None:
    package = edited(lambda package: None, tmp_path)
    path = package / "jobs" / "0001" / "import-configuration.json"
    configuration = json.loads(path.read_bytes())
    mappings = configuration["dicomJsonMetadataImportConfiguration"]["dicomMetadataMappings"]
    mappings.append(mappings[0])
    path.write_text(json.dumps(configuration), encoding="utf-8")
    found = bounded("validate", path=package).found
    place = "/dicomJsonMetadataImportConfiguration/dicomMetadataMappings/2"
    assert ("mapping.duplicate", place) in [(code, where.get("pointer")) for code, where in found]
