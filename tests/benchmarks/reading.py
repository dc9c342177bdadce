"""A process that reads the files named on its standard input and takes its own CPU time.

It runs in the environment of what is measured, so it imports the standard library only.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

Row = Sequence[Any] | None
"""The values of one file, or None where it was refused."""


def one_by_one(read: Callable[[str], Row]) -> Callable[[Sequence[str]], list[Row]]:
    """Return a function that reads many files with one that reads a file; what it raises is a refusal."""

    def read_all(paths: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        for path in paths:
            try:
                rows.append(read(path))
            except Exception:  # noqa: BLE001  what peers raise for odd files is their own affair
                rows.append(None)
        return rows

    return read_all


def run(read_all: Callable[[Sequence[str]], list[Row]]) -> None:
    """Read the files that standard input names, and answer the CPU seconds and what was found, as JSON."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # readers in C++ print there
    os.dup2(nowhere, 2)
    asked = json.load(sys.stdin)
    paths: list[str] = asked["paths"]
    read_all(paths[:1])  # what is loaded at first use
    gc.collect()
    started = time.process_time()
    rows = read_all(paths)
    seconds = time.process_time() - started
    refused = sum(row is None for row in rows)
    texts = [row and [_text(value) for value in row] for row in rows] if asked["values"] else []
    json.dump({"seconds": seconds, "refused": refused, "rows": texts}, answers)
    answers.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    joined = value if isinstance(value, str) or not isinstance(value, Sequence) else "\\".join(map(str, value))
    return str(joined).rstrip(" \0").lstrip(" ")
