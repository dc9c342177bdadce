"""Nested folders: how many there are under a prefix, of which an import job takes a limited number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def nested_folders(keys: Iterable[str]) -> int:
    """Return how many folders the keys of objects go through, each counted once however deep it lies.

    Keys come in the order of their UTF-8, or in any other that keeps those of a folder together.
    """
    count = 0
    before: list[str] = []
    for key in keys:
        folders = key.split("/")[:-1]
        if folders != before:
            count += len(folders) - shared_depth(folders, before)
            before = folders
    return count


def shared_depth(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many folders two paths go through together, from the first on."""
    for depth, (folder, another) in enumerate(zip(one, other, strict=False)):
        if folder != another:
            return depth
    return min(len(one), len(other))
