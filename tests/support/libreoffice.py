"""LibreOffice, if it is installed, and files that it wrote: `python -m tests.support.libreoffice` writes them anew."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dicommap.edits.sheet_rows import format_sheet_lines, format_sheet_rows, list_sheet_columns
from dicommap.edits.workbook_columns import describe_sheet_columns
from dicommap.healthimaging.levels import Level
from dicommap.model.study import Study
from dicommap.writing.workbook_writer import write_new_workbook
from tests.support.studies import study

SOFFICE = shutil.which("soffice")
"""The command of LibreOffice, or None."""

STORED = Path(__file__).parent / "libreoffice_files"
"""Workbooks that LibreOffice 7.4 wrote."""

UTF_8_WITH_DETECTION = "Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true"
"""LibreOffice's filter for CSV with commas in UTF-8; it reads numbers and dates as such."""

KEYWORDS = ("PatientID", "PatientName", "StudyDate", "AccessionNumber")
VALUES = (
    ("007", "Müller^山田=x", "20260131", "12345678901234567890"),
    ("=1+1", "'quoted", "", "1.20"),
    ("+49 30 1", "@home^-", "20260131", "1E5"),
    ("MARCH1", "<r>x</r>", "", "1-2"),
    ("TRUE", "a,b;c\td", "20260229", "#N/A"),
    ("  spaced  ", "_x0041_^_x000D_", "19000101", "10:30"),
    ("a\\b", "line\r\nfeed\nend", "", "0.50"),
    ("&lt;<&>", "\U0001f600^e\u0301", "", "50%"),
    ("\udcfc\udc80", "nul\0bell\x07", "", "\u202eabc"),
    ("***", "NULL", "", "\u00a0x"),
)
"""Values that spreadsheets damage if a cell is not text, or that XML cannot have."""


def difficult_studies() -> list[Study]:
    """Return studies with these values, and one study whose series differ."""
    studies = [
        study(dict(zip(KEYWORDS, values, strict=True)), uid=f"1.2.{number}") for number, values in enumerate(VALUES, 1)
    ]
    return [*studies, study({"PatientID": "A"}, {"PatientID": "B"}, uid="1.2.99")]


def expected_rows() -> list[list[str]]:
    """Return the header and the rows of the sheet of these studies."""
    header = list(list_sheet_columns(Level.STUDY, KEYWORDS))
    return [header, *format_sheet_rows(difficult_studies(), Level.STUDY, KEYWORDS)]


def write_workbook(path: Path) -> None:
    """Write the sheet of these studies as a workbook."""
    rows = format_sheet_rows(difficult_studies(), Level.STUDY, KEYWORDS)
    write_new_workbook(path, "Studies", describe_sheet_columns(Level.STUDY, KEYWORDS), rows)


def write_csv(path: Path) -> None:
    """Write the sheet of these studies as CSV."""
    lines = format_sheet_lines(difficult_studies(), Level.STUDY, KEYWORDS)
    path.write_text("".join(lines), encoding="utf-8", newline="")


def save_as(paths: Sequence[Path], folder: Path, kind: str, infilter: str | None = None) -> None:
    """Let LibreOffice open files and save them in another format into a folder."""
    assert SOFFICE is not None
    with TemporaryDirectory() as profile:
        command = [SOFFICE, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless"]
        command += [f"--infilter={infilter}"] if infilter else []
        command += ["--convert-to", kind, "--outdir", str(folder), *map(str, paths)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)


def make_files(folder: Path) -> None:
    """Write a sheet as a workbook and as CSV, and let LibreOffice save both as workbooks into a folder."""
    with TemporaryDirectory() as made:
        ours, by_hand = Path(made, "saved-again.xlsx"), Path(made, "opened-csv.csv")
        write_workbook(ours)
        write_csv(by_hand)
        save_as([ours], folder, "xlsx")
        save_as([by_hand], folder, "xlsx", UTF_8_WITH_DETECTION)


if __name__ == "__main__":
    STORED.mkdir(parents=True, exist_ok=True)
    make_files(STORED)
