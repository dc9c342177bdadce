"""Look up the values that attributes had before their overrides, in the preview.csv of a package."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from typing import TYPE_CHECKING

from dicommap.display.preview import EMPTY_VALUE, NOT_CAPTURED
from dicommap.errors import DocumentError, os_error_reason
from dicommap.model.package_layout import PREVIEW_FILE
from dicommap.model.spreadsheet_formulas import unescape_formulas
from dicommap.reading import open_descriptor, open_regular_file
from dicommap.reading.document_limits import TABLE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from dicommap.planning.plan import FileDigest
    from dicommap.verification.image_set_check import PreviousTexts

_COUNT_AFTER_VALUE = re.compile(r" \([0-9]+\)(?:; |\Z)")
_FIX = "Draft the package again; 'dicommap validate' lists all that was changed."


class PreviousValues:
    """Reader of the column `before` of preview.csv, study by study.

    Only the positions of each study's rows in the file are in memory.
    """

    def __init__(self, package: Path, planned: FileDigest) -> None:
        """Find the rows of each study.

        Args:
            package: The package directory.
            planned: The size and hash of preview.csv in the plan.

        Raises:
            DocumentError: preview.csv cannot be read, or was changed after the draft.

        """
        self._package = package
        self._header: list[str] = []
        self._places: dict[str, list[tuple[int, int]]] = {}
        digest = hashlib.sha256()
        try:
            with open_regular_file(PREVIEW_FILE, beneath=self._package) as file:
                self._index_rows(file, digest)
        except OSError as error:
            raise DocumentError(f"{PREVIEW_FILE} cannot be read: {os_error_reason(error)}.", fix=_FIX) from None
        except (ValueError, csv.Error):  # includes UnicodeDecodeError
            raise DocumentError(f"{PREVIEW_FILE} is no preview.", fix=_FIX) from None
        if digest.hexdigest() != planned.sha256:
            raise DocumentError(f"{PREVIEW_FILE} was changed after it was drafted.", fix=_FIX)

    def read_study_values(self, study: str) -> dict[tuple[str | None, int], PreviousTexts]:
        """Return the values that the attributes of a study had before the overrides.

        Args:
            study: The Study Instance UID.

        Returns:
            (Series Instance UID, tag) -> texts of the values. The UID is None for an attribute of the whole study. The
            texts are None if the inventory had not captured the attribute. Attributes without a row are left out.

        Raises:
            DocumentError: preview.csv cannot be read any more.
        """
        places = self._places.get(study, ())
        if not places:
            return {}
        try:
            descriptor = open_descriptor(PREVIEW_FILE, beneath=self._package)
            try:
                rows = [row for place in places for row in _read_rows(descriptor, *place)]
            finally:
                os.close(descriptor)
        except (OSError, ValueError, csv.Error):
            raise DocumentError(f"{PREVIEW_FILE} was changed while it was read.", fix=_FIX) from None
        named = (dict(zip(self._header, row, strict=False)) for row in rows)
        return {
            (row["SeriesInstanceUID"] or None, int(row["tag"], 16)): parse_previous_values(
                unescape_formulas(row["before"])
            )
            for row in named
            # No override changes a single instance. Packages of older versions have no such column.
            if not row.get("SOPInstanceUID")
        }

    def _index_rows(self, file: BinaryIO, digest: hashlib._Hash) -> None:
        """Record the positions of each study's rows: offset and length in bytes. Consecutive rows are one range."""
        end = 0

        def iterate_decoded_lines() -> Iterator[str]:
            """Yield the lines of the file as text. Count their bytes in `end`, and add them to the digest."""
            nonlocal end
            for line in file:
                digest.update(line)
                end += len(line)
                yield line.decode("utf-8")

        csv.field_size_limit(TABLE_LIMIT.bytes)  # the default is shorter than the longest values
        rows = csv.reader(iterate_decoded_lines(), strict=True)
        header = next(rows, [])
        self._header = [name.removeprefix("\ufeff") for name in header]
        column = self._header.index("StudyInstanceUID") if header else 0
        begin, before = end, None
        for row in rows:
            if len(row) != len(self._header):
                raise ValueError("a row has another number of cells than the header")
            study = row[column]
            places = self._places.setdefault(study, [])
            if study == before:
                offset, _ = places.pop()
                places.append((offset, end - offset))
            else:
                places.append((begin, end - begin))
            begin, before = end, study


def _read_rows(descriptor: int, offset: int, length: int) -> Iterator[list[str]]:
    """Return the CSV rows in a range of bytes of an open file."""
    text = os.pread(descriptor, length, offset).decode("utf-8")
    csv.field_size_limit(TABLE_LIMIT.bytes)  # another reader of CSV may have set it lower
    return csv.reader(io.StringIO(text, newline=""), strict=True)


def parse_previous_values(text: str) -> PreviousTexts:
    """Return the values in a cell of the column `before` of preview.csv; None if the attribute was not captured.

    If a cell has several values, the number of files follows each value: `A (3); B (1)`. One value could also be this
    whole text. So the result has the whole text first, and then the values `A` and `B`.
    """
    if text == NOT_CAPTURED:
        return None
    parts = _COUNT_AFTER_VALUE.split(text)
    values = parts[:-1] if len(parts) > 2 and not parts[-1] else []
    return tuple(dict.fromkeys("" if value == EMPTY_VALUE else value for value in (text, *values)))
