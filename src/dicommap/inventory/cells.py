"""Encode paths and values for SQLite cells, and check each cell that is read from a file.

An inventory is a file that anybody may have altered, so no cell is trusted: a reader checks each one.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable
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
"""Lone surrogates that do not stand for an undecodable byte (PEP 383)."""


def encode_path(path: str) -> str | bytes:
    """Return the cell for a path: a text, or its bytes if the path is not UTF-8."""
    if path.isascii():
        return path
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def decode_path(stored: str | bytes) -> str:
    """Return the path of a cell in the form that `open` and `os` take."""
    return stored if isinstance(stored, str) else os.fsdecode(stored)


def encode_value(text: str | None) -> str | bytes | None:
    """Return the cell for a value: a text, or bytes if some bytes of the value could not be decoded.

    The stored bytes are UTF-8 with a lone surrogate of three bytes for each undecodable byte. They are not valid UTF-8,
    so no text in SQLite is equal to them.
    """
    if text is None or text.isascii() or not is_undecodable(text):
        return text
    return text.encode("utf-8", "surrogatepass")


def decode_value(stored: bytes) -> str:
    """Return the value of a cell of bytes. Raises ValueError if `encode_value` cannot have returned these bytes."""
    text = stored.decode("utf-8", "surrogatepass")
    if not is_undecodable(text) or _SURROGATES_WITHOUT_BYTE.search(text):
        raise ValueError("a text without undecodable bytes is stored as text")
    return text


def member_path_ranges(archive: str) -> tuple[str | bytes, ...]:
    """Return the two ranges of cells that hold the paths of an archive's members: one of texts, one of bytes."""
    first, end = archive + "!/", archive + "!0"
    return encode_path(first), encode_path(end), os.fsencode(first), os.fsencode(end)


CellReader = Callable[[Any], Any]
"""Returns the value of a cell. Raises DamagedCellError if no scan can have written the cell."""

_EnumMember = TypeVar("_EnumMember", bound=Enum)

_IN_USE_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNREADABLE_CODES = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL}
)
_INTEGER_LOCATION_FIELDS = frozenset({"row"})


_MAX_BYTES = 2**60
"""A larger number of bytes is damage. Sums of a few such numbers still fit into SQLite's 64 bits."""
_UID_PATTERN = re.compile(rf"[0-9.]{{1,{MAX_STORED_UID}}}")


class DamagedCellError(Exception):
    """A cell has a value that no scan writes. This error is raised and caught inside the package `inventory` only."""


def read_rows(
    connection: sqlite3.Connection,
    query: str,
    readers: Sequence[CellReader],
    parameters: Sequence[str | bytes | int | None] = (),
) -> Iterator[list[Any]]:
    """Yield the rows of a query, each cell as its reader returns it.

    Raises InventoryError if the file is damaged or closed.
    """
    try:
        # Not `yield from`: it closes the cursor with the generator, which fails if the file is already closed.
        for row in connection.execute(query, parameters):
            yield [reader(cell) for reader, cell in zip(readers, row, strict=True)]
    except DamagedCellError:
        raise damaged_error() from None
    except sqlite3.ProgrammingError as error:
        raise_if_closed(error)
        raise
    except sqlite3.DatabaseError as error:
        raise inventory_error(error) from None


def raise_if_closed(error: sqlite3.ProgrammingError) -> None:
    """Raise InventoryError if SQLite reports that the inventory is closed, or open in another thread."""
    if "closed" in str(error) or "thread" in str(error):
        raise InventoryError(
            "The inventory is closed, or open in another thread.", fix="Open it again, in this thread."
        ) from None


def damaged_error() -> InventoryError:
    """Return the error for an inventory with a cell or definition that no scan writes."""
    return InventoryError("The inventory is damaged, or was altered after the scan.", fix="Scan again.")


def read_text(cell: object) -> str:
    """Return a text."""
    if not isinstance(cell, str):
        raise DamagedCellError
    return cell


def read_optional_text(cell: object) -> str | None:
    """Return a text, or None for an absent one."""
    return None if cell is None else read_text(cell)


def read_value(cell: object) -> str:
    """Return a value of an attribute, which is stored as bytes if some of its bytes could not be decoded."""
    if isinstance(cell, bytes):
        try:
            return decode_value(cell)
        except ValueError:
            raise DamagedCellError from None
    return read_text(cell)


def read_optional_value(cell: object) -> str | None:
    """Return a value of an attribute, or None for an absent one."""
    return None if cell is None else read_value(cell)


def read_integer(cell: object) -> int:
    """Return an integer."""
    if not isinstance(cell, int):
        raise DamagedCellError
    return cell


def read_byte_count(cell: object) -> int:
    """Return a number of bytes, or of files, which is not negative."""
    found = read_integer(cell)
    if not 0 <= found <= _MAX_BYTES:
        raise DamagedCellError
    return found


def read_uid(cell: object) -> str:
    """Return a Study, Series or SOP Instance UID: digits and dots, of at most the length that is stored."""
    found = read_text(cell)
    if _UID_PATTERN.fullmatch(found) is None:
        raise DamagedCellError
    return found


def read_optional_uid(cell: object) -> str | None:
    """Return a UID, or None for an absent one."""
    return None if cell is None else read_uid(cell)


def read_identifier(cell: object) -> str:
    """Return a keyword, which becomes part of queries."""
    found = read_text(cell)
    if not (found.isascii() and found.isidentifier()):
        raise DamagedCellError
    return found


def read_number(cell: object) -> float:
    """Return an integer or a fraction."""
    if not isinstance(cell, int | float):
        raise DamagedCellError
    return cell


def read_system_path(cell: object) -> str:
    """Return a path in the form that `open` and `os` take."""
    if not isinstance(cell, str | bytes):
        raise DamagedCellError
    return decode_path(cell)


def read_printable_path(cell: object) -> str:
    """Return a path with its control characters escaped, for display."""
    return make_printable(read_system_path(cell))


def enum_reader(enum: type[_EnumMember]) -> Callable[[object], _EnumMember]:
    """Return a cell reader for the values of an enumeration."""

    def read(cell: object) -> _EnumMember:
        try:
            return enum(cell)
        except ValueError:
            raise DamagedCellError from None

    return read


def lookup_reader(text_by_number: Mapping[int, str]) -> Callable[[object], str]:
    """Return a cell reader for numbers that stand for texts, such as those of `text_by_number`."""

    def read(cell: object) -> str:
        if not isinstance(cell, int) or cell not in text_by_number:
            raise DamagedCellError
        return text_by_number[cell]

    return read


def read_location(cell: object) -> Location:
    """Return the location of an issue from its JSON."""
    try:
        found = json.loads(read_text(cell))
    except (ValueError, RecursionError):
        raise DamagedCellError from None
    if not isinstance(found, dict) or not found.keys() <= {field.name for field in fields(Location)}:
        raise DamagedCellError
    for name, value in found.items():
        if not isinstance(value, int if name in _INTEGER_LOCATION_FIELDS else str):
            raise DamagedCellError
    return Location(**found)


def inventory_error(error: sqlite3.DatabaseError) -> InventoryError:
    """Convert an error of SQLite to InventoryError. Raises KeyboardInterrupt if a signal ended the statement."""
    raise_if_interrupted(error)
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest is the extended code
    if primary in _IN_USE_CODES:
        return InventoryError("The inventory is in use by another program.", fix="Try again when that is done.")
    if primary in _UNREADABLE_CODES:
        return InventoryError("The inventory cannot be read.", fix="Check that it is there and that you may read it.")
    return damaged_error()
