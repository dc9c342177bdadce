"""Adopting jobs that somebody started with a package's requests, and refusing those that differ from them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.api.validate import validate_and_open
from dicommap.display.adoption_report import build_adoption_record
from dicommap.errors import AwsError, DocumentError, PackageError, UsageError
from dicommap.issues import Severity, make_issue
from dicommap.model.job_adoption import AdoptionResult
from dicommap.package.state_folder import StateFolder
from dicommap.package.submission_states import SubmissionStates
from dicommap.testing import ImportJobService
from dicommap.testing.service import DATASTORE_ID
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.fake_clock import QuickClock
from tests.support.jobs_from_elsewhere import Elsewhere
from tests.support.submission_packages import ROLE, PreparedPackage, account, ready, states

__all__ = ["ready"]


@pytest.fixture
def elsewhere(ready: PreparedPackage, import_jobs: ImportJobService) -> Elsewhere:
    return Elsewhere(ready)


def adopt(place: Elsewhere, *ids: str, **options: Any) -> dicommap.AdoptResult:
    return dicommap.adopt(place.package, ids, **{"datastore_id": DATASTORE_ID, "clock": QuickClock(), **options})


def codes(adopted: dicommap.AdoptResult) -> list[str]:
    return [found.code for found in adopted.issues]


def test_a_job_from_elsewhere_is_adopted_and_handled_like_a_submitted_one(
    elsewhere: Elsewhere, import_jobs: ImportJobService
) -> None:
    ids = [elsewhere.start("0001"), elsewhere.start("0002", clientToken="another")]
    told: list[tuple[str, str]] = []
    adopted = adopt(elsewhere, *ids, on_step=lambda *what: told.append(what))
    assert [(job.job, job.result) for job in adopted.jobs] == [
        ("0001", AdoptionResult.ADOPTED),
        ("0002", AdoptionResult.ADOPTED),
    ]
    assert codes(adopted) == []
    assert told == [("0001", f"adopted {ids[0]}"), ("0002", f"adopted {ids[1]}")]
    state = states(elsewhere.package)["0001"]
    assert (state["state"], state["jobId"], state["configuration"]) == ("started", ids[0], "same")
    assert (state["dataAccessRoleArn"], state["outputS3Uri"]) == (ROLE, elsewhere.output)
    assert state["adoptedAt"] == state["seenAt"]
    get_schema_validator("submission").validate(state)
    saved = json.loads((elsewhere.package / "submission/account.json").read_bytes())
    assert (saved["datastoreId"], saved["outputS3Uri"]) == (DATASTORE_ID, elsewhere.output)
    assert dicommap.watch(elsewhere.package, clock=QuickClock()).ok
    assert dicommap.reconcile(elsewhere.package).ok
    assert dicommap.submit(elsewhere.package, clock=QuickClock()).ok
    assert len(import_jobs.jobs) == 2  # the submit has started none


def test_jobs_are_found_by_their_prefix_and_compared(elsewhere: Elsewhere, import_jobs: ImportJobService) -> None:
    fits = elsewhere.start("0001")
    dropped = elsewhere.start("0002", without="importConfiguration", clientToken="old-sdk")
    elsewhere.start("0001", clientToken="else", inputS3Uri=f"{elsewhere.bucket.uri}else/")
    found = adopt(elsewhere, find=True)
    assert {job.properties.jobId: (job.job, job.agreement, job.result.value) for job in found.jobs} == {
        fits: ("0001", "same", "fits"),
        dropped: ("0002", "missing", "refused"),
    }
    assert found.adoptable == (fits,)
    assert codes(found) == []
    assert not (elsewhere.package / "submission").exists()
    for job in found.jobs:
        get_schema_validator("adoption").validate(json.loads(json.dumps(build_adoption_record(job))))
    assert "1 fits" in str(found)
    assert "no configuration" in found._repr_html_()


def test_a_search_since_a_day_requests_only_jobs_of_that_day_or_later(
    elsewhere: Elsewhere, import_jobs: ImportJobService
) -> None:
    old, new = elsewhere.start("0001"), elsewhere.start("0002")
    import_jobs.jobs[0].submitted_at -= timedelta(days=30)
    import_jobs.fault("access-denied", operation="GetDICOMImportJob", after=1)  # a second request would be refused
    day = import_jobs.jobs[1].submitted_at.date()
    found = adopt(elsewhere, find=True, since=day)
    assert ([job.properties.jobId for job in found.jobs], found.listed, found.requested) == ([new], 2, 1)
    import_jobs.clear_faults()
    moment = import_jobs.jobs[0].submitted_at - timedelta(seconds=1)
    again = adopt(elsewhere, find=True, since=moment)
    assert ({job.properties.jobId for job in again.jobs}, again.requested) == ({old, new}, 2)
    with pytest.raises(UsageError, match="since is for a search"):
        adopt(elsewhere, new, since=day)


def test_warnings_of_the_draft_are_not_repeated(elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    warning = make_issue("draft.repeated-instances", severity=Severity.WARNING, files=2, content="")
    checked, package = validate_and_open(elsewhere.package)
    monkeypatch.setattr("dicommap.api.adopt.validate_and_open", lambda _: ([*checked, warning], package))
    assert codes(adopt(elsewhere, find=True)) == codes(adopt(elsewhere, elsewhere.start())) == []


def test_of_two_jobs_that_fit_none_is_chosen(elsewhere: Elsewhere) -> None:
    ids = [elsewhere.start("0001"), elsewhere.start("0001", clientToken="again")]
    assert adopt(elsewhere, find=True).adoptable == ()
    adopted = adopt(elsewhere, *ids)
    assert codes(adopted) == ["adopt.several-jobs"]
    assert [job.result for job in adopted.jobs] == [AdoptionResult.REFUSED] * 2
    assert states(elsewhere.package) == {}
    assert adopt(elsewhere, ids[1]).ok
    assert codes(adopt(elsewhere, ids[0])) == ["adopt.other-job"]
    assert states(elsewhere.package)["0001"]["jobId"] == ids[1]


def test_a_job_that_the_package_has_is_adopted_once(elsewhere: Elsewhere) -> None:
    job_id = elsewhere.start("0001")
    assert adopt(elsewhere, job_id).ok
    before = states(elsewhere.package)
    again = adopt(elsewhere, job_id, job_id)
    assert [job.result for job in again.jobs] == [AdoptionResult.KNOWN]
    assert codes(again) == []
    assert states(elsewhere.package) == before
    assert [job.result for job in adopt(elsewhere, find=True).jobs] == [AdoptionResult.KNOWN]


def test_a_submitted_job_is_not_replaced(elsewhere: Elsewhere, import_jobs: ImportJobService) -> None:
    assert dicommap.submit(elsewhere.package, **account(elsewhere.bucket), clock=QuickClock()).ok
    before = states(elsewhere.package)
    assert codes(adopt(elsewhere, elsewhere.start("0001", clientToken="again"))) == ["adopt.other-job"]
    known = adopt(elsewhere, import_jobs.jobs[0].job_id)
    assert [job.result for job in known.jobs] == [AdoptionResult.KNOWN]
    assert states(elsewhere.package) == before


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"without": "importConfiguration"}, "watch.configuration-missing"),
        ({"inputS3Uri": "s3://dicommap-ready/in/"}, "adopt.other-prefix"),
    ],
)
def test_a_job_with_other_parameters_is_refused(elsewhere: Elsewhere, members: dict[str, Any], code: str) -> None:
    ids = [elsewhere.start("0001", **members), elsewhere.start("0002")]
    adopted = adopt(elsewhere, *ids)
    assert codes(adopted) == [code]
    assert not adopted.ok
    assert states(elsewhere.package) == {}  # not the other one either
    assert adopt(elsewhere, ids[1]).ok


def test_a_job_with_other_mappings_is_refused(elsewhere: Elsewhere) -> None:
    request = json.loads((elsewhere.package / "jobs/0001/start-dicom-import-job.json").read_bytes())
    mappings = request["importConfiguration"]["dicomJsonMetadataImportConfiguration"]["dicomMetadataMappings"]
    fewer = {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": mappings[1:]}}
    adopted = adopt(elsewhere, elsewhere.start("0001", importConfiguration=fewer))
    assert codes(adopted) == ["watch.configuration-differs"]
    assert [job.result for job in adopted.jobs] == [AdoptionResult.REFUSED]


def test_options_replace_what_the_request_says_and_the_rest_is_taken_from_the_job(elsewhere: Elsewhere) -> None:
    role = "arn:aws:iam::123456789012:role/another"
    job_id = elsewhere.start("0001", dataAccessRoleArn=role)
    adopted = adopt(elsewhere, job_id, data_access_role_arn=ROLE)
    assert codes(adopted) == ["adopt.other-member"]
    assert adopted.jobs[0].differing == ("dataAccessRoleArn",)
    assert adopt(elsewhere, job_id, data_access_role_arn=role).ok
    assert states(elsewhere.package)["0001"]["dataAccessRoleArn"] == role


def test_adopted_jobs_may_have_outputs_of_their_own(elsewhere: Elsewhere, import_jobs: ImportJobService) -> None:
    other = f"{elsewhere.bucket.uri}other-out/"
    first = elsewhere.start("0001")
    assert adopt(elsewhere, first).ok
    second = elsewhere.start("0002", outputS3Uri=other)
    assert adopt(elsewhere, second).ok
    assert states(elsewhere.package)["0002"]["outputS3Uri"] == other
    assert dicommap.watch(elsewhere.package, clock=QuickClock()).ok
    assert dicommap.reconcile(elsewhere.package).ok
    assert dicommap.submit(elsewhere.package, clock=QuickClock()).ok
    assert len(import_jobs.jobs) == 2


def test_an_override_file_with_other_bytes_is_an_error(elsewhere: Elsewhere) -> None:
    job_id = elsewhere.start("0001")
    key = next(key for key in elsewhere.bucket.keys("in/1/") if key.endswith(".json"))
    elsewhere.bucket.put(key, b"{}")
    adopted = adopt(elsewhere, job_id)
    assert codes(adopted) == ["adopt.override-differs"]
    assert adopted.issues[0].location.path == elsewhere.bucket.uri + key
    assert states(elsewhere.package) == {}
    assert codes(adopt(elsewhere, job_id, check=False)) == []


def test_an_override_file_that_is_gone_or_newer_than_the_job_is_told(elsewhere: Elsewhere) -> None:
    job_id = elsewhere.start("0001")
    keys = [key for key in elsewhere.bucket.keys("in/1/") if key.endswith(".json")]
    for key in keys:
        elsewhere.bucket.client.delete_object(Bucket=elsewhere.bucket.name, Key=key)
    adopted = adopt(elsewhere, job_id, dry_run=True)
    assert codes(adopted) == ["adopt.override-not-confirmed"] * len(keys)
    assert "is not in S3" in adopted.issues[0].message
    assert adopted.ok
    assert [job.result for job in adopted.jobs] == [AdoptionResult.FITS]
    assert states(elsewhere.package) == {}


def test_an_override_file_that_was_written_after_the_start_is_told(
    elsewhere: Elsewhere, import_jobs: ImportJobService
) -> None:
    job_id = elsewhere.start("0001")
    import_jobs.jobs[0].submitted_at -= timedelta(minutes=2)
    assert set(codes(adopt(elsewhere, job_id))) == {"adopt.override-not-confirmed"}
    assert states(elsewhere.package)["0001"]["jobId"] == job_id


def test_a_failed_job_is_adopted_with_a_warning(elsewhere: Elsewhere, import_jobs: ImportJobService) -> None:
    job_id = elsewhere.start("0001")
    import_jobs.jobs[0].status = "FAILED"
    adopted = adopt(elsewhere, job_id)
    assert codes(adopted) == ["adopt.failed"]
    assert (adopted.ok, adopted.jobs[0].result) == (True, AdoptionResult.ADOPTED)
    assert states(elsewhere.package)["0001"]["ending"] == "failed"


def test_a_job_that_the_data_store_does_not_have_is_told(elsewhere: Elsewhere) -> None:
    adopted = adopt(elsewhere, "0" * 32, elsewhere.start("0001"))
    assert codes(adopted) == ["adopt.no-job"]
    assert adopted.issues[0].location.path == f"import job {'0' * 32}"
    assert states(elsewhere.package) == {}


def test_only_the_named_jobs_of_the_package_are_compared(elsewhere: Elsewhere) -> None:
    job_id = elsewhere.start("0001")
    assert codes(adopt(elsewhere, job_id, jobs=["0002"])) == ["adopt.other-prefix"]
    assert adopt(elsewhere, job_id, jobs=["0001"]).ok


def test_an_unanswered_start_is_resolved_by_an_adoption(elsewhere: Elsewhere) -> None:
    job_id = elsewhere.start("0001")
    assert adopt(elsewhere, job_id).ok
    saved = SubmissionStates(elsewhere.package)
    unanswered = saved.read("0001")
    assert unanswered is not None
    members = {"state": "starting", **dict.fromkeys(("jobId", "jobStatus", "adoptedAt"))}
    saved.write(type(unanswered).model_validate(unanswered.model_dump() | members))
    assert adopt(elsewhere, job_id).ok
    assert states(elsewhere.package)["0001"]["jobId"] == job_id


def test_wrong_calls_are_refused_before_anything_is_requested(elsewhere: Elsewhere, tmp_path: Path) -> None:
    job_id = elsewhere.start("0001")
    with pytest.raises(UsageError, match="No job was named"):
        adopt(elsewhere)
    with pytest.raises(UsageError, match="takes no job ids"):
        adopt(elsewhere, job_id, find=True)
    with pytest.raises(UsageError, match="'arn:aws:x' is not the id"):
        adopt(elsewhere, "arn:aws:x")
    with pytest.raises(UsageError, match="--datastore-id"):
        adopt(elsewhere, job_id, datastore_id=None)
    with pytest.raises(UsageError, match="no job 0009"):
        adopt(elsewhere, job_id, jobs=["0009"])
    with pytest.raises(DocumentError, match="is no package"):
        dicommap.adopt(tmp_path / "nowhere", [job_id])
    assert adopt(elsewhere, job_id).ok
    with pytest.raises(UsageError, match="another datastoreId"):
        adopt(elsewhere, job_id, datastore_id="f" * 32)


def test_an_invalid_package_adopts_nothing(elsewhere: Elsewhere) -> None:
    job_id = elsewhere.start("0001")
    next((elsewhere.package / "jobs/0001/files").rglob("*.json")).write_text("{}")
    adopted = adopt(elsewhere, job_id)
    assert not adopted.ok
    assert adopted.jobs == ()
    assert not (elsewhere.package / "submission").exists()


def test_a_refusal_of_aws_leaves_the_package_as_it_was(elsewhere: Elsewhere, import_jobs: ImportJobService) -> None:
    ids = [elsewhere.start("0001"), elsewhere.start("0002")]
    import_jobs.fault("access-denied", operation="GetDICOMImportJob", after=1)
    with pytest.raises(AwsError, match="AccessDeniedException"):
        adopt(elsewhere, *ids)
    assert states(elsewhere.package) == {}
    assert adopt(elsewhere, *ids).ok


def test_two_adoptions_at_once_are_refused(elsewhere: Elsewhere) -> None:
    job_id = elsewhere.start("0001")
    with SubmissionStates(elsewhere.package).lock(), pytest.raises(PackageError, match="uses this package"):
        adopt(elsewhere, job_id)
    assert adopt(elsewhere, job_id).ok


@pytest.mark.parametrize("written", [0, 1, 2])
def test_an_adoption_that_was_stopped_goes_on(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    ids = [elsewhere.start("0001"), elsewhere.start("0002")]
    write, count = StateFolder.write, iter(range(100))

    def stop(*arguments: Any) -> None:
        if next(count) == written:
            raise KeyboardInterrupt
        write(*arguments)

    with monkeypatch.context() as context:
        context.setattr(StateFolder, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            adopt(elsewhere, *ids)
    assert len(states(elsewhere.package)) == max(0, written - 1)
    adopted = adopt(elsewhere, *ids)
    assert adopted.ok
    assert {job: state["jobId"] for job, state in states(elsewhere.package).items()} == {"0001": ids[0], "0002": ids[1]}
