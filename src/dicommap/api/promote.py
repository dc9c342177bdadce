"""promote(): make image sets that are not primary part of the primary image sets of their studies."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.reconcile import ReconciliationRun
from dicommap.arguments import (
    convert_arguments,
    to_flag,
    to_function,
    to_optional,
    to_path,
    to_progress,
    to_text,
    to_texts,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.image_sets import ImageSets
from dicommap.aws.timing import SYSTEM_CLOCK, to_clock
from dicommap.dicom.dictionary import keyword_of
from dicommap.display.issue_report import Issues
from dicommap.errors import UsageError
from dicommap.healthimaging.image_sets import is_image_set_id
from dicommap.model.audit import AuditAction, AuditEvent
from dicommap.model.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.overrides.override_file import parse_override_data_set
from dicommap.package.audit_log import record_event
from dicommap.package.aws_account_check import choose_datastore, make_clients_with_saved_settings
from dicommap.package.image_set_contents import ImageSetContentReader
from dicommap.package.image_set_promoter import ImageSetPromoter
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.promotion_states import PromotionStates
from dicommap.progress import progress_reporter, track_progress
from dicommap.updates.attribute_update import list_attribute_updates
from dicommap.updates.promotion_result import PromotionOutcome, PromotionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.progress import ProgressOption


@dataclass(frozen=True, kw_only=True, repr=False)
class PromoteResult(Displayable):
    """The result of `promote`: the result of each image set, and the issues."""

    package: Path
    datastore_id: str
    results: tuple[PromotionResult, ...] = field(repr=False)
    is_dry: bool = False
    """Whether nothing was sent: in a dry run, or if the promotions were not confirmed."""

    @property
    def issues(self) -> Issues:
        """Return the issues of all image sets."""
        return Issues(chain.from_iterable(result.issues() for result in self.results))

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error."""
        return not self.issues.errors

    def count(self, outcome: str) -> int:
        """Return the number of image sets with an outcome, such as `promoted`."""
        return sum(result.outcome == outcome for result in self.results)

    def _build_report(self) -> Report:
        from dicommap.display.promotion_report import build_promotion_report

        return build_promotion_report(
            str(self.package), self.results, self.issues, is_dry=self.is_dry, show_values=is_unmasked_in_repr()
        )


@convert_arguments(
    package=to_path,
    image_sets=to_texts,
    studies=to_texts,
    manifests=to_optional(to_path),
    datastore_id=to_optional(to_text),
    allow_other_patient=to_flag,
    dry_run=to_flag,
    clients=to_optional(to_clients),
    confirm=to_optional(to_function),
    clock=to_clock,
    progress=to_progress,
    on_result=to_optional(to_function),
)
def promote(
    package: StrPath,
    *,
    image_sets: Sequence[str] = (),
    studies: Sequence[str] = (),
    manifests: StrPath | None = None,
    datastore_id: str | None = None,
    allow_other_patient: bool = False,
    dry_run: bool = False,
    clients: Clients | None = None,
    confirm: Callable[[tuple[PromotionResult, ...]], bool] | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
    on_result: Callable[[PromotionResult], None] | None = None,
) -> PromoteResult:
    """Make image sets that are not primary part of the primary image sets of their studies.

    For each image set, the conflict with the primary image sets of its study is found in the stored metadata. An update
    takes the conflict away, then CopyImageSet with `promoteToPrimary` adds the instances. After that the primary image
    set is read: it must have all instances, and the wanted values. The promoted image set remains, and can be deleted.

    Each step is kept in the package, in `promotions/`, without values of attributes. If a call was interrupted, the
    next one goes on, and sends no request twice.

    Args:
        package: The package directory.
        image_sets: The ids of the image sets to promote. Without them and without `studies`, these are the image sets
            of the job manifests that are not primary.
        studies: Study Instance UIDs. All image sets of these studies that are not primary are promoted.
        manifests: A directory that contains downloaded job manifests. Without it, they are fetched from S3.
        datastore_id: The id of the data store. Without it, it is that of the package's first submit.
        allow_other_patient: Whether an image set gets the identity of the patient of the primary image set, if
            PatientID, PatientName, PatientBirthDate or PatientSex differ. Otherwise such an image set is refused.
        dry_run: Whether to return the plans, and send nothing.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        confirm: A function that is called with the planned promotions, and returns whether to send them. Without it,
            they are sent.
        clock: The clock that reads the time and waits.
        progress: Whether to show the number of promoted image sets, or a function that is called with it.
        on_result: A function that is called with the result of each image set.

    Returns:
        The result of each image set, and the issues.

    Raises:
        DocumentError: The package or a job manifest cannot be read.
        UsageError: An argument is not valid, or no data store is known.
        PackageError: A state cannot be read or written, or another promotion of this package is running.
        AwsError: AWS cannot be reached, or refuses all requests. The next call goes on.
        MissingExtraError: boto3 is needed and not installed.

    """
    opened = PackageDirectory(Path(package))
    kept = opened.read_aws_account()
    datastore = choose_datastore(opened, kept, datastore_id)
    complete = make_clients_with_saved_settings(clients, kept)
    contents = ImageSetContentReader(service=ImageSets(complete, clock), datastore=datastore, clock=clock)
    states = PromotionStates(opened.path)
    promoter = ImageSetPromoter(contents=contents, states=states, allow_other_patient=allow_other_patient)
    candidates = _PromotionCandidates(opened, contents, manifests=manifests, clients=clients)
    ids = list(dict.fromkeys(candidates.iterate_image_set_ids(image_sets, studies)))
    with progress_reporter(progress, "image sets") as report:
        planned = _mark_undone_keywords(opened, list(track_progress(map(promoter.plan, ids), report, len(ids))))
    to_send = tuple(result for result in planned if result.outcome is PromotionOutcome.PLANNED)
    if dry_run or not to_send or (confirm is not None and not confirm(to_send)):
        return PromoteResult(package=opened.path, datastore_id=datastore, results=planned, is_dry=True)
    results = []
    with states.lock(), progress_reporter(progress, "image sets") as report:
        for plan in track_progress(planned, report, len(planned)):
            result = plan
            if plan.outcome is PromotionOutcome.PLANNED:
                result = promoter.promote(plan.image_set_id, plan.promotion)
                result = replace(result, undone_keywords=plan.undone_keywords)
                _record_promotion(opened.path, datastore, result)
            results.append(result)
            if on_result is not None:
                on_result(result)
    return PromoteResult(package=opened.path, datastore_id=datastore, results=tuple(results))


@dataclass(frozen=True)
class _PromotionCandidates:
    """The image sets to promote: those that the caller names by ids or studies, or else those of the job manifests."""

    package: PackageDirectory
    contents: ImageSetContentReader
    manifests: StrPath | None = field(kw_only=True)
    clients: Clients | None = field(kw_only=True)

    def iterate_image_set_ids(self, image_sets: Sequence[str], studies: Sequence[str]) -> Iterator[str]:
        """Yield the ids of the image sets. An id may be repeated."""
        for image_set in image_sets:
            if not is_image_set_id(image_set):
                raise UsageError(
                    f"{image_set!r} is not the id of an image set.",
                    fix="Give 32 digits and lower-case letters, as in the job manifests.",
                )
            yield image_set
        for study in studies:
            summaries = self.contents.service.search(self.contents.datastore, {"StudyInstanceUID": study})
            yield from (summary.imageSetId for summary in summaries if not summary.isPrimary)
        if not image_sets and not studies:
            for job in ReconciliationRun(self.package.path, manifests=self.manifests, clients=self.clients):
                for instance in job.instances():
                    if instance.is_primary is False and instance.image_set_id:
                        yield instance.image_set_id


def _mark_undone_keywords(package: PackageDirectory, planned: list[PromotionResult]) -> tuple[PromotionResult, ...]:
    """Return the planned promotions, each with the keywords of overrides and updates of the package that it undoes."""
    plans = [result.promotion for result in planned if result.promotion is not None and result.promotion.changes]
    edited = _find_edited_keywords(package, {plan.study_instance_uid for plan in plans})
    marked = []
    for result in planned:
        changes = result.promotion.changes if result.promotion is not None else ()
        study = result.study_instance_uid
        names = edited.get((study, None), set()) | edited.get((study, result.series_instance_uid), set())
        keywords = tuple(change.keyword for change in changes if change.keyword in names)
        marked.append(replace(result, undone_keywords=keywords))
    return tuple(marked)


def _find_edited_keywords(package: PackageDirectory, studies: set[str]) -> dict[tuple[str, str | None], set[str]]:
    """Return the attributes that overrides and updates of the package change in some studies.

    Returns:
        Study and Series Instance UID (None for the whole study) -> keywords.

    """
    edited: dict[tuple[str, str | None], set[str]] = {}
    for job in package.plan.jobs if studies else ():
        for mapping in job.mappings:
            if mapping.studyInstanceUID in studies:
                document = json.loads(package.read_override_file(job, mapping.metadataFilePath))
                data_set = parse_override_data_set(document, package.plan.assumptions)
                keywords = {keyword_of(int(digits, 16)) for digits in data_set}
                edited.setdefault((mapping.studyInstanceUID, mapping.seriesInstanceUID), set()).update(keywords)
    for planned in package.updates() if studies else ():
        update = planned.update
        if update.study_instance_uid in studies:
            names = {attribute.name for request in update.requests for attribute in list_attribute_updates(request)}
            edited.setdefault((update.study_instance_uid, update.series_instance_uid), set()).update(names)
    return edited


def _record_promotion(package: Path, datastore: str, result: PromotionResult) -> None:
    """Append an event to the package's audit.jsonl which says that an image set was promoted."""
    if result.outcome in (PromotionOutcome.PROMOTED, PromotionOutcome.NOT_PROVED):
        event = AuditEvent(
            action=AuditAction.PROMOTED,
            datastoreId=datastore,
            studyInstanceUID=result.study_instance_uid or None,
            seriesInstanceUID=result.series_instance_uid or None,
            imageSetId=result.image_set_id,
            newImageSetId=result.primary_id or None,
        )
        record_event(package, event)
