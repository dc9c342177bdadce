"""scan(): walk sources, read headers, group them into an inventory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.errors import SourceError, reason_of
from dicommap.inventory import Inventory, InventoryWriter
from dicommap.issues import issue
from dicommap.model.attributes import captured_keywords
from dicommap.model.hierarchy import Disposition
from dicommap.p10 import Refusal, Wanted, read_header
from dicommap.sources import LocalTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from _typeshed import StrPath

    from dicommap.model.hierarchy import SourceFile
    from dicommap.p10 import Header

Progress = Callable[[int], None]
"""Called with the number of paths done so far."""

_COMPARED_BYTES = 2**20
_REPORTED_EVERY = 100


def scan(
    *sources: StrPath,
    output: StrPath | None = None,
    attributes: Iterable[str] = (),
    follow_links: bool = False,
    progress: Progress | None = None,
) -> Inventory:
    """Scan trees of P10 files and return their inventory.

    `output` is the inventory's file; without it the inventory is kept in memory. `attributes` are keywords to
    capture beside the usual ones. `follow_links` is for links to directories. `progress` is called with the number
    of paths done.

    Raises SourceError where a source does not exist or two overlap, AttributeNameError for what cannot be
    captured, and InventoryError where the inventory cannot be written. Wrong data is not raised but in
    `Inventory.issues()`.
    """
    trees = _trees(sources, follow_links=follow_links)
    keywords = captured_keywords(tuple(attributes))
    wanted = Wanted(keywords)
    path = None if output is None else Path(output)
    with InventoryWriter(path, keywords, (str(tree.root) for tree in trees)) as writer:
        own = frozenset(Path(os.path.abspath(file)) for file in (writer.path, writer.partial) if file)
        done = 0
        for number, tree in enumerate(trees):
            for file in tree.walk(without=own):
                disposition, found = _read(tree, file, wanted)
                writer.add(number, file, disposition, found)
                done += 1
                if progress is not None and done % _REPORTED_EVERY == 0:
                    progress(done)
        if progress is not None:
            progress(done)
        return Inventory(writer.finish(_comparison(trees)))


def _trees(sources: Sequence[StrPath], *, follow_links: bool) -> list[LocalTree]:
    if not sources:
        raise SourceError("No source was named.", fix="Name a directory.")
    trees = [LocalTree(os.fspath(source), follow_links=follow_links) for source in sources]
    for index, tree in enumerate(trees):
        if any(tree.overlaps(other) for other in trees[:index]):
            raise SourceError("Two sources overlap, so files would count twice.", fix="Name each tree once.")
    return trees


def _read(tree: LocalTree, file: SourceFile, wanted: Wanted) -> tuple[Disposition, Header | Refusal | None]:
    if file.disposition is not None:
        return file.disposition, None
    try:
        with tree.open(file.path) as read:
            found = read_header(read, file.size, wanted)
    except OSError as error:
        refused = issue("source.unreadable", reason=reason_of(error))
        return Disposition.UNREADABLE, Refusal(disposition=Disposition.UNREADABLE, issues=(refused,))
    return found.disposition, found


def _comparison(trees: list[LocalTree]) -> Callable[[tuple[int, str], tuple[int, str]], bool]:
    def same_content(first: tuple[int, str], second: tuple[int, str]) -> bool:
        try:
            with trees[first[0]].open(first[1]) as one, trees[second[0]].open(second[1]) as other:
                return _equal(one, other)
        except OSError:
            return False  # what cannot be read cannot be called a copy

    return same_content


def _equal(one: Callable[[int, int], bytes], other: Callable[[int, int], bytes]) -> bool:
    offset = 0
    while True:
        ours, theirs = one(offset, _COMPARED_BYTES), other(offset, _COMPARED_BYTES)
        if ours != theirs:
            return False
        if not ours:
            return True
        offset += len(ours)
