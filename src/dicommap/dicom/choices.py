"""Convert a user's word to a member of an enumeration, such as a format or level. An unknown word raises UsageError."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_Choice = TypeVar("_Choice", bound=StrEnum)
_ECHOED_LENGTH_LIMIT = 80
"""Maximum number of characters of an unknown word that a message repeats."""


def to_choice(choices: type[_Choice], word: str, noun: str) -> _Choice:
    """Return the member of an enumeration whose value is `word`.

    Args:
        choices: The enumeration to choose from.
        word: The value of a member, or the member itself.
        noun: The noun that the error message uses for the enumeration, such as "format" or "level".

    Raises:
        UsageError: The word is unknown. The error repeats the word and names the known words.
    """
    try:
        return choices(word)
    except ValueError:
        raise make_unknown_choice_error(noun, word, choices) from None


def make_unknown_choice_error(noun: str, word: object, known: Iterable[str]) -> UsageError:
    """Return the error for an unknown word, with a message such as "Unknown format 'xls'" and the known words.

    Args:
        noun: The noun that the message uses for the words, such as "format".
        word: The unknown word, as the caller gave it.
        known: The known words.
    """
    words = list(known)
    similar = find_similar_word(str(word)[:_ECHOED_LENGTH_LIMIT], words, similarity=0.7)
    meant = "" if similar is None else f"Did you mean '{similar}'? "
    return UsageError(
        f"Unknown {noun} '{make_printable(str(word)[:_ECHOED_LENGTH_LIMIT])}'.",
        fix=f"{meant}Known: {', '.join(words)}.",
    )


def find_similar_word(word: str, known: Iterable[str], *, similarity: float) -> str | None:
    """Return the known word that is most similar to a word, ignoring case; None if no known word is similar enough.

    Args:
        word: The word that the user typed.
        known: The known words.
        similarity: The minimum similarity of the returned word, from 0 to 1.
    """
    from difflib import get_close_matches  # imported here because it is slow and only wrong calls need it

    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=similarity)
    return by_folded[close[0]] if close else None
