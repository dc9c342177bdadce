"""Compare person names. Empty components and groups at the end of a name are ignored (PS3.5 section 6.2.1).

`Doe^John^^^`, `Doe^John` and `Doe^John^=^` are the same name. The stored values are not changed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of, vrs_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def normalize_person_name(value: str) -> str:
    """Return a value of person names without empty components and groups at the end of each name.

    A value can have several names, separated by backslashes.
    """
    if not value.endswith(("^", "=")) and "^=" not in value and "^\\" not in value and "=\\" not in value:
        return value
    return "\\".join(map(_normalize_single_name, value.split("\\")))


@lru_cache(maxsize=1024)
def is_person_name_keyword(keyword: str) -> bool:
    """Return whether the values of the attribute `keyword` are person names."""
    tag = tag_of(keyword)
    return tag is not None and vrs_of(tag) == ("PN",)


def merge_counts_of_equal_names(keyword: str, counts: Mapping[str, int]) -> Mapping[str, int]:
    """Merge the counts of equal person names. The counts of other attributes are returned unchanged.

    Args:
        keyword: The keyword of the attribute.
        counts: Value -> number of files.

    Returns:
        Value -> number of files. The key for equal names is their most frequent spelling. If several spellings are
        equally frequent, the key is the shortest of these spellings.

    """
    if len(counts) < 2 or not is_person_name_keyword(keyword):
        return counts
    merged: dict[str, list[str]] = {}
    for value in counts:
        merged.setdefault(normalize_person_name(value), []).append(value)
    if len(merged) == len(counts):
        return counts
    return {
        min(spellings, key=lambda value: (-counts[value], len(value), value)): sum(counts[value] for value in spellings)
        for spellings in merged.values()
    }


def _normalize_single_name(name: str) -> str:
    return "=".join(group.rstrip("^") for group in name.split("=")).rstrip("=")
