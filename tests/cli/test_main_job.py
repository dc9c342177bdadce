"""The main job as a person does it: scan, show, sheet, edit, draft, validate."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from dicommap.issues import CATALOGUE
from dicommap.validation.schema_check import check_schema
from tests.cli.running import dicommap, dicommap_process
from tests.support.p10_files import STUDY, p10, small_tree, uid, write_tree

URI = "s3://bucket/incoming/"


def edit_sheet(path: Path, changes: dict[int, dict[str, str]]) -> None:
    """Change cells of a sheet by the number of its data row, as a spreadsheet program would."""
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    for number, cells in changes.items():
        rows[number] |= cells
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table that was written as CSV."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_from_a_tree_to_a_package_that_validates(tree: Path, tmp_path: Path) -> None:
    inventory, sheet, package = tmp_path / "i.db", tmp_path / "s.csv", tmp_path / "package"
    scanned = dicommap_process("scan", tree, "-o", inventory)
    assert scanned.status == 0
    assert "2 studies, 4 series, 8 instances in 8 files" in scanned.out
    assert dicommap("sheet", inventory, "-o", sheet).status == 0
    edit_sheet(sheet, {1: {"PatientID": "NEW-2", "AccessionNumber": "ACC-2"}})
    drafted = dicommap_process("draft", inventory, "--sheet", sheet, "--input-s3-uri", URI, "-o", package)
    assert drafted.status == 0
    assert "1 study, 2 changes: 2 by " in drafted.out
    checked = dicommap_process("validate", package, "--inventory", inventory, "--input-s3-uri", URI)
    assert checked.status == 0
    assert "0 errors, 0 warnings, 1 note" in checked.out
    configuration = json.loads((package / "jobs/0001/import-configuration.json").read_bytes())
    path = f"dicommap-overrides/{uid(STUDY, 2)}.json"
    mappings = [{"studyInstanceUID": uid(STUDY, 2), "metadataFilePath": path}]
    assert configuration == {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": mappings}}
    assert json.loads((package / "jobs/0001/files" / path).read_bytes()) == {
        "00080050": {"vr": "SH", "Value": ["ACC-2"]},
        "00100020": {"vr": "LO", "Value": ["NEW-2"]},
    }


def test_a_dry_run_shows_the_preview_and_writes_nothing(tree: Path, tmp_path: Path) -> None:
    inventory, rules, package = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "package"
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { PatientName = "Knee" }\n')
    dicommap("scan", tree, "-o", inventory)
    before = sorted(tmp_path.iterdir())
    ran = dicommap("draft", inventory, "--rules", rules, "--input-s3-uri", URI, "-o", package, "-n")
    assert ran.status == 0
    assert "rule 'all'" in ran.out
    assert "<PatientName " in ran.out
    assert "Knee" not in ran.out
    assert sorted(tmp_path.iterdir()) == before
    shown = dicommap("draft", inventory, "--rules", rules, "--input-s3-uri", URI, "-n", "--show-values")
    assert "Knee" in shown.out


def test_the_forecast_and_the_edits_of_each_study_are_shown_when_asked_for(tmp_path: Path) -> None:
    patients = ["P1", "P1", "Zyzzyva"]
    instances = (p10(SOPInstanceUID=uid(STUDY, 1, number), PatientID=one) for number, one in enumerate(patients))
    tree = write_tree(tmp_path / "tree", {str(number): instance for number, instance in enumerate(instances)})
    inventory = tmp_path / "i.db"
    dicommap("scan", tree, "-o", inventory)
    call = ("draft", inventory, "--harmonize", "StudyDescription", "--input-s3-uri", URI, "-n", "--fail-on", "never")
    alone = dicommap("draft", inventory, "--input-s3-uri", URI, "-n", "--forecast")
    assert alone.status == 0, alone.err
    assert "PatientID has 2 values" in alone.out
    ran = dicommap(*call, "--forecast", "--by-study")
    assert "A forecast: AWS does not document which group becomes the primary image set" in ran.out
    assert f"{uid(STUDY, 1, 2)}  2" in ran.out
    assert "--harmonize PatientID" in ran.out
    assert "Zyzzyva" not in ran.out
    assert "Zyzzyva" in dicommap(*call, "--forecast", "--show-values").out
    assert "A forecast: which group" not in dicommap(*call).out
    cured = dicommap(
        "draft", inventory, "--harmonize", "PatientID", "--input-s3-uri", URI, "-n", "--forecast", "--by-study"
    )
    assert cured.status == 0
    assert "Each grouping attribute has one value in every study and series." in cured.out
    assert f"{STUDY}  harmonize PatientID: the value of 2 of 3 files  study       PatientID" in cured.out


def test_show_prints_records_that_fit_their_schema(tree: Path, tmp_path: Path) -> None:
    (tree / "notes.txt").write_text("not DICOM")
    inventory = tmp_path / "i.db"
    dicommap("scan", tree, "-o", inventory)
    counts = {"study": 2, "series": 4, "instance": 8, "file": 9, "issue": 1}
    for level, count in counts.items():
        lines = dicommap("show", inventory, "--level", level, "--format", "jsonl").out.splitlines()
        array = json.loads(dicommap("show", inventory, "--level", level, "--format", "json").out)
        assert [json.loads(line) for line in lines] == array
        assert len(array) == count
        schema = "issue" if level == "issue" else "record"
        assert [issue for record in array for issue in check_schema(schema, record)] == []
        table = list(csv.DictReader(io.StringIO(dicommap("show", inventory, "--level", level, "--format", "csv").out)))
        assert len(table) == count
        assert dicommap("show", inventory, "--level", level).status == 0


def test_show_masks_patient_values_unless_asked(tree: Path, tmp_path: Path) -> None:
    inventory = tmp_path / "i.db"
    dicommap("scan", tree, "-o", inventory)
    for form in ("table", "json", "jsonl", "csv"):
        for level in ("study", "series"):
            assert "Doe^Jane" not in dicommap("show", inventory, "--level", level, "--format", form).out
            shown = dicommap("show", inventory, "--level", level, "--format", form, "--show-values")
            assert "Doe^Jane" in shown.out or form == "table"


def test_scan_ends_with_1_for_errors_and_with_0_when_told_not_to_fail(tree: Path, tmp_path: Path) -> None:
    cut = (tree / "study1/series1/IM0001").read_bytes()[:400]
    (tree / "cut").write_bytes(cut)
    assert dicommap("scan", tree, "-o", tmp_path / "i.db").status == 1
    assert dicommap("scan", tree, "-o", tmp_path / "i.db", "--fail-on", "never").status == 0


def test_draft_with_an_error_writes_nothing_and_ends_with_1(tree: Path, tmp_path: Path) -> None:
    inventory, rules, package = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "package"
    rules.write_text('[[rule]]\nname = "bad"\nlevel = "study"\nset = { StudyDate = "20260231", PatienID = "1" }\n')
    dicommap("scan", tree, "-o", inventory)
    ran = dicommap("draft", inventory, "--rules", rules, "--input-s3-uri", URI, "-o", package)
    assert ran.status == 1
    assert "did you mean PatientID" in ran.out
    assert "value.format" in ran.out
    assert "\n2 errors: nothing can be written\n" in ran.out
    assert not package.exists()


def test_validate_prints_issues_as_json(tree: Path, tmp_path: Path) -> None:
    bad = tmp_path / "override.json"
    bad.write_text('{"0010002a": {"vr": "LO"}}')
    ran = dicommap("validate", bad, "--format", "json")
    assert ran.status == 1
    (found,) = json.loads(ran.out)
    assert found["code"] == "dicom-json.tag"
    assert found["location"] == {"path": "override.json", "pointer": "/0010002a"}
    assert check_schema("issue", found) == []


def test_attributes_can_be_added_to_what_is_captured(tree: Path, tmp_path: Path) -> None:
    inventory = tmp_path / "i.db"
    assert dicommap("scan", tree, "-o", inventory, "--attributes", "Rows,Columns").status == 0
    record = json.loads(dicommap("show", inventory, "--format", "jsonl", "--show-values").out.splitlines()[0])
    assert record["attributes"]["Rows"] == [{"value": "1", "files": 4}]


def test_every_code_is_explained_and_listed() -> None:
    listed = dicommap("explain").out
    for code in CATALOGUE.values():
        assert code.name in listed
    ran = dicommap("explain", "p10.truncated")
    assert ran.status == 0
    assert CATALOGUE["p10.truncated"].explanation in ran.out


def test_every_schema_is_listed_and_printed() -> None:
    names = dicommap("schema").out.split()
    assert {"import-configuration", "start-dicom-import-job", "override", "dicom-json", "rules", "issue", "plan"} <= {
        *names
    }
    for name in names:
        assert json.loads(dicommap("schema", name).out)["$id"].endswith(f"/v1/{name}.schema.json")


def test_a_long_list_of_issues_is_cut_short(tmp_path: Path) -> None:
    data_set = {f"001000{number:02x}": {"vr": "LO"} for number in range(0xA0, 0xC0)}
    (tmp_path / "override.json").write_text(json.dumps(data_set))
    ran = dicommap("validate", tmp_path / "override.json")
    assert "32 errors: " in ran.out
    assert ran.out.count("  override.json #/") == 5
    assert "... and 27 more; --all-issues lists them" in ran.out
    whole = dicommap("validate", tmp_path / "override.json", "--all-issues").out
    assert whole.count("  override.json #/") == 32
    assert "more" not in whole


def test_a_table_with_masks_says_how_to_see_the_values(tree: Path, tmp_path: Path) -> None:
    inventory, rules, hint = tmp_path / "i.db", tmp_path / "r.toml", "in the environment, shows the values."
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { PatientName = "Knee" }\n')
    dicommap("scan", tree, "-o", inventory)
    assert dicommap("show", inventory).results.rstrip().endswith(hint)
    draft = ("draft", inventory, "--rules", rules, "--input-s3-uri", URI, "-n")
    assert hint in dicommap(*draft).out
    for unmasked in (("show", inventory, "--level", "file"), ("show", inventory, "--show-values")):
        assert hint not in dicommap(*unmasked).out
    assert hint not in dicommap(*draft, "--show-values").out


def test_a_dry_run_needs_no_prefix_and_a_package_does(tree: Path, tmp_path: Path) -> None:
    inventory, rules, package = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "package"
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    dicommap("scan", tree, "-o", inventory)
    ran = dicommap("draft", inventory, "--rules", rules, "-n", "--limit", "1")
    assert ran.status == 0
    assert "... and 1 more change; --limit shows more" in ran.out
    assert "Nothing was written, and no jobs were planned: --input-s3-uri is missing." in ran.out
    assert "no-prefix-is-named" not in ran.everything
    refused = dicommap("draft", inventory, "--rules", rules, "-o", package)
    assert refused.status == 2
    assert "--input-s3-uri is missing" in refused.err
    assert dicommap("draft", inventory, "--rules", rules, "-n", "--limit", "0").status == 2


def test_signs_of_changes_have_colours_if_asked_for(tree: Path, tmp_path: Path) -> None:
    inventory, rules = tmp_path / "i.db", tmp_path / "r.toml"
    rules.write_text(
        '[[rule]]\nname = "all"\nlevel = "study"\nset = { PatientID = "7", PatientSex = "O" }\nempty = ["StudyTime"]\n'
    )
    dicommap("scan", tree, "-o", inventory)
    coloured = dicommap("draft", inventory, "--rules", rules, "-n", "--color", "always").out
    plain = dicommap("draft", inventory, "--rules", rules, "-n", "--color", "never").out
    signs = {match[0] for match in re.finditer(r"\x1b\[[0-9]+m +[~+-]\x1b", coloured)}
    assert {"\x1b[33m  ~\x1b", "\x1b[32m  +\x1b"} <= signs
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_one_thing_is_not_told_in_the_plural(tmp_path: Path) -> None:
    small_tree(tmp_path / "tree", studies=1, series=1, instances=1)
    inventory, rules, bad = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "bad.json"
    assert "1 study, 1 series, 1 instance in 1 file (" in dicommap("scan", tmp_path / "tree", "-o", inventory).out
    assert ": 1 row\n" in dicommap("sheet", inventory, "-o", tmp_path / "s.csv").out
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    draft = ("draft", inventory, "--rules", rules, "--input-s3-uri", URI)
    assert "1 study, 1 change: 1 by rule 'all'\nNothing was written.\n" in dicommap(*draft, "-n").out
    written = dicommap(*draft, "-o", tmp_path / "package").out
    assert "1 study, 1 change: 1 by rule 'all'\nPackage: " in written
    bad.write_text('{"0010002a": {"vr": "LO"}}')
    assert "1 error, 0 warnings, 0 notes" in dicommap("validate", bad).out


def test_of_several_sources_the_table_tells_which(tree: Path, tmp_path: Path) -> None:
    inventory, one, two = tmp_path / "i.db", tree / "study1", tree / "study2"
    (two / "notes.txt").write_text("not DICOM")
    dicommap("scan", one, two, "-o", inventory)
    for level in ("file", "instance"):
        header, first, *_ = dicommap("show", inventory, "--level", level).out.splitlines()
        assert header.split()[-2:] == ["source", "path"]
        assert first.split()[-2:] == [str(one), "series1/IM0001"]
    assert f"{two}/notes.txt" in dicommap("show", inventory, "--level", "issue").out
    dicommap("scan", one, "-o", inventory)
    header, *_ = dicommap("show", inventory, "--level", "file").out.splitlines()
    assert header.split() == ["disposition", "bytes", "path"]
    records = json.loads(dicommap("show", inventory, "--level", "file", "--format", "json").out)
    assert {record["source"] for record in records} == {str(one)}


def test_the_preview_is_written_as_a_page_and_never_over_another_file(tree: Path, tmp_path: Path) -> None:
    inventory, rules, page = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "preview.html"
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { PatientName = "Knee" }\n')
    dicommap("scan", tree, "-o", inventory)
    arguments = ("draft", inventory, "--rules", rules, "--input-s3-uri", URI, "-n", "--html", page)
    looked = dicommap(*arguments)
    assert looked.status == 0
    assert f"Page: {page}\n" in looked.out
    assert "Knee" not in page.read_text("utf-8")
    again = dicommap(*arguments)
    assert again.status == 2
    assert "exists already" in again.err


def test_after_an_error_the_page_is_written_with_n_only(tree: Path, tmp_path: Path) -> None:
    inventory, rules, page = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "preview.html"
    rules.write_text('[[rule]]\nlevel = "study"\nset = { PatientName = "Knee" }\n')
    dicommap("scan", tree, "-o", inventory)
    call = ("draft", inventory, "--rules", rules, "--input-s3-uri", "bucket", "--html", page)
    failed = dicommap(*call, "-o", tmp_path / "package")
    assert (failed.status, page.exists()) == (1, False)
    assert "No page was written" in failed.out
    assert "#/rule/0: The member 'name' is missing." in failed.out
    assert "Page: " in dicommap(*call, "-n").out
    assert page.exists()


def test_a_page_that_cannot_be_written_keeps_the_package_from_being_written(tree: Path, tmp_path: Path) -> None:
    inventory, rules, page = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "preview.html"
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    page.write_text("mine")
    dicommap("scan", tree, "-o", inventory)
    package = tmp_path / "package"
    for place in (page, tmp_path, tmp_path / "nowhere" / "preview.html", package / "preview.html"):
        refused = dicommap("draft", inventory, "--rules", rules, "--input-s3-uri", URI, "-o", package, "--html", place)
        assert refused.status == 2
        assert not package.exists()
    assert page.read_text() == "mine"


def test_a_package_with_other_assumptions_is_drafted_and_validated_by_it(tree: Path, tmp_path: Path) -> None:
    inventory, rules, package = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "package"
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    dicommap("scan", tree, "-o", inventory)
    assumptions = ("--assume", "dataSet=array", "--assume", "overrideFiles=shared")
    drafted = dicommap("draft", inventory, "--rules", rules, "--input-s3-uri", URI, *assumptions, "-o", package)
    assert drafted.status == 0
    (file,) = (package / "jobs/0001/files/dicommap-overrides").iterdir()
    assert json.loads(file.read_bytes()) == [{"00081030": {"vr": "LO", "Value": ["Knee"]}}]
    assert dicommap("validate", package, "--inventory", inventory).status == 0
    # What lies in a package is checked by its assumptions, and other documents by those that an option names.
    assert dicommap("validate", package / "jobs/0001/import-configuration.json").status == 0
    assert "override.form" in dicommap("validate", file).out
    assert dicommap("validate", file, "--assume", "dataSet=array").status == 0
    assert dicommap("validate", package, "--assume", "strict").status == 2
    assert "dataSet=array" in dicommap("validate", file, "--assume", "array").err


def test_a_sheet_of_tabs_comes_back_with_or_without_its_delimiter_named(tree: Path, tmp_path: Path) -> None:
    inventory, sheet = tmp_path / "i.db", tmp_path / "s.tsv"
    dicommap("scan", tree, "-o", inventory)
    dicommap("sheet", inventory, "-o", sheet)
    text = sheet.read_bytes().decode("utf-8")
    assert dicommap("sheet", inventory, "-o", "-", "--delimiter", "tab").out == text

    assert text.startswith("\ufeffStudyInstanceUID\t")
    patient = text.splitlines()[1].split("\t")[3]
    sheet.write_text(text.replace(f"\t{patient}\t", "\tNEW-1\t", 1), "utf-8")
    for named in ((), ("--delimiter", "tab")):
        ran = dicommap("draft", inventory, "--sheet", sheet, *named, "--input-s3-uri", URI, "-n")
        assert "1 study, 1 change: 1 by " in ran.out
        assert "s.tsv: 2 rows: 1 applied, 1 no change" in ran.out
    wrong = dicommap("draft", inventory, "--sheet", sheet, "--delimiter", "bar", "--input-s3-uri", URI, "-n")
    assert "sheet.no-key-column" in wrong.out


def test_the_package_tells_of_every_edit_and_of_every_study_what_touched_it(tree: Path, tmp_path: Path) -> None:
    inventory, rules, package = tmp_path / "i.db", tmp_path / "r.toml", tmp_path / "package"
    rules.write_text(
        '[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n'
        '[[rule]]\nname = "none"\nlevel = "study"\nmatch = { PatientID = "nobody" }\nset = { StudyID = "1" }\n'
    )
    dicommap("scan", tree, "-o", inventory)
    dicommap("draft", inventory, "--rules", rules, "--input-s3-uri", URI, "-o", package)
    told = rows_of(package / "edits.csv")
    assert [(row["edit"], row["outcome"], row["studies changed"]) for row in told] == [
        ("r.toml rule 'all'", "applied", "2"),
        ("r.toml rule 'none'", "unused", "0"),
    ]
    changes = rows_of(package / "preview.csv")
    assert {row["StudyInstanceUID"]: row["because of"] for row in changes} == dict.fromkeys(
        (uid(STUDY, 1), uid(STUDY, 2)), "r.toml rule 'all'"
    )
    (package / "edits.csv").write_text("")
    assert "package.changed-file" in dicommap("validate", package).out
