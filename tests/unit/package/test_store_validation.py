"""A package is compared with a data store study by study; whatever AWS answers, the outcome is clear."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import dicommap
from dicommap.errors import AwsError, DocumentError, UsageError
from dicommap.healthimaging.image_sets import ImageSetSummary
from dicommap.overrides.store_forecast import ForecastImageSet, ForecastReason, ImageSetEffect
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.store_validation import (
    SEARCHES_AT_ONCE,
    forecast_in_store,
    validate_opened_package_in_store,
)
from tests.support.p10_files import STUDY, small_tree, uid
from tests.support.reconciliation_packages import DATASTORE_ID, draft_package, write_submission_state

FIRST, SECOND = uid(STUDY, 1), uid(STUDY, 2)


class FakeSearch:
    """A search with fixed answers, by Study Instance UID: image sets, or an error."""

    def __init__(self, answers: Mapping[str, list[ImageSetSummary] | AwsError] | None = None) -> None:
        self.answers = answers or {}
        self.studies: list[str] = []
        self.threads: set[int] = set()
        self._lock = threading.Lock()

    def search(self, datastore: str, filters: Mapping[str, str]) -> Iterator[ImageSetSummary]:
        assert datastore == DATASTORE_ID
        (study,) = filters.values()
        with self._lock:
            self.studies.append(study)
            self.threads.add(threading.get_ident())
        answer = self.answers.get(study, [])
        if isinstance(answer, AwsError):
            raise answer
        yield from answer


def summary(study: int = 1, series: int = 1, *, primary: bool | None = True, **tags: object) -> ImageSetSummary:
    known = {
        "DICOMStudyInstanceUID": uid(STUDY, study),
        "DICOMSeriesInstanceUID": uid(STUDY, study, series),
        "DICOMPatientId": "NEW-1",  # as in the override
        "DICOMAccessionNumber": f"A{study}",
        "DICOMStudyId": f"S{study}",
        "DICOMStudyDate": "20260102",
        "DICOMSeriesNumber": series,
        **tags,
    }
    given = {name: value for name, value in known.items() if value is not None}
    return ImageSetSummary.model_validate(
        {"imageSetId": f"{study}{series}" * 16, "isPrimary": primary, "DICOMTags": given}
    )


def error(code: str, *, local: bool = True) -> AwsError:
    return AwsError(f"SearchImageSets was refused: {code}.", fix="-", code=code, local=local, transient=not local)


@pytest.fixture
def package(tree: Path, tmp_path: Path) -> PackageDirectory:
    return draft_package(tree, tmp_path / "package")


def codes(issues: dicommap.Issues) -> list[str]:
    return [issue.code for issue in issues]


def effects(package: PackageDirectory, search: FakeSearch) -> dict[str, str]:
    image_sets: list[ForecastImageSet] = []
    forecast_in_store(package, search, DATASTORE_ID, on_image_set=image_sets.append)
    return {image_set.series_instance_uid: image_set.effect.value for image_set in image_sets}


def test_an_empty_data_store_makes_everything_new(package: PackageDirectory) -> None:
    search = FakeSearch()
    validation = forecast_in_store(package, search, DATASTORE_ID)
    assert codes(validation) == ["store.forecast"]
    assert validation.store_forecast is not None
    assert validation.store_forecast.counts == {ForecastReason.NEW_STUDY: 4}
    assert validation.store_forecast.files == {ForecastReason.NEW_STUDY: 8}
    assert sorted(search.studies) == [FIRST, SECOND]


def test_stored_series_are_compared_after_the_overrides(package: PackageDirectory) -> None:
    search = FakeSearch({FIRST: [summary(1, 1)], SECOND: [summary(2, 1, DICOMPatientId="P2")]})
    validation = forecast_in_store(package, search, DATASTORE_ID)
    assert codes(validation) == ["store.new-version", "store.non-primary", "store.non-primary", "store.forecast"]
    assert "1 as new versions, 2 non-primary" in validation[-1].message
    assert effects(package, search) == {
        uid(STUDY, 1, 1): "new version",
        uid(STUDY, 1, 2): "new",
        uid(STUDY, 2, 1): "non-primary",
        uid(STUDY, 2, 2): "non-primary",
    }


def test_the_report_masks_values_and_says_what_aws_documents(package: PackageDirectory) -> None:
    search = FakeSearch({SECOND: [summary(2, 1, DICOMPatientId="SECRET")]})
    validation = forecast_in_store(package, search, DATASTORE_ID)
    for text in (str(validation), validation._repr_html_(), str(validation.store_forecast)):
        assert "SECRET" not in text
        assert "NEW-1" not in text
        assert "the stored primary image sets have other values" in text
        assert "AWS documents" in text
    with dicommap.show_values(True):
        assert "SECRET" in str(validation)


@pytest.mark.parametrize("code", ["AccessDeniedException", "403"])
def test_a_missing_permission_is_one_issue(package: PackageDirectory, code: str) -> None:
    validation = forecast_in_store(package, FakeSearch(dict.fromkeys([FIRST, SECOND], error(code))), DATASTORE_ID)
    assert codes(validation) == ["store.denied"]
    assert validation.store_forecast is None


def test_a_data_store_that_does_not_exist_is_one_issue(package: PackageDirectory) -> None:
    answers = dict.fromkeys([FIRST, SECOND], error("ResourceNotFoundException"))
    assert codes(forecast_in_store(package, FakeSearch(answers), DATASTORE_ID)) == ["submit.no-datastore"]


def test_one_refused_search_leaves_the_other_studies(package: PackageDirectory) -> None:
    search = FakeSearch({FIRST: error("ValidationException"), SECOND: [summary(2)]})
    validation = forecast_in_store(package, search, DATASTORE_ID)
    assert codes(validation) == ["store.unread", "store.new-version", "store.forecast"]
    assert validation[0].location.study == FIRST
    assert validation.store_forecast is not None
    assert validation.store_forecast.counts[ForecastReason.NO_ANSWER] == 2
    assert validation.store_forecast.count_image_sets(ImageSetEffect.UNKNOWN) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        summary(2),
        summary(1, DICOMStudyInstanceUID=None),
        summary(1, DICOMSeriesInstanceUID=None),
        summary(1, DICOMStudyInstanceUID=None, DICOMSeriesInstanceUID=None, DICOMPatientId=None),
    ],
)
def test_an_answer_about_another_study_is_not_used(package: PackageDirectory, wrong: ImageSetSummary) -> None:
    validation = forecast_in_store(package, FakeSearch({FIRST: [summary(1), wrong]}), DATASTORE_ID)
    assert codes(validation) == ["store.unread", "store.forecast"]
    assert effects(package, FakeSearch({FIRST: [wrong]}))[uid(STUDY, 1, 1)] == "not known"


def test_after_too_much_throttling_the_issues_so_far_are_in_the_error(package: PackageDirectory) -> None:
    search = FakeSearch({FIRST: [summary(1)], SECOND: error("ThrottlingException", local=False)})
    with pytest.raises(AwsError) as raised:
        forecast_in_store(package, search, DATASTORE_ID)
    assert [issue.code for issue in raised.value.issues] == ["store.new-version"]


def test_a_hostile_image_set_id_is_printable_and_short(package: PackageDirectory) -> None:
    hostile = summary(1, 1, DICOMPatientId="P").model_copy(update={"imageSetId": "\x1b[31m" + "x" * 10_000})
    issue = forecast_in_store(package, FakeSearch({FIRST: [hostile]}), DATASTORE_ID)[0]
    assert "\x1b" not in issue.message
    assert len(issue.message) < 400


def test_millions_of_studies_are_searched_for_a_few_at_a_time(tmp_path: Path) -> None:
    package = draft_package(small_tree(tmp_path / "many", studies=60, series=1, instances=1), tmp_path / "package")
    search = FakeSearch()
    searched_ahead: list[int] = []
    forecast_in_store(package, search, DATASTORE_ID, on_image_set=lambda _: searched_ahead.append(len(search.studies)))
    assert sorted(search.studies) == sorted({group.study_instance_uid for group in package.grouping_rows()})
    assert all(ahead <= number + 2 * SEARCHES_AT_ONCE + 1 for number, ahead in enumerate(searched_ahead))
    assert 1 < len(search.threads) <= SEARCHES_AT_ONCE


def test_studies_that_no_job_imports_are_left_out(tmp_path: Path, tree: Path) -> None:
    quotas = dicommap.Quotas(fileBytes=10_000)
    large = tree / "study2/series1/IM0001"
    large.write_bytes(large.read_bytes() + b"\0" * 20_000)
    place = tmp_path / "package"
    with dicommap.scan(tree) as inventory:
        drafted = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: {"PatientID": "NEW-1"},
            quotas=quotas,
            leave_out=True,
            output=place,
        )
    assert drafted.plan is not None, drafted.issues
    package = PackageDirectory(place)
    assert package.plan.unplanned.instances
    planned = {
        planned.series_instance_uid
        for job in package.plan.jobs
        for planned in package.objects(job)
        if planned.study_instance_uid
    }
    assert effects(package, FakeSearch()).keys() == planned
    assert len(planned) == 3


def test_a_changed_table_is_refused_before_any_search(package: PackageDirectory) -> None:
    path = package.path / "grouping.csv"
    path.write_bytes(path.read_bytes().replace(b"NEW-1", b"NEW-2", 1))
    search = FakeSearch()
    with pytest.raises(DocumentError, match=r"grouping\.csv was changed"):
        forecast_in_store(package, search, DATASTORE_ID)
    assert search.studies == []


def test_a_package_without_the_table_is_refused(package: PackageDirectory) -> None:
    package.plan = package.plan.model_copy(update={"grouping": None})
    with pytest.raises(DocumentError, match=r"no grouping\.csv"):
        forecast_in_store(package, FakeSearch(), DATASTORE_ID)


def test_the_data_store_is_that_of_the_caller_or_of_the_first_submit(package: PackageDirectory) -> None:
    clients = dicommap.Clients(region="us-east-1", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(UsageError, match="No data store is known"):
        validate_opened_package_in_store(package, clients)
    with pytest.raises(UsageError, match="form"):
        validate_opened_package_in_store(package, clients, datastore_id="Store!")
    write_submission_state(package)
    with pytest.raises(AwsError):  # nothing listens there
        validate_opened_package_in_store(package, clients)
