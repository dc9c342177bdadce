"""What reading a header asks for and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.dictionary_model_tags_part import tag_of
from dicommap.model.captured_attributes import (
    IDENTIFYING_UIDS,
    INSTANCE_NUMBER,
    SPECIFIC_CHARACTER_SET,
    captured_keywords,
)
from dicommap.p10.header_p10_value_limits_part import get_max_value_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.issues import Issue
    from dicommap.model.study import Disposition


@dataclass(frozen=True, slots=True)
class WantedAttributes:
    """The attributes that a header is read for."""

    keywords: tuple[str, ...] = ()
    """Keywords beside the identifying UIDs and InstanceNumber, as `captured_keywords` gives them."""

    tags: Mapping[int, str] = field(init=False)
    """Tag -> keyword of all that is read."""

    limits: Mapping[int, int] = field(init=False)
    """Tag -> how many bytes the value may have, for the same tags."""

    identifying: frozenset[int] = field(init=False)
    """The tags of the identifying UIDs."""

    last: int = field(init=False)
    """The highest of the tags: a header is read once the walk has passed it."""

    def __post_init__(self) -> None:
        found = {tag_of(keyword): keyword for keyword in (*IDENTIFYING_UIDS, "InstanceNumber", *self.keywords)}
        tags = {tag: keyword for tag, keyword in found.items() if tag is not None}
        tags |= {SPECIFIC_CHARACTER_SET: "SpecificCharacterSet", INSTANCE_NUMBER: "InstanceNumber"}
        object.__setattr__(self, "tags", tags)
        object.__setattr__(self, "limits", {tag: get_max_value_bytes(tag) for tag in tags})
        identifying = frozenset(tag for tag, keyword in tags.items() if keyword in IDENTIFYING_UIDS)
        object.__setattr__(self, "identifying", identifying)
        object.__setattr__(self, "last", max(tags))

    @classmethod
    def usual(cls) -> WantedAttributes:
        """Return what a scan captures when nothing is added."""
        return cls(captured_keywords())


class Header(NamedTuple):
    """The values of one P10 header. All are exact: a header that is cut or cannot be followed is a Refusal.

    A tuple, since to make a frozen dataclass takes longer than to tell that the header is a neighbour's.
    """

    disposition: Disposition
    transfer_syntax_uid: str
    """As the file meta says; empty where it says nothing."""
    values: Mapping[str, str]
    """Keyword -> value as text; absent attributes are left out, a backslash separates several values."""
    issues: tuple[Issue, ...] = ()

    def __repr__(self) -> str:
        return f"Header({self.disposition.value}, {len(self.values)} values, {len(self.issues)} issues)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedFile:
    """Why a file has no header: what it is instead, and the findings."""

    disposition: Disposition
    issues: tuple[Issue, ...]
