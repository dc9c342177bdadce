"""`dicommap show`: which rows and columns it lists, and in which order."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.running import dicommap, dicommap_on_terminal
from tests.support.filled_inventories import added, inventory_of, refused

SCANNER = "1.2.826.0.1.3680043.8.498.6410818900703977"
KNEE, HEAD, CHEST = f"{SCANNER}.11", f"{SCANNER}.22", f"{SCANNER}.33"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inventory of three studies: knee (MR, 2 series), head (MR) and chest (CT, a duplicate); and 7 notes."""
    path = tmp_path_factory.mktemp("filled") / "i.db"
    files = [
        added("k/1", f"{KNEE} {KNEE}.1 {KNEE}.1.1", size=10, Modality="MR", PatientID="981", StudyDescription="knee"),
        added("k/2", f"{KNEE} {KNEE}.2 {KNEE}.2.1", size=30, Modality="SR", PatientID="981", StudyDescription="knee"),
        added("h/1", f"{HEAD} {HEAD}.1 {HEAD}.1.1", size=900, Modality="MR", PatientID="772", SeriesNumber="10"),
        added("c/1", f"{CHEST} {CHEST}.1 {CHEST}.1.1", size=70, Modality="CT", PatientID="983", SeriesNumber="9"),
        added("c/2", f"{CHEST} {CHEST}.1 {CHEST}.1.1", size=71, Modality="CT", PatientID="983", SeriesNumber="9"),
        *(refused(f"notes/{number}.txt") for number in range(7)),
    ]
    with inventory_of(*files, path=path):
        pass
    return path


def listed(inventory: Path, column: str, *options: str, level: str = "study") -> list[str]:
    out = dicommap("show", inventory, "--level", level, "--format", "csv", "--show-values", *options).out
    return [row[column] for row in csv.DictReader(io.StringIO(out))]


@pytest.mark.parametrize(
    ("options", "studies"),
    [
        (["--where", "Modality=MR"], {KNEE, HEAD}),
        (["--where", "Modality=MR", "--where", "PatientID=98*"], {KNEE}),
        (["--where", "Modality=CT", "--where", "Modality=SR"], {KNEE, CHEST}),
        (["--where", "PatientID=[9]8[!1]"], {CHEST}),
        (["--where", "StudyDescription="], {HEAD, CHEST}),
        (["--where", f"StudyInstanceUID={SCANNER}.?2"], {HEAD}),
        (["--where", f"SOPInstanceUID={HEAD}.1.1"], {HEAD}),
        (["--study", HEAD], {HEAD}),
        (["--study", "1.2.8…7.22"], {HEAD}),
        (["--study", "1.2.8...7.22", "--study", CHEST], {HEAD, CHEST}),
        (["--series", f"{KNEE}.2"], {KNEE}),
        (["--series", f"{KNEE}.2", "--where", "Modality=CT"], set()),
        (["--code", "instance.conflict,instance.duplicate"], {CHEST}),
        (["--severity", "error"], {CHEST}),
        (["--code", "p10.not-dicom"], set()),
        (["--limit", "2"], {KNEE, HEAD}),
        (["--limit", "1", "--where", "Modality=CT"], {CHEST}),
    ],
)
def test_studies_are_selected(filled: Path, options: list[str], studies: set[str]) -> None:
    assert listed(filled, "StudyInstanceUID", *options) == sorted(studies)


@pytest.mark.parametrize(
    ("level", "options", "paths"),
    [
        ("instance", ["--where", "Modality=SR"], ["k/2"]),
        ("instance", ["--study", CHEST], ["c/1", "c/2"]),
        ("instance", ["--code", "instance.conflict", "--code", "instance.duplicate"], ["c/2"]),
        ("instance", ["--limit", "2"], ["k/1", "k/2"]),
        ("file", ["--where", "PatientID=77*"], ["h/1"]),
        ("file", ["--severity", "warning", "--limit", "1"], ["notes/0.txt"]),
        ("file", ["--sort", "-bytes", "--limit", "2"], ["h/1", "c/2"]),
        ("instance", ["--sort", "bytes"], ["k/1", "k/2", "c/1", "c/2", "h/1"]),
    ],
)
def test_files_are_selected_and_sorted(filled: Path, level: str, options: list[str], paths: list[str]) -> None:
    assert listed(filled, "path", *options, level=level) == paths


def test_a_study_has_all_its_series_but_a_series_is_selected_alone(filled: Path) -> None:
    assert listed(filled, "series", "--where", "Modality=SR") == ["2"]
    assert listed(filled, "SeriesInstanceUID", "--where", "Modality=SR", level="series") == [f"{KNEE}.2"]


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        ("SeriesNumber", ["9", "10", "", ""]),
        ("-SeriesNumber", ["10", "9", "", ""]),
        ("-PatientID,bytes", ["9", "", "", "10"]),
    ],
)
def test_numbers_are_sorted_as_numbers_and_empty_cells_last(filled: Path, order: str, numbers: list[str]) -> None:
    assert listed(filled, "SeriesNumber", "--sort", order, level="series") == numbers


def test_sorting_with_a_limit_is_the_beginning_of_the_whole_order(filled: Path) -> None:
    whole = listed(filled, "path", "--sort", "-bytes,path", level="file")
    assert listed(filled, "path", "--sort", "-bytes,path", "--limit", "5", level="file") == whole[:5]


def test_columns_are_those_that_are_named(filled: Path) -> None:
    columns = ("--columns", "bytes,PatientID", "--columns", "StudyInstanceUID", "--study", HEAD)
    record = json.loads(dicommap("show", filled, "--format", "jsonl", "--show-values", *columns).out)
    values = {"PatientID": [{"value": "772", "files": 1}]}
    assert record == {"bytes": 900, "StudyInstanceUID": HEAD, "attributes": values}
    header, row, *_ = dicommap("show", filled, "--show-values", *columns).out.splitlines()
    assert header.split() == ["bytes", "PatientID", "StudyInstanceUID"]
    assert row.split() == ["900", "B", "772", HEAD]


def test_issues_are_grouped_the_most_severe_first(filled: Path) -> None:
    out = dicommap("show", filled, "--level", "issue").out
    assert out.index("error: ") < out.index(
        "7 warnings: The file is not a DICOM file. [p10.not-dicom]\n  notes/0.txt\n"
    )
    assert "  notes/4.txt\n  ... and 2 more; --all-issues lists them\n" in out
    assert "notes/6.txt" in dicommap("show", filled, "--level", "issue", "--all-issues").out
    limited = dicommap("show", filled, "--level", "issue", "--limit", "1", "--code", "p10.not-dicom").out
    assert limited.splitlines()[:3] == [
        "7 warnings: The file is not a DICOM file. [p10.not-dicom]",
        "  notes/0.txt",
        "  ... and 6 more; --all-issues lists them",
    ]


def test_issues_of_a_study_are_those_of_its_files(filled: Path) -> None:
    found = [
        json.loads(line) for line in dicommap("show", filled, "--level", "issue", "--format", "jsonl").out.splitlines()
    ]
    ofchest = dicommap("show", filled, "--level", "issue", "--study", CHEST, "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in ofchest] == [issue for issue in found if issue["severity"] == "error"]
    assert dicommap("show", filled, "--level", "issue", "--study", KNEE).out.startswith("No issues match.\n")


def test_issues_of_json_are_in_the_order_in_which_they_were_found(filled: Path) -> None:
    records = json.loads(dicommap("show", filled, "--level", "issue", "--format", "json").out)
    assert records[0]["code"] == "p10.not-dicom"
    assert len(records) == 8


def test_nothing_is_said_to_be_nothing(tmp_path: Path, filled: Path) -> None:
    with inventory_of(added("a"), path=tmp_path / "i.db"):
        pass
    assert dicommap("show", tmp_path / "i.db", "--level", "issue").out.startswith("No issues.\n")
    assert dicommap("show", filled, "--where", "Modality=US").out.startswith("No studies match.\n")


def test_more_rows_than_the_limit_are_mentioned(filled: Path) -> None:
    assert "The first 2 studies; there are more.\n" in dicommap("show", filled, "--limit", "2").out
    assert "there are more" not in dicommap("show", filled, "--limit", "3").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--where", "Modality"], "A condition of --where is KEYWORD=PATTERN."),
        (["--where", "Modalty=MR"], "Modalty"),
        (["--columns", "Modalty"], "Level study has no column 'Modalty'."),
        (["--sort", "-path"], "Level study has no column 'path'."),
        (["--study", "12a"], "'12a' is not a UID."),
        (["--code", "p10.trunc"], "Unknown issue code 'p10.trunc'."),
        (["--limit", "0"], "--limit is 1 or more."),
        (["--severity", "fatal"], "Unknown value 'fatal' for --severity."),
    ],
)
def test_a_wrong_option_is_refused(filled: Path, options: list[str], said: str) -> None:
    ran = dicommap("show", filled, *options)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err


def test_a_severity_has_its_colour(filled: Path) -> None:
    plain = dicommap_on_terminal(100, "show", filled, "--level", "issue")
    colored = dicommap_on_terminal(100, "show", filled, "--level", "issue", NO_COLOR="")
    assert "\x1b" not in plain
    assert "\x1b[33m7 warnings:\x1b[0m" in colored
    assert colored.replace("\x1b[33m", "").replace("\x1b[1;31m", "").replace("\x1b[0m", "") == plain
    assert "\x1b" not in dicommap_on_terminal(100, "show", filled, "--color", "never", NO_COLOR="")
    assert "\x1b[1m" in dicommap("show", filled, "--color", "always").out


def test_several_codes_are_explained_and_a_wrong_one_none() -> None:
    assert "[DOC PAGE]: AWS says so" in dicommap("explain", "reconcile.non-primary").out
    out = dicommap("explain", "p10.truncated", "mapping.missing-file").out
    assert "[DOC PAGE]" not in out
    assert out.index("p10.truncated (error)") < out.index("\n\nmapping.missing-file (error)\n")
    ran = dicommap("explain", "p10.truncated", "p10.truncatd")
    assert (ran.status, ran.out) == (2, "")
    lines = dicommap_on_terminal(80, "explain").splitlines()
    assert all(len(line) <= 80 for line in lines)


def test_columns_of_csv_are_in_the_order_of_the_call(filled: Path) -> None:
    ran = dicommap("show", filled, "--columns", "PatientID,StudyInstanceUID", "--format", "csv")
    assert ran.out.splitlines()[0].removeprefix("\ufeff") == "PatientID,StudyInstanceUID"


def test_one_row_is_named_in_the_singular_and_an_attribute_that_was_not_captured_is_explained(filled: Path) -> None:
    assert "The first 1 study; there are more.\n" in dicommap("show", filled, "--limit", "1").out
    assert "Scan again with --attributes for it." in dicommap("show", filled, "--columns", "PatientAge").err
    assert "Did you mean p10.truncated" in dicommap("explain", "P10.TRUNCATED").err
