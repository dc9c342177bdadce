"""Reading rows: every cell goes through a function that says what it may be.

An inventory is a file that anybody may have altered, so its cells are data and not to be trusted.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from dicommap.errors import InventoryError
from dicommap.inventory.stored import real_path, real_value
from dicommap.issues import Location
from dicommap.model.healthimaging import MAX_STORED_UID
from dicommap.model.paths import printable
from dicommap.reading.interrupts import raise_if_interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Reader = Callable[[Any], Any]
"""Takes a cell as SQLite gives it, and raises DamagedCell where no scan can have written it."""

_Member = TypeVar("_Member", bound=Enum)

_IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_OUT_OF_REACH = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL}
)
_NUMBERS_IN_A_LOCATION = frozenset({"row"})


_MOST_BYTES = 2**60
"""More than all files of the world's largest store; a sum of some is still a number of SQLite."""
_UID = re.compile(rf"[0-9.]{{1,{MAX_STORED_UID}}}")


class DamagedCell(Exception):  # noqa: N818  never leaves this module but as an InventoryError
    """A cell holds what no scan writes."""


def read_rows(
    connection: sqlite3.Connection,
    query: str,
    readers: Sequence[Reader],
    parameters: Sequence[str | bytes | int | None] = (),
) -> Iterator[list[Any]]:
    """Yield the rows of a query, each cell as its reader returns it. Raises InventoryError for what cannot be read."""
    try:
        # Not `yield from`: that closes the cursor with the generator, which fails where the file is closed already.
        for row in connection.execute(query, parameters):
            yield [reader(cell) for reader, cell in zip(readers, row, strict=True)]
    except DamagedCell:
        raise damaged() from None
    except sqlite3.ProgrammingError as error:
        require_open(error)
        raise
    except sqlite3.DatabaseError as error:
        raise told(error) from None


def require_open(error: sqlite3.ProgrammingError) -> None:
    """Raise InventoryError where an error says that the inventory is closed, or open in another thread."""
    if "closed" in str(error) or "thread" in str(error):
        raise InventoryError(
            "The inventory is closed, or open in another thread.", fix="Open it again, in this thread."
        ) from None


def damaged() -> InventoryError:
    """Return the error for an inventory that holds what no scan writes."""
    return InventoryError("The inventory is damaged, or was altered after the scan.", fix="Scan again.")


def text(cell: object) -> str:
    """Return a text."""
    if not isinstance(cell, str):
        raise DamagedCell
    return cell


def optional_text(cell: object) -> str | None:
    """Return a text, or None for an absent one."""
    return None if cell is None else text(cell)


def value(cell: object) -> str:
    """Return a value of an attribute, which is stored as bytes if some of it could not be decoded."""
    if isinstance(cell, bytes):
        try:
            return real_value(cell)
        except ValueError:
            raise DamagedCell from None
    return text(cell)


def optional_value(cell: object) -> str | None:
    """Return a value of an attribute, or None for an absent one."""
    return None if cell is None else value(cell)


def whole(cell: object) -> int:
    """Return an integer."""
    if not isinstance(cell, int):
        raise DamagedCell
    return cell


def byte_count(cell: object) -> int:
    """Return a number of bytes, or of files, which is not negative."""
    found = whole(cell)
    if not 0 <= found <= _MOST_BYTES:
        raise DamagedCell
    return found


def uid(cell: object) -> str:
    """Return a Study, Series or SOP Instance UID, as a mapping can name it."""
    found = text(cell)
    if _UID.fullmatch(found) is None:
        raise DamagedCell
    return found


def optional_uid(cell: object) -> str | None:
    """Return a UID, or None for an absent one."""
    return None if cell is None else uid(cell)


def identifier(cell: object) -> str:
    """Return a keyword, which becomes part of queries."""
    found = text(cell)
    if not (found.isascii() and found.isidentifier()):
        raise DamagedCell
    return found


def number(cell: object) -> float:
    """Return an integer or a fraction."""
    if not isinstance(cell, int | float):
        raise DamagedCell
    return cell


def stored(cell: object) -> str:
    """Return a path as the operating system knows it."""
    if not isinstance(cell, str | bytes):
        raise DamagedCell
    return real_path(cell)


def path(cell: object) -> str:
    """Return a path for people."""
    return printable(stored(cell))


def member(of: type[_Member]) -> Callable[[object], _Member]:
    """Return a reader of an enumeration's values."""

    def read(cell: object) -> _Member:
        try:
            return of(cell)
        except ValueError:
            raise DamagedCell from None

    return read


def one_of(known: Mapping[int, str]) -> Callable[[object], str]:
    """Return a reader of numbers that stand for texts."""

    def read(cell: object) -> str:
        if not isinstance(cell, int) or cell not in known:
            raise DamagedCell
        return known[cell]

    return read


def location(cell: object) -> Location:
    """Return a finding's location from its JSON."""
    try:
        found = json.loads(text(cell))
    except (ValueError, RecursionError):
        raise DamagedCell from None
    if not isinstance(found, dict) or not found.keys() <= {field.name for field in fields(Location)}:
        raise DamagedCell
    for name, value in found.items():
        if not isinstance(value, int if name in _NUMBERS_IN_A_LOCATION else str):
            raise DamagedCell
    return Location(**found)


def told(error: sqlite3.DatabaseError) -> InventoryError:
    """Return the error to raise for one of SQLite's. Raises KeyboardInterrupt if a signal ended the statement."""
    raise_if_interrupted(error)
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest is the extended code
    if primary in _IN_USE:
        return InventoryError("The inventory is in use by another program.", fix="Try again when that is done.")
    if primary in _OUT_OF_REACH:
        return InventoryError("The inventory cannot be read.", fix="Check that it is there and that you may read it.")
    return damaged()
