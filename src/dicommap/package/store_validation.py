"""Compare the studies of a package with the image sets that a data store has already."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import groupby, islice
from typing import TYPE_CHECKING, Protocol

from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES, convert_client_errors
from dicommap.aws.image_sets import ImageSets
from dicommap.dicom.printable_text import make_printable
from dicommap.display.validation_result import Validation
from dicommap.errors import AwsError
from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.bounded_list import ITEM_LIMIT, make_bounded_issues
from dicommap.overrides.store_forecast import (
    ImageSetEffect,
    StoredImageSet,
    StoreForecast,
    forecast_study,
    make_unanswered_forecasts,
    store_forecast_issues,
)
from dicommap.package.aws_account_check import choose_datastore, make_clients_with_saved_settings
from dicommap.planning.planned_objects import INSTANCE_DISPOSITIONS
from dicommap.progress import progress_reporter, track_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping

    from dicommap.aws import Clients
    from dicommap.healthimaging.image_sets import ImageSetSummary
    from dicommap.overrides.grouping_values import GroupingValues
    from dicommap.overrides.store_forecast import ForecastImageSet
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.progress import ProgressOption

SEARCHES_AT_ONCE = 8
"""Number of studies that are searched for at the same time. More would not help: AWS's rate limit is reached."""
_UID_CHARACTERS = 64


class ImageSetSearch(Protocol):
    """The interface of a client that searches for image sets. `dicommap.aws.image_sets.ImageSets` is such a client."""

    def search(self, datastore: str, filters: Mapping[str, str]) -> Iterator[ImageSetSummary]:
        """Yield the image sets whose attributes have the given values: keyword -> value. Raises AwsError."""


def validate_opened_package_in_store(
    package: PackageDirectory,
    clients: Clients,
    *,
    datastore_id: str | None = None,
    search_rate: float | None = None,
    on_image_set: Callable[[ForecastImageSet], None] | None = None,
    progress: ProgressOption = None,
) -> Validation:
    """Compare the studies of a package with a data store, and return the issues and the forecast of image sets.

    Args:
        package: The package.
        clients: The AWS clients. Settings that they do not have are those of the package's first submit.
        datastore_id: The id of the data store; None for that of the first submit, or of the package's requests.
        search_rate: Calls of SearchImageSets per second; None for the rate that AWS documents.
        on_image_set: A function that is called with the forecast of each image set.
        progress: Whether to show the number of compared studies, or a function that is called with it.

    Raises:
        UsageError: No data store is known, or its id does not have AWS's form.
        DocumentError: The package has no grouping.csv, or it was changed.
        AwsError: AWS does not answer, credentials are invalid, or too many requests are throttled. The error's `issues`
            has the issues so far.

    """
    kept = package.read_aws_account()
    datastore = choose_datastore(package, kept, datastore_id)
    complete = make_clients_with_saved_settings(clients, kept)
    with convert_client_errors("SearchImageSets"):
        _ = complete.medical_imaging  # made before the threads, because a boto3 session is not thread-safe
    search = ImageSets(complete, search_rate=search_rate)
    return forecast_in_store(package, search, datastore, on_image_set=on_image_set, progress=progress)


def forecast_in_store(
    package: PackageDirectory,
    search: ImageSetSearch,
    datastore: str,
    *,
    on_image_set: Callable[[ForecastImageSet], None] | None = None,
    progress: ProgressOption = None,
) -> Validation:
    """Forecast which image sets of a data store the jobs of a package will make or change.

    Args:
        package: The package.
        search: The client that searches for image sets.
        datastore: The id of the data store.
        on_image_set: A function that is called with the forecast of each image set.
        progress: Whether to show the number of compared studies, or a function that is called with it.

    """
    # The first pass checks the whole table, so that no forecast is made from a table that was changed.
    planned = _find_planned_series(package)
    total = sum(1 for _ in groupby(_select_planned_rows(package, planned), key=lambda group: group.study_instance_uid))
    forecast = StoreForecast(datastore)
    issues = make_bounded_issues(ITEM_LIMIT)
    try:
        with (
            progress_reporter(progress, "studies") as report,
            closing(_search_studies(_select_planned_rows(package, planned), search, datastore)) as answers,
        ):
            for answer in track_progress(answers, report, total):
                issues += answer.issues
                forecast.add_study(answer.forecasts, is_stored=answer.is_stored)
                if on_image_set is not None:
                    for image_set in answer.forecasts:
                        on_image_set(image_set)
    except AwsError as error:
        if error.local and error.code in ACCESS_DENIED_CODES:
            return Validation([*issues, make_issue("store.denied", told=error.message)])
        if error.local and error.code in NOT_FOUND_CODES:
            return Validation([*issues, make_issue("submit.no-datastore", region="the region of the clients")])
        error.issues = (*issues, *error.issues)
        raise
    return Validation.with_forecast([*issues, _make_summary_issue(forecast)], forecast)


class _StudyAnswer:
    """The result of comparing one study with the data store: forecasts, issues, and whether image sets exist there."""

    def __init__(self, forecasts: list[ForecastImageSet], issues: Iterable[Issue], *, is_stored: bool) -> None:
        self.forecasts = forecasts
        self.issues = list(issues)
        self.is_stored = is_stored


def _search_study(groups: list[GroupingValues], search: ImageSetSearch, datastore: str) -> _StudyAnswer:
    """Search for the image sets of a study, and forecast which image sets the import of its files makes or changes."""
    study = groups[0].study_instance_uid
    location = Location(study=study)
    try:
        summaries = list(search.search(datastore, {"StudyInstanceUID": study}))
    except AwsError as error:
        if not error.local or error.code in ACCESS_DENIED_CODES | NOT_FOUND_CODES:
            raise
        issue = make_issue("store.unread", location, told=error.message)
        return _StudyAnswer(make_unanswered_forecasts(groups), [issue], is_stored=False)
    attributes = [summary.attributes for summary in summaries]
    if any(given.get("StudyInstanceUID") != study or not given.get("SeriesInstanceUID") for given in attributes):
        told = "The answer to SearchImageSets has an image set of another study or without a series."
        return _StudyAnswer(
            make_unanswered_forecasts(groups), [make_issue("store.unread", location, told=told)], is_stored=False
        )
    stored = [
        StoredImageSet.from_attributes(
            make_printable(summary.imageSetId[:_UID_CHARACTERS]), given, is_primary=summary.isPrimary
        )
        for summary, given in zip(summaries, attributes, strict=True)
    ]
    forecasts = forecast_study(groups, stored)
    return _StudyAnswer(forecasts, store_forecast_issues(forecasts), is_stored=bool(stored))


def _search_studies(rows: Iterable[GroupingValues], search: ImageSetSearch, datastore: str) -> Generator[_StudyAnswer]:
    """Yield the answer for each study, in order. Several studies are searched for at the same time."""
    studies = (list(groups) for _, groups in groupby(rows, key=lambda group: group.study_instance_uid))
    executor = ThreadPoolExecutor(SEARCHES_AT_ONCE)
    try:
        waiting = deque(
            executor.submit(_search_study, groups, search, datastore)
            for groups in islice(studies, 2 * SEARCHES_AT_ONCE)
        )
        while waiting:
            answer = waiting.popleft().result()
            waiting.extend(executor.submit(_search_study, groups, search, datastore) for groups in islice(studies, 1))
            yield answer
    finally:
        executor.shutdown(cancel_futures=True)


def _find_planned_series(package: PackageDirectory) -> frozenset[tuple[str, str]] | None:
    """Return the Study and Series Instance UIDs of the jobs' instances; None if the jobs import all instances."""
    if not package.plan.unplanned.instances:
        return None
    return frozenset(
        (planned.study_instance_uid, planned.series_instance_uid)
        for job in package.plan.jobs
        for planned in package.objects(job)
        if planned.disposition in INSTANCE_DISPOSITIONS
    )


def _select_planned_rows(
    package: PackageDirectory, planned: Container[tuple[str, str]] | None
) -> Iterator[GroupingValues]:
    """Return the rows of grouping.csv whose series are planned; all rows if `planned` is None."""
    rows = package.grouping_rows()
    if planned is None:
        return rows
    return (row for row in rows if (row.study_instance_uid, row.series_instance_uid) in planned)


def _make_summary_issue(forecast: StoreForecast) -> Issue:
    return make_issue(
        "store.forecast",
        new=f"{forecast.count_image_sets(ImageSetEffect.NEW):,}",
        versions=f"{forecast.count_image_sets(ImageSetEffect.NEW_VERSION):,}",
        non_primary=f"{forecast.count_image_sets(ImageSetEffect.NON_PRIMARY):,}",
        unknown=f"{forecast.count_image_sets(ImageSetEffect.UNKNOWN):,}",
        stored=f"{forecast.stored_studies:,}",
        studies=forecast.studies,
    )
