"""The table grouping.csv: the values of the grouping attributes that the jobs of a package will import, by series."""

from __future__ import annotations

import csv
import io
import re
import zlib
from typing import TYPE_CHECKING

from dicommap.model.spreadsheet_formulas import escape_formulas, unescape_formulas
from dicommap.overrides.grouping_values import GROUPING_KEYWORDS, GroupingValues

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUPING_COLUMNS = ("StudyInstanceUID", "SeriesInstanceUID", "Files", *GROUPING_KEYWORDS)

UNKNOWN_CHARACTER = "\N{REPLACEMENT CHARACTER}"
"""The character that replaces undecodable bytes and control characters in grouping.csv.

A value with this character cannot be compared with stored values.
"""
_UNUSABLE = re.compile("[\udc00-\udcff\x00-\x1f\x7f-\x9f]+")
"""Pattern of undecodable bytes and control characters. A valid value of a grouping attribute has none of them."""
_BYTE_ORDER_MARK = "\ufeff"
"""The byte order mark at the beginning of the file. Without it, spreadsheets do not read a CSV file as UTF-8."""
_COMPRESSION_LEVEL = 1
_PIECE_CHARACTERS = 2**18


class GroupingTable:
    """The text of grouping.csv. It is kept compressed, because there may be millions of series.

    Studies are added in the order of their Study Instance UIDs. The text is complete when it is first read.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._buffer = io.StringIO(newline="")
        self._buffer.write(_BYTE_ORDER_MARK)
        self._writer = csv.writer(self._buffer, lineterminator="\r\n")
        self._writer.writerow(GROUPING_COLUMNS)

    def add_rows(self, groups: Iterable[GroupingValues]) -> None:
        """Add the rows of one study: one row for each of `groups`."""
        for group in groups:
            self._writer.writerow(_format_row(group))
        if self._buffer.tell() > _PIECE_CHARACTERS:
            self._compress_buffer()

    def pieces(self) -> Iterator[str]:
        """Return the text of the table in pieces. The method can be called several times."""
        self._compress_buffer()
        return (zlib.decompress(piece).decode() for piece in self._pieces)

    def _compress_buffer(self) -> None:
        """Compress the text in the buffer to a new piece, and empty the buffer."""
        text = self._buffer.getvalue()
        if text:
            self._pieces.append(zlib.compress(text.encode(), _COMPRESSION_LEVEL))
            self._buffer.seek(0)
            self._buffer.truncate()


def _format_row(group: GroupingValues) -> tuple[str, ...]:
    return (
        group.study_instance_uid,
        group.series_instance_uid,
        "" if group.files is None else str(group.files),
        *[escape_formulas(_UNUSABLE.sub(UNKNOWN_CHARACTER, value)) if value else "" for value in group.values],
    )


def parse_grouping_csv(lines: Iterable[str]) -> Iterator[GroupingValues]:
    """Yield the grouping values in each row of grouping.csv.

    Raise ValueError if a row is not valid, or if the rows are not in order.
    """
    rows = csv.reader(lines, strict=True)
    before = ("", "")
    try:
        header = next(rows, [""])
        if (header[0].removeprefix(_BYTE_ORDER_MARK), *header[1:]) != GROUPING_COLUMNS:
            raise ValueError("its columns are not those of grouping.csv")
        for row in rows:
            study, series, files, *values = row
            if len(values) != len(GROUPING_KEYWORDS) or not study or (study, series) < before:
                raise ValueError("a row is incomplete or out of order")
            before = (study, series)
            yield GroupingValues(
                study_instance_uid=study,
                series_instance_uid=series,
                files=int(files) if files else None,
                values=tuple(map(unescape_formulas, values)),
            )
    except UnicodeDecodeError:
        raise
    except (csv.Error, ValueError):
        # The message has no text of the csv module or of a cell, because such a text may contain a patient's name.
        raise ValueError(f"row {rows.line_num} is not a row of grouping.csv") from None
