"""demo(): show scan, sheet, draft and validate with sample files that come with pydicom."""

from __future__ import annotations

import csv
import io
import os
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from dicommap.api.draft import draft
from dicommap.api.scan import scan
from dicommap.api.sheet import sheet
from dicommap.api.validate import validate
from dicommap.display.issue_report import Issues
from dicommap.errors import PackageError, os_error_reason
from dicommap.writing.private_files import create_directories, create_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dicommap.inventory import InventorySummary
    from dicommap.package.draft_result import Draft

INPUT_S3_URI = "s3://example-bucket/incoming/"

_RULES_TEXT = """\
# Rules are edits that hold wherever their patterns match.

[[rule]]
name = "name the pilot series"
level = "series"
match = { Modality = "MR", SeriesDescription = "*PILOT*" }
set = { SeriesDescription = "Pilot" }

[[rule]]
name = "sex not recorded"
level = "study"
match = { PatientSex = "", StudyDate = "2001*" }
set = { PatientSex = "O" }

[[rule]]
name = "no time of study"
level = "study"
match = { StudyDescription = "Carotids" }
empty = ["StudyTime"]
"""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The result of `demo`: the paths of the written files, the summary of the inventory, the draft, and the issues."""

    inventory: Path
    sheet: Path
    edited_sheet: Path
    rules: Path
    package: Path
    summary: InventorySummary
    draft: Draft
    issues: Issues


def demo(directory: Path) -> Demo:
    """Run the main steps with sample files: scan, write and edit a sheet, draft a package, and validate the package.

    The samples are about 90 P10 files of pydicom: CT, MR and CR of several patients. All results are written to
    `directory`.

    Raises:
        PackageError: The directory exists and is not empty, or it cannot be written.

    """
    inventory_path, rules = directory / "inventory.db", directory / "rules.toml"
    original, edited = directory / "studies.csv", directory / "studies-edited.csv"
    with _convert_os_errors(directory):
        _require_empty_directory(directory)
        create_directories(directory)
        _write_new_text_file(rules, _RULES_TEXT)
    with (
        as_file(files("pydicom").joinpath("data", "test_files", "dicomdirtests")) as tree,
        scan(tree, output=inventory_path) as inventory,
    ):
        lines = list(sheet(inventory))
        with _convert_os_errors(directory):
            _write_new_text_file(original, "".join(lines))
            _write_new_text_file(edited, _edit_first_study("".join(lines)))
        package = directory / "package"
        drafted = draft(inventory, sheets=[edited], rules=[rules], input_s3_uri=INPUT_S3_URI, output=package)
        issues = validate(package, inventory=inventory) if drafted.package else Issues()
        return Demo(
            inventory=inventory_path,
            sheet=original,
            edited_sheet=edited,
            rules=rules,
            package=package,
            summary=inventory.summary(),
            draft=drafted,
            issues=issues,
        )


def _require_empty_directory(directory: Path) -> None:
    is_empty = directory.is_dir() and not any(directory.iterdir())
    if directory.is_symlink() or (directory.exists() and not is_empty):
        raise PackageError(f"{directory} exists and is not an empty directory.", fix="Name another with -o.")


def _write_new_text_file(path: Path, text: str) -> None:
    with os.fdopen(create_file(path), "wb") as file:
        file.write(text.encode("utf-8"))


@contextmanager
def _convert_os_errors(directory: Path) -> Iterator[None]:
    """Return a context manager that converts OSError to PackageError. The advice is to name another directory."""
    try:
        yield
    except OSError as error:
        raise PackageError(
            f"{directory} cannot be written to: {os_error_reason(error)}.", fix="Name another with -o."
        ) from None


def _edit_first_study(text: str) -> str:
    """Return the CSV text of a sheet with a new PatientID and AccessionNumber of the first study.

    In real use, a person makes such an edit in a spreadsheet program.
    """
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    rows[0] |= {"PatientID": "HOSP-000417", "AccessionNumber": "ACC-2026-0093"}
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
