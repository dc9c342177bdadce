"""UIDs that PS3.5 does not allow: one issue for each attribute, problem and root, with the number of files.

A device that makes such UIDs makes them in every file, so an issue for each of these would hide all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.uid import UID_LENGTH_LIMIT, uid_conformance_problem, uid_root_of
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_MAY_BE_NONCONFORMANT = f"""(length({{0}}) > {UID_LENGTH_LIMIT} OR {{0}} NOT GLOB '[012].*' OR {{0}} GLOB '0[0-9]*'
    OR {{0}} GLOB '*.0[0-9]*' OR {{0}} GLOB '[01].[4-9][0-9]*' OR {{0}} GLOB '[01].[0-9][0-9][0-9]*')"""
"""True of every UID that is not conformant, and of few others: these are asked of Python, which takes longer."""

_HEADER_UID_QUERY = """
SELECT uid_problem({0}) AS found, SUM(files), MIN(StudyInstanceUID), SeriesInstanceUID
FROM temp.counted JOIN header USING (id) WHERE {1} GROUP BY found HAVING found IS NOT NULL ORDER BY found
"""
_INSTANCE_UID_QUERY = """
SELECT uid_problem({0}) AS found, COUNT(*), MIN(StudyInstanceUID), SeriesInstanceUID
FROM file JOIN header ON header.id = file.header
WHERE disposition IN ('instance', 'duplicate') AND {1} GROUP BY found HAVING found IS NOT NULL ORDER BY found
"""
_UID_QUERIES = {
    "StudyInstanceUID": _HEADER_UID_QUERY,
    "SeriesInstanceUID": _HEADER_UID_QUERY,
    "SOPClassUID": _HEADER_UID_QUERY,
    "SOPInstanceUID": _INSTANCE_UID_QUERY,
}


def find_nonconformant_uids(connection: sqlite3.Connection) -> Iterator[Issue]:
    """Yield an issue for each root and problem of each identifying UID, at the first study that has it.

    The table temp.counted has the number of files of each header.
    """
    connection.create_function("uid_problem", 1, _uid_problem, deterministic=True)
    for keyword, query in _UID_QUERIES.items():
        rows = connection.execute(query.format(keyword, _MAY_BE_NONCONFORMANT.format(keyword)))
        for found, count, study, series in rows:
            root, problem = found.split(" ", 1)
            place = Location(keyword=keyword, study=study, series=None if keyword == "StudyInstanceUID" else series)
            yield make_issue("p10.nonconformant-uid", place, keyword=keyword, problem=problem, root=root, count=count)


def _uid_problem(uid: str) -> str | None:
    problem = uid_conformance_problem(uid)
    return None if problem is None else f"{uid_root_of(uid)} {problem}"
