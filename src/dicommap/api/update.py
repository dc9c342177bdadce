"""update(): send the updates of a package to the data store, or take them back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.reconcile import ReconciliationRun
from dicommap.api.validate import validate_and_open
from dicommap.arguments import (
    convert_arguments,
    optional,
    to_flag,
    to_function,
    to_integer,
    to_path,
    to_progress,
    to_rate,
    to_text,
    to_texts,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.image_sets import ImageSets
from dicommap.aws.timing import SYSTEM_CLOCK, to_clock
from dicommap.display.issue_report import Issues
from dicommap.edits.shell_patterns import ShellPatterns
from dicommap.errors import UsageError
from dicommap.healthimaging.data_stores import find_data_store
from dicommap.issues import has_errors
from dicommap.issues.bounded_list import BoundedList, bounded_issues
from dicommap.issues.wording import choose_verb, format_count
from dicommap.model.displayable import Displayable
from dicommap.package.audit_log import record_event
from dicommap.package.aws_account_check import (
    add_saved_settings,
    make_update_account,
    require_same_datastore,
    require_same_endpoint,
)
from dicommap.package.image_set_reader import LOCK_SECONDS, ImageSetReader
from dicommap.package.image_set_reverter import ImageSetReverter
from dicommap.package.image_set_updater import ImageSetUpdater
from dicommap.package.job_requests import require_package
from dicommap.package.package_updater import (
    ForecastRequest,
    PackageUpdater,
    make_revert_event,
    make_update_event,
)
from dicommap.package.transfer_confirmation import make_update_transfer, require_confirmed
from dicommap.package.update_states import UpdateStates
from dicommap.package.update_targets import ImportedImageSets, UpdateTargetFinder
from dicommap.progress import ignore_step, progress_reporter, track_progress
from dicommap.verification.update_result import UNKNOWN_OUTCOMES, ImageSetUpdateResult, UpdateOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.model.update_state import RequestRecord, RevertState
    from dicommap.package.package_directory import PackageDirectory, PlannedUpdate
    from dicommap.package.transfer_confirmation import Confirm
    from dicommap.progress import ProgressOption
    from dicommap.verification.effects import Effect

RESULTS_KEPT = 1_000
"""Maximum number of image sets in `UpdateResult.first`."""
UPDATE_ISSUE_LIMIT = 1_000


@dataclass(frozen=True, kw_only=True, repr=False)
class UpdateResult(Displayable):
    """The result of sending the updates of a package. Only counts, issues and some image sets are in memory."""

    package: Path
    datastore_id: str
    counts: Mapping[UpdateOutcome, int]
    """Outcome -> number of image sets. An image set with two updates counts twice."""
    effects: Mapping[Effect, int]
    """Effect -> number of attributes, in all image sets."""
    issues: Issues
    first: tuple[ImageSetUpdateResult, ...] = field(default=(), repr=False)
    """The first image sets that need attention, and then the others."""
    requests: tuple[ForecastRequest, ...] = field(default=(), repr=False)
    """In a dry run: the requests that would be sent. Otherwise empty."""
    not_compared: int = 0
    """Number of attributes whose stored values could not be compared with those from before the edit.

    The inventory did not have these, or AWS does not document the form of the stored ones. An attribute with one name
    counts once for each image set.
    """
    is_dry: bool = False
    is_revert: bool = False

    @property
    def ok(self) -> bool:
        """Return whether all attributes of all updates now have their new values, or all updates were taken back."""
        return not self.issues.errors and not self.unknown

    @property
    def unknown(self) -> int:
        """Return the number of image sets and attributes for which it is not known whether they have the new values."""
        outcomes = sum(self.counts.get(outcome, 0) for outcome in UNKNOWN_OUTCOMES)
        return outcomes + sum(1 for issue in self.issues if issue.code == "update.not-comparable")

    def _build_report(self) -> Report:
        from dicommap.display.update_report import build_update_report

        return build_update_report(self)


class UpdateRun:
    """A run that sends the updates of a package while the caller iterates over the results of the image sets.

    Iterate once to the end, then call `result`.
    """

    def __init__(
        self,
        package: StrPath,
        *,
        datastore_id: str | None = None,
        studies: Sequence[str] = (),
        manifests: StrPath | None = None,
        revert: bool = False,
        dry_run: bool = False,
        overwrite_other_values: bool = False,
        lock_timeout: int = int(LOCK_SECONDS),
        update_rate: float | None = None,
        clients: Clients | None = None,
        confirm: Confirm | None = None,
        clock: Clock = SYSTEM_CLOCK,
        progress: ProgressOption = None,
        on_step: Callable[[str, str], None] | None = None,
    ) -> None:
        """Open and check the package. `update` describes the parameters."""
        self.path = Path(package)
        require_package(self.path)
        issues, self._package = validate_and_open(self.path)
        self._issues = bounded_issues(UPDATE_ISSUE_LIMIT)
        self._issues += (issue for issue in issues if issue.code != "request.placeholder")
        self._manifests = manifests
        self._is_revert, self._is_dry = revert, dry_run
        self._overwrites = overwrite_other_values
        self._confirm, self._clock, self._progress = confirm, clock, progress
        self._counts: Counter[UpdateOutcome] = Counter()
        self._effects: Counter[Effect] = Counter()
        self._attention: BoundedList[ImageSetUpdateResult] = BoundedList(limit=RESULTS_KEPT)
        self._others: BoundedList[ImageSetUpdateResult] = BoundedList(limit=RESULTS_KEPT)
        self._requests: list[ForecastRequest] = []
        self._not_compared = 0
        self._patterns = ShellPatterns.from_texts(studies) if studies else None
        self._states = UpdateStates(self.path)
        self.datastore_id = datastore_id or ""
        self.has_updates = False
        """Whether the package has updates. If not, nothing is sent, and no setting is needed."""
        if self._package is None:
            return
        self.has_updates = bool(self._package.plan.updates)
        if not self.has_updates:
            return
        self._require_ended_jobs(self._package)
        kept = self._states.read_account() or self._package.aws_account()
        if kept is not None:
            require_same_datastore(kept, datastore_id or kept.datastoreId)
        scanned = find_data_store(self._package.plan.sources)
        if scanned is not None and datastore_id not in (None, scanned):
            raise UsageError(
                f"The package was drafted from what the data store {scanned} has.", fix="Leave --datastore-id out."
            )
        self.datastore_id = datastore_id or scanned or (kept.datastoreId if kept is not None else "")
        self._clients = add_saved_settings(clients, kept)
        require_same_endpoint(kept, self._clients)
        if not self.datastore_id:
            raise UsageError("The data store is not known.", fix="Name it: --datastore-id ID")
        self._service = ImageSets(self._clients, clock, update_rate=update_rate)
        self._reader = ImageSetReader(
            service=self._service, datastore=self.datastore_id, clock=clock, lock_seconds=lock_timeout
        )
        self._update_rate = update_rate
        self._on_step = on_step or ignore_step

    @staticmethod
    def _require_ended_jobs(package: PackageDirectory) -> None:
        progress = package.count_jobs()
        waiting = progress.jobs - progress.ended
        if waiting:
            raise UsageError(
                f"{format_count(waiting, 'job')} of the package {choose_verb(waiting, 'has', 'have')} not ended: its "
                "updates are for image sets that the jobs import.",
                fix="Run 'dicommap submit' and 'dicommap watch' first.",
            )

    def _list_updates(self) -> Iterator[PlannedUpdate]:
        for planned in () if self._package is None else self._package.updates():
            if self._patterns is None or self._patterns.matches(planned.update.study_instance_uid):
                yield planned

    def __iter__(self) -> Iterator[ImageSetUpdateResult]:
        if self._package is None or not self.has_updates or has_errors(self._issues):
            return
        if self._is_dry:
            yield from self._forecast()
            return
        updates, requests, studies = self._count_requests()
        if not studies:
            raise UsageError("No update of the package is for such a study.", fix="Name other studies with --study.")
        if self._confirm is not None and requests:
            require_confirmed(
                self._confirm,
                make_update_transfer(
                    self._package,
                    self._clients,
                    datastore=self.datastore_id,
                    requests=requests,
                    rate=self._update_rate,
                    is_revert=self._is_revert,
                ),
            )
        with self._states.lock(), progress_reporter(self._progress, "updates") as report:
            if self._states.read_account() is None:
                self._states.write_account(make_update_account(self.datastore_id, self._clients))
            updater = self._make_updater(studies)
            if self._is_revert:
                results: Iterator[list[ImageSetUpdateResult]] = (
                    [result] for result in updater.revert(self._list_updates(), self._make_reverter())
                )
                total = None
            else:
                results, total = updater.update(self._list_updates()), updates
            for group in track_progress(results, report, total):
                for result in group:
                    self._keep(result)
                    yield result

    def _count_requests(self) -> tuple[int, int, frozenset[str]]:
        """Return the numbers of updates and of requests to send, and the Study Instance UIDs of the updates."""
        updates = requests = 0
        studies = set()
        for planned in self._list_updates():
            updates += 1
            studies.add(planned.update.study_instance_uid)
            state = self._states.read(planned.id)
            if self._is_revert:
                requests += state is not None and any(record.versionAfter is not None for record in state.requests)
            elif state is None or not state.isComplete:
                requests += len(planned.update.requests)
        return updates, requests, frozenset(studies)

    def _make_updater(self, studies: frozenset[str]) -> PackageUpdater:
        package = self._package
        if package is None:
            raise AssertionError("a package with errors is not updated")
        imported = None
        if package.plan.jobs:
            reconciling = ReconciliationRun(self.path, manifests=self._manifests, clients=self._clients)
            imported = ImportedImageSets.collect(reconciling.again(), studies)
        updater = ImageSetUpdater(
            reader=self._reader,
            states=self._states,
            clock=self._clock,
            on_step=self._on_step,
            record_update=self._record_update,
            overwrites_other_values=self._overwrites,
        )
        finder = UpdateTargetFinder(self._service, self.datastore_id, imported)
        return PackageUpdater(finder=finder, updater=updater, states=self._states, clock=self._clock)

    def _make_reverter(self) -> ImageSetReverter:
        return ImageSetReverter(
            reader=self._reader,
            states=self._states,
            clock=self._clock,
            on_step=self._on_step,
            record_revert=self._record_revert,
        )

    def _forecast(self) -> Iterator[ImageSetUpdateResult]:
        _, _, studies = self._count_requests()
        for item in self._make_updater(studies).forecast(self._list_updates()):
            if isinstance(item, ForecastRequest):
                self._requests.append(item)
            else:
                self._keep(item)
                yield item

    def _keep(self, result: ImageSetUpdateResult) -> None:
        self._counts[result.outcome] += 1
        self._effects.update(result.effects.counts)
        self._not_compared += len(result.not_compared)
        self._issues += result.issues()
        (self._others if result.is_done else self._attention).add(result)

    def _record_update(self, planned: PlannedUpdate, record: RequestRecord) -> None:
        record_event(self.path, make_update_event(planned, record, self.datastore_id), now=self._clock.now())

    def _record_revert(self, state: RevertState, study: str) -> None:
        record_event(self.path, make_revert_event(state, study, self.datastore_id), now=self._clock.now())

    def result(self) -> UpdateResult:
        """Return the result of the last iteration, which must have ended."""
        return UpdateResult(
            package=self.path,
            datastore_id=self.datastore_id,
            counts=dict(self._counts),
            effects=dict(self._effects),
            issues=Issues(self._issues),
            first=tuple((*self._attention, *self._others)[:RESULTS_KEPT]),
            requests=tuple(self._requests),
            not_compared=self._not_compared + sum(len(request.not_compared) for request in self._requests),
            is_dry=self._is_dry,
            is_revert=self._is_revert,
        )


@convert_arguments(
    package=to_path,
    datastore_id=optional(to_text),
    studies=to_texts,
    manifests=optional(to_path),
    revert=to_flag,
    dry_run=to_flag,
    overwrite_other_values=to_flag,
    lock_timeout=to_integer(minimum=1),
    update_rate=optional(to_rate),
    clients=optional(to_clients),
    confirm=optional(to_function),
    clock=to_clock,
    progress=to_progress,
    on_step=optional(to_function),
    on_image_set=optional(to_function),
)
def update(
    package: StrPath,
    *,
    datastore_id: str | None = None,
    studies: Sequence[str] = (),
    manifests: StrPath | None = None,
    revert: bool = False,
    dry_run: bool = False,
    overwrite_other_values: bool = False,
    lock_timeout: int = int(LOCK_SECONDS),
    update_rate: float | None = None,
    clients: Clients | None = None,
    confirm: Confirm | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
    on_step: Callable[[str, str], None] | None = None,
    on_image_set: Callable[[ImageSetUpdateResult], None] | None = None,
) -> UpdateResult:
    """Send the updates of a package to the data store, each once, and compare what is stored afterwards.

    For each update, its image sets are found and read. What is stored already is not sent. A request names the version
    that was read, so that AWS refuses it if somebody else has changed the image set meanwhile. After each request, the
    stored values are read again and compared by DICOM meaning. The state is saved in the package before and after each
    request (docs/formats/update-state.md). So a repeated call continues where an earlier call was stopped. AWS accepts
    one request in 4 seconds.

    Args:
        package: The package directory.
        datastore_id: The id of the data store. It is needed for the first update of a package without jobs.
        studies: Study Instance UIDs or patterns, such as `1.2.3.*`; empty for all studies.
        manifests: A directory with downloaded job manifests. Without it, they are fetched from S3.
        revert: Whether to take back what earlier calls did. An image set is reverted only if its latest version is one
            that this package has made.
        dry_run: Whether to only list the requests in the result, and send none. What is stored is read.
        overwrite_other_values: Whether to change attributes that have neither the value from before the edit nor the
            new one. Otherwise nothing is sent to such an image set.
        lock_timeout: The time limit in seconds for one change of an image set.
        update_rate: The limit of UpdateImageSetMetadata calls per second, if AWS has changed it for your account.
        clients: The AWS clients. A missing profile or region is that of the package's first submit or update.
        confirm: A function that takes a Transfer, which describes the requests, and returns whether they may be sent.
        clock: The clock that reads the time and waits.
        progress: Whether to show the number of updates that have ended, or a function that is called with it.
        on_step: A function that is called after each request, with an update's file or an image set, and a description.
        on_image_set: A function that is called with the result of each image set.

    Returns:
        The numbers of image sets by outcome and of attributes by effect, the issues, and the first image sets.

    Raises:
        DocumentError: The package or a job manifest cannot be read, or the package was changed.
        UsageError: The package has updates and jobs that have not ended, or the data store is not known or is another
            one than before, or `confirm` returns False.
        PackageError: A state cannot be saved, or another process updates the package.
        AwsError: AWS cannot be reached, or refuses requests. The next call continues.
        MissingExtraError: boto3 is not installed.

    """
    run = UpdateRun(
        package,
        datastore_id=datastore_id,
        studies=studies,
        manifests=manifests,
        revert=revert,
        dry_run=dry_run,
        overwrite_other_values=overwrite_other_values,
        lock_timeout=lock_timeout,
        update_rate=update_rate,
        clients=clients,
        confirm=confirm,
        clock=clock,
        progress=progress,
        on_step=on_step,
    )
    for result in run:
        if on_image_set is not None:
            on_image_set(result)
    return run.result()
