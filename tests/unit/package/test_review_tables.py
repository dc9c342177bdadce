"""The tables of a package that a retry takes over: rows of some studies, and nothing of a table that was changed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from dicommap.errors import DocumentError
from dicommap.model.item_store import MEMORY
from dicommap.model.package_layout import EDITS_FILE, FORECAST_FILE, ISSUES_FILE, PREVIEW_FILE
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.review_tables import filter_tables
from dicommap.planning.package_documents import PackageTables
from dicommap.planning.plan import FileDigest
from tests.support.p10_files import STUDY, uid
from tests.support.reconciliation_packages import draft_package

KEPT = uid(STUDY, 1)
ROWS = f'\ufeffStudyInstanceUID,before\r\n{KEPT},"A\rB\nC\r\nD ""E"""\r\n9.9,"{KEPT}\n{KEPT},x"\r\n{KEPT},\r\n'
WARNINGS = [
    json.dumps({"code": code, "message": "a\u2028b"}, ensure_ascii=False) + "\n" for code in ("edit.x", "job.y")
]


@pytest.fixture
def package(tree: Path, tmp_path: Path) -> PackageDirectory:
    return draft_package(tree, tmp_path / "package")


def replace_table(package: PackageDirectory, name: str, text: str) -> PackageDirectory:
    """Write a table of a package, and return the package with a plan that has the hash of the table."""
    (package.path / name).write_text(text, encoding="utf-8", newline="")
    plan = package.plan.model_copy(update={name.partition(".")[0]: FileDigest.from_text(text)})
    return PackageDirectory(package.path, plan)


def filter_kept(package: PackageDirectory) -> PackageTables:
    return filter_tables(package, {KEPT}, {}, MEMORY)


@pytest.mark.parametrize("name", [PREVIEW_FILE, FORECAST_FILE])
def test_cells_with_line_breaks_are_kept_as_they_are(package: PackageDirectory, name: str) -> None:
    tables = filter_kept(replace_table(package, name, ROWS))
    pieces = tables.preview if name == PREVIEW_FILE else tables.forecast
    first, _, rest = ROWS.partition("9.9")
    assert "".join(pieces) == first + rest[rest.rindex(KEPT) :]


def test_a_value_longer_than_the_default_limit_of_the_module_csv_is_kept(package: PackageDirectory) -> None:
    csv.field_size_limit(131_072)
    text = f"\ufeffStudyInstanceUID,before\r\n{KEPT},{'x' * 140_000}\r\n"
    assert "".join(filter_kept(replace_table(package, PREVIEW_FILE, text)).preview) == text


def test_a_retry_has_no_warnings_about_the_jobs_of_the_first_package(package: PackageDirectory) -> None:
    assert filter_kept(package).issues is None
    assert filter_kept(replace_table(package, ISSUES_FILE, "".join(WARNINGS))).issues == WARNINGS[0]
    assert filter_kept(replace_table(package, ISSUES_FILE, WARNINGS[1])).issues is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (PREVIEW_FILE, f"StudyInstanceUID,before\n{KEPT},A\rB\n"),
        (PREVIEW_FILE, "StudyInstanceUID,before\n"),
        (FORECAST_FILE, f'StudyInstanceUID,before\n{KEPT},"A\n'),
        (EDITS_FILE, "another text\n"),
        (ISSUES_FILE, "no JSON\n"),
        (ISSUES_FILE, '{"code": 1}\n'),
        (ISSUES_FILE, "[]\n"),
        (ISSUES_FILE, '{"code": "edit.x"}\n'),
    ],
)
def test_a_table_that_was_changed_after_the_draft_is_refused(package: PackageDirectory, name: str, text: str) -> None:
    planned = replace_table(package, name, "".join(WARNINGS)).plan
    (package.path / name).write_text(text, encoding="utf-8", newline="")
    with pytest.raises(DocumentError, match=rf"{name} (was changed after|is no (table|list of warnings))"):
        filter_kept(PackageDirectory(package.path, planned))
