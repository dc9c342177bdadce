"""Dicts of attribute values with a masked repr, so that a notebook does not show patient values.

The keys and items are the real values. Only the repr is masked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dicommap.model.masking import Masker, is_unmasked_in_repr

if TYPE_CHECKING:
    from collections.abc import Mapping


class MaskedCounts(dict[str, int]):
    """A dict: value of an attribute -> number of files. Its repr masks the values."""

    __slots__ = ()

    keyword = ""
    is_unmasked = False

    def __repr__(self) -> str:
        masker = Masker(show_values=is_unmasked_in_repr(unmasked=self.is_unmasked))
        return _append_unmasking_hint(_format_counts(self.keyword, self, masker), masker)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle_counts, (self.keyword, self.is_unmasked, dict(self))


@lru_cache(maxsize=1024)
def make_counts_class(keyword: str, *, is_unmasked: bool = False) -> type[MaskedCounts]:
    """Return the subclass of MaskedCounts for an attribute.

    The class stores the keyword, so that millions of dicts need not store it.

    Args:
        keyword: The keyword of the attribute.
        is_unmasked: Whether the repr shows values.
    """
    return type("MaskedCounts", (MaskedCounts,), {"__slots__": (), "keyword": keyword, "is_unmasked": is_unmasked})


def copy_counts(keyword: str, counts: Mapping[str, int]) -> MaskedCounts:
    """Return a copy of `counts` (value of an attribute -> number of files).

    The repr of the copy masks the values, unless `counts` is a MaskedCounts whose repr shows them.
    """
    return type(counts)(counts) if isinstance(counts, MaskedCounts) else make_counts_class(keyword)(counts)


def _unpickle_counts(keyword: str, is_unmasked: bool, counts: Mapping[str, int]) -> MaskedCounts:
    """Return the MaskedCounts that was pickled."""
    return make_counts_class(keyword, is_unmasked=is_unmasked)(counts)


class MaskedValues(dict[str, "Mapping[str, int]"]):
    """A dict of a study or series: keyword of a captured attribute -> (value -> number of files).

    The repr masks the values.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        is_unmasked = any(isinstance(counts, MaskedCounts) and counts.is_unmasked for counts in self.values())
        masker = Masker(show_values=is_unmasked_in_repr(unmasked=is_unmasked))
        items = (f"{keyword!r}: {_format_counts(keyword, counts, masker)}" for keyword, counts in self.items())
        return _append_unmasking_hint(f"{{{', '.join(items)}}}", masker)


def _format_counts(keyword: str, counts: Mapping[str, int], masker: Masker) -> str:
    """Return the repr of a dict: masked value -> number of files."""
    return f"{{{', '.join(f'{masker.mask(keyword, value)!r}: {files}' for value, files in counts.items())}}}"


def _append_unmasking_hint(text: str, masker: Masker) -> str:
    """Return a repr with a comment that tells how to show values, if a value in it is masked."""
    return f"{text}  # dicommap.show_values(True) shows values" if masker.example else text
