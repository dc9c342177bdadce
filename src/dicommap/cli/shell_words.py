"""Words of a command line for a shell: quote them, and fold a long command into several lines."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from _typeshed import StrPath

LINE_WIDTH = 80
"""Maximum number of characters of a line. A longer command continues on the next line, after a backslash."""


def quote_word(word: str, encoding: str = "utf-8") -> str:
    """Return a word for a shell, in quotes if it needs quotes.

    Control characters, undecodable bytes, and characters that `encoding` (of the terminal) does not have are escaped.
    The quotes then have the form $'...', which bash, zsh and ksh understand.
    """
    try:
        word.encode(encoding)
    except (UnicodeError, LookupError):
        is_plain = False
    else:
        is_plain = make_printable(word) == word
    if is_plain:
        return shlex.quote(word)
    escaped = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(word)
    )
    return f"$'{''.join(escaped)}'"


def make_path_word(path: StrPath) -> str:
    """Return a path as a word of a command line.

    If it begins with a dash, put `./` before it, so that it is not an option.
    """
    word = os.fspath(path)
    return f"./{word}" if word.startswith("-") else word


def group_words(words: Sequence[str]) -> Iterator[str]:
    """Yield groups of words between which a line may be broken.

    The first group is the command with its arguments; or with the first argument only if the group would be too long.
    Each option forms a group with its value. The option -n is in the same group as the words before it.
    """
    start = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or (words[place].startswith("-") and words[place] != "-n"):
            group = words[start:place]
            if not start and "-n" not in group and sum(map(len, group)) + len(group) > LINE_WIDTH - len("Next: "):
                yield " ".join(group[:3])  # the command with its first argument; each other argument gets a line
                yield from group[3:]
            else:
                yield " ".join(group)
            start = place


def fold_command(groups: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a long command, broken only between `groups`. All lines but the last end with a backslash."""
    line = f"  {groups[0]}"
    for group in groups[1:]:
        if len(line) + len(group) + 3 > LINE_WIDTH:  # 3: a blank before the group, and a blank and a backslash after it
            yield f"{line} \\"
            line = f"    {group}"
        else:
            line = f"{line} {group}"
    yield line
