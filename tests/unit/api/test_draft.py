"""draft(): from edits to a package, with every error before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import DocumentError, PackageError, UsageError
from dicommap.healthimaging.quotas import Quotas
from dicommap.package.document_reader import DocumentFolder
from dicommap.package.draft_inputs import make_distinct_names
from tests.support.p10_files import STUDY, p10, small_tree, uid, write_tree
from tests.support.s3_server import Bucket

URI = "s3://bucket/in/"
RULES = """
[[rule]]
name = "new id"
level = "study"
match = { PatientID = "P1" }
set = { PatientID = "Zyzzyva" }

[[rule]]
name = "modality"
level = "series"
match = { SeriesNumber = "2" }
set = { Modality = "MR" }
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


def sheet(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sheet.csv"
    path.write_text(text)
    return path


def codes(drafted: dicommap.Draft) -> list[str]:
    return [found.code for found in drafted.issues]


def test_a_draft_is_a_package_that_validates(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], output=tmp_path / "package")
    assert drafted.ok
    assert drafted.package == tmp_path / "package"
    *changes, event = (drafted.package / "audit.jsonl").read_text().splitlines(keepends=True)
    expected = {**drafted.documents, "audit.jsonl": drafted.documents["audit.jsonl"] + event}
    assert DocumentFolder(drafted.package) == {name: text.encode() for name, text in expected.items()}
    assert len(changes) == len(drafted.changes)
    found = dicommap.validate(drafted.package, inventory=inventory, input_s3_uri=URI)
    assert not [one for one in found if one.severity is dicommap.Severity.ERROR]
    plan = json.loads(drafted.documents["plan.json"])
    assert (plan["studies"], plan["series"], len(plan["jobs"][0]["mappings"])) == (2, 2, 3)
    assert plan["jobs"][0]["instances"] == 8


def test_two_drafts_are_the_same_bytes(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], output=first)
    dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], output=second)
    *changes, event = (first / "audit.jsonl").read_text().splitlines()
    *changes_again, event_again = (second / "audit.jsonl").read_text().splitlines()
    assert changes == changes_again
    assert json.loads(event) | {"at": ""} == json.loads(event_again) | {"at": ""}
    for package in (first, second):
        (package / "audit.jsonl").unlink()
    assert DocumentFolder(first) == DocumentFolder(second)


def test_without_an_output_nothing_is_written(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=[rules])
    assert drafted.package is None
    assert drafted.documents
    assert sorted(tmp_path.rglob("*")) == before


def test_values_are_in_the_package_and_masked_elsewhere(inventory: dicommap.Inventory, rules: Path) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=[rules])
    assert "Zyzzyva" in drafted.documents["preview.csv"]
    assert "Zyzzyva" in str(list(drafted.preview(show_values=True)))
    assert "Zyzzyva" not in str(list(drafted.preview()))
    assert "Zyzzyva" not in " ".join(map(str, drafted.issues))
    assert "Zyzzyva" not in repr(drafted)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"StudyInstanceUID,PatientName\n{uid(STUDY, 1)},Zyzzyva=a=b=c\n", "value.format"),
        (f"StudyInstanceUID,PatientWeight\n{uid(STUDY, 1)},70\n", "sheet.column-not-captured"),
        (f"StudyInstanceUID,PatientID\n{uid(STUDY, 9)},Zyzzyva\n", "sheet.unknown-study"),
        (f"StudyInstanceUID,PatientID\n{uid(STUDY, 1)},Quark\n", "edit.contradiction"),
    ],
)
def test_an_error_keeps_everything_from_being_written(
    inventory: dicommap.Inventory, rules: Path, tmp_path: Path, text: str, code: str
) -> None:
    edited = sheet(tmp_path, text)
    drafted = dicommap.draft(inventory, input_s3_uri=URI, sheets=[edited], rules=[rules], output=tmp_path / "package")
    assert code in codes(drafted)
    assert not drafted.ok
    assert drafted.package is None
    assert not drafted.documents
    assert not (tmp_path / "package").exists()
    assert not any(value in str(found) for found in drafted.issues for value in ("Zyzzyva", "Quark"))


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("bucket", "s3-uri.invalid"),
        ("s3://bucket/a\nb/", "s3-uri.invalid"),
        ("s3://bucket/\udcff/", "s3-uri.invalid"),
        ("s3://bucket/" + "a" * 1012, "s3-uri.invalid"),
        ("s3://bucket//", "s3-uri.prefix"),
        ("s3://bucket/" + "a" * 1000, "mapping.key-too-long"),
    ],
)
def test_a_prefix_that_cannot_be_is_an_error(
    inventory: dicommap.Inventory, rules: Path, tmp_path: Path, uri: str, code: str
) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=uri, rules=[rules], output=tmp_path / "package")
    assert code in codes(drafted)
    assert drafted.package is None


def test_an_untouched_sheet_drafts_nothing(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    edited = sheet(tmp_path, "".join(dicommap.sheet(inventory)))
    drafted = dicommap.draft(inventory, input_s3_uri=URI, sheets=[edited], output=tmp_path / "package")
    assert "sheet.no-change" in codes(drafted)
    assert drafted.package is None
    assert not (tmp_path / "package").exists()


def test_no_edits_at_all_are_enough_to_look_and_too_few_to_write(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    assert codes(dicommap.draft(inventory, input_s3_uri=URI)) == []
    written = dicommap.draft(inventory, input_s3_uri=URI, output=tmp_path / "package")
    assert codes(written) == ["draft.nothing-to-do"]
    assert written.package is None


def test_attributes_of_another_level_are_a_warning(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    edited = sheet(tmp_path, f"StudyInstanceUID,Modality\n{uid(STUDY, 1)},MR\n")
    drafted = dicommap.draft(inventory, input_s3_uri=URI, sheets=[edited], output=tmp_path / "package")
    assert codes(drafted) == ["attribute.level"]
    assert drafted.issues[0].location == dicommap.Location(study=uid(STUDY, 1), keyword="Modality")
    assert drafted.package is not None


def test_files_and_packages_that_cannot_be_are_raised(
    inventory: dicommap.Inventory, rules: Path, tmp_path: Path
) -> None:
    with pytest.raises(DocumentError):
        dicommap.draft(inventory, input_s3_uri=URI, sheets=[tmp_path / "no.csv"])
    with pytest.raises(PackageError):
        dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], output=rules)


def test_an_override_never_takes_the_place_of_a_source_file(tmp_path: Path, rules: Path) -> None:
    tree = write_tree(tmp_path / "tree", {f"dicommap-overrides/{STUDY}.json": b"x", "a": p10()})
    with dicommap.scan(tree) as inventory:
        assert "draft.path-taken" in codes(dicommap.draft(inventory, input_s3_uri=URI, rules=[rules]))


def test_rules_that_are_no_rules_are_found(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("rule = 'Zyzzyva'")
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=[path])
    assert "schema.type" in codes(drafted)
    assert {found.location.path for found in drafted.issues if found.code == "schema.type"} == {"rules.toml"}
    assert not any("Zyzzyva" in str(found) for found in drafted.issues)


@pytest.mark.parametrize("delimiter", ["x", ",;", ""])
def test_a_delimiter_that_is_none_is_a_wrong_call(
    inventory: dicommap.Inventory, tmp_path: Path, delimiter: str
) -> None:
    with pytest.raises(UsageError, match="delimiter"):
        dicommap.draft(inventory, input_s3_uri=URI, sheets=sheet(tmp_path, "StudyInstanceUID\n"), delimiter=delimiter)


def test_a_formula_is_none_in_the_tables_of_a_package(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    path = tmp_path / "=r.toml"
    path.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "=1+1" }\n')
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=path)
    assert ",'=1+1,override,'=r.toml rule 'all'\r\n" in drafted.documents["preview.csv"]
    assert "\r\n'=r.toml rule 'all',applied," in drafted.documents["edits.csv"]
    assert {row["after"] for row in drafted.preview(show_values=True)} == {"=1+1"}


def differing(tmp_path: Path) -> Path:
    """Return a tree of two studies, in the first of which one of three files has another PatientID."""
    files = {
        f"a/{number}": p10(
            StudyInstanceUID=uid(STUDY, 1),
            SeriesInstanceUID=uid(STUDY, 1, 1),
            SOPInstanceUID=uid(STUDY, 1, 1, number),
            PatientID=patient,
        )
        for number, patient in enumerate(["Zyzzyva", "Zyzzyva", "=Quark"], start=1)
    }
    return write_tree(tmp_path / "tree", {**files, "b": p10()})


def test_files_that_fall_apart_are_named_with_what_cures_it(tmp_path: Path) -> None:
    with dicommap.scan(differing(tmp_path)) as inventory:
        drafted = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"StudyDescription": "d"})
        (conflict,) = drafted.conflicts
        assert (conflict.keyword, conflict.non_primary_files, conflict.files) == ("PatientID", 1, 3)
        table = drafted.documents["forecast.csv"]
        assert table.startswith("\ufeffStudyInstanceUID,SeriesInstanceUID,SOPInstanceUID,source,path,keyword,")
        assert table.endswith(",a/3,PatientID,'=Quark,Zyzzyva,drafting with --harmonize PatientID,Zyzzyva\r\n")
        (row,) = drafted.forecast()
        assert (row["path"], row["value"], row["primary value"], row["cure value"]) == (
            "a/3",
            "<PatientID 2>",
            "<PatientID 1>",
            "<PatientID 1>",
        )
        assert drafted.conflicts.of_study(uid(STUDY, 1)) == drafted.conflicts
        for text in (repr(drafted.conflicts), str(drafted), drafted.preview_html(), drafted.conflicts._repr_html_()):
            assert "--harmonize PatientID" in text
            assert "a/3" in text
            assert "PatientID 1" in text
            assert "Zyzzyva" not in text
        assert "Zyzzyva" in drafted.preview_html(show_values=True)


def test_what_the_forecast_offers_cures_it(tmp_path: Path) -> None:
    with dicommap.scan(differing(tmp_path)) as inventory:
        drafted = dicommap.draft(inventory, input_s3_uri=URI, harmonize=["PatientID"])
        assert drafted.conflicts == ()
        assert "None" not in repr(drafted.conflicts)
        assert drafted.documents["forecast.csv"].count("\r\n") == 1
        assert not [found for found in drafted.issues if found.code == "forecast.non-primary"]


def test_every_study_says_which_edits_changed_it(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    edited = sheet(tmp_path, f"StudyInstanceUID,PatientName\n{uid(STUDY, 1)},Zyzzyva\n")
    drafted = dicommap.draft(inventory, input_s3_uri=URI, sheets=edited, rules=rules)
    rows = [tuple(row.values()) for row in drafted.study_edit_rows()]
    assert rows == [
        (uid(STUDY, 1), "sheet.csv row 2", "study", "PatientName"),
        (uid(STUDY, 1), "rules.toml rule 'new id'", "study", "PatientID"),
        (uid(STUDY, 1), "rules.toml rule 'modality'", "1 series", "Modality"),
        (uid(STUDY, 2), "rules.toml rule 'modality'", "1 series", "Modality"),
    ]
    assert [row[1] for row in rows if row[0] == uid(STUDY, 1)] == [*dict.fromkeys(drafted.edits_of(uid(STUDY, 1)))]
    page = drafted.preview_html()
    assert "Edits by study" in page
    assert page.count("sheet.csv row 2") == 2
    assert "Zyzzyva" not in page


@pytest.mark.parametrize("member", ["clientToken", "inputS3Uri", "importConfiguration"])
def test_what_a_draft_makes_itself_is_no_member_of_the_account(
    inventory: dicommap.Inventory, rules: Path, member: str
) -> None:
    with pytest.raises(UsageError, match=member):
        dicommap.draft(inventory, input_s3_uri=URI, rules=rules, account={member: "x"})


def test_tables_begin_with_a_byte_order_mark_for_spreadsheets(inventory: dicommap.Inventory, rules: Path) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=rules)
    tables = {name: text for name, text in drafted.documents.items() if name.endswith(".csv") and "/" not in name}
    assert set(tables) == {"preview.csv", "edits.csv", "forecast.csv", "grouping.csv"}
    assert all(text.startswith("\ufeff") and text.count("\ufeff") == 1 for text in tables.values())


def test_one_path_is_as_good_as_several(inventory: dicommap.Inventory, rules: Path, tmp_path: Path) -> None:
    edited = sheet(tmp_path, f"StudyInstanceUID,PatientName\n{uid(STUDY, 1)},Zyzzyva\n")
    several = dicommap.draft(inventory, input_s3_uri=URI, sheets=[edited], rules=[rules])
    assert dicommap.draft(inventory, input_s3_uri=URI, sheets=edited, rules=str(rules)).documents == several.documents
    assert several.documents


def test_a_draft_says_what_validate_would_say_but_for_notes(
    inventory: dicommap.Inventory, rules: Path, tmp_path: Path
) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=rules, output=tmp_path / "package")
    found = dicommap.validate(tmp_path / "package", inventory=inventory)
    assert [one.code for one in found if one.severity is not dicommap.Severity.NOTE] == codes(drafted)[1:]
    assert codes(drafted) == ["edit.grouping-attribute", "mapping.study-and-series"]
    assert drafted.issues[1].location == dicommap.Location(study=uid(STUDY, 1))


def test_files_of_one_name_are_told_apart(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = sheet(tmp_path / "a", f"StudyInstanceUID,PatientName\n{uid(STUDY, 1)},Zyzzyva\n")
    second = sheet(tmp_path / "b", f"StudyInstanceUID,PatientName\n{uid(STUDY, 2)},Quark\n")
    drafted = dicommap.draft(inventory, input_s3_uri=URI, sheets=[first, second])
    assert [row["edit"] for row in drafted.edits()] == ["a/sheet.csv row 2", "b/sheet.csv row 2"]
    assert {row["because of"] for row in drafted.preview()} == {"a/sheet.csv row 2", "b/sheet.csv row 2"}


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/s.csv", "y/r.toml"], ["s.csv", "r.toml"]),
        (["x/a/s.csv", "y/a/s.csv", "t.csv"], ["x/a/s.csv", "y/a/s.csv", "t.csv"]),
        (["s.csv", "a/s.csv"], ["s.csv", "a/s.csv"]),
        (["a/s.csv", "a/s.csv"], ["s.csv", "s.csv"]),
        ([], []),
    ],
)
def test_a_file_has_as_much_of_its_path_as_sets_it_apart(paths: list[str], names: list[str]) -> None:
    assert make_distinct_names([Path(path) for path in paths]) == names


def test_a_keyword_that_no_override_can_set_is_told_once(tmp_path: Path) -> None:
    tree = small_tree(tmp_path / "tree")
    with dicommap.scan(tree, attributes=["FrameOfReferenceUID"]) as inventory:
        by_function = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"StudyInstanceUID": "1.2"})
        rows = "".join(f"{uid(STUDY, number)},1.2\n" for number in (1, 2))
        edited = sheet(tmp_path, f"StudyInstanceUID,FrameOfReferenceUID\n{rows}")
        by_sheet = dicommap.draft(inventory, input_s3_uri=URI, sheets=edited)
    assert codes(by_function) == ["attribute.uid"]
    assert by_function.issues[0].location == dicommap.Location(rule="<lambda>", keyword="StudyInstanceUID")
    assert codes(by_sheet) == ["attribute.uid"]
    assert by_sheet.issues[0].location == dicommap.Location(
        path="sheet.csv", row=1, column="FrameOfReferenceUID", cell="B1"
    )
    assert [row["outcome"] for row in by_sheet.edits()] == ["refused", "refused"]
    assert [row["studies refused"] for row in by_function.edits()] == ["2"]


def test_a_function_that_returns_nothing_is_told_as_one(inventory: dicommap.Inventory) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: None)
    assert drafted.issues[0].message == "The function returned values for no study or series."


def test_faults_of_one_edit_do_not_hide_those_of_another(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    edited = sheet(tmp_path, f"StudyInstanceUID,Modality\n{uid(STUDY, 1)},MR\n{uid(STUDY, 9)},MR\n")
    drafted = dicommap.draft(inventory, input_s3_uri=URI, sheets=edited)
    assert codes(drafted) == ["sheet.unknown-study", "attribute.level"]
    assert not drafted.documents


@pytest.mark.parametrize("account", [{"datastoreId": "<datastoreId>"}, {"outputS3Uri": "x"}])
def test_faults_of_the_account_are_said_once(
    inventory: dicommap.Inventory, rules: Path, account: dict[str, str]
) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=rules, account=account)
    assert codes(drafted) == ["schema.pattern", "edit.grouping-attribute"]
    assert not drafted.documents


def test_nothing_to_do_is_an_error_whatever_else_is_wrong(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    edited = sheet(tmp_path, "".join(dicommap.sheet(inventory)))
    drafted = dicommap.draft(inventory, input_s3_uri="bucket", sheets=edited)
    assert {"s3-uri.invalid", "draft.nothing-to-do"} <= set(codes(drafted))
    assert not drafted.ok


def test_sources_that_need_the_same_keys_are_refused(tmp_path: Path, rules: Path) -> None:
    first = write_tree(tmp_path / "first", {"a/IM1": p10(), "b": b"x"})
    second = write_tree(tmp_path / "second", {"a/IM1": b"x", "b": b"x", "c": b"x"})
    with dicommap.scan(first, second) as inventory:
        drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=rules, output=tmp_path / "package")
    (found,) = (one for one in drafted.issues if one.code == "draft.colliding-paths")
    assert found.location.path == "a/IM1"
    assert found.message.startswith("2 paths")
    assert drafted.package is None


def test_a_preview_is_gone_over_as_often_as_one_likes(inventory: dicommap.Inventory) -> None:
    preview = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"PatientID": "Zyzzyva"}).preview()
    assert len(preview) == len(list(preview)) == len(list(preview)) == 2
    assert str(preview).startswith("Preview: 2 changes, 2 overrides\n")
    assert "&lt;PatientID 2&gt;" in preview._repr_html_()
    assert "Zyzzyva" not in f"{preview}{preview!r}{list(preview)}"


def test_a_preview_with_values_shows_them(inventory: dicommap.Inventory) -> None:
    draft = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"PatientID": "Zyzzyva"})
    assert "<del>P1</del>" in draft.preview(show_values=True)._repr_html_()
    assert "<ins>Zyzzyva</ins>" in draft.preview(show_values=True)._repr_html_()
    assert "masked" not in draft.preview(show_values=True)._repr_html_()
    nothing = dicommap.draft(inventory, input_s3_uri=URI).preview()
    assert (len(nothing), list(nothing)) == (0, [])
    assert "No edit changes anything." in str(nothing)


def jobs_of(drafted: dicommap.Draft) -> list[tuple[str, str, bool, int, int]]:
    assert drafted.plan is not None, drafted.issues
    return [(job.id, job.inputS3Uri, job.staged, job.instances, len(job.mappings)) for job in drafted.plan.jobs]


def test_jobs_are_folders_each_with_its_own_overrides(
    inventory: dicommap.Inventory, rules: Path, tmp_path: Path
) -> None:
    drafted = dicommap.draft(
        inventory, input_s3_uri=URI, rules=[rules], quotas=Quotas(files=6), output=tmp_path / "package"
    )
    assert drafted.ok, drafted.issues
    # Study 1 has an override of its own, and each study has one for its second series.
    assert jobs_of(drafted) == [
        ("0001", f"{URI}study1/", False, 4, 2),
        ("0002", f"{URI}study2/", False, 4, 1),
    ]
    assert drafted.package is not None
    assert dicommap.validate(drafted.package, inventory=inventory, input_s3_uri=URI).errors == []
    names = [path for path in drafted.documents if "/files/" in path]
    assert [name.split("/")[1] for name in names] == ["0001", "0001", "0002"]


def test_a_study_that_is_cut_has_its_overrides_in_each_of_its_jobs(inventory: dicommap.Inventory, rules: Path) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], quotas=Quotas(files=4))
    assert jobs_of(drafted)[:2] == [
        ("0001", f"{URI}study1/series1/", False, 2, 1),
        ("0002", f"{URI}study1/series2/", False, 2, 2),
    ]
    assert drafted.plan is not None
    assert (drafted.plan.studies, drafted.plan.series) == (2, 2)
    assert codes(drafted).count("job.study-over-quota") == 2


def test_a_job_that_nothing_is_overridden_in_has_no_configuration(
    inventory: dicommap.Inventory, tmp_path: Path
) -> None:
    edited = sheet(tmp_path, f"StudyInstanceUID,PatientID\n{uid(STUDY, 1)},NEW\n")
    drafted = dicommap.draft(
        inventory, input_s3_uri=URI, sheets=[edited], quotas=Quotas(files=6), output=tmp_path / "package"
    )
    assert [job[4] for job in jobs_of(drafted)] == [1, 0]
    assert "jobs/0002/import-configuration.json" not in drafted.documents
    assert "importConfiguration" not in json.loads(drafted.documents["jobs/0002/start-dicom-import-job.json"])
    assert drafted.package is not None
    assert dicommap.validate(drafted.package).errors == []


def test_what_does_not_fit_is_staged_whole(
    inventory: dicommap.Inventory, tree: Path, rules: Path, tmp_path: Path
) -> None:
    write_tree(tree, {"IM9": p10(StudyInstanceUID=uid(STUDY, 2), SOPInstanceUID=uid(STUDY, 2, 9))})
    with dicommap.scan(tree) as scanned:
        drafted = dicommap.draft(
            scanned,
            input_s3_uri=URI,
            rules=[rules],
            quotas=Quotas(files=8),
            stage_uri="s3://bucket/staged/",
            output=tmp_path / "package",
        )
        assert jobs_of(drafted) == [
            ("0001", f"{URI}study1/", False, 4, 2),
            ("0002", "s3://bucket/staged/0002/", True, 5, 1),
        ]
        assert [code for code in codes(drafted) if code.startswith("job.")] == ["job.staged"]
        assert drafted.package is not None
        assert dicommap.validate(drafted.package, inventory=scanned).errors == []


def test_what_no_job_takes_is_an_error_unless_it_is_meant(
    inventory: dicommap.Inventory, rules: Path, tmp_path: Path
) -> None:
    quotas = Quotas(files=3)
    refused = dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], quotas=quotas, output=tmp_path / "package")
    assert "job.unplanned" in [one.code for one in refused.issues.errors]
    assert refused.package is None
    meant = dicommap.draft(
        inventory, input_s3_uri=URI, rules=[rules], quotas=quotas, leave_out=True, output=tmp_path / "package"
    )
    assert meant.ok
    assert meant.plan is not None
    assert (meant.plan.unplanned.instances, meant.plan.unplanned.files) == (2, 2)


def test_the_same_layout_gives_the_same_staged_jobs(inventory: dicommap.Inventory, rules: Path) -> None:
    made = [
        dict(
            dicommap.draft(
                inventory, input_s3_uri=URI, rules=[rules], staging="all", stage_uri="s3://bucket/staged/"
            ).documents
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "options",
    [
        {"output": "package"},
        {"input_s3_uri": URI, "staging": "never", "stage_uri": "s3://bucket/staged/"},
        {"input_s3_uri": URI, "staging": "all"},
        {"input_s3_uri": URI, "staging": "sometimes", "stage_uri": "s3://bucket/staged/"},
    ],
)
def test_uris_that_do_not_go_with_the_staging_are_refused(
    inventory: dicommap.Inventory, rules: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        dicommap.draft(inventory, rules=[rules], **options)


def test_a_look_needs_no_prefix_and_keeps_none(inventory: dicommap.Inventory, rules: Path) -> None:
    looked, drafted = dicommap.draft(inventory, rules=rules), dicommap.draft(inventory, input_s3_uri=URI, rules=rules)
    assert looked.changes == drafted.changes
    assert looked.overrides == drafted.overrides
    assert [issue.code for issue in looked.issues] == [issue.code for issue in drafted.issues]
    assert (looked.plan, looked.documents, looked.package) == (None, {}, None)
    assert "not written: no output and no input_s3_uri were named" in str(looked)
    assert "no-prefix" not in f"{looked}{looked.preview_html()}"


@pytest.mark.parametrize(
    ("stage", "account", "code"),
    [
        ("s3://bucket/in/staged/", {}, "job.stage-overlap"),
        ("s3://bucket/", {}, "job.stage-overlap"),
        ("s3://bucket/out/staged/", {"outputS3Uri": "s3://bucket/out/"}, "job.stage-overlap"),
        ("s3://bucket//", {}, "s3-uri.prefix"),
        ("bucket", {}, "s3-uri.invalid"),
    ],
)
def test_a_staging_prefix_that_cannot_be_is_an_error(
    inventory: dicommap.Inventory, rules: Path, stage: str, account: dict[str, str], code: str
) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], stage_uri=stage, account=account)
    assert code in codes(drafted)
    assert not drafted.documents


def test_more_jobs_than_can_be_numbered_are_refused(
    inventory: dicommap.Inventory, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicommap.planning.inventory_jobs.JOBS_LIMIT", 1)
    with pytest.raises(UsageError, match="There would be 2 jobs"):
        dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], quotas=Quotas(files=6))


def test_an_override_never_takes_the_place_of_a_source_file_of_its_job(tmp_path: Path, rules: Path) -> None:
    files = {f"a/dicommap-overrides/{STUDY}.json": b"x", "a/1": p10(), "b/1": b"x"}
    with dicommap.scan(write_tree(tmp_path / "tree", files)) as inventory:
        drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=[rules], quotas=Quotas(files=3))
    (found,) = [one for one in drafted.issues if one.code == "draft.path-taken"]
    assert found.location.path == f"a/dicommap-overrides/{STUDY}.json"


def test_a_source_in_s3_is_planned_where_it_lies(bucket: Bucket, tree: Path, rules: Path, tmp_path: Path) -> None:
    bucket.upload(tree, "one/")
    bucket.upload(small_tree(tmp_path / "other", studies=3), "two/x/")
    with dicommap.scan(f"{bucket.uri}one/") as inventory:
        drafted = dicommap.draft(inventory, rules=[rules])
        assert [job[1] for job in jobs_of(drafted)] == [f"{bucket.uri}one/"]
        etags = {one.etag for one in inventory.s3_objects()}
        assert "" not in etags
        with pytest.raises(UsageError, match="not under --input-s3-uri"):
            dicommap.draft(inventory, rules=[rules], input_s3_uri="s3://other/in/")
    with dicommap.scan(f"{bucket.uri}one/", f"{bucket.uri}two/x/") as inventory:
        drafted = dicommap.draft(inventory, rules=[rules], output=tmp_path / "package")
        # Between the two lies what was not scanned, so that the bucket as a whole is no prefix of a job.
        assert [job[1] for job in jobs_of(drafted)] == [f"{bucket.uri}one/", f"{bucket.uri}two/x/"]
        assert drafted.plan is not None
        assert drafted.plan.inputS3Uri == bucket.uri
        assert dicommap.validate(tmp_path / "package").errors == []
        staged = dicommap.draft(inventory, rules=[rules], staging="all", stage_uri=f"{bucket.uri}staged/")
        assert staged.ok, staged.issues


def test_sources_in_two_buckets_are_told_as_such(s3_environment: str, bucket: Bucket, rules: Path) -> None:
    other = Bucket(f"{bucket.name}-other", bucket.endpoint_url, bucket.client)
    other.client.create_bucket(Bucket=other.name)
    for number, place in enumerate((bucket, other)):
        place.put("in/a.dcm", p10(SOPInstanceUID=uid(STUDY, 9, number + 1)))
    with dicommap.scan(f"{bucket.uri}in/", f"{other.uri}in/") as inventory:
        for uri in (None, f"{bucket.uri}in/"):
            with pytest.raises(UsageError) as raised:
                dicommap.draft(inventory, input_s3_uri=uri, rules=[rules])
            assert "each bucket by itself" in (raised.value.fix or "")


def test_what_cannot_be_staged_is_not_said_to_be(inventory: dicommap.Inventory) -> None:
    found = dicommap.draft(
        inventory,
        input_s3_uri=URI,
        by_study=lambda _: {"PatientID": "NEW"},  # with its override file each instance is two files
        quotas=Quotas(files=1),
        stage_uri="s3://bucket/staged/",
    )
    assert {"job.quota-too-small", "job.unplanned"} <= set(codes(found))
    (told,) = (one.message for one in found.issues if one.code == "job.quota-too-small")
    assert "files=1 is too small" in told
    assert told.endswith("needs files=2.")
    assert "job.staged" not in codes(found)
