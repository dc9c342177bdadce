"""Tables on a terminal: one line for each study, series or instance at any width from 80, and nothing broken."""

from __future__ import annotations

import random
import re
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

import dicommap as dm
from dicommap.dicom.dictionary import tag_of
from dicommap.display.formatting import measure_text_width
from dicommap.display.table_layout import fit_table, make_column
from dicommap.issues import CATALOGUE
from tests.cli.running import dicommap, dicommap_on_terminal
from tests.support.filled_inventories import added, inventory_of, refused
from tests.support.needed_tools import CORPUS, needs_corpus

WIDTHS = [80, 100, 120, 200]
LEVELS = ["study", "series", "instance", "file", "issue"]
STUDY = "1.2.826.0.1.3680043.10." + "7" * 41
SERIES = "1.2.826.0.1.3680043.11." + "8" * 41
NUMBERS = re.compile(r"<?[\d,.]+( [kMGT]?B|>)?")
COLUMNS = {"series", "instances", "bytes", "disposition", "path", "source"}
UID = re.compile(r"[\d.]+(?:…[\d.]+)?")


def fill(path: Path, studies: int = 40, *, seed: int = 1) -> Path:
    """Make an inventory of studies with UIDs, descriptions and paths of many lengths, and with issues."""
    pick = random.Random(seed)

    def make_uid(root: str, length: int) -> str:
        return root + "." + "".join(str(pick.randrange(1, 10)) for _ in range(length))

    files = []
    for number in range(studies):
        study = make_uid("1.2.826.0.1.3680043.8.498", pick.choice([3, 20, 38]))
        for series in range(pick.randrange(1, 4)):
            uids = f"{study} {study[:55]}.{series}.{number} {make_uid('1.3.6.1.4.1.5962', pick.randrange(8, 40))}"
            place = "/".join(["folder with a long name"] * pick.randrange(6)) + f"/IM{number:04}-{series}"
            values: dict[str, Any] = {
                "PatientID": f"P{number}",
                "StudyDescription": "description " * pick.randrange(6),
                "SeriesDescription": "日本語 " * pick.randrange(9),
                "SeriesNumber": str(pick.randrange(10 ** pick.randrange(1, 6))),
                "Modality": pick.choice(["MR", "CT", ""]),
                "AccessionNumber": str(number) * 4,
            }
            files.append(added(place.lstrip("/"), uids, size=pick.randrange(10**9), **values))
    files += [refused(f"notes/{'deep/' * number}readme {number}.txt") for number in range(12)]
    with inventory_of(*files, path=path):
        pass
    return path


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("filled") / "i.db")


def assert_fits(text: str, width: int, level: str, rows: int | None = None) -> list[str]:
    """Check a table that was printed on a terminal, and return its rows."""
    lines = text.split("\nNext")[0].splitlines()  # the next command may be longer
    assert all(measure_text_width(line) <= width for line in lines), max(lines, key=measure_text_width)
    table = list(takewhile(lambda line: not line.startswith(("No room for: ", "In this output, ", "--show-")), lines))
    if level == "issue":
        codes = re.findall(r"\[([a-z0-9.-]+)\]", text)
        assert codes
        assert {*codes} <= {*CATALOGUE}
        return table
    for heading in table[0].split():
        assert heading in COLUMNS or tag_of(heading), heading
    assert rows is None or len(table) == rows + 1
    return table[1:]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("level", LEVELS)
def test_every_row_is_one_line_that_fits(filled: Path, level: str, width: int) -> None:
    with dm.Inventory.open(filled) as inventory:
        summary = inventory.summary()
    counts = {"study": summary.studies, "series": summary.series, "instance": summary.instances, "file": summary.files}
    rows = assert_fits(dicommap_on_terminal(width, "show", filled, "--level", level), width, level, counts.get(level))
    if level in ("study", "series", "instance"):
        firsts = [row.split()[0] for row in rows]
        assert all(UID.fullmatch(uid) for uid in firsts)
        assert level == "series" or len({*firsts}) == len(firsts)


@pytest.mark.long
@needs_corpus
@pytest.mark.parametrize("level", LEVELS)
def test_tables_of_real_files_fit(level: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert CORPUS is not None
    path = tmp_path_factory.getbasetemp() / "corpus.db"
    if not path.exists():
        dicommap("scan", CORPUS, "-o", path)
    for width in WIDTHS:
        shown = dicommap_on_terminal(width, "show", path, "--level", level)
        if re.match(r"\w+ +[0-9]", shown) is None and not shown.startswith("No issues."):  # not one or two cards
            assert_fits(shown, width, level)


@pytest.fixture
def series_of_two_files(tmp_path: Path) -> Path:
    files = [added(str(number), f"{STUDY} {SERIES} 1.2.3.{number}", SeriesDescription="knee") for number in range(2)]
    with inventory_of(*files, path=tmp_path / "i.db"):
        pass
    return tmp_path / "i.db"


@pytest.mark.parametrize("width", [60, *WIDTHS])
def test_one_row_that_does_not_fit_is_a_card_with_whole_uids(series_of_two_files: Path, width: int) -> None:
    shown = dicommap_on_terminal(width, "show", series_of_two_files, "--level", "series")
    if width >= 80:
        assert STUDY in shown
        assert SERIES in shown
    assert ["instances", "2"] in [line.split() for line in shown.splitlines()] or width == 200
    assert all(len(line) <= width for line in shown.split("\nNext")[0].splitlines())


def test_wide_and_a_pipe_shorten_nothing(filled: Path) -> None:
    piped = dicommap("show", filled, "--level", "series").out
    assert "…" not in piped
    wide = dicommap_on_terminal(80, "show", filled, "--level", "series", "--wide")
    assert wide.split("Marks such")[0] == piped.split("Marks such")[0]


def test_an_encoding_without_the_ellipsis_gets_dots(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.cli.terminal._ELLIPSIS", "\udc80")
    shown = dicommap_on_terminal(
        80, "show", filled, "--columns", "StudyInstanceUID,Modality,AccessionNumber,bytes,series"
    )
    assert "..." in shown
    assert all(len(line) <= 80 for line in shown.split("\nNext")[0].splitlines())


def test_columns_without_a_value_are_left_out(tmp_path: Path) -> None:
    files = [added(str(number), f"1.{number} 1.{number}.1 1.{number}.1.1") for number in range(3)]
    with inventory_of(*files, path=tmp_path / "i.db"):
        pass
    header, *_ = dicommap("show", tmp_path / "i.db").out.splitlines()
    assert header.split() == ["StudyInstanceUID", "series", "instances", "bytes"]


def test_ids_of_jobs_and_codes_are_whole() -> None:
    columns = [make_column(name) for name in ("job", "jobId", "code", *"abcdefgh")]
    row = ("0001", "7" * 32, "mapping.study-and-series", *["some words that are long"] * 8)
    layout = fit_table(columns, [row], 80)
    assert [cell.strip() for cell in next(layout.format_row_lines(row))][:3] == [*row[:3]]


def test_a_table_of_many_rows_is_printed_in_blocks_with_one_heading(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicommap.cli.output.BLOCK_ROWS", 7)
    shown = dicommap_on_terminal(120, "show", filled, "--level", "file")
    assert shown.count("disposition") == 1
    assert len(shown.split("Next")[0].splitlines()) == 1 + len(
        dicommap("show", filled, "--level", "file", "--format", "jsonl").out.splitlines()
    )
