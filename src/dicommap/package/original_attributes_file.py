"""Write the file with the items for the Original Attributes Sequences of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING

from dicommap.dicom.choices import to_choice
from dicommap.display.csv_json import format_json_lines
from dicommap.errors import UsageError
from dicommap.issues import Issue
from dicommap.issues.bounded_list import make_bounded_issues
from dicommap.overrides.original_attributes import Modification, OriginalAttributes, build_original_attributes
from dicommap.writing.new_file import require_new_file, write_new_text_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from dicommap.issues.bounded_list import BoundedList
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import StudyFileReader


_LO_LIMIT = 64
"""Maximum number of characters of a value of LO (PS3.5 section 6.2)."""


class ModificationReason(StrEnum):
    """The defined terms of ReasonForTheAttributeModification (PS3.3 section C.12.1)."""

    COERCE = "COERCE"
    CORRECT = "CORRECT"
    CONVERT = "CONVERT"


@dataclass(frozen=True, kw_only=True)
class OriginalAttributesFile:
    """The file to write, and the facts that all of its items have in common."""

    path: Path
    reason: ModificationReason = ModificationReason.CORRECT
    source: str = ""
    """The source of the instances before the changes; empty if it is not known."""

    @classmethod
    def make(cls, path: Path, reason: str, source: str) -> Self:
        """Check the arguments of a draft, and return the file to write.

        Raises:
            UsageError: The reason is unknown, or the source is no value of SourceOfPreviousValues.
            DocumentError: The file exists, or its directory does not.
        """
        require_new_file(path)
        source = source.strip()
        if len(source) > _LO_LIMIT or not source.isprintable() or "\\" in source:
            raise UsageError(
                f"The source of previous values is no LO value: at most {_LO_LIMIT} characters, without a backslash.",
                fix="Shorten it, or leave it out.",
            )
        return cls(path=path, reason=to_choice(ModificationReason, reason, "reason of a modification"), source=source)

    def write(
        self, changes: Sequence[AttributeChange], read_files: StudyFileReader, *, is_dry: bool
    ) -> BoundedList[Issue]:
        """Write the file, with a line of JSON for each item. If there are issues, nothing is written.

        Args:
            changes: The changes of a draft.
            read_files: A function that returns the values of keywords in each file of a study.
            is_dry: Whether the items are only checked, and nothing is written.

        Returns:
            The issues about previous values that are not known, or that no item can contain.

        Raises:
            DocumentError: The file exists, or cannot be written.
        """
        facts = Modification(
            at=datetime.now(UTC), system=f"dicommap {version('dicommap')}", reason=self.reason, source=self.source
        )
        issues = make_bounded_issues()
        issues += (item for item in build_original_attributes(changes, read_files, facts) if isinstance(item, Issue))
        if not issues.count and not is_dry:
            items = build_original_attributes(changes, read_files, facts)
            write_new_text_file(self.path, format_json_lines(_iterate_records(items)))
        return issues


def _iterate_records(items: Iterator[OriginalAttributes | Issue]) -> Iterator[dict[str, object]]:
    return (item.to_dict() for item in items if isinstance(item, OriginalAttributes))
