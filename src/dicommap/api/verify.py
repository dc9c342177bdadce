"""verify(): compare what the data store holds with the overrides of a package, attribute by attribute."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.reconcile import ReconciliationRun
from dicommap.arguments import convert_arguments, to_flag, to_function, to_optional, to_path, to_progress, to_rate
from dicommap.aws.client_errors import ACCESS_DENIED_CODES
from dicommap.aws.clients import to_clients
from dicommap.aws.image_sets import ImageSets
from dicommap.aws.import_jobs import ImportJobs
from dicommap.aws.timing import SYSTEM_CLOCK, to_clock
from dicommap.display.issue_report import Issues
from dicommap.errors import AwsError, UsageError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.healthimaging.request_agreement import compare_with_request, request_agreement_issues
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import JOB_ISSUE_LIMIT, BoundedList, make_bounded_issues
from dicommap.model.audit import AuditAction, AuditEvent
from dicommap.model.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.model.package_layout import job_folder, submission_path
from dicommap.package.audit_log import record_event
from dicommap.package.aws_account_check import make_clients_with_saved_settings
from dicommap.package.job_verifier import JobVerifier
from dicommap.package.metadata_sources import DatastoreMetadata, DownloadedMetadata
from dicommap.package.preview_values import PreviousValues
from dicommap.package.verification_record import open_record
from dicommap.progress import progress_reporter, track_progress
from dicommap.verification.effects import UNKNOWN_EFFECTS, WRONG_EFFECTS, Effect, choose_worst_effect
from dicommap.verification.kept_results import VerificationEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.issues import Issue
    from dicommap.model.submission import AwsAccount, Submission
    from dicommap.package.metadata_sources import MetadataSource
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.planning.plan import PlanJob
    from dicommap.progress import ProgressOption
    from dicommap.reconciliation.job_reconciliation import JobReconciliation
    from dicommap.verification.study_result import StudyResult

STUDIES_KEPT = 1_000
"""Maximum number of studies in `Verification.first`."""
_FILES_SOURCE = "files"


@dataclass(frozen=True, kw_only=True, repr=False)
class Verification(Displayable):
    """The effects of a package's overrides in the data store. Only counts, issues and some studies are in memory."""

    package: Path
    counts: Mapping[Effect, int]
    """Effect -> number of override attributes with this effect.

    An override of a study that is divided among jobs counts once, with its worst effect in these jobs.
    """
    studies: int
    """Number of studies with an override."""
    image_sets: int
    """Number of image sets that were verified."""
    non_primary: int
    """Number of verified image sets that are not primary."""
    issues: Issues
    first: tuple[StudyResult, ...] = field(repr=False)
    """The first studies with an attribute that is not applied, or whose effect is not known."""
    started_at: str
    """The time at which the verification was first started, as ISO 8601 in UTC."""

    @property
    def ok(self) -> bool:
        """Return whether every attribute of every override is applied, and no issue is an error."""
        return not self.issues.errors and not self.counts.keys() - {Effect.APPLIED}

    @property
    def wrong(self) -> int:
        """Return the number of attributes with an effect of WRONG_EFFECTS: not applied, different or missing."""
        return sum(self.counts.get(effect, 0) for effect in WRONG_EFFECTS)

    @property
    def unknown(self) -> int:
        """Return the number of attributes with an effect of UNKNOWN_EFFECTS: not readable, checked or comparable."""
        return sum(self.counts.get(effect, 0) for effect in UNKNOWN_EFFECTS)

    def html(self, *, show_values: bool = False) -> str:
        """Return the results as one complete HTML page.

        `show_values` shows patient values, which are masked by default.
        """
        from dicommap.display.report_html import render_html_page

        return render_html_page(self._build_effects_report(show_values=show_values, is_limited=False))

    def _build_report(self) -> Report:
        return self._build_effects_report(show_values=is_unmasked_in_repr(), is_limited=True)

    def _build_effects_report(self, *, show_values: bool, is_limited: bool) -> Report:
        from dicommap.display.verification_report import VerificationFacts, build_verification_report

        facts = VerificationFacts(
            package=str(self.package),
            counts=self.counts,
            studies=self.studies,
            image_sets=self.image_sets,
            non_primary=self.non_primary,
            started_at=self.started_at,
        )
        return build_verification_report(facts, self.first, self.issues, show_values=show_values, is_limited=is_limited)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationSettings:
    """Settings of a VerificationRun: its job manifests and metadata, its image sets, and its request rates.

    `verify` has parameters with the same names, and describes them.
    """

    manifests: Path | None = None
    metadata: Path | None = None
    restart: bool = False
    metadata_rate: float | None = None
    search_rate: float | None = None
    all_image_sets: bool = False


class VerificationRun:
    """A verification that runs while the caller iterates. Iteration yields the result of each study.

    Iterate once to the end, then call `result`.
    """

    def __init__(
        self,
        package: StrPath,
        settings: VerificationSettings,
        *,
        clients: Clients | None = None,
        clock: Clock = SYSTEM_CLOCK,
        progress: ProgressOption = None,
    ) -> None:
        """Open the package. `verify` describes the parameters.

        Raises UsageError if the data store is not known.
        """
        self._reconciling = ReconciliationRun(package, manifests=settings.manifests, clients=clients)
        self.package = self._reconciling.package
        self._metadata_place = _require_account(self.package) if settings.metadata is None else settings.metadata
        """The directory of the metadata, or the AWS account whose data store has them."""
        self._settings = settings
        self._clients = clients
        self._clock = clock
        self._progress = progress
        jobs_of_studies = Counter(
            study for job in self.package.plan.jobs for study in {mapping.studyInstanceUID for mapping in job.mappings}
        )
        self._studies = len(jobs_of_studies)
        self._divided = frozenset(study for study, jobs in jobs_of_studies.items() if jobs > 1)
        """The Study Instance UIDs of the studies that are divided among jobs."""
        self._divided_effects: dict[tuple[str, str | None, int], Effect] = {}
        """Study and Series Instance UID and tag of an override attribute of a divided study -> worst effect so far."""
        self._counts: Counter[Effect] = Counter()
        self._image_sets = self._non_primary = 0
        self._issues: list[Issue] = []
        self._first: BoundedList[StudyResult] = BoundedList(limit=STUDIES_KEPT)
        self._started_at = ""
        self._jobs: ImportJobs | None = None

    def __iter__(self) -> Iterator[StudyResult]:
        total = len({(job.id, mapping.studyInstanceUID) for job in self.package.plan.jobs for mapping in job.mappings})
        source, name = self._open_metadata_source()
        with progress_reporter(self._progress, "studies") as report:
            yield from track_progress(self._verify_jobs(source, name), report, total)

    def result(self) -> Verification:
        """Return the result of the last iteration, which must have ended."""
        return Verification(
            package=self.package.path,
            counts=dict(+self._counts),
            studies=self._studies,
            image_sets=self._image_sets,
            non_primary=self._non_primary,
            issues=Issues(self._issues),
            first=tuple(self._first),
            started_at=self._started_at,
        )

    def _verify_jobs(self, source: MetadataSource, name: str) -> Iterator[StudyResult]:
        """Verify all jobs, yield the result of each study, and record the end of the verification in the package."""
        previous = PreviousValues(self.package.path, self.package.plan.preview)
        now = format_utc(self._clock.now()) or ""
        with open_record(self.package.path, name, now, restart=self._settings.restart) as record:
            self._started_at = record.started_at
            verifier = JobVerifier(
                self.package, source, previous, record, self._divided, all_image_sets=self._settings.all_image_sets
            )
            for job in self.package.plan.jobs:
                if job.mappings:
                    yield from self._verify_job(job, verifier)
            verifier.keep_denied()
            self._image_sets, self._non_primary = verifier.image_sets, verifier.non_primary
            end = VerificationEnd(endedAt=format_utc(self._clock.now()) or "", attributes=dict(+self._counts))
            record.close(self.package.path, end)
        counts = {effect.value: count for effect, count in end.attributes.items()}
        datastore = None if name == _FILES_SOURCE else name
        event = AuditEvent(action=AuditAction.VERIFIED, datastoreId=datastore, counts=counts)
        record_event(self.package.path, event, now=self._clock.now())

    def _open_metadata_source(self) -> tuple[MetadataSource, str]:
        """Return the source of metadata and its name. The name is the data store's id, or `files` for a directory."""
        place, settings = self._metadata_place, self._settings
        if isinstance(place, Path):
            return DownloadedMetadata(place), _FILES_SOURCE
        account = place
        clients = make_clients_with_saved_settings(self._clients, account)
        clients.medical_imaging  # noqa: B018  the client is made before threads use it
        self._jobs = ImportJobs(clients, self._clock)
        service = ImageSets(
            clients, self._clock, metadata_rate=settings.metadata_rate, search_rate=settings.search_rate
        )
        return DatastoreMetadata(service, account.datastoreId), account.datastoreId

    def _verify_job(self, job: PlanJob, verifier: JobVerifier) -> Iterator[StudyResult]:
        """Verify one job, yield the result of each study, and collect the counts and issues of the job."""
        issues = make_bounded_issues(JOB_ISSUE_LIMIT, job_folder(job.id))
        issues += self._configuration_issues(job, self.package.read_submission(job))
        reconciled = self._reconcile_if_allowed(job)
        non_primary = 0
        for study in verifier.verify(job, reconciled):
            self._count_effects(study)
            non_primary += study.non_primary
            if study.effect is not Effect.APPLIED:
                self._first.add(study)
            issues += self._study_issues(study)
            yield study
        if non_primary:
            issues.add(make_issue("verify.non-primary", Location(path=job_folder(job.id)), count=non_primary))
        if verifier.searched_studies:
            issues.add(
                make_issue("verify.searched", Location(path=job_folder(job.id)), count=verifier.searched_studies)
            )
        self._issues += issues

    def _study_issues(self, study: StudyResult) -> Iterator[Issue]:
        """Yield the issues of a study. If several jobs import parts of it, the location also names the job."""
        for issue in study.issues():
            is_divided = study.study_instance_uid in self._divided
            yield issue.with_location(path=job_folder(study.job)) if is_divided else issue

    def _count_effects(self, study: StudyResult) -> None:
        """Count the effects of a study's attributes.

        If several jobs import parts of the study, each attribute counts once, with its worst effect.
        """
        if study.study_instance_uid not in self._divided:
            self._counts.update(study.counts)
            return
        for result in study.attributes:
            key = (study.study_instance_uid, result.check.series_instance_uid, result.check.tag)
            before = self._divided_effects.get(key)
            self._divided_effects[key] = choose_worst_effect(filter(None, (result.effect, before)))
            self._counts.update((self._divided_effects[key],))
            self._counts.subtract(filter(None, (before,)))

    def _reconcile_if_allowed(self, job: PlanJob) -> JobReconciliation | None:
        """Return the reconciliation of a job; None if the caller has no permission to read its job manifests."""
        try:
            return self._reconciling.reconcile(job)
        except AwsError as error:
            if error.code not in ACCESS_DENIED_CODES:
                raise
            return None

    def _configuration_issues(self, job: PlanJob, submission: Submission | None) -> Iterator[Issue]:
        """Yield an issue if a job was started without the package's import configuration, or with another one."""
        if submission is None or submission.jobId is None:
            return
        place = Location(path=submission_path(job.id))
        agreement = submission.configuration
        if self._jobs is not None:
            try:
                properties = self._jobs.get(submission.datastoreId, submission.jobId)
            except AwsError as error:
                if not error.local:
                    raise
                yield make_issue("verify.configuration-not-checked", place, reason=error.code)
            else:
                agreement = compare_with_request(properties, self.package.read_request(job))
        yield from request_agreement_issues(agreement, place)


def _require_account(package: PackageDirectory) -> AwsAccount:
    """Return the AWS account of a package's first submit. Raise UsageError if nothing was submitted."""
    account = package.read_aws_account()
    if account is None:
        raise UsageError(
            "The package was not submitted, so its data store is not known.",
            fix="Run 'dicommap submit', or 'dicommap adopt' for a job that was started in another way. Or name "
            "downloaded metadata with --metadata.",
        )
    return account


@convert_arguments(
    package=to_path,
    manifests=to_optional(to_path),
    metadata=to_optional(to_path),
    restart=to_flag,
    metadata_rate=to_optional(to_rate),
    search_rate=to_optional(to_rate),
    all_image_sets=to_flag,
    on_study=to_optional(to_function),
    clients=to_optional(to_clients),
    clock=to_clock,
    progress=to_progress,
)
def verify(
    package: StrPath,
    *,
    manifests: StrPath | None = None,
    metadata: StrPath | None = None,
    restart: bool = False,
    metadata_rate: float | None = None,
    search_rate: float | None = None,
    all_image_sets: bool = False,
    on_study: Callable[[StudyResult], None] | None = None,
    clients: Clients | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
) -> Verification:
    """Compare what the data store holds with the overrides of a package, attribute by attribute.

    The manifests of each job name the image sets of its instances. If a job has no manifests, the image sets are
    searched for with SearchImageSets. Each image set, primary or not, is read with GetImageSetMetadata. Values are
    compared by DICOM meaning. The results are kept in the package, in `verification/`, without the values. If a
    verification was interrupted, the next call continues it. At most one large image set at a time is in memory.

    Args:
        package: The package directory.
        manifests: A directory with downloaded job manifests. Without it, they are fetched from S3.
        metadata: A directory with downloaded metadata of image sets, as files IMAGESETID.json or IMAGESETID.json.gz.
            Without it, the metadata is fetched from the data store.
        restart: Whether to drop the results of an interrupted verification, and start from the beginning.
        all_image_sets: Whether to compare all image sets of each study, also those that other imports have made. If an
            image set of the job is not primary, all image sets of its study are compared in any case.
        metadata_rate: The limit of GetImageSetMetadata calls per second, if AWS has changed it for your account.
        search_rate: The limit of SearchImageSets calls per second, if AWS has changed it for your account.
        on_study: A function that is called with the result of each study.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        clock: The clock that reads the time and waits.
        progress: Whether to show the number of verified studies, or a function that is called with it.

    Returns:
        The counts of effects, the issues, and the first studies that differ from their overrides.

    Raises:
        DocumentError: The package or a job manifest cannot be read, or the package was changed.
        UsageError: The package was not submitted, and no downloaded metadata is given.
        PackageError: The results cannot be kept in the package, or another verification is running.
        AwsError: AWS refuses a request or cannot be reached. The next call continues the verification.
        MissingExtraError: boto3 is needed and not installed.
    """
    settings = VerificationSettings(
        manifests=None if manifests is None else Path(manifests),
        metadata=None if metadata is None else Path(metadata),
        restart=restart,
        metadata_rate=metadata_rate,
        search_rate=search_rate,
        all_image_sets=all_image_sets,
    )
    run = VerificationRun(package, settings, clients=clients, clock=clock, progress=progress)
    for study in run:
        if on_study is not None:
            on_study(study)
    return run.result()
