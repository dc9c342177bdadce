"""The values from before an override, as preview.csv has them."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from dicommap.display.preview import EMPTY_VALUE, NOT_CAPTURED
from dicommap.errors import DocumentError
from dicommap.model.package_layout import PREVIEW_FILE
from dicommap.package.preview_values import PreviousValues, parse_previous_values
from dicommap.planning.plan import FileDigest

TABLE = """\ufeffStudyInstanceUID,SeriesInstanceUID,tag,before
1.2,,00100010,"A^B
C"
1.2,1.2.1,00100020,'=1
1.3,,00100010,X (3); Y (1)
1.2,,00081030,
"""


def open_table(folder: Path, text: str = TABLE, *, sha256: str = "") -> PreviousValues:
    data = text.encode()
    (folder / PREVIEW_FILE).write_bytes(data)
    digest = FileDigest(size=len(data), sha256=sha256 or hashlib.sha256(data).hexdigest())
    return PreviousValues(folder, digest)


def test_the_rows_of_a_study_are_found_in_several_places(tmp_path: Path) -> None:
    values = open_table(tmp_path)
    assert values.read_study_values("1.2") == {
        (None, 0x00100010): ("A^B\nC",),
        ("1.2.1", 0x00100020): ("=1",),
        (None, 0x00081030): ("",),
    }
    assert values.read_study_values("1.3") == {(None, 0x00100010): ("X (3); Y (1)", "X", "Y")}
    assert values.read_study_values("9") == {}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (NOT_CAPTURED, None),
        (EMPTY_VALUE, ("",)),
        ("A", ("A",)),
        ("A (3)", ("A (3)",)),
        (f"A (3); {EMPTY_VALUE} (1)", (f"A (3); {EMPTY_VALUE} (1)", "A", "")),
    ],
)
def test_a_cell_is_read_in_each_plausible_way(text: str, values: tuple[str, ...] | None) -> None:
    assert parse_previous_values(text) == values


@pytest.mark.parametrize("text", ["a,b\n1,2,3\n", "StudyInstanceUID,b\n1\n", 'StudyInstanceUID\n"1\n'])
def test_a_table_that_is_no_preview_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DocumentError, match="is no preview"):
        open_table(tmp_path, text)


def test_a_changed_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="was changed"):
        open_table(tmp_path, sha256="0" * 64)


def test_a_value_longer_than_the_default_limit_of_the_module_csv_is_read(tmp_path: Path) -> None:
    csv.field_size_limit(131_072)
    values = open_table(tmp_path, TABLE + f"1.4,,00100010,{'x' * 140_000}\n")
    csv.field_size_limit(131_072)
    assert values.read_study_values("1.4") == {(None, 0x00100010): ("x" * 140_000,)}
