"""One case: its directory copied, prepared, and put through its verb."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import dicommap
from dicommap.api.stage import stage_with_store
from dicommap.api.verify import VerificationRun, VerificationSettings
from dicommap.aws.timing import SYSTEM_CLOCK
from dicommap.errors import AwsError
from dicommap.healthimaging.image_sets import ImageSetSummary
from dicommap.healthimaging.job_properties import FhirImportJob
from dicommap.healthimaging.quotas import Quotas
from dicommap.model.submission import Submission
from dicommap.package.job_adopter import JobAdopter
from dicommap.package.job_requests import make_job_requests
from dicommap.package.metadata_sources import DownloadedMetadata
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.s3_validation import s3_object_issues
from dicommap.package.store_validation import forecast_in_store
from dicommap.package.submission_states import SubmissionStates
from dicommap.probing.probe_report import ProbeReport, remaining_issues, unclear_issues
from dicommap.updates.promotion import ImageSetContent, PromotionProblem, find_promotion_problems, plan_promotion
from dicommap.updates.promotion_result import PromotionOutcome, PromotionResult
from dicommap.validation.environment_check import ImportEnvironment, ResourceState, check_environment
from dicommap.validation.job_status_check import check_job_status, check_submission
from tests.cases.adoption_fakes import JobsByDocument, make_clients
from tests.cases.stored import ImageSetsByDocument, MetadataByDocument, StoredByDocument
from tests.cases.updating import run_update
from tests.support.s3_fault_proxy import Fault, run_fault_proxy, shorten_retries
from tests.support.s3_memory_server import memory_server
from tests.support.s3_server import environment

ROOT = Path(__file__).parent
_PATH_ARGUMENTS = (
    "sources",
    "sheets",
    "rules",
    "lookups",
    "path",
    "files",
    "package",
    "manifests",
    "metadata",
    "bucket",
    "store",
)
_PATH_STEPS = ("copy", "copies", "append", "zip")


@dataclass(frozen=True, slots=True)
class Case:
    """One case.json."""

    name: str
    """Its directory, relative to the corpus: `family/name`."""
    title: str
    verb: str
    arguments: dict[str, Any]
    prepare: list[dict[str, Any]]
    expected: list[dict[str, Any]]

    @classmethod
    def read(cls, name: str) -> Case:
        """Read the case of this name."""
        document = json.loads((ROOT / name / "case.json").read_bytes())
        return cls(name=name, prepare=document.pop("prepare", []), **document)

    def inputs(self) -> set[str]:
        """Return the files and directories that the case names, relative to the corpus."""
        named = [self.arguments[member] for member in _PATH_ARGUMENTS if member in self.arguments]
        named += [step[member] for step in self.prepare for member in _PATH_STEPS if member in step]
        named.append([path for path in self.arguments.get("objects", {}).values() if path is not None])
        paths = [path for one in named for path in ([one] if isinstance(one, str) else one)]
        return {os.path.normpath(PurePosixPath(self.name, path)) for path in paths}

    def made(self) -> set[str]:
        """Return the files and directories that steps make, relative to the corpus."""
        return {os.path.normpath(PurePosixPath(self.name, step["to"])) for step in self.prepare if "to" in step}


def case_names() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/*/case.json"))


def run(case: Case, root: Path) -> list[dicommap.Issue]:
    """Run a case below `root`, and return all that its verb finds.

    Fails where the verb changes anything of what it was given.
    """
    place = copied(case, root)
    for step in case.prepare:
        _prepare(step, place)
    before = _state(root)
    denied = [place / step["unreadable"] for step in case.prepare if "unreadable" in step]
    changing = {str(place / step["changing"]) for step in case.prepare if "changing" in step}
    with _unreadable(denied), _changing(changing):
        issues = list(_VERBS[case.verb](place, dict(case.arguments)))
    assert _state(root) == before
    return issues


def copied(case: Case, root: Path) -> Path:
    """Copy a case, and what it names outside of itself, to its place below `root`, and return its directory."""
    shutil.copytree(ROOT / case.name, root / case.name)
    for path in case.inputs():
        if not PurePosixPath(path).is_relative_to(case.name):
            _copy(ROOT / path, root / path)
    return root / case.name


def _scan(place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    with _scanned(place, arguments) as inventory:
        return list(inventory.issues())


def _scan_s3(place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    bodies = {key: (place / path).read_bytes() if path else b"" for key, path in arguments["objects"].items()}
    answer = arguments.get("answer")
    faults = [Fault("status", key=answer["key"], status=answer["status"], code=answer["code"])] if answer else []
    with (
        memory_server(bodies) as (upstream, _),
        run_fault_proxy(upstream, *faults) as proxy,
        patch.dict(os.environ, environment(proxy.url)),
        shorten_retries(),
        dicommap.scan(arguments["source"]) as inventory,
    ):
        return list(inventory.issues())


def _scan_store(place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    stored = MetadataByDocument(json.loads((place / arguments["store"]).read_bytes()))
    with (
        patch("dicommap.sources.healthimaging.data_store.ImageSets", lambda *_, **__: stored),
        dicommap.scan("healthimaging:" + "5" * 32) as inventory,
    ):
        return list(inventory.issues())


def _draft(place: Path, arguments: dict[str, Any]) -> tuple[dicommap.Issue, ...]:
    with _scanned(place, arguments) as inventory:
        sheets, rules = ([place / path for path in arguments.get(name, ())] for name in ("sheets", "rules"))
        harmonize, uri = arguments.get("harmonize", ()), arguments["inputS3Uri"]
        assumptions = dicommap.Assumptions.from_settings(arguments.get("assumptions", ()))
        drafted = dicommap.draft(
            inventory,
            input_s3_uri=uri,
            sheets=sheets,
            rules=rules,
            harmonize=harmonize,
            assumptions=assumptions,
            quotas=Quotas.from_settings(arguments.get("quotas", ())),
            staging=arguments.get("staging"),
            stage_uri=arguments.get("stageUri"),
            leave_out=arguments.get("leaveOut", False),
            original_attributes=place / arguments["originalAttributes"] if "originalAttributes" in arguments else None,
            account={name: arguments[name] for name in ("outputS3Uri",) if name in arguments},
        )
        return drafted.issues


def _carry_over(place: Path, arguments: dict[str, Any]) -> tuple[dicommap.Issue, ...]:
    with _scanned(place, arguments) as inventory:
        (older,) = (place / path for path in arguments["sheets"])
        return dicommap.sheet(inventory, carry_over=older).issues


def _validate(place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    files = place / arguments["files"] if "files" in arguments else None
    path, uri = place / arguments["path"], arguments.get("inputS3Uri")
    assumptions = dicommap.Assumptions.from_settings(arguments["assumptions"]) if "assumptions" in arguments else None
    if "sources" not in arguments:
        roots = arguments.get("roots")
        return [*dicommap.validate(path, input_s3_uri=uri, files=files, assumptions=assumptions, sources=roots)]
    with _scanned(place, arguments) as inventory:
        return [*dicommap.validate(path, inventory=inventory, input_s3_uri=uri, files=files)]


def _data_set(place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    return dicommap.read_data_set(place / arguments["path"])[1]


def _surroundings(_place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    def reading(told: dict[str, Any]) -> ResourceState:
        return ResourceState(
            is_absent=told.get("isAbsent", False), **{k: v for k, v in told.items() if k != "isAbsent"}
        )

    found = ImportEnvironment(
        region=arguments["region"],
        role_arn=arguments["roleArn"],
        datastore=reading(arguments["datastore"]),
        buckets={name: reading(told) for name, told in arguments["buckets"].items()},
    )
    return list(check_environment(found))


def _promote(_place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    candidate, *primaries = (ImageSetContent(**document) for document in arguments["imageSets"])
    allowed = arguments.get("allowOtherPatient", False)
    promotion = plan_promotion(candidate, primaries, allow_other_patient=allowed)
    problems: tuple[PromotionProblem, ...] = ()
    if "after" in arguments:
        problems = find_promotion_problems(promotion, candidate.instances, ImageSetContent(**arguments["after"]))
    result = PromotionResult(
        image_set_id=candidate.image_set_id,
        outcome=PromotionOutcome(arguments.get("outcome", "planned")),
        promotion=promotion,
        study_instance_uid=candidate.study_instance_uid,
        series_instance_uid=candidate.series_instance_uid,
        reason=arguments.get("reason", ""),
        problems=problems,
        undone_keywords=tuple(arguments.get("undone", ())),
    )
    return list(result.issues())


def _job(_place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    if "fhirJob" in arguments:
        report = FhirImportJob.model_validate(arguments["fhirJob"]).to_job_info()
        return list(check_job_status(report, dicommap.Location(path=f"healthlake:{report.datastore}/{report.job}")))
    submission = Submission.model_validate(arguments["submission"])
    return list(check_submission(submission, is_unknown=arguments.get("isUnknown", False)))


def _adopt(place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    package = PackageDirectory(place / arguments["package"])
    jobs: Any = JobsByDocument(arguments["jobs"])
    adopter = JobAdopter(
        clients=make_clients(package, arguments.get("overrides", {})),
        jobs=jobs,
        states=SubmissionStates(package.path),
        clock=SYSTEM_CLOCK,
        job_requests=make_job_requests(package, (), {}, None),
    )
    named = adopter.get_jobs(arguments["named"])
    adopter.decide_adoptions([adopter.compare_job(job) for job in named], compare_overrides=True)
    return adopter.issues


def _events(place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    package = place / arguments["package"]
    with TemporaryDirectory() as directory:  # the states change
        shutil.copytree(package, Path(directory, "package"))
        watched = dicommap.watch(Path(directory, "package"), events=place / arguments["path"], confirm=False)
    return [*watched.issues]


def _override(_place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    override = dicommap.Override.from_keywords(
        study_instance_uid=arguments["study"],
        series_instance_uid=arguments.get("series"),
        attributes=arguments["attributes"],
    )
    return list(override.issues())


def _reconcile(place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    return dicommap.reconcile(place / arguments["package"], manifests=place / arguments["manifests"]).issues


def _retry(place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    found = dicommap.reconcile(place / arguments["package"], manifests=place / arguments["manifests"])
    with TemporaryDirectory() as directory:
        return found.retry(Path(directory, "again"), stage_uri=arguments.get("stageUri")).issues


class _MetadataByDocument(DownloadedMetadata):
    """Downloaded metadata, and the image sets that a search finds."""

    def __init__(self, directory: Path, found: dict[str, list[str]]) -> None:
        super().__init__(directory)
        self._found = found

    def search(self, study: str) -> list[ImageSetSummary] | None:
        return [ImageSetSummary(imageSetId=one) for one in self._found[study]] if self._found else None


class _RefusedJobs:
    """A service that refuses to return a job."""

    def __init__(self, code: str) -> None:
        self._code = code

    def get(self, *_: str) -> None:
        raise AwsError("GetDICOMImportJob was refused.", fix="", code=self._code, local=True)


def _verify(place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    """Verify a copy of the package, because the results are kept in it."""
    with TemporaryDirectory() as directory:
        shutil.copytree(place / arguments["package"], Path(directory, "package"))
        manifests = place / arguments["manifests"] if "manifests" in arguments else None
        # With a directory of metadata, a package that was not submitted can be verified.
        settings = VerificationSettings(manifests=manifests, metadata=place / arguments["metadata"])
        run = VerificationRun(Path(directory, "package"), settings)
        source = _MetadataByDocument(place / arguments["metadata"], arguments.get("found", {}))
        refused = _RefusedJobs(arguments["jobError"]) if "jobError" in arguments else None
        with patch.object(run, "_open_metadata_source", lambda: (source, "files")), patch.object(run, "_jobs", refused):
            for _ in run:
                pass
        return run.result().issues


def _validate_s3(place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    stored = StoredByDocument(json.loads((place / arguments["bucket"]).read_bytes()))
    return s3_object_issues(PackageDirectory(place / arguments["package"]), stored)


def _validate_store(place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    stored = ImageSetsByDocument(json.loads((place / arguments["store"]).read_bytes()))
    return forecast_in_store(PackageDirectory(place / arguments["package"]), stored, "5" * 32)


def _stage(place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    stored = StoredByDocument(json.loads((place / arguments["bucket"]).read_bytes()))
    return stage_with_store(place / arguments["package"], stored).issues


def _fhir(place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    with _scanned(place, arguments) as inventory, TemporaryDirectory() as elsewhere:
        return dicommap.fhir(inventory, Path(elsewhere, "studies.ndjson")).issues


def _probe(_place: Path, arguments: dict[str, Any]) -> list[dicommap.Issue]:
    report = arguments.get("report")
    issues = [] if report is None else [*unclear_issues(ProbeReport.model_validate_json(json.dumps(report)))]
    return [*issues, *remaining_issues((what, reason) for what, reason in arguments.get("remaining", ()))]


def _update(_place: Path, arguments: dict[str, Any]) -> dicommap.Issues:
    return run_update(arguments)


_VERBS = {
    "update": _update,
    "probe": _probe,
    "promote": _promote,
    "dataSet": _data_set,
    "fhir": _fhir,
    "scan": _scan,
    "scanS3": _scan_s3,
    "scanStore": _scan_store,
    "draft": _draft,
    "carryOver": _carry_over,
    "validate": _validate,
    "surroundings": _surroundings,
    "job": _job,
    "adopt": _adopt,
    "events": _events,
    "override": _override,
    "reconcile": _reconcile,
    "retry": _retry,
    "verify": _verify,
    "validateS3": _validate_s3,
    "validateStore": _validate_store,
    "stage": _stage,
}


def _scanned(place: Path, arguments: dict[str, Any]) -> dicommap.Inventory:
    sources = [place / source for source in arguments["sources"]]
    attributes, follow_links = arguments.get("attributes", ()), arguments.get("followLinks", False)
    files, archives = arguments.get("listed"), arguments.get("archives", False)
    return dicommap.scan(*sources, attributes=attributes, follow_links=follow_links, files=files, archives=archives)


def _prepare(step: dict[str, Any], place: Path) -> None:
    """Do one step; 'unreadable' and 'changing' are left, since they hold only while the verb runs."""
    match step:
        case {"copy": source, "to": to}:
            _copy(place / source, place / to)
        case {"copies": source, "to": to, "count": count}:
            _copies(place / source, place / to, count, step.get("counting"), step.get("inside"))
        case {"append": source, "to": to}:
            with (place / to).open("ab") as file:
                file.write((place / source).read_bytes())
        case {"repeat": path, "at": begin, "length": length, "count": count}:
            content = (place / path).read_bytes()
            end = begin + length
            (place / path).write_bytes(content[:begin] + content[begin:end] * count + content[end:])
        case {"zip": source, "to": to}:
            shutil.make_archive(str(_above(place / to).with_suffix("")), "zip", place / source)
        case {"resize": path, "size": size}:
            os.truncate(place / path, size)
        case {"remove": path}:
            _remove(place / path)
        case {"link": path, "target": target}:
            _above(place / path).symlink_to(target)
        case {"fifo": path}:
            os.mkfifo(_above(place / path))


def _above(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, _above(to))


def _copies(source: Path, to: Path, count: int, counting: str | None, inside: str | None) -> None:
    content = source.read_bytes()
    to.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        text = content
        if counting is not None:
            text = content.replace(counting.encode(), f"{int(counting) + number:0{len(counting)}}".encode())
        _above(to / str(number) / inside if inside else to / str(number)).write_bytes(text)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _state(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return mode, size and time of change of everything below `root`."""
    found = {}
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            found[path] = (status.st_mode, size, status.st_mtime_ns)
    return found


@contextmanager
def _changing(paths: set[str]) -> Iterator[None]:
    """Let these files be a second younger each time that somebody looks at them."""
    really_stat, seconds = os.stat, count(1)

    def later(path: Any, **options: Any) -> os.stat_result:
        status = really_stat(path, **options)
        if isinstance(path, int) or os.fspath(path) not in paths:
            return status
        return os.stat_result(status, {"st_mtime_ns": status.st_mtime_ns + next(seconds) * 10**9})

    with patch("os.stat", later):
        yield


@contextmanager
def _unreadable(paths: list[Path]) -> Iterator[None]:
    """Let opening and listing these paths fail. Rights would do, but not for the superuser."""
    denied = {str(path) for path in paths}
    really_open = os.open

    def refuse(path: Any) -> None:
        if os.fspath(path) in denied:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def refusing_open(path: Any, *arguments: Any, **options: Any) -> int:
        refuse(path)
        return really_open(path, *arguments, **options)

    with patch("os.open", refusing_open):
        yield
