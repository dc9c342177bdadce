"""Build the lines of audit.jsonl that record changes: from a draft, or from an earlier package for a retry."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.healthimaging.levels import Level, level_of
from dicommap.model.audit import format_audit_lines
from dicommap.model.item_store import MEMORY
from dicommap.model.package_layout import update_path
from dicommap.model.study import Target
from dicommap.overrides.mappings import metadata_file_path
from dicommap.updates.attribute_update import iterate_places
from dicommap.updates.stored_form import get_stored_name

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, MutableMapping

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.model.audit import AuditChange
    from dicommap.model.audit_values import AuditValueForm
    from dicommap.model.item_store import ItemStore
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.updates.update import Update


class UpdateFileIndex:
    """An index of the files of a package's updates: by study, series and changed attribute."""

    def __init__(self, updates: Iterable[Update], store: ItemStore = MEMORY) -> None:
        """Index the updates, which are in the order of the numbers of their files. `store` keeps the index."""
        self._by_study: MutableMapping[str, tuple[_UpdateFile, ...]] = store.make_dict()
        numbered = ((update_path(number), update) for number, update in enumerate(updates, 1))
        for study, group in groupby(numbered, key=lambda item: item[1].study_instance_uid):
            files = tuple((update.series_instance_uid, _list_attribute_names(update), path) for path, update in group)
            self._by_study[study] = (*self._by_study.get(study, ()), *files)

    def find_paths(self, change: AttributeChange) -> tuple[str, ...]:
        """Return the paths of the files that change an attribute of a study or series.

        There are several if a change of a study is made series by series, or if the series has more requests than one
        file may have.
        """
        is_shared = level_of(change.tag) in (Level.PATIENT, Level.STUDY)
        wanted = None if is_shared else change.series_instance_uid
        is_divided = wanted is None and not is_shared
        name = get_stored_name(change.tag)
        return tuple(
            path
            for series, names, path in self._by_study.get(change.study_instance_uid, ())
            if name in names and (series == wanted or is_divided)
        )


_UpdateFile = tuple[str | None, frozenset[str], str]
"""The Series Instance UID of an update, None for a whole study; the names of its attributes; and its path."""


def _list_attribute_names(update: Update) -> frozenset[str]:
    return frozenset(
        name
        for request in update.requests
        for document in (request.updatable, request.removable)
        for _, members in iterate_places(document)
        for name in members.get("DICOM", ())
    )


def build_change_lines(
    changes: Iterable[AttributeChange], values: AuditValueForm, assumptions: Assumptions, updates: UpdateFileIndex
) -> Iterator[str]:
    """Yield a line of audit.jsonl for each change.

    Args:
        changes: The changes.
        values: The form in which the lines have values.
        assumptions: The assumptions about override files. If overrides with equal content share a file, the lines do
            not name the file, because the mappings in the plan name it.
        updates: The files of the updates.
    """
    has_own_files = assumptions.overrideFiles != "shared"
    return format_audit_lines(
        _make_change_record(change, values, updates, has_own_files=has_own_files) for change in changes
    )


def _make_change_record(
    change: AttributeChange, values: AuditValueForm, updates: UpdateFileIndex, *, has_own_files: bool
) -> dict[str, object]:
    """Return the JSON object of a change in audit.jsonl. A member that is None is left out of the line."""
    target = Target(
        study_instance_uid=change.study_instance_uid,
        series_instance_uid=change.series_instance_uid,
        sop_instance_uid=change.sop_instance_uid,
    )
    before, more = (
        (None, None) if change.before is None else values.make_values_before(target, change.tag, change.before)
    )
    is_update = change.update_reason is not None
    files: tuple[str, ...] = ()
    if is_update:
        files = updates.find_paths(change)
    elif has_own_files:
        files = (metadata_file_path(target),)
    return {
        "type": "change",
        "studyInstanceUID": change.study_instance_uid,
        "seriesInstanceUID": change.series_instance_uid,
        "sopInstanceUID": change.sop_instance_uid,
        "attribute": keyword_of(change.tag),
        "tag": hex_of(change.tag),
        "edits": change.origins,
        "carrier": "update" if is_update else "override",
        "file": files[0] if len(files) == 1 else None,
        "files": files if len(files) > 1 else None,
        "before": before,
        "moreBefore": more,
        "after": None if change.after is None else values.make_value_after(target, change.tag, change.after),
    }


def select_change_lines(changes: Iterable[AuditChange], studies: Container[str]) -> Iterator[str]:
    """Yield the lines of an earlier package that are about some studies, in a new chain of hashes.

    Args:
        changes: The lines of the earlier package.
        studies: The Study Instance UIDs of the lines to keep.
    """
    return format_audit_lines(
        change.model_dump(mode="json", exclude_none=True, exclude=_list_members_to_leave_out(change))
        for change in changes
        if change.studyInstanceUID in studies
    )


def _list_members_to_leave_out(change: AuditChange) -> set[str]:
    """Return the members that a line of another package does not have: a package for a retry has no updates."""
    return {"previous", "file", "files"} if change.carrier == "update" else {"previous"}
