"""Calls of `dicommap scan` that are plainly right: parsing them otherwise takes longer than scanning a small tree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FLAGS = {"--archives": "archives", "--follow-links": "follow_links", "--no-cache": "no_cache"}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


_VALUES: dict[str, tuple[str, Callable[[str], object]]] = {
    "--jobs": ("jobs", _number),
    "--output": ("output", Path),
    "-j": ("jobs", _number),
    "-o": ("output", Path),
}


def plain_scan(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return what `scan_command` is called with, or None for whatever is not plain: typer takes or refuses that.

    Plain is a call with sources, an output, and the options that are known here, each once.
    """
    if arguments[:1] != ["scan"]:
        return None
    found: dict[str, Any] = {}
    sources: list[Path] = []
    words = iter(arguments[1:])
    for word in words:
        if not word or (word.startswith("-") and word not in _FLAGS and word not in _VALUES):
            return None
        if not word.startswith("-"):
            sources.append(Path(word))
            continue
        name, value = (_FLAGS[word], True) if word in _FLAGS else _valued(word, next(words, ""))
        if value is None or name in found:
            return None
        found[name] = value
    return {"sources": sources, **found} if sources and "output" in found else None


def _valued(word: str, text: str) -> tuple[str, object]:
    name, value_of = _VALUES[word]
    return name, value_of(text) if text and not text.startswith("-") else None
