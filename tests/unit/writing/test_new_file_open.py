"""A text file that is written while its content is computed exists completely or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.errors import DocumentError
from dicommap.writing.new_file import open_new_text_file


def test_the_file_exists_after_its_context(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with open_new_text_file(path) as file:
        file.write("a,b\r\n")
        assert not path.exists()
    assert path.read_bytes() == b"a,b\r\n"


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError), open_new_text_file(tmp_path / "rows.csv") as file:
        file.writelines(["a,b\r\n", 1])  # type: ignore[list-item]
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("before")
    with pytest.raises(DocumentError, match="exists already"), open_new_text_file(path):
        raise AssertionError
    assert path.read_text() == "before"
