"""Writing an inventory: in a file beside the one that was asked for, which takes its name when all is in."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError, reason_of
from dicommap.inventory import schema
from dicommap.inventory.grouping import grouping_issues, settle_duplicates
from dicommap.inventory.partial import partial_of, remove_partial, remove_stale_partials
from dicommap.inventory.stored import stored_path
from dicommap.model.paths import printable
from dicommap.p10 import Header

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from dicommap.inventory.grouping import SameContent
    from dicommap.issues import Issue
    from dicommap.model.hierarchy import Disposition, SourceFile
    from dicommap.p10 import Refusal

_CACHED_HEADERS = 65_536
_FILES_IN_A_BATCH = 2_000


class InventoryWriter:
    """Takes files one by one; `finish` groups them and puts the inventory in its place.

    Leaving the context without `finish` leaves whatever was there before.
    """

    def __init__(self, path: Path | None, keywords: tuple[str, ...], roots: Iterable[str]) -> None:
        """Start an inventory at `path`, or in memory. Raises InventoryError where it may not be written there."""
        if path is not None:
            _require_replaceable(path)
            remove_stale_partials(path)
        self.path = path
        self.partial = None if path is None else partial_of(path)
        self._roots = tuple(printable(root) for root in roots)
        self._keywords = keywords
        self._headers: dict[bytes, int] = {}
        self._pending = 0
        self._finished = False
        self._connection = self._create()

    def add(self, source: int, file: SourceFile, disposition: Disposition, found: Header | Refusal | None) -> None:
        """Put one file in, with its header or the reason why it has none. `source` counts the roots from 0."""
        header = found if isinstance(found, Header) else None
        values = header.values if header else {}
        row = (
            source,
            stored_path(file.path),
            file.size,
            file.mtime_ns,
            disposition.value,
            self._intern(header) if header else None,
            values.get("SOPInstanceUID"),
            values.get("InstanceNumber"),
        )
        insert = (
            "INSERT INTO file (source, path, size, mtime_ns, disposition, header, SOPInstanceUID, InstanceNumber)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        number = self._connection.execute(insert, row).lastrowid
        place = self._label((source, file.path))
        issues = (*file.issues, *(found.issues if found else ()))
        self._add_issues((one.at(path=one.location.path or place) for one in issues), number)
        self._pending += 1
        if self._pending >= _FILES_IN_A_BATCH:
            self._connection.commit()
            self._pending = 0

    def finish(self, same_content: SameContent) -> sqlite3.Connection:
        """Group what was added, note what the grouping shows, and put the inventory in its place.

        Returns the open connection. `same_content` says whether two files, each by source and path, are equal.
        """
        schema.create_indexes(self._connection)
        for number, found in settle_duplicates(self._connection, same_content, self._label):
            self._add_issues((found,), number)
        self._add_issues(grouping_issues(self._connection, self._keywords, self._label), None)
        self._connection.commit()
        if self.path is not None and self.partial is not None:
            self._connection.close()
            self._put_in_place(self.partial, self.path)
            self._connection = schema.open_existing(self.path)
        self._finished = True
        return self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._finished:
            return
        self._abandon(self._connection)
        if isinstance(error, sqlite3.Error):
            raise InventoryError(
                "The inventory cannot be written.", fix="Check the free space and the rights at its place."
            ) from error

    @staticmethod
    def _put_in_place(partial: Path, path: Path) -> None:
        try:
            os.replace(partial, path)
        except OSError:
            raise InventoryError(
                "The inventory cannot be put in its place.", fix="Name a file in a directory that you may write to."
            ) from None

    def _create(self) -> sqlite3.Connection:
        connection = None
        try:
            connection = sqlite3.connect(self.partial or ":memory:")
            # The partial file is thrown away after a crash, so it needs no journal.
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
            schema.create(connection, self._keywords)
            connection.executemany("INSERT INTO source VALUES (?, ?)", enumerate(self._roots))
        except BaseException as error:
            self._abandon(connection)
            if not isinstance(error, sqlite3.Error):
                raise
            raise InventoryError(
                "The inventory cannot be written there.", fix="Name a file in a directory that you may write to."
            ) from None
        return connection

    def _abandon(self, connection: sqlite3.Connection | None) -> None:
        if connection is not None:
            connection.close()
        if self.partial is not None:
            remove_partial(self.partial)

    def _label(self, place: tuple[int, str]) -> str:
        """Return a path as findings name it: with its source where there are several, since paths may be alike."""
        source, path = place
        root = self._roots[source].rstrip("/") + "/" if len(self._roots) > 1 else ""
        return root + printable(path)

    def _intern(self, header: Header) -> int:
        values = header.values
        row = [values["StudyInstanceUID"], values["SeriesInstanceUID"], values["SOPClassUID"]]
        row += [header.transfer_syntax_uid, *(values.get(keyword) for keyword in self._keywords)]  # type: ignore[list-item]
        digest = hashlib.blake2b(json.dumps(row).encode(), digest_size=16).digest()
        known = self._headers.get(digest)
        if known is None:
            known = self._stored_header(digest, row)
            if len(self._headers) >= _CACHED_HEADERS:
                self._headers.clear()
            self._headers[digest] = known
        return known

    def _stored_header(self, digest: bytes, row: list[str]) -> int:
        found = self._connection.execute("SELECT id FROM header WHERE digest = ?", (digest,)).fetchone()
        if found:
            return int(found[0])
        marks = ", ".join("?" * (len(row) + 2))
        number = self._connection.execute(f"INSERT INTO header VALUES ({marks})", (None, digest, *row)).lastrowid  # noqa: S608  marks only
        return int(number or 0)

    def _add_issues(self, issues: Iterable[Issue], number: int | None) -> None:
        for found in issues:
            row = (number, found.code, found.severity.value, json.dumps(found.location.to_dict()), found.message)
            self._connection.execute(
                "INSERT INTO issue (file, code, severity, location, message) VALUES (?, ?, ?, ?, ?)", row
            )


def _require_replaceable(path: Path) -> None:
    try:
        _require_no_other_file(path)
        if not path.absolute().parent.is_dir():
            raise InventoryError(f"The directory of {path} does not exist.", fix="Make the directory first.")
    except OSError as error:
        raise InventoryError(
            f"{path} cannot be written: {reason_of(error)}.", fix="Name a file in a directory that you may write to."
        ) from None


def _require_no_other_file(path: Path) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISREG(status.st_mode):
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise InventoryError(f"{path} is {kind}.", fix="Name a file for the inventory.")
    if status.st_size and not schema.is_inventory(path):
        raise InventoryError(
            f"{path} exists and is not a dicommap inventory.", fix="Name another file; this one is kept."
        )
