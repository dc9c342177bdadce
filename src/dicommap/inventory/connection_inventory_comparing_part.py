"""SQL that counts distinct values as DICOM compares them: person names without what is empty at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.person_names import is_person_name, normalize_person_name

if TYPE_CHECKING:
    import sqlite3

_COMPARABLE_NAME = "comparable_name"


def add_sql_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the function that `distinct_count_sql` asks for."""
    connection.create_function(_COMPARABLE_NAME, 1, _comparable_cell, deterministic=True)


def distinct_count_sql(keyword: str) -> str:
    """Return the SQL that counts the distinct values of a captured attribute; an absent one is the empty text."""
    value = f"IFNULL(\"{keyword}\", '')"
    return f"COUNT(DISTINCT {_COMPARABLE_NAME}({value}))" if is_person_name(keyword) else f"COUNT(DISTINCT {value})"


def _comparable_cell(cell: str | bytes) -> str | bytes:
    if isinstance(cell, bytes):  # a value that could not be decoded
        return normalize_person_name(cell.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
    return normalize_person_name(str(cell))
