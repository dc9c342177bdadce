"""Run all jobs of a probe and write its report, or delete the image sets and objects of the probe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dicommap.aws.environment import read_environment
from dicommap.aws.image_sets import ImageSets
from dicommap.aws.import_jobs import ImportJobs
from dicommap.display.probe_report import list_estimate_facts
from dicommap.display.transfer import Transfer
from dicommap.errors import PackageError, UsageError
from dicommap.issues import Location, has_errors
from dicommap.issues.wording import choose_verb, format_count
from dicommap.model.submission import SubmissionState
from dicommap.package.job_submitter import JobSubmitter
from dicommap.package.probe_clean_up import ProbeCleaner
from dicommap.package.probe_directory import ASSUMPTIONS_FILE, REPORT_FILE
from dicommap.package.probe_jobs import ProbeJobRequest, ProbeJobRunner
from dicommap.package.transfer_confirmation import make_caller_members, require_confirmed
from dicommap.probing.experiments import JOB_NUMBERS
from dicommap.probing.probe_course import ProbeCourse
from dicommap.probing.probe_estimate import estimate_probe
from dicommap.probing.probe_report import build_probe_report, remaining_issues, unclear_issues
from dicommap.validation.environment_check import check_environment
from dicommap.validation.request_check import check_output_uris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.issues import Issue
    from dicommap.model.submission import Submission
    from dicommap.package.probe_clean_up import ProbeTraces
    from dicommap.package.probe_directory import ProbeDirectory, ProbeRecord
    from dicommap.package.transfer_confirmation import Confirm
    from dicommap.probing.probe_estimate import ProbeEstimate
    from dicommap.probing.probe_report import ProbeReport

_SHOWN_MEMBERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri")
"""Members of the requests that the user sees before confirming, together with the prefix of the probe."""
_SHOWN_FACTS = ("jobs", "image sets", "billed at least")
"""Names of the facts of an estimate that the user sees before confirming."""


@dataclass(frozen=True, slots=True)
class ProbeDeletion:
    """The numbers of image sets and objects that a clean-up has deleted, and issues about those that remain."""

    image_sets: int
    objects: int
    issues: tuple[Issue, ...]


class ProbeSession:
    """One call of `probe`: it runs a probe, or cleans it up."""

    def __init__(
        self,
        directory: ProbeDirectory,
        record: ProbeRecord,
        clients: Clients,
        clock: Clock,
        concurrent_jobs: int,
        confirm: Confirm | None,
        on_step: Callable[[str, str], None],
    ) -> None:
        self._directory, self._record, self._clients = directory, record, clients
        self._confirm = confirm
        self._jobs, self._image_sets = ImportJobs(clients, clock), ImageSets(clients, clock)
        self.issues: list[Issue] = []
        """The issues of the call so far."""
        self._submitter = JobSubmitter(
            clients=clients,
            jobs=self._jobs,
            states=directory.states,
            clock=clock,
            concurrent_jobs=concurrent_jobs,
            replace=False,
            on_step=on_step,
            is_first=directory.states.read_account() is None,
        )
        self._runner = ProbeJobRunner(
            clients=clients,
            jobs=self._jobs,
            image_sets=self._image_sets,
            submitter=self._submitter,
            directory=directory,
            record=record,
            clock=clock,
            on_step=on_step,
        )

    def run(self, *, is_new: bool) -> ProbeReport | None:
        """Run the jobs of the probe that have no saved observation, write the report, and return it.

        Args:
            is_new: Whether the record of the probe is not written yet.

        Returns:
            The report; None if an issue of the data store or buckets is an error, so that nothing was sent.

        Raises:
            UsageError: The probe was cleaned up before all jobs were observed, or the user does not confirm it.
            AwsError: AWS refuses a request, or cannot be reached.
            PackageError: The directory cannot be written, or another process uses it.

        """
        waiting = self._make_course().list_next_jobs()
        if waiting:
            _require_not_cleaned_up(self._record)
            self.issues += self._check_environment()
            if has_errors(self.issues):
                return None
            self._require_confirmed(estimate_probe(self._record.questions))
        with self._directory.states.lock():
            if is_new:
                self._require_no_other_probe()
                self._directory.write_record(self._record)
            elif waiting:
                _require_not_cleaned_up(self._directory.read_record())  # another call may have cleaned it up since
            while waiting:
                self._submitter.save_aws_account(ProbeJobRequest(waiting[0], self._record))
                self._submitter.is_first = False
                self._runner.run_jobs(waiting)
                waiting = self._make_course().list_next_jobs()
            report = self._write_report()
        self.issues += [*self._submitter.issues, *unclear_issues(report)]
        return report

    def clean_up(self, *, dry_run: bool) -> ProbeDeletion:
        """Wait for running jobs, then delete the image sets, objects and job manifests of the probe.

        `dry_run` only counts them. Raises the same exceptions as `run`.
        """
        place = self._directory
        course = self._make_course()
        with place.states.lock():
            started = [name for name, number in JOB_NUMBERS.items() if place.states.read(number) is not None]
            requests = [ProbeJobRequest(course.build_named_job(name), self._record) for name in started]
            for request in requests:
                self._submitter.save_unanswered_job(request)
            states = place.states.read_all(request.id for request in requests)
            self._require_no_unanswered_job(states.values())
            running = [request for request in requests if states[request.id].state.has_job]
            if running and not dry_run:
                self._runner.wait_for_ends(running)
            cleaner = ProbeCleaner(clients=self._clients, image_sets=self._image_sets, record=self._record)
            traces = cleaner.find_traces(requests, states)
            if dry_run:
                issues = tuple(remaining_issues(traces.remaining))
                return ProbeDeletion(len(traces.image_sets), traces.count_objects(), issues)
            self._require_deletion_confirmed(traces)
            place.write_record(self._record.model_copy(update={"isCleanUpStarted": True}))
            remaining = cleaner.delete_traces(traces)
        return ProbeDeletion(cleaner.deleted_image_sets, cleaner.deleted_objects, tuple(remaining_issues(remaining)))

    def _make_course(self) -> ProbeCourse:
        return ProbeCourse(self._record.probe, self._record.questions, self._directory.read_observations())

    def _write_report(self) -> ProbeReport:
        observations = self._directory.read_observations()
        report = build_probe_report(
            ProbeCourse(self._record.probe, self._record.questions, observations),
            observations,
            probe=self._record.probe,
            datastore_id=self._record.datastoreId,
            region=self._record.region,
        )
        self._directory.write_document(REPORT_FILE, report.model_dump(mode="json"))
        self._directory.write_document(ASSUMPTIONS_FILE, report.make_assumptions_document())
        return report

    def _check_environment(self) -> list[Issue]:
        """Return the issues of the data store, the buckets and the prefixes."""
        record = self._record
        issues = list(check_output_uris([str(record.folder)], {Location(): record.outputS3Uri}))
        uris = [record.inputS3Uri, record.outputS3Uri]
        environment = read_environment(self._clients, self._jobs, record.datastoreId, uris, record.dataAccessRoleArn)
        self._submitter.region = environment.region
        return [*issues, *check_environment(environment)]

    def _require_confirmed(self, estimate: ProbeEstimate) -> None:
        """Raise UsageError if the user does not confirm the probe. Raises AwsError if AWS refuses a search."""
        if self._confirm is None:
            return
        notes = {name: text for name, text in list_estimate_facts(estimate) if name in _SHOWN_FACTS}
        has_begun = bool(self._directory.read_observations())
        if not has_begun and next(self._image_sets.search(self._record.datastoreId, {}), None) is not None:
            notes["warning"] = "the data store has image sets already. Go on only if it is one for tests."
        transfer = self._make_transfer(estimate.jobs, estimate.objects, estimate.bytes)
        require_confirmed(self._confirm, replace(transfer, notes=notes))

    def _require_deletion_confirmed(self, traces: ProbeTraces) -> None:
        if self._confirm is not None:
            transfer = self._make_transfer((), traces.count_objects(), 0)
            require_confirmed(self._confirm, replace(transfer, deleted_image_sets=len(traces.image_sets)))

    def _make_transfer(self, jobs: Sequence[str], objects: int, size: int) -> Transfer:
        """Return the transfer for the confirmation of a probe, or of a deletion."""
        record = self._record
        return Transfer(
            package=str(self._directory.path),
            jobs=tuple(jobs),
            sources=(),
            prefixes=(str(record.folder),),
            files=objects,
            bytes=size,
            members={name: getattr(record, name) for name in _SHOWN_MEMBERS},
            **make_caller_members(self._clients),
        )

    def _require_no_other_probe(self) -> None:
        """Raise PackageError if another call has started a probe in the same directory in the meantime."""
        if self._directory.read_record() is not None:
            raise PackageError(
                "Another 'dicommap probe' has begun in this directory.", fix="Run the same again to continue it."
            )

    def _require_no_unanswered_job(self, states: Iterable[Submission]) -> None:
        """Raise UsageError if it is not known whether a job was started, because jobs cannot be listed."""
        count = sum(state.state is SubmissionState.STARTING for state in states)
        if count and not self._submitter.can_list_jobs:
            raise UsageError(
                f"It is not known whether {format_count(count, 'job')} {choose_verb(count, 'was', 'were')} started.",
                fix="Run 'dicommap probe' on the directory first: it starts each job once. Then clean up.",
            )


def _require_not_cleaned_up(record: ProbeRecord | None) -> None:
    """Raise UsageError if the objects and image sets of a probe may have been deleted."""
    if record is None or record.isCleanUpStarted:
        raise UsageError("The probe was cleaned up before its end.", fix="Start another probe in a new directory.")
