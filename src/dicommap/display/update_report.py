"""Build the records and the report of `update`, and show the requests that a dry run would send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dicommap.dicom.dictionary import tag_of
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.report import ColumnKind, FactList, Report, ReportTable, TableColumn, TableRow
from dicommap.issues.wording import choose_verb, format_count
from dicommap.verification.effects import EFFECT_ORDER
from dicommap.verification.update_result import UpdateOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.display.inventory_records import Record
    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.model.masking import Masker
    from dicommap.updates.update import UpdateRequest
    from dicommap.verification.effects import Effect
    from dicommap.verification.update_result import ImageSetUpdateResult

MAX_IMAGE_SETS = 50
"""Maximum number of image sets in the report of a notebook."""
_COLUMNS = (
    TableColumn("update"),
    TableColumn("study", ColumnKind.UID),
    TableColumn("series", ColumnKind.UID),
    TableColumn("image set", ColumnKind.UID),
    TableColumn("outcome", ColumnKind.WORD),
    TableColumn("version", ColumnKind.WORD),
    TableColumn("attributes"),
)


class _UpdateResult(Protocol):
    """The members of `UpdateResult` that the report shows. This package must not import the class from `api`."""

    @property
    def package(self) -> object: ...
    @property
    def datastore_id(self) -> str: ...
    @property
    def counts(self) -> Mapping[UpdateOutcome, int]: ...
    @property
    def effects(self) -> Mapping[Effect, int]: ...
    @property
    def issues(self) -> Issues: ...
    @property
    def first(self) -> Sequence[ImageSetUpdateResult]: ...
    @property
    def not_compared(self) -> int: ...
    @property
    def request_count(self) -> int: ...
    @property
    def is_dry(self) -> bool: ...
    @property
    def is_revert(self) -> bool: ...


def build_update_record(result: ImageSetUpdateResult) -> Record:
    """Return the record of an update's result for one image set. It has no values of attributes."""
    return {
        "update": result.update,
        "StudyInstanceUID": result.study_instance_uid,
        "SeriesInstanceUID": result.series_instance_uid or "",
        "imageSetId": result.image_set_id,
        "isPrimary": result.is_primary,
        "outcome": result.outcome.value,
        "versionBefore": result.version_before,
        "versionAfter": result.version_after,
        "requests": result.requests,
        "effects": {
            effect.value: result.effects.counts[effect] for effect in EFFECT_ORDER if effect in result.effects.counts
        },
        "notApplied": [
            {
                "level": attribute.level.value,
                "SOPInstanceUID": attribute.instance or "",
                "name": attribute.name,
                "effect": effect.value,
            }
            for attribute, effect in result.effects.attention
        ],
        "notSent": [*result.elsewhere, *result.too_large],
        "otherValues": [*result.other_values],
        "notCompared": [*result.not_compared],
        "reason": result.reason,
    }


def format_effects(counts: Mapping[Effect, int]) -> str:
    """Return the numbers of attributes by effect as text, the best effect first; an empty text without attributes."""
    return ", ".join(f"{counts[effect]:,} {effect.value}" for effect in EFFECT_ORDER if counts.get(effect))


def describe_not_compared(count: int) -> str:
    """Return a sentence, without its full stop, about attributes whose value from before the edit is not known."""
    return (
        f"{format_count(count, 'attribute')} {choose_verb(count, 'was', 'were')} not compared with the value from "
        "before the edit, which the inventory does not have, or which is stored in a form that AWS does not document"
    )


def format_versions(result: ImageSetUpdateResult) -> str:
    """Return the versions of an image set before and after, such as `1 -> 2`; only `1` if nothing was changed."""
    if result.version_after in ("", result.version_before):
        return result.version_before
    return f"{result.version_before} -> {result.version_after}"


def describe_outcomes(counts: Mapping[UpdateOutcome, int]) -> str:
    """Return the numbers of image sets by outcome as text, such as `2 updated, 1 stored`."""
    return ", ".join(f"{counts[outcome]:,} {outcome.value}" for outcome in UpdateOutcome if counts.get(outcome))


def build_request_record(
    datastore: str,
    update: str,
    image_set: str,
    version: str,
    request: UpdateRequest,
    masker: Masker,
    *,
    include_study: bool,
    other_values: Sequence[str] = (),
    not_compared: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a request of a dry run for display: its parameters, with masked values.

    Args:
        datastore: The id of the data store.
        update: The path of the update's file.
        image_set: The id of the image set.
        version: The latest version of the image set when the request is sent.
        request: The request.
        masker: The masker of the output.
        include_study: Whether the request reaches all primary image sets of the study.
        other_values: Names of attributes that the request overwrites, although another value than before the edit is
            stored.
        not_compared: Names of attributes whose stored value was not compared with the value from before the edit.

    """
    documents = {
        name: mask_update_document(document, masker)
        for name, document in (
            ("updatableAttributes", request.updatable),
            ("removableAttributes", request.removable),
        )
        if document is not None
    }
    flags = {"force": request.force, "includeStudyImageSets": include_study}
    return {
        "operation": "UpdateImageSetMetadata",
        "update": update,
        "datastoreId": datastore,
        "imageSetId": image_set,
        "latestVersionId": version,
        **{name: True for name, is_set in flags.items() if is_set},
        "updateImageSetMetadataUpdates": {"DICOMUpdates": documents},
        **({"otherValues": [*other_values]} if other_values else {}),
        **({"notCompared": [*not_compared]} if not_compared else {}),
    }


def build_revert_record(
    datastore: str, image_set: str, version: str, to_version: str, *, is_forced: bool
) -> dict[str, Any]:
    """Return the request of a dry run that restores an earlier version of an image set, for display.

    Args:
        datastore: The id of the data store.
        image_set: The id of the image set.
        version: Its latest version.
        to_version: The version that is restored.
        is_forced: Whether the request has `force`.

    """
    return {
        "operation": "UpdateImageSetMetadata",
        "datastoreId": datastore,
        "imageSetId": image_set,
        "latestVersionId": version,
        **({"force": True} if is_forced else {}),
        "updateImageSetMetadataUpdates": {"revertToVersionId": to_version},
    }


def mask_update_document(document: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    """Return a document of an update with masked values. UIDs, names and VRs are not masked."""
    return {
        name: _mask_attributes(value, masker)
        if name == "DICOM"
        else mask_update_document(value, masker)
        if isinstance(value, dict) and name != "DICOMVRs"
        else value
        for name, value in document.items()
    }


def _mask_attributes(attributes: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    return {name: _mask_value(name, value, masker) for name, value in attributes.items()}


def _mask_value(name: str, value: Any, masker: Masker) -> Any:  # noqa: ANN401  JSON of any type
    if isinstance(value, dict):
        has_names = all(tag_of(member) is not None for member in value)
        return _mask_attributes(value, masker) if has_names else masker.mask(name, str(value), can_be_shown=False)
    if isinstance(value, list):
        return [_mask_value(name, item, masker) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if masker.show_values:
        return value
    masked = masker.mask(name, str(value))
    return value if masked == str(value) else masked


def build_update_report(result: _UpdateResult) -> Report:
    """Return the report of `update`."""
    sent = "nothing, because of an error" if result.issues.errors and not result.counts else ""
    if result.is_dry:
        sent = f"nothing: {format_count(result.request_count, 'request')} would be"
    facts = [("package", str(result.package)), ("data store", result.datastore_id), ("sent", sent)]
    facts += [("image sets", describe_outcomes(result.counts)), ("attributes", format_effects(result.effects))]
    facts += [("not compared", describe_not_compared(result.not_compared))] if result.not_compared else []
    blocks: list[Block] = [FactList(pairs=[pair for pair in facts if pair[1]])]
    issue_counts = result.issues.counts()
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(result.issues)))
    if result.first:
        rows = [TableRow(cells=_build_image_set_cells(item)) for item in result.first[:MAX_IMAGE_SETS]]
        total = max(sum(result.counts.values()), len(rows))
        blocks.append(ReportTable(columns=_COLUMNS, rows=rows, total=total, noun="image set", heading="Image sets"))
    title = "Updates taken back" if result.is_revert else "Updated"
    counts = [format_count(sum(result.counts.values()), "image set")]
    if result.is_dry:
        title, counts = f"{title}, dry run", [format_count(result.request_count, "request")]
    return Report(title=title, counts=counts, severities=count_severities(issue_counts), blocks=blocks)


def _build_image_set_cells(result: ImageSetUpdateResult) -> tuple[str, ...]:
    return (
        result.update,
        result.study_instance_uid,
        result.series_instance_uid or "",
        result.image_set_id,
        result.outcome.value,
        format_versions(result),
        format_effects(result.effects.counts),
    )
