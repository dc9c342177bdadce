"""Build the lines of audit.jsonl that record changes: from a draft, or from an earlier package for a retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.model.audit import format_audit_lines
from dicommap.model.study import Target
from dicommap.overrides.mappings import metadata_file_path

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.model.audit import AuditChange
    from dicommap.model.audit_values import AuditValues
    from dicommap.overrides.attribute_change import AttributeChange


def build_change_lines(
    changes: Iterable[AttributeChange], values: AuditValues, assumptions: Assumptions
) -> Iterator[str]:
    """Yield a line of audit.jsonl for each change.

    Args:
        changes: The changes.
        values: The form in which the lines have values.
        assumptions: The assumptions about override files. If overrides with equal content share a file, the lines do
            not name the file, because the mappings in the plan name it.
    """
    has_own_files = assumptions.overrideFiles != "shared"
    return format_audit_lines(_build_record(change, values, has_own_files=has_own_files) for change in changes)


def _build_record(change: AttributeChange, values: AuditValues, *, has_own_files: bool) -> dict[str, object]:
    target = Target(
        study_instance_uid=change.study_instance_uid,
        series_instance_uid=change.series_instance_uid,
        sop_instance_uid=change.sop_instance_uid,
    )
    before, more = (None, None) if change.before is None else values.describe_before(target, change.tag, change.before)
    is_update = change.update_reason is not None
    return {
        "type": "change",
        "studyInstanceUID": change.study_instance_uid,
        "seriesInstanceUID": change.series_instance_uid,
        "sopInstanceUID": change.sop_instance_uid,
        "attribute": keyword_of(change.tag),
        "tag": hex_of(change.tag),
        "edits": change.origins,
        "carrier": "update" if is_update else "override",
        "file": metadata_file_path(target) if has_own_files and not is_update else None,
        "before": before,
        "moreBefore": more,
        "after": None if change.after is None else values.describe_after(target, change.tag, change.after),
    }


def select_change_lines(changes: Iterable[AuditChange], studies: Container[str]) -> Iterator[str]:
    """Yield the lines of an earlier package that are about some studies, in a new chain of hashes.

    Args:
        changes: The lines of the earlier package.
        studies: The Study Instance UIDs of the lines to keep.
    """
    return format_audit_lines(
        change.model_dump(mode="json", exclude_none=True, exclude={"previous"})
        for change in changes
        if change.studyInstanceUID in studies
    )
