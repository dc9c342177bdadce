"""What is asked of an inventory to plan jobs: files by their places, and studies by what they weigh."""

from __future__ import annotations

# The empty path is a root that could not be listed. Links and special files are no files. Paths that are not UTF-8 are
# blobs, and no object can have one as its key.
_IS_FILE = "path != '' AND disposition NOT IN ('link', 'special')"
_IS_INSTANCE = "disposition IN ('instance', 'duplicate')"

ARCHIVES_QUERY = "SELECT source, path FROM file WHERE disposition = 'archive' AND typeof(path) = 'text'"

_FROM_KEY_RANGE = f"""
FROM file LEFT JOIN header ON header.id = file.header AND {_IS_INSTANCE}
WHERE source = ? AND path >= ? AND path < ? AND typeof(path) = 'text' AND {_IS_FILE} ORDER BY path
"""

KEYS_QUERY = "SELECT path, size, StudyInstanceUID, SeriesInstanceUID" + _FROM_KEY_RANGE
"""Of a source, between two paths."""

OBJECTS_QUERY = (
    "SELECT path, size, etag, mtime_ns, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID"
    + _FROM_KEY_RANGE
)
"""Of a source, between two paths."""

STUDY_FILES_QUERY = f"""
SELECT source, path, size, etag, mtime_ns, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID
FROM header JOIN file ON file.header = header.id
WHERE StudyInstanceUID = ? AND SeriesInstanceUID = IFNULL(?, SeriesInstanceUID) AND size <= ?
    AND typeof(path) = 'text' AND {_IS_INSTANCE}
ORDER BY SeriesInstanceUID, source, path
"""  # noqa: S608  our own words only
"""Of a study, and of one series or all, without files that are too large."""

SERIES_SIZES_QUERY = f"""
SELECT StudyInstanceUID, SeriesInstanceUID, SUM(files), SUM(bytes), SUM(large) FROM (
    SELECT header AS number, SUM(size <= ?) AS files, SUM(IIF(size <= ?, size, 0)) AS bytes, SUM(size > ?) AS large
    FROM file WHERE typeof(path) = 'text' AND {_IS_INSTANCE} GROUP BY header
) JOIN header ON header.id = number GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  our own words only
"""Of each series, with files that are too large counted apart; members of archives are in it."""

HAS_KEY_QUERY = "SELECT 1 FROM file WHERE source = ? AND path = ?"

FILE_COUNTS_QUERY = f"""
SELECT COUNT(*), IFNULL(SUM({_IS_INSTANCE}), 0) FROM file WHERE {_IS_FILE}
"""  # noqa: S608  our own words only
"""All files, and those of instances; members of archives are in it."""

NOT_UTF_8_QUERY = f"SELECT source, path FROM file WHERE typeof(path) = 'blob' AND {_IS_INSTANCE} ORDER BY source, path"  # noqa: S608
"""Files of instances whose names are not UTF-8; members of archives are in it."""

ARCHIVE_MEMBERS_QUERY = """
SELECT member.disposition FROM file AS archive CROSS JOIN file AS member
ON member.source = archive.source AND (
    member.path >= archive.path || '!/' AND member.path < archive.path || '!0'
    OR member.path >= CAST(archive.path || '!/' AS BLOB) AND member.path < CAST(archive.path || '!0' AS BLOB)
)
WHERE archive.disposition = 'archive' AND typeof(archive.path) = 'text'
"""
"""The members of archives: a member that is an archive itself is no object either, and has no members."""
