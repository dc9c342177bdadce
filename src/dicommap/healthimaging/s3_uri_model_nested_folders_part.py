"""Nested folders: how many there are under a prefix, of which an import job takes a limited number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class NestedFolders:
    """Counts the folders that keys go through, each once however deep it lies.

    Keys come in the order of their UTF-8, or in any other that keeps those of a folder together.
    """

    def __init__(self) -> None:
        self.count = 0
        self._before: list[str] = []

    def add(self, key: str) -> None:
        """Take the key of an object."""
        folders = key.split("/")[:-1]
        if folders != self._before:
            self.count += len(folders) - count_shared_folders(folders, self._before)
            self._before = folders


def count_nested_folders(keys: Iterable[str]) -> int:
    """Return how many folders the keys of objects go through; they come as NestedFolders takes them."""
    folders = NestedFolders()
    for key in keys:
        folders.add(key)
    return folders.count


def count_shared_folders(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many folders two paths go through together, from the first on."""
    for depth, (folder, another) in enumerate(zip(one, other, strict=False)):
        if folder != another:
            return depth
    return min(len(one), len(other))
