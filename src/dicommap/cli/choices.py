"""What options choose from; nothing here needs the parser of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from dicommap.errors import UsageError

STDOUT = "-"
"""The name that stands for standard output."""


class FailOn(StrEnum):
    """The least severity that makes the exit status 1."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"


class Format(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def not_stdout(path: Path | None) -> Path | None:
    """Return the path of what a command writes as a whole.

    Raises:
        UsageError: The path is `-`: a file of that name is hard to see and to remove.
    """
    if path is not None and str(path) == STDOUT:
        raise UsageError(
            "'-' is standard output, which this command does not write to.",
            fix="Name a file or directory.",
        )
    return path


def keywords_in(texts: Sequence[str] | None) -> list[str]:
    """Return the keywords of an option that may be repeated, or separated by commas."""
    return [keyword for text in texts or () for part in text.split(",") if (keyword := part.strip())]


class Delimiter(StrEnum):
    """What stands between the cells of a sheet."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    BAR = "bar"

    @property
    def character(self) -> str:
        """Return the character itself."""
        return {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}[self.value]
