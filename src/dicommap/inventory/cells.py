"""Encode paths and values for SQLite cells, and check each cell that is read from an inventory file.

Another person or program may have changed the file. So each cell is read by a function that checks it: a cell reader.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from dicommap.dicom.printable_text import is_undecodable, make_printable
from dicommap.errors import InventoryError
from dicommap.healthimaging.limits import MAX_STORED_UID
from dicommap.issues import Location
from dicommap.reading.sqlite_interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SURROGATES_WITHOUT_BYTE = re.compile("[\ud800-\udbff\udd00-\udfff]")
"""Matches a lone surrogate that does not stand for an undecodable byte. PEP 383 maps bytes to other surrogates."""


def encode_path(path: str) -> str | bytes:
    """Return a path in the form in which a cell stores it: str, or bytes if the path is not valid UTF-8."""
    if path.isascii():
        return path
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def decode_path(stored: str | bytes) -> str:
    """Return the path of a cell as a str that `open` and the module `os` accept."""
    return stored if isinstance(stored, str) else os.fsdecode(stored)


def encode_value(text: str | None) -> str | bytes | None:
    """Return a value in the form in which a cell stores it: str, or bytes if the value has undecodable bytes.

    In the bytes, each undecodable byte is a lone surrogate of three bytes; all other characters are UTF-8. Because of
    the surrogate, the bytes are not valid UTF-8, so they are never equal to a text in SQLite. None is returned
    unchanged.
    """
    if text is None or text.isascii() or not is_undecodable(text):
        return text
    return text.encode("utf-8", "surrogatepass")


def decode_value(stored: bytes) -> str:
    """Return the value that `encode_value` stored as bytes. Raises ValueError for any other bytes."""
    text = stored.decode("utf-8", "surrogatepass")
    if not is_undecodable(text) or _SURROGATES_WITHOUT_BYTE.search(text):
        raise ValueError("a text without undecodable bytes is stored as text")
    return text


def make_member_path_ranges(archive: str) -> tuple[str | bytes, ...]:
    """Return two ranges of paths for an SQL query. Together, the ranges contain exactly the members of an archive.

    Args:
        archive: The path of the archive.

    Returns:
        Four values for the `?` of the query: begin and end of the range for paths stored as text, then begin and end of
        the range for paths stored as bytes. The ends are excluded.
    """
    first, end = archive + "!/", archive + "!0"
    return encode_path(first), encode_path(end), os.fsencode(first), os.fsencode(end)


CellReader = Callable[[Any], Any]
"""A function that takes a cell and returns its value. It raises DamagedCellError if a scan never writes such a cell."""

_EnumMember = TypeVar("_EnumMember", bound=Enum)

_IN_USE_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNREADABLE_CODES = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL}
)
_INTEGER_LOCATION_FIELDS = frozenset({"row"})


_MAX_BYTES = 2**60
"""Largest number of bytes that is accepted. A larger number means that the inventory is damaged.

The sum of a few numbers of this size still fits into SQLite's 64-bit integers.
"""
_UID_PATTERN = re.compile(rf"[0-9.]{{1,{MAX_STORED_UID}}}")


class DamagedCellError(Exception):
    """Raised for a cell that no scan can have written.

    The package `inventory` converts this error to InventoryError.
    """


def read_rows(
    connection: sqlite3.Connection,
    query: str,
    readers: Sequence[CellReader],
    parameters: Sequence[str | bytes | int | None] = (),
) -> Iterator[list[Any]]:
    """Yield the rows of a query as lists of checked values.

    Args:
        connection: An open inventory.
        query: The SELECT statement.
        readers: One cell reader for each column of the query.
        parameters: Values for the `?` in the query.

    Raises:
        InventoryError: The inventory is damaged or closed.
    """
    with _convert_sqlite_errors():
        # `yield from` is not used: it would close the cursor with the generator, and that fails if the file is already
        # closed.
        for row in connection.execute(query, parameters):
            # Most cells are values that are text already. For them, a call would take most of the time.
            yield [
                cell if reader is read_value and type(cell) is str else reader(cell)
                for reader, cell in zip(readers, row, strict=True)
            ]


def read_unchecked_rows(
    connection: sqlite3.Connection, query: str, parameters: Sequence[str | bytes | int | None] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query with the cells as they are stored. The caller checks each cell that it uses.

    Raises:
        InventoryError: The inventory is damaged or closed.
    """
    with _convert_sqlite_errors():
        for row in connection.execute(query, parameters):  # noqa: UP028  not `yield from`, as in `read_rows`
            yield row


@contextmanager
def _convert_sqlite_errors() -> Iterator[None]:
    """Raise InventoryError if the `with` block raises DamagedCellError or an error of SQLite."""
    try:
        yield
    except DamagedCellError:
        raise damaged_inventory_error() from None
    except sqlite3.ProgrammingError as error:
        raise_if_closed(error)
        raise
    except sqlite3.DatabaseError as error:
        raise make_inventory_error(error) from None


def raise_if_closed(error: sqlite3.ProgrammingError) -> None:
    """Raise InventoryError if `error` says that the inventory is closed or was opened in another thread."""
    if "closed" in str(error) or "thread" in str(error):
        raise InventoryError(
            "The inventory is closed, or open in another thread.", fix="Open it again, in this thread."
        ) from None


def damaged_inventory_error() -> InventoryError:
    """Return the InventoryError for a damaged file: it has a cell or a table that no scan can have written."""
    return InventoryError("The inventory is damaged, or was altered after the scan.", fix="Scan again.")


def read_text(cell: object) -> str:
    """Return the cell if it is a str, else raise DamagedCellError."""
    if not isinstance(cell, str):
        raise DamagedCellError
    return cell


def read_optional_text(cell: object) -> str | None:
    """Return the cell if it is a str or None, else raise DamagedCellError."""
    return None if cell is None else read_text(cell)


def read_value(cell: object) -> str:
    """Return the value of an attribute. A value with undecodable bytes is stored as bytes and decoded here."""
    if isinstance(cell, bytes):
        try:
            return decode_value(cell)
        except ValueError:
            raise DamagedCellError from None
    return read_text(cell)


def read_optional_value(cell: object) -> str | None:
    """Return the value of an attribute; None if the cell is NULL. A value that is stored as bytes is decoded."""
    return None if cell is None else read_value(cell)


def read_integer(cell: object) -> int:
    """Return the cell if it is an int, else raise DamagedCellError."""
    if not isinstance(cell, int):
        raise DamagedCellError
    return cell


def read_byte_count(cell: object) -> int:
    """Return the cell if it is a number of bytes or files from 0 to `_MAX_BYTES`, else raise DamagedCellError."""
    number = read_integer(cell)
    if not 0 <= number <= _MAX_BYTES:
        raise DamagedCellError
    return number


def read_uid(cell: object) -> str:
    """Return the cell if it is a UID: 1 to `MAX_STORED_UID` digits and dots. Else raise DamagedCellError."""
    uid = read_text(cell)
    if _UID_PATTERN.fullmatch(uid) is None:
        raise DamagedCellError
    return uid


def read_optional_uid(cell: object) -> str | None:
    """Return the cell if it is a UID or None, else raise DamagedCellError."""
    return None if cell is None else read_uid(cell)


def read_identifier(cell: object) -> str:
    """Return the cell if it is an ASCII identifier, else raise DamagedCellError. Identifiers are safe in SQL."""
    keyword = read_text(cell)
    if not (keyword.isascii() and keyword.isidentifier()):
        raise DamagedCellError
    return keyword


def read_int_or_float(cell: object) -> float:
    """Return the cell if it is an int or a float, else raise DamagedCellError."""
    if not isinstance(cell, int | float):
        raise DamagedCellError
    return cell


def read_system_path(cell: object) -> str:
    """Return the path of a cell as a str that `open` and the module `os` accept."""
    if not isinstance(cell, str | bytes):
        raise DamagedCellError
    return decode_path(cell)


def read_printable_path(cell: object) -> str:
    """Return the path of a cell for display, with its control characters escaped."""
    return make_printable(read_system_path(cell))


def make_enum_reader(enum: type[_EnumMember]) -> Callable[[object], _EnumMember]:
    """Return a cell reader: a function that takes a cell and returns the member of `enum` with this value."""

    def read_enum_member(cell: object) -> _EnumMember:
        try:
            return enum(cell)
        except ValueError:
            raise DamagedCellError from None

    return read_enum_member


def make_lookup_reader(text_by_number: Mapping[int, str]) -> Callable[[object], str]:
    """Return a cell reader: a function that takes a cell with a number and returns its text in `text_by_number`."""

    def read_number_as_text(cell: object) -> str:
        if not isinstance(cell, int) or cell not in text_by_number:
            raise DamagedCellError
        return text_by_number[cell]

    return read_number_as_text


def read_location(cell: object) -> Location:
    """Return the location of an issue. The cell contains it as JSON."""
    try:
        members = json.loads(read_text(cell))
    except (ValueError, RecursionError):
        raise DamagedCellError from None
    if not isinstance(members, dict) or not members.keys() <= {field.name for field in fields(Location)}:
        raise DamagedCellError
    for name, value in members.items():
        if not isinstance(value, int if name in _INTEGER_LOCATION_FIELDS else str):
            raise DamagedCellError
    return Location(**members)


def make_inventory_error(error: sqlite3.DatabaseError) -> InventoryError:
    """Return the InventoryError for an SQLite error. Raises KeyboardInterrupt if Ctrl-C or a signal stopped SQLite."""
    raise_if_interrupted(error)
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the extended error code
    if primary in _IN_USE_CODES:
        return InventoryError("The inventory is in use by another program.", fix="Try again when that is done.")
    if primary in _UNREADABLE_CODES:
        return InventoryError("The inventory cannot be read.", fix="Check that it is there and that you may read it.")
    return damaged_inventory_error()
