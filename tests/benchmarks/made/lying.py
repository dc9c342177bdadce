"""Inventories of a million files that lie in one way or another, filled without files and without a writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from dicommap.inventory import sqlite_schema

INSTANCES = 50
"""Of each study, in series of ten."""
ROOT = "1.2.826.0.1.3680043.8.498"

LAYOUTS: dict[str, Callable[[int, int], str]] = {
    "a folder for each study": lambda study, one: f"{study:06}/IM{one:04}.dcm",
    "a folder for each patient": lambda study, one: f"P{study // 10:05}/ST{study:06}/SE{one // 10}/IM{one:04}.dcm",
    "flat: all files in one folder": lambda study, one: f"IM{study * INSTANCES + one:09}.dcm",
    "interleaved: 1,000 files of as many studies in each folder": (
        lambda study, one: f"{one * 20 + study // 1000:05}/IM{study:06}.dcm"
    ),
    "deep: ten folders around each series": (
        lambda study, one: (
            f"{study // 2000:02}/{study // 200 % 10}/{study // 20 % 10}/{study:06}/a/b/c/d/{one // 10}/e/IM{one:04}.dcm"
        )
    ),
}


def uid(study: int) -> str:
    """Return the Study Instance UID of a study by its number."""
    return f"{ROOT}.{1_000_000 + study}"


def lying(path: Callable[[int, int], str], studies: int) -> sqlite3.Connection:
    """Return an inventory in memory of so many studies whose files have these paths."""
    connection = sqlite3.connect(":memory:")
    sqlite_schema.create_tables(connection, ("PatientID",))
    connection.execute("INSERT INTO source VALUES (0, '/archive')")
    for number, row in enumerate(_headers(studies), 1):
        sqlite_schema.insert_header(connection, number, str(number).encode(), row)
    places = sorted((path(study, one), study, one) for study in range(studies) for one in range(INSTANCES))
    connection.executemany(sqlite_schema.INSERT_FILE, _files(places))
    sqlite_schema.create_indexes(connection)
    connection.commit()
    return connection


def _headers(studies: int) -> Iterator[tuple[str, ...]]:
    for study in range(studies):
        for series in range(INSTANCES // 10):
            yield uid(study), f"{uid(study)}.{series}", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", f"P{study}"


def _files(places: list[tuple[str, int, int]]) -> Iterator[tuple[object, ...]]:
    for number, (path, study, one) in enumerate(places, 1):
        header = study * (INSTANCES // 10) + one // 10 + 1
        yield number, 0, path, 524_288, 0, "", "instance", header, f"{uid(study)}.{one // 10}.{one}", str(one)
