"""The files of a package by their paths; the large ones are made anew each time they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

TextPieces = Callable[[], Iterator[str]]
"""Makes the text of a file, piece by piece."""


class PackageDocuments(Mapping[str, str]):
    """Texts by paths, in order of the paths. What is made anew needs the inventory that it is made from to be open."""

    def __init__(self, texts: Mapping[str, str], made_anew: Mapping[str, TextPieces]) -> None:
        self._texts = texts
        self._made_anew = made_anew
        self._paths = sorted([*texts, *made_anew])

    def __getitem__(self, path: str) -> str:
        return self._texts[path] if path in self._texts else "".join(self._made_anew[path]())

    def __contains__(self, path: object) -> bool:
        return path in self._texts or path in self._made_anew

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def pieces(self, path: str) -> Iterator[str]:
        """Yield the text of a file piece by piece, so that it need not be in memory as a whole."""
        if path in self._texts:
            yield self._texts[path]
        else:
            yield from self._made_anew[path]()
