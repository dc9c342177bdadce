"""update(): send the updates of a package to the data store, or take them back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.reconcile import ReconciliationRun
from dicommap.api.validate import validate_and_open
from dicommap.arguments import (
    convert_arguments,
    to_flag,
    to_function,
    to_integer,
    to_optional,
    to_path,
    to_progress,
    to_rate,
    to_text,
    to_texts,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.image_sets import ImageSets
from dicommap.aws.timing import SYSTEM_CLOCK, to_clock
from dicommap.edits.shell_patterns import ShellPatterns
from dicommap.errors import UsageError
from dicommap.issues import has_errors
from dicommap.issues.wording import choose_verb, format_count
from dicommap.package.audit_log import record_event
from dicommap.package.aws_account_check import (
    choose_datastore,
    make_clients_with_saved_settings,
    make_update_account,
    require_same_endpoint,
)
from dicommap.package.image_set_reader import LOCK_SECONDS, ImageSetReader
from dicommap.package.image_set_reverter import ForecastRevert, ImageSetReverter
from dicommap.package.image_set_updater import ImageSetUpdater
from dicommap.package.job_requests import require_package
from dicommap.package.package_update_result import UpdateResult, UpdateResultBuilder
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
from dicommap.verification.update_result import ImageSetUpdateResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.model.update_state import RequestRecord, RevertState, UpdateState
    from dicommap.package.package_directory import PackageDirectory, PlannedUpdate
    from dicommap.package.transfer_confirmation import Confirm
    from dicommap.progress import ProgressOption


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOptions:
    """The options of an UpdateRun. `update` has parameters with the same names, and describes them."""

    datastore_id: str | None = None
    studies: Sequence[str] = ()
    manifests: StrPath | None = None
    revert: bool = False
    dry_run: bool = False
    overwrite_other_values: bool = False
    lock_timeout: int = int(LOCK_SECONDS)
    update_rate: float | None = None


class UpdateRun:
    """A run that sends the updates of a package while the caller iterates over the results of the image sets.

    Iterate once to the end, then call `result`.
    """

    def __init__(
        self,
        package: StrPath,
        options: UpdateOptions,
        *,
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
        self._results = UpdateResultBuilder(issue for issue in issues if issue.code != "request.placeholder")
        self._options = options
        self._confirm, self._clock, self._progress = confirm, clock, progress
        self._on_step = on_step or ignore_step
        self._patterns = ShellPatterns.from_texts(options.studies) if options.studies else None
        self._states = UpdateStates(self.path)
        self.datastore_id = options.datastore_id or ""
        self.has_updates = self._package is not None and bool(self._package.plan.updates)
        """Whether the package has updates. If not, nothing is sent, and no setting is needed."""
        if self._package is None or not self.has_updates:
            return
        self._require_ended_jobs(self._package)
        kept = self._states.read_account() or self._package.read_aws_account()
        self.datastore_id = choose_datastore(self._package, kept, options.datastore_id)
        self._clients = make_clients_with_saved_settings(clients, kept)
        require_same_endpoint(kept, self._clients)
        self._service = ImageSets(self._clients, clock, update_rate=options.update_rate)
        self._reader = ImageSetReader(
            service=self._service, datastore=self.datastore_id, clock=clock, lock_seconds=options.lock_timeout
        )

    @staticmethod
    def _require_ended_jobs(package: PackageDirectory) -> None:
        """Raise UsageError if a job of the package has not ended."""
        progress = package.count_jobs()
        waiting = progress.jobs - progress.ended
        if waiting:
            raise UsageError(
                f"{format_count(waiting, 'job')} of the package {choose_verb(waiting, 'has', 'have')} not ended: its "
                "updates are for image sets that the jobs import.",
                fix="Run 'dicommap submit' and 'dicommap watch' first.",
            )

    def _iterate_selected_updates(self) -> Iterator[PlannedUpdate]:
        """Yield the updates of the package whose study matches the option `studies`."""
        for planned in () if self._package is None else self._package.updates():
            if self._patterns is None or self._patterns.matches(planned.update.study_instance_uid):
                yield planned

    def __iter__(self) -> Iterator[ImageSetUpdateResult]:
        if self._package is None or not self.has_updates or has_errors(self._results.issues):
            return iter(())
        if self._options.dry_run:
            return (item for item in self._iterate_forecast() if isinstance(item, ImageSetUpdateResult))
        return self._send_updates(self._package)

    def _send_updates(self, package: PackageDirectory) -> Iterator[ImageSetUpdateResult]:
        """Ask for confirmation, send the updates or take them back, and yield the result of each image set."""
        updates, requests, studies = self._count_updates_and_requests()
        if self._confirm is not None and requests:
            require_confirmed(
                self._confirm,
                make_update_transfer(
                    package,
                    self._clients,
                    datastore=self.datastore_id,
                    requests=requests,
                    rate=self._options.update_rate,
                    is_revert=self._options.revert,
                ),
            )
        with self._states.lock(), progress_reporter(self._progress, "updates") as report:
            if self._states.read_account() is None:
                self._states.write_account(make_update_account(self.datastore_id, self._clients))
            updater = self._make_updater(studies)
            if self._options.revert:
                results: Iterator[list[ImageSetUpdateResult]] = (
                    [result] for result in updater.revert(self._iterate_selected_updates(), self._make_reverter())
                )
                total = None
            else:
                results, total = updater.update(self._iterate_selected_updates()), updates
            for group in track_progress(results, report, total):
                for result in group:
                    self._results.add_image_set(result)
                    yield result

    def _count_updates_and_requests(self) -> tuple[int, int, frozenset[str]]:
        """Return the numbers of updates and of requests to send, and the Study Instance UIDs of the updates.

        Raises UsageError if there is no update of a wanted study.
        """
        updates = requests = 0
        studies = set()
        for planned in self._iterate_selected_updates():
            updates += 1
            studies.add(planned.update.study_instance_uid)
            state = self._states.read(planned.id)
            if self._options.revert:
                requests += state is not None and self._can_revert(state)
            elif state is None or not state.isComplete:
                requests += len(planned.update.requests)
        if not studies:
            raise UsageError("No update of the package is for such a study.", fix="Name other studies with --study.")
        return updates, requests, frozenset(studies)

    def _can_revert(self, state: UpdateState) -> bool:
        """Return whether the package has changed an image set, and has not taken this back yet."""
        changed = {record.imageSetId for record in state.requests if record.versionAfter is not None}
        reverts = map(self._states.read_revert, changed)
        return any(revert is None or revert.state != "reverted" for revert in reverts)

    def _make_updater(self, studies: frozenset[str]) -> PackageUpdater:
        """Return the updater of the package. If the package has jobs, it updates only image sets that they imported."""
        package = self._package
        if package is None:
            raise AssertionError("a package with errors is not updated")
        imported = None
        if package.plan.jobs:
            reconciling = ReconciliationRun(self.path, manifests=self._options.manifests, clients=self._clients)
            imported = ImportedImageSets.collect(reconciling.reconcile_again(), studies)
        updater = ImageSetUpdater(
            reader=self._reader,
            states=self._states,
            clock=self._clock,
            on_step=self._on_step,
            record_update=self._record_update,
            overwrites_other_values=self._options.overwrite_other_values,
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

    def forecast(self) -> Iterator[ForecastRequest | ForecastRevert]:
        """Yield each request of a dry run. After the last one, call `result`."""
        if self._package is not None and self.has_updates and not has_errors(self._results.issues):
            for item in self._iterate_forecast():
                if not isinstance(item, ImageSetUpdateResult):
                    yield item

    def _iterate_forecast(self) -> Iterator[ForecastRequest | ForecastRevert | ImageSetUpdateResult]:
        """Yield the requests and results of a dry run, image set by image set, and collect them for `result`."""
        _, _, studies = self._count_updates_and_requests()
        updater, updates = self._make_updater(studies), self._iterate_selected_updates()
        items: Iterator[ForecastRequest | ForecastRevert | ImageSetUpdateResult] = (
            updater.forecast_revert(updates, self._make_reverter())
            if self._options.revert
            else updater.forecast(updates)
        )
        for item in items:
            if isinstance(item, ForecastRequest):
                self._results.add_request(item)
            elif isinstance(item, ForecastRevert):
                self._results.add_revert(item)
            else:
                self._results.add_image_set(item)
            yield item

    def _record_update(self, planned: PlannedUpdate, record: RequestRecord) -> None:
        record_event(self.path, make_update_event(planned, record, self.datastore_id), now=self._clock.now())

    def _record_revert(self, state: RevertState, study: str) -> None:
        record_event(self.path, make_revert_event(state, study, self.datastore_id), now=self._clock.now())

    def result(self) -> UpdateResult:
        """Return the result of the last iteration, which must have ended."""
        options = self._options
        return self._results.build(
            self.path,
            self.datastore_id,
            is_dry=options.dry_run,
            is_revert=options.revert,
            has_updates=self.has_updates,
        )


@convert_arguments(
    package=to_path,
    datastore_id=to_optional(to_text),
    studies=to_texts,
    manifests=to_optional(to_path),
    revert=to_flag,
    dry_run=to_flag,
    overwrite_other_values=to_flag,
    lock_timeout=to_integer(minimum=1),
    update_rate=to_optional(to_rate),
    clients=to_optional(to_clients),
    confirm=to_optional(to_function),
    clock=to_clock,
    progress=to_progress,
    on_step=to_optional(to_function),
    on_image_set=to_optional(to_function),
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
    options = UpdateOptions(
        datastore_id=datastore_id,
        studies=studies,
        manifests=manifests,
        revert=revert,
        dry_run=dry_run,
        overwrite_other_values=overwrite_other_values,
        lock_timeout=lock_timeout,
        update_rate=update_rate,
    )
    run = UpdateRun(package, options, clients=clients, confirm=confirm, clock=clock, progress=progress, on_step=on_step)
    for result in run:
        if on_image_set is not None:
            on_image_set(result)
    return run.result()
