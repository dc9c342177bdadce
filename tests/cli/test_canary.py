"""No patient value leaves a command unasked: a canary in every patient attribute must never sing."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import dicommap as library
from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.errors import UsageError
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from dicommap.model.masking import UNMASKED_KEYWORDS
from tests.cli.running import Ran, dicommap
from tests.support.p10_files import STUDY, p10, uid, write_tree

CANARY = "CANARY"
URI = "s3://bucket/incoming/"


def patient_values(number: int) -> dict[str, Any]:
    """Return a value with the canary for every captured text attribute, as its VR allows."""
    texts = [keyword for keyword in DEFAULT_KEYWORDS if keyword not in UNMASKED_KEYWORDS]
    free = {keyword for keyword in texts if vrs_of(tag_of(keyword) or 0)[0] in ("LO", "SH", "PN", "CS")}
    return dict.fromkeys(free, f"{CANARY}{number}")


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    first, second = p10(**patient_values(1)), p10(**patient_values(2), SOPInstanceUID=uid(STUDY, 1, 2))
    conflict = p10(**patient_values(3), SOPInstanceUID=uid(STUDY, 1, 2))
    other_study = p10(**patient_values(4), StudyInstanceUID=uid(STUDY, 9), SOPInstanceUID=uid(STUDY, 9, 2))
    long_name = p10(**{**patient_values(5), "PatientID": CANARY + "x" * 80}, SOPInstanceUID=uid(STUDY, 1, 5))
    bad_uid = first.replace(STUDY.encode() + b".1.1", b"CANARY" + b"9" * (len(STUDY) - 2))
    files = {"a": first, "b": second, "c": conflict, "d": other_study, "e": long_name, "f": bad_uid}
    cuts = {f"cut{length}": first[:length] for length in range(300, len(first), 23)}
    write_tree(tmp_path / "tree", {**files, **cuts, "no": b"CANARY is no DICOM"})
    dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db")
    return tmp_path / "i.db"


def assert_silent(*runs: Ran) -> None:
    for ran in runs:
        assert CANARY not in ran.everything
        assert "Traceback" not in ran.everything


def test_the_canary_is_in_the_inventory(scanned: Path) -> None:
    assert CANARY in dicommap("show", scanned, "--format", "json", "--show-values").out
    assert CANARY in dicommap("sheet", scanned, "-o", "-").out


def test_scan_and_show_are_silent(scanned: Path, tmp_path: Path) -> None:
    assert_silent(dicommap("scan", tmp_path / "tree", "-o", tmp_path / "again.db", "--attributes", "Rows"))
    for form in ("table", "json", "jsonl", "csv"):
        for level in ("study", "series", "instance", "file", "issue"):
            assert_silent(dicommap("show", scanned, "--level", level, "--format", form))


def test_comparisons_are_silent(scanned: Path, tmp_path: Path) -> None:
    other = p10(**patient_values(7)), p10(**patient_values(8), SOPInstanceUID=uid(STUDY, 1, 2))
    write_tree(tmp_path / "other", dict(zip("ab", other, strict=True)))
    dicommap("scan", tmp_path / "other", "-o", tmp_path / "other.db")
    assert CANARY in dicommap("compare", scanned, tmp_path / "other.db", "--show-values").out
    for form in ("table", "html", "svg", "json", "jsonl", "csv"):
        for level in ("study", "series", "instance", "attribute")[: 1 if form in ("table", "html", "svg") else 4]:
            assert_silent(dicommap("compare", scanned, tmp_path / "other.db", "--level", level, "--format", form))


@pytest.mark.parametrize(
    "cells",
    [
        {"PatientID": CANARY + "-new"},
        {"PatientID": CANARY * 20},
        {"StudyDate": CANARY},
        {"PatientName": "A^B^C^D^E^F" + CANARY},
        {"PatientSex": "canary" + CANARY},
        {"StudyDescription": CANARY + "\\" + CANARY},
        {"StudyInstanceUID": CANARY},
        {"StudyInstanceUID": "1.2E+10"},
        {"ReferringPhysicianName": CANARY + "\x07"},
    ],
)
def test_drafts_from_sheets_are_silent(scanned: Path, tmp_path: Path, cells: dict[str, str]) -> None:
    sheet = tmp_path / "s.csv"
    header = [STUDY if name == "StudyInstanceUID" else "" for name in ("StudyInstanceUID", *cells)][:1]
    columns = ["StudyInstanceUID", *(name for name in cells if name != "StudyInstanceUID")]
    row = [cells.get("StudyInstanceUID", header[0]), *(cells[name] for name in columns[1:])]
    sheet.write_text(",".join(columns) + "\n" + ",".join(row) + "\n", encoding="utf-8")
    arguments = ("draft", scanned, "--sheet", sheet, "--input-s3-uri", URI)
    package = tmp_path / "package"
    assert_silent(dicommap(*arguments, "-n"), dicommap(*arguments, "-o", package))
    if package.exists():
        assert_silent(dicommap("validate", package, "--inventory", scanned))


@pytest.mark.parametrize(
    "rules",
    [
        '[[rule]]\nname = "r"\nlevel = "study"\nset = { PatientID = "CANARY\\u0007" }',
        '[[rule]]\nname = "r"\nlevel = "study"\nset = { StudyDate = "CANARY" }',
        '[[rule]]\nname = "r"\nlevel = "study"\nset = { PatientID = 5 }\nCANARY = "CANARY',
        '[[rule]]\nname = "r"\nlevel = "CANARY"\nset = { PatientID = "CANARY" }',
        '[[rule]]\nname = "r"\nlevel = "study"\nmatch = { PatientID = "CANARY*" }\nset = { PatientID = "1" }',
        '[[rule]]\nname = "r"\nlevel = "study"\nset = { PatientID = "CANARY7" }\n'
        '[[rule]]\nname = "s"\nlevel = "study"\nset = { PatientID = "CANARY8" }',
        'x = "CANARY" "CANARY"',
        "x = CANARY",
    ],
)
def test_drafts_from_rules_are_silent(scanned: Path, tmp_path: Path, rules: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(rules, encoding="utf-8")
    assert_silent(dicommap("draft", scanned, "--rules", path, "--input-s3-uri", URI, "-n"), dicommap("validate", path))


@pytest.mark.parametrize(
    "document",
    [
        {"00100020": {"vr": "LO", "Value": [CANARY * 20]}},
        {"00100020": {"vr": "LO", "Value": CANARY}},
        {"00100010": {"vr": "PN", "Value": [CANARY]}},
        {"00100010": {"vr": "PN", "Value": [{"Alphabetic": CANARY + "=x"}]}},
        {"00100030": {"vr": "DA", "Value": [CANARY]}},
        {"00100020": {"vr": CANARY}},
        {"00280010": {"vr": "US", "Value": [CANARY]}},
        {"00091001": {"vr": "OB", "InlineBinary": CANARY + "!"}},
        [{"00100020": {"vr": "LO", "Value": [CANARY]}}],
        {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [{"studyInstanceUID": CANARY}]}},
        {"importConfiguration": CANARY, "inputS3Uri": CANARY, "jobName": CANARY + " "},
        {"jobs": CANARY, "version": CANARY},
        CANARY,
    ],
)
def test_validation_is_silent(tmp_path: Path, document: object) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    for form in ("table", "json", "csv"):
        assert_silent(dicommap("validate", path, "--format", form))
    path.write_text(json.dumps(document)[:-1] + CANARY, encoding="utf-8")
    assert_silent(dicommap("validate", path))


def test_fhir_is_silent_but_for_its_file(scanned: Path, tmp_path: Path) -> None:
    file = tmp_path / "studies.ndjson"
    ran = dicommap("fhir", scanned, "-o", file)
    assert ran.status in (0, 1)
    assert_silent(ran)
    assert CANARY in file.read_text(encoding="utf-8")


def test_reprs_are_silent(scanned: Path) -> None:
    with library.Inventory.open(scanned) as inventory:
        values = [*inventory.studies(), *inventory.series(), *inventory.instances(), *inventory.issues(), inventory]
        assert CANARY not in repr(values)
        assert CANARY not in inventory._repr_html_()


def test_the_sources_are_untouched(scanned: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "tree", copy)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in copy.iterdir()}
    dicommap("scan", copy, "-o", tmp_path / "third.db")
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in copy.iterdir()} == before


COLUMNS = [
    CANARY + "^HANS",
    "StudyInstanceUID,CANARY,CANARY",
    "StudyInstanceUID,CANARY HANS",
    "CANARY;StudyInstanceUID;X",
]


@pytest.mark.parametrize("header", COLUMNS)
def test_headings_that_are_values_are_silent(scanned: Path, tmp_path: Path, header: str) -> None:
    sheet = tmp_path / "s.csv"
    sheet.write_text(f"{header}\n{STUDY}{',x' * header.count(',')}\n", encoding="utf-8")
    assert_silent(dicommap("draft", scanned, "--sheet", sheet, "--input-s3-uri", URI, "-n"))


@pytest.mark.parametrize(
    "rules",
    [
        'set = { "CANARY" = "1" }',
        'set = { "CANARY^HANS" = "{" }',
        'set = { PatientID = "{CANARY}" }',
        'set = { PatientID = "{CANARY^HANS}" }',
        'match = { CANARY = "*" }\nset = { PatientID = "1" }',
        'empty = ["CANARY"]',
        'replace = { CANARY = { pattern = "(", with = "" } }',
        "shift_days = { CANARY = 1 }",
        'truncate_date = { CANARY = "year" }',
        'upper = ["CANARY"]',
        'raw = { CANARY = { vr = "LO" } }',
        'raw = { 00100020 = { vr = "LO", CANARY = 1 } }',
        'set = { PatientID = "1" }\nCANARY = 1',
        "set = { CANARY = 5 }",
        'lookup = { file = "w.csv", by = "PatientID", set = { CANARY = "N" } }',
        'lookup = { file = "w.csv", by = "PatientID", set = { PatientID = "N" }, CANARY = 1 }',
        'set = { PatientID = "1" }\n[CANARY]\nx = 1',
        'set = { PatientID = "1" }\n[[CANARY.HANS]]\nx = 1',
    ],
)
def test_names_in_rules_that_are_values_are_silent(scanned: Path, tmp_path: Path, rules: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f'[[rule]]\nname = "r"\nlevel = "study"\n{rules}\n', encoding="utf-8")
    (tmp_path / "w.csv").write_text("PatientID,N,CANARY,CANARY\n1,2,3,4\n", encoding="utf-8")
    for form in ("table", "json"):
        assert_silent(dicommap("validate", path, "--format", form))
    ran = dicommap("draft", scanned, "--rules", path, "--input-s3-uri", URI, "-n")
    assert_silent(ran)
    assert ran.status in (1, 2)


@pytest.mark.parametrize(
    "document",
    [
        {CANARY: {"vr": "LO"}},
        {"CANARY^HANS": {"vr": "LO"}},
        {"00100020": {"vr": "LO", CANARY: ["x"]}},
        {"00100010": {"vr": "PN", "Value": [{CANARY: "x"}]}},
        {"00081110": {"vr": "SQ", "Value": [{CANARY: {"vr": "LO"}}]}},
        {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [{CANARY: 1}]}},
        {"importConfiguration": {CANARY: 1}, "inputS3Uri": "s3://bucket/x/"},
        {"jobs": [{CANARY: 1}], "version": 1, CANARY: {"x": 1}},
    ],
)
def test_names_of_members_that_are_values_are_silent(tmp_path: Path, document: object) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    for form in ("table", "json", "csv"):
        assert_silent(dicommap("validate", path, "--format", form))


@pytest.mark.parametrize("option", ["--attributes", "--harmonize", "--columns"])
def test_values_given_as_options_are_silent(scanned: Path, tmp_path: Path, option: str) -> None:
    value = "CANARY^HANS"
    if option == "--attributes":
        ran = dicommap("scan", tmp_path / "tree", "-o", tmp_path / "x.db", option, value)
    elif option == "--columns":
        ran = dicommap("sheet", scanned, "-o", "-", option, value)
    else:
        ran = dicommap("draft", scanned, option, value, "--input-s3-uri", URI, "-n")
    assert ran.status in (1, 2)
    assert_silent(ran)


def test_terms_that_dicom_does_not_know_are_silent(tmp_path: Path) -> None:
    file = p10(SpecificCharacterSet="ISO_IR 100").replace(b"ISO_IR 100", b"CANARY HAN")
    other = p10(SOPInstanceUID=uid(STUDY, 1, 7)).replace(b"1.2.840.10008.1.2.1\0", b"CANARY^HANS.........")
    write_tree(tmp_path / "tree", {"a": file, "b": other})
    assert_silent(dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db"))
    for form in ("table", "json", "jsonl", "csv"):
        for level in ("study", "series", "instance", "issue"):
            assert_silent(dicommap("show", tmp_path / "i.db", "--level", level, "--format", form))


class CanaryHansError(Exception):
    """Has a name that may be a patient's."""


class CanaryHans:
    """Has one, too."""


@pytest.mark.parametrize("returned", [CanaryHans(), {"PatientID": CanaryHans()}, {CanaryHans(): "x"}, {"CANARY^H": 7}])
def test_names_of_types_that_functions_return_are_silent(scanned: Path, returned: Any) -> None:
    with library.Inventory.open(scanned) as inventory, pytest.raises(UsageError) as error:
        library.draft(inventory, input_s3_uri=URI, by_study=lambda _: returned)
    assert CANARY not in str(error.value).upper()
    assert STUDY in str(error.value)


def test_what_a_function_returned_is_told_by_keyword_type_and_study(scanned: Path) -> None:
    seven: Any = {"PatientID": 7}
    with library.Inventory.open(scanned) as inventory, pytest.raises(UsageError, match="a value of type int for Pat"):
        library.draft(inventory, input_s3_uri=URI, by_study=lambda _: seven)


def test_names_of_exceptions_are_shown_only_of_known_libraries() -> None:
    assert [mask_unknown_type(kind) for kind in (ValueError, CanaryHansError, UsageError)] == [
        "ValueError",
        "***",
        "UsageError",
    ]


NAMED: dict[str, Any] = {"PatientName": "CANARY^Anna", "PatientID": "7351902", "PatientBirthDate": "19800131"}
RULES_THAT_COPY = """
[[rule]]
name = "of a study"
level = "study"
set = { StudyDescription = "{PatientName} {PatientBirthDate}", StationName = "Room {PatientID}" }
[[rule]]
name = "of a series"
level = "series"
set = { SeriesDescription = "{Modality} {PatientName}", BodyPartExamined = "{PatientID}", ProtocolName = "canary 1" }
[[rule]]
name = "from a table"
level = "series"
lookup = { file = "w.csv", by = "PatientID", set = { ManufacturerModelName = "Model" } }
"""
COPIED = re.compile("canary|anna|7351902|19800131|unrelated", re.IGNORECASE)


def test_values_that_edits_copy_into_unmasked_attributes_are_masked(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", {"a": p10(**NAMED, StudyDescription="Brain")})
    dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db", "--attributes", "StationName,ProtocolName")
    (tmp_path / "r.toml").write_text(RULES_THAT_COPY, encoding="utf-8")
    (tmp_path / "w.csv").write_text("PatientID,Model\n7351902,Unrelated\n", encoding="utf-8")
    arguments = ("draft", tmp_path / "i.db", "--rules", tmp_path / "r.toml", "-n", "--forecast", "--by-study")
    printed = dicommap(*arguments, "--html", tmp_path / "p.html").everything
    assert "Brain -> <StudyDescription 1>" in " ".join(printed.split())
    assert not COPIED.search(printed)
    assert not COPIED.search((tmp_path / "p.html").read_text("utf-8"))
    with library.Inventory.open(tmp_path / "i.db") as inventory:
        drafted = library.draft(inventory, rules=tmp_path / "r.toml", by_series=name_the_patient)
        previews = [drafted, drafted.preview(), drafted.overrides, drafted.changes]
        shown = [repr(previews), drafted._repr_html_(), drafted.preview()._repr_html_(), str(list(drafted.preview()))]
        assert len(drafted.changes) == 7
        assert not COPIED.search("".join(shown))
        assert len(set(COPIED.findall(str(list(drafted.preview(show_values=True)))))) >= 5


def name_the_patient(_: object) -> dict[str, str]:
    return {"ConvolutionKernel": "unrelated"}


def test_constants_and_values_of_unmasked_attributes_are_shown(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", {"a": p10(**NAMED, StudyDescription="Brain", SeriesDescription="scout")})
    dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db")
    verbs = 'set = { StudyDescription = "{Modality} of {StudyDescription}" }\nupper = ["SeriesDescription"]'
    (tmp_path / "r.toml").write_text(f'[[rule]]\nname = "r"\nlevel = "series"\n{verbs}\n', encoding="utf-8")
    sheet = f"StudyInstanceUID,ReferringPhysicianName,BodyPartExamined\n{STUDY},Who,HEAD\n"
    (tmp_path / "s.csv").write_text(sheet, encoding="utf-8")
    edits = ("--rules", tmp_path / "r.toml", "--sheet", tmp_path / "s.csv")
    printed = dicommap("draft", tmp_path / "i.db", *edits, "-n").out
    for shown in ("CT of Brain", "scout -> SCOUT", "HEAD"):
        assert shown in printed, printed
    assert "Who" not in printed


MARKED = {"PatientID", "PatientName", "AccessionNumber", "ReferringPhysicianName"}
NEW_VALUES = {"PatientID": f"{CANARY}new", "PatientName": f"{CANARY}4", "StudyDescription": "Brain routine"}


@pytest.fixture
def edited(scanned: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """Return the arguments of a draft that makes two studies equal, in one attribute to a value that is there."""
    text = ", ".join(f'{keyword} = "{value}"' for keyword, value in NEW_VALUES.items())
    (tmp_path / "r.toml").write_text(f'[[rule]]\nname = "r"\nlevel = "study"\nset = {{ {text} }}\n', encoding="utf-8")
    return ("draft", scanned, "--rules", tmp_path / "r.toml", "-n", "--forecast", "--by-study", "--fail-on", "never")


def match_marks(masked: str, shown: str) -> set[tuple[str, str]]:
    """Return the pairs of mark and value of two texts that are equal but for values that one of them masks."""
    marks = re.findall(r"<(?:[A-Za-z]+) [0-9]+>", masked)
    pattern = "(.*?)".join(map(re.escape, re.split(r"<[A-Za-z]+ [0-9]+>", masked)))
    values = re.fullmatch(pattern, shown, re.DOTALL)
    assert values, (masked, shown)
    return set(zip(marks, values.groups(), strict=True))


def assert_one_to_one(pairs: set[tuple[str, str]]) -> None:
    """Assert that equal marks are equal values of an attribute, and different marks are different values."""
    assert len({mark for mark, _ in pairs}) == len(pairs)
    assert len({(mark.partition(" ")[0], value) for mark, value in pairs}) == len(pairs)


def test_equal_marks_are_equal_values_in_records(scanned: Path) -> None:
    pairs = set()
    for masked, shown in zip(
        json.loads(dicommap("show", scanned, "--level", "series", "--format", "json").out),
        json.loads(dicommap("show", scanned, "--level", "series", "--format", "json", "--show-values").out),
        strict=True,
    ):
        for keyword, entries in masked["attributes"].items():
            marks = [entry["mark"] for entry in entries if entry["value"] is None]
            values = [entry["value"] for entry in shown["attributes"][keyword] if entry["value"]]
            assert all(mark.startswith(f"<{keyword} ") for mark in marks)
            if marks:
                pairs |= set(zip(marks, values, strict=True))
    assert {mark.partition(" ")[0][1:] for mark, _ in pairs} >= MARKED
    assert_one_to_one(pairs)


def test_equal_marks_are_equal_values_in_all_parts_of_a_draft(edited: tuple[str, ...], tmp_path: Path) -> None:
    masked = dicommap(*edited, "--html", tmp_path / "masked.html")
    shown = dicommap(*edited, "--show-values", "--html", tmp_path / "shown.html")
    assert_silent(masked)
    page = (tmp_path / "masked.html").read_text("utf-8")
    assert CANARY not in page
    assert "Brain routine" in page
    assert "Brain routine" in masked.out
    pairs = set()
    for line, unmasked in zip(changes_of(masked.out), changes_of(shown.out), strict=True):
        pairs |= match_marks(line, unmasked)
    rows = zip(rows_of(page), rows_of((tmp_path / "shown.html").read_text("utf-8")), strict=True)
    for row, unmasked in rows:
        pairs |= match_marks(row, unmasked)
    assert len(pairs) > 8
    assert_one_to_one(pairs)


def changes_of(printed: str) -> list[str]:
    """Return the lines of changes, with one blank between words because values have other widths than marks."""
    return [" ".join(line.split()) for line in printed.splitlines() if re.match(" +[~+-] ", line)]


def rows_of(page: str) -> list[str]:
    """Return the rows of changes on a page as text."""
    rows = re.findall(r'<tr class="change[^>]*>(.*?)</tr>', page)
    return [unescape(re.sub("<[^>]*>", " ", row)) for row in rows]


def test_an_output_says_once_how_values_are_shown(edited: tuple[str, ...], scanned: Path) -> None:
    hint = "DICOMMAP_SHOW_VALUES=1"
    assert dicommap(*edited).everything.count(hint) == 1
    table = dicommap("show", scanned)
    assert table.out.count(hint) == 1
    for form in ("json", "jsonl", "csv"):
        ran = dicommap("show", scanned, "--format", form)
        assert (ran.out.count(hint), ran.err.count(hint)) == (0, 1)
        assert hint not in dicommap("show", scanned, "--format", form, "--show-values").everything


def test_marks_are_explained_only_beside_marks(scanned: Path) -> None:
    sentence = "In this output, equal marks such as <"
    for level, column in (("series", "SeriesDescription"), ("study", "PatientID")):
        for form in ("csv", "json", "table"):
            ran = dicommap("show", scanned, "--level", level, "--columns", column, "--format", form)
            assert (sentence in ran.everything) == (column == "PatientID")


def test_the_environment_shows_values(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = dicommap("show", scanned, "--format", "json", "--show-values").out
    monkeypatch.setenv("DICOMMAP_SHOW_VALUES", "1")
    assert dicommap("show", scanned, "--format", "json").out == asked
    monkeypatch.setenv("DICOMMAP_SHOW_VALUES", "0")
    assert_silent(dicommap("show", scanned, "--format", "json"))


def test_a_value_of_asterisks_is_a_value(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", {"a": p10(PatientID="***", SeriesDescription="***", StationName="<PatientID 1>")})
    dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db", "--attributes", "StationName")
    (series,) = json.loads(dicommap("show", tmp_path / "i.db", "--level", "series", "--format", "json").out)
    attributes = series["attributes"]
    assert attributes["SeriesDescription"] == [{"value": "***", "files": 1}]
    assert attributes["StationName"] == [{"value": "<PatientID 1>", "files": 1}]
    assert attributes["PatientID"] == [{"value": None, "mark": "<PatientID 1>", "files": 1}]
    sheet = dicommap("sheet", tmp_path / "i.db", "-o", tmp_path / "s.csv")
    drafted = dicommap("draft", tmp_path / "i.db", "--sheet", tmp_path / "s.csv", "-n")
    assert sheet.status == 0
    assert "sheet.placeholder-cell" not in drafted.out


def test_what_a_notebook_shows_of_dicts_is_silent(scanned: Path) -> None:
    with library.Inventory.open(scanned) as inventory:
        study = next(inventory.studies())
        shown = [study.values, study.series[0].values, *study.values.values(), inventory.inconsistencies()[0].values]
        shown += [inventory.distinct(keyword) for keyword in MARKED]
        for values in shown:
            assert CANARY not in f"{values!r}{values}"
        assert any(CANARY in value for value in inventory.distinct("PatientID"))
