"""The attributes to read from a header, their size limits, and the two results of reading: Header and RejectedFile.

If a wanted value has more bytes than its limit, the file is rejected. So values are never cut, and memory is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.dictionary import tag_of, vm_of, vrs_of
from dicommap.issues.wording import format_count
from dicommap.model.captured_attributes import (
    IDENTIFYING_UIDS,
    INSTANCE_NUMBER,
    SPECIFIC_CHARACTER_SET,
    list_captured_keywords,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.issues import Issue
    from dicommap.model.study import Disposition

MAX_SHORT_TEXT_BYTES = 4_096
"""The size limit of short texts: 16 values of 64 characters with 4 bytes each.

The longest UID that is stored also fits.
"""

MAX_VALUE_BYTES = 2**16
"""The size limit of all other values. An LT value has up to 10,240 characters, and an array of numbers 65,534 bytes."""

SHORT_TEXT_VRS = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI"})
"""VRs with at most 64 characters for each value, or for each component group of a name (PS3.5 Table 6.2-1)."""

NUMBER_VRS = frozenset({"AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})


def get_max_value_bytes(tag: int) -> int:
    """Return the size limit in bytes for the value of the attribute `tag`.

    The limit is MAX_SHORT_TEXT_BYTES for short texts and single numbers, and MAX_VALUE_BYTES for other attributes.
    """
    vrs, multiplicity = vrs_of(tag), vm_of(tag)
    is_one_number = bool(vrs) and vrs[0] in NUMBER_VRS and multiplicity is not None and multiplicity.high == 1
    return MAX_SHORT_TEXT_BYTES if is_one_number or (vrs and vrs[0] in SHORT_TEXT_VRS) else MAX_VALUE_BYTES


@dataclass(frozen=True, slots=True)
class WantedAttributes:
    """The attributes to read from headers."""

    keywords: tuple[str, ...] = ()
    """The keywords to read, from `list_captured_keywords`. Identifying UIDs and InstanceNumber are always read too."""

    tags: Mapping[int, str] = field(init=False)
    """Tag -> keyword of every attribute that is read."""

    limits: Mapping[int, int] = field(init=False)
    """Tag -> size limit of the value in bytes, for each tag in `tags`."""

    identifying: frozenset[int] = field(init=False)
    """The tags of the identifying UIDs."""

    last_tag: int = field(init=False)
    """The highest tag in `tags`. A walk stops at the first element after it."""

    def __post_init__(self) -> None:
        by_tag = {tag_of(keyword): keyword for keyword in (*IDENTIFYING_UIDS, "InstanceNumber", *self.keywords)}
        tags = {tag: keyword for tag, keyword in by_tag.items() if tag is not None}
        tags |= {SPECIFIC_CHARACTER_SET: "SpecificCharacterSet", INSTANCE_NUMBER: "InstanceNumber"}
        object.__setattr__(self, "tags", tags)
        object.__setattr__(self, "limits", {tag: get_max_value_bytes(tag) for tag in tags})
        identifying = frozenset(tag for tag, keyword in tags.items() if keyword in IDENTIFYING_UIDS)
        object.__setattr__(self, "identifying", identifying)
        object.__setattr__(self, "last_tag", max(tags))

    @classmethod
    def default(cls) -> WantedAttributes:
        """Return the attributes that a scan captures by default."""
        return cls(list_captured_keywords())


class Header(NamedTuple):
    """The exact values of the wanted attributes in one P10 header. For a cut or malformed file, see RejectedFile.

    This class is a named tuple for speed: to create a frozen dataclass would take longer than to read the header.
    """

    disposition: Disposition
    transfer_syntax_uid: str
    """The transfer syntax UID in the File Meta Information. Empty if the file has none."""
    values: Mapping[str, str]
    """Keyword -> value as text. A backslash separates several values. An absent attribute has no entry."""
    issues: tuple[Issue, ...] = ()

    def __repr__(self) -> str:
        counts = f"{format_count(len(self.values), 'value')}, {format_count(len(self.issues), 'issue')}"
        return f"Header({self.disposition.value}, {counts})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedFile:
    """The disposition (such as `truncated` or `not-dicom`) and the issues of a file whose header cannot be read."""

    disposition: Disposition
    issues: tuple[Issue, ...]
