"""Queries on an open inventory: the values of each file of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.keywords import not_captured_error
from dicommap.inventory.cells import lookup_reader, read_printable_path, read_rows, read_uid, read_value
from dicommap.overrides.grouping_conflicts import FileValues

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

# Crossed, so that the headers of the study come first, by their index, and then the files of each by theirs.
FILE_VALUES_QUERY = """
SELECT source, path, SeriesInstanceUID, SOPInstanceUID{columns}
FROM header CROSS JOIN file ON file.header = header.id
WHERE StudyInstanceUID = ? AND disposition IN ('instance', 'duplicate')
ORDER BY SeriesInstanceUID, source, path
"""


def require_captured_keywords(keywords: Sequence[str], captured: Sequence[str]) -> None:
    """Raise AttributeNameError for a keyword that an inventory does not hold."""
    if not set(keywords) <= set(captured):
        raise not_captured_error(keywords, captured)


def read_file_values(
    connection: sqlite3.Connection, roots: Mapping[int, str], study_instance_uid: str, keywords: Sequence[str]
) -> Iterator[FileValues]:
    """Yield the files of a study, a row at a time; the inventory must hold the keywords, which become columns."""
    columns = "".join(f", IFNULL(\"{keyword}\", '')" for keyword in keywords)
    readers = (lookup_reader(roots), read_printable_path, read_uid, read_uid, *(read_value for _ in keywords))
    for source, name, series, instance, *values in read_rows(
        connection, FILE_VALUES_QUERY.format(columns=columns), readers, (study_instance_uid,)
    ):
        yield FileValues(
            source=source,
            path=name,
            series_instance_uid=series,
            sop_instance_uid=instance,
            values=tuple(values),
        )
