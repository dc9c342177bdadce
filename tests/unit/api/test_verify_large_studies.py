"""verify: one study with as many image sets as series, primary or not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.cli.verify import ATTRIBUTES_SHOWN, print_verification
from dicommap.model.masking import Masker
from dicommap.package.package_directory import PackageDirectory
from dicommap.testing import ImportJobService
from dicommap.testing.service import DATASTORE_ID
from dicommap.verification.effects import Effect
from tests.benchmarks.child_usage import usage_of
from tests.support.fake_clock import QuickClock
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import data_set, p10, uid
from tests.support.reconciliation_packages import write_submission_state

STUDY = "1.2.3"
STUDY_EDIT = {"StudyDescription": "corrected study"}
SERIES_EDIT = {"SeriesDescription": "corrected series"}
BEFORE = {"StudyDescription": "old study", "SeriesDescription": "old series"}


def names(number: int) -> dict[str, str]:
    series = uid(STUDY, number)
    return {"StudyInstanceUID": STUDY, "SeriesInstanceUID": series, "SOPInstanceUID": uid(series, 1)}


def draft(root: Path, count: int) -> PackageDirectory:
    """Return a package with an override of a study and of all series but the first; its job was submitted.

    1,000 series are then 1,000 mappings, which is the quota of a job.
    """
    (root / "tree").mkdir()
    for number in range(1, count + 1):
        (root / f"tree/{number:05}").write_bytes(p10(data_set(**names(number), **BEFORE)))
    with dicommap.scan(root / "tree") as inventory:
        made = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: STUDY_EDIT,
            by_series=lambda series: SERIES_EDIT if series.series_instance_uid != uid(STUDY, 1) else {},
            output=root / "package",
        )
    assert made.ok, made.issues
    package = PackageDirectory(root / "package")
    assert len(package.plan.jobs) == 1
    write_submission_state(package, datastoreId=DATASTORE_ID)
    return package


def store(root: Path, service: ImportJobService, count: int, *, wrong: int, is_primary: bool) -> None:
    """Store the series, and write the job manifests.

    Args:
        root: The directory for the job manifests.
        service: The stand-in.
        count: The number of series.
        wrong: The number of series, from the last one on, in which no override was applied.
        is_primary: Whether all image sets are primary. If false, all but the first are not.
    """
    lines = []
    for number in range(1, count + 1):
        values = BEFORE if number > count - wrong else {**STUDY_EDIT, **SERIES_EDIT}
        other = {} if is_primary or number == 1 else {"AccessionNumber": f"B{number}"}
        image_set = service.import_instance(imported_instance(**names(number), **values, **other))
        assert image_set.is_primary is (is_primary or number == 1)
        response = {"imageSetId": image_set.image_set_id, "isPrimary": image_set.is_primary}
        lines.append(json.dumps({"inputFile": f"in/{number:05}", "importResponse": response}))
    folder = root / "manifests" / f"{DATASTORE_ID}-DicomImport-0a1b2c3d"
    (folder / "SUCCESS").mkdir(parents=True)
    summary = {"jobSummary": {"jobId": "0a1b2c3d", "inputS3Uri": "s3://bucket/in/"}}
    (folder / "job-output-manifest.json").write_text(json.dumps(summary), encoding="utf-8")
    (folder / "SUCCESS/success.ndjson").write_text("\n".join(lines), encoding="utf-8")


def verify(package: PackageDirectory, service: ImportJobService) -> dicommap.Verification:
    return dicommap.verify(
        package.path,
        manifests=package.path.parent / "manifests",
        clock=QuickClock(),
        clients=Clients(region="us-east-1", endpoint_url=service.url),
    )


NUMBERS_OF_SERIES = [40, pytest.param(1_000, marks=pytest.mark.long)]


@pytest.mark.parametrize("count", NUMBERS_OF_SERIES)
@pytest.mark.parametrize("is_primary", [True, False], ids=["primary", "non-primary"])
def test_a_study_with_many_applied_series(
    service: ImportJobService, tmp_path: Path, count: int, *, is_primary: bool
) -> None:
    package = draft(tmp_path, count)
    store(tmp_path, service, count, wrong=0, is_primary=is_primary)
    result = verify(package, service)
    assert dict(result.counts) == {Effect.APPLIED: count}
    others = 0 if is_primary else count - 1
    assert (result.studies, result.image_sets, result.non_primary) == (1, count, others)
    assert [issue.code for issue in result.issues if issue.code == "verify.non-primary"] == [
        "verify.non-primary"
    ] * bool(others)


@pytest.mark.parametrize(("count", "wrong"), [(70, 60), pytest.param(1_000, 998, marks=pytest.mark.long)])
def test_a_study_with_many_series_that_are_wrong(
    service: ImportJobService, tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int, wrong: int
) -> None:
    """Results are in the order of the series, and the table, the page and the repr have some of them."""
    package = draft(tmp_path, count)
    store(tmp_path, service, count, wrong=wrong, is_primary=True)
    result = verify(package, service)
    assert dict(result.counts) == {Effect.APPLIED: count - 1 - wrong, Effect.NOT_APPLIED: wrong + 1}
    (study,) = result.first
    series = [one.check.series_instance_uid or "" for one in study.attributes]
    assert series == sorted(series)
    print_verification(result, Masker(show_values=False))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines[1 : ATTRIBUTES_SHOWN + 1]] == ["not-applied"] * ATTRIBUTES_SHOWN
    assert lines[ATTRIBUTES_SHOWN + 1] == f"... and {wrong + 1 - ATTRIBUTES_SHOWN} more attributes"
    assert len(lines) < ATTRIBUTES_SHOWN + 20
    assert result.html().count("not-applied</") > wrong
    assert result._repr_html_().count("<tr") < 50


@pytest.mark.long
def test_memory_does_not_grow_with_the_image_sets_of_a_study(service: ImportJobService, tmp_path: Path) -> None:
    peaks = []
    for count in (250, 1_000):
        root = tmp_path / str(count)
        root.mkdir()
        package = draft(root, count)
        store(root, service, count, wrong=count - 2, is_primary=True)
        options = ("--manifests", root / "manifests", "--metadata-rate", "10000", "--endpoint-url", service.url)
        command = (sys.executable, "-m", "dicommap", "verify", package.path, *options, "--region", "us-east-1")
        peaks.append(usage_of(command).peak)
    assert peaks[1] < 1.2 * peaks[0]
