"""An update overwrites no value but the one from before its edit, unless the user asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.updates.update import Update, UpdateRequest
from dicommap.verification.update_result import UpdateOutcome
from tests.support.imported_instances import imported_instance
from tests.support.update_packages import (
    FIRST,
    OTHER_SERIES,
    SECOND,
    SERIES,
    STUDY,
    THIRD,
    Store,
    at_instance,
    of_study,
    read_states,
    series_update,
    store,
)

__all__ = ["store"]


def correct(instance: str, before: str, after: str = "new") -> UpdateRequest:
    """Return a request that changes ImageComments of an instance."""
    attributes = {"ImageComments": after}
    previous = at_instance(instance, {"ImageComments": [before]})
    return UpdateRequest(updatable=at_instance(instance, attributes), previous=previous)


def codes(result: Any) -> list[str]:
    return [issue.code for issue in result.issues]


def test_another_value_is_refused_and_told_in_the_preview_the_result_and_the_state(store: Store) -> None:
    package = store.package(series_update(correct(FIRST, "SECRET")))
    for is_dry in (True, False, False):
        result = store.update(package, dry_run=is_dry)
        assert (codes(result), result.ok, result.requests) == (["update.other-values"], False, ())
        assert result.counts == {UpdateOutcome.OTHER_VALUES: 1}
        assert result.first[0].other_values == ("ImageComments",)
        assert "SECRET" not in str(result.issues[0])
    (state,) = read_states(package)
    (record,) = state["requests"]
    assert (record["state"], record["otherValues"], state["isComplete"]) == ("other-values", ["ImageComments"], False)
    assert (store.image_set.version, store.stored(FIRST, "ImageComments")) == (1, "old")


def test_the_user_can_let_it_be_overwritten(store: Store) -> None:
    package = store.package(series_update(correct(FIRST, "other")))
    assert codes(store.update(package)) == ["update.other-values"]
    planned = store.update(package, overwrite_other_values=True, dry_run=True)
    assert [request.other_values for request in planned.requests] == [("ImageComments",)]
    result = store.update(package, overwrite_other_values=True)
    assert (codes(result), result.counts) == (["update.overwrites"], {UpdateOutcome.UPDATED: 1})
    assert store.stored(FIRST, "ImageComments") == "new"
    assert [record["state"] for record in store.sent(package)] == ["other-values", "updated"]
    assert store.update(package).counts == {UpdateOutcome.UPDATED: 1}
    assert store.image_set.version == 2


def test_nothing_is_sent_if_a_later_request_overwrites_another_value(store: Store) -> None:
    package = store.package(series_update(correct(FIRST, "old"), correct(SECOND, "other")))
    assert codes(store.update(package)) == ["update.other-values"]
    assert (store.image_set.version, store.stored(FIRST, "ImageComments")) == (1, "old")


def test_the_value_from_before_is_compared_by_dicom_meaning(store: Store) -> None:
    package = store.package(series_update(correct(FIRST, "old  ")))
    result = store.update(package)
    assert (codes(result), result.counts, result.not_compared) == ([], {UpdateOutcome.UPDATED: 1}, 0)


def test_a_value_that_the_package_does_not_know_is_told(store: Store) -> None:
    request = UpdateRequest(updatable=at_instance(FIRST, {"ImageComments": "new"}))
    package = store.package(series_update(request))
    assert store.update(package, dry_run=True).requests[0].not_compared == ("ImageComments",)
    result = store.update(package)
    assert (codes(result), result.not_compared) == ([], 1)
    assert "1 attribute was not compared with the value from before the edit" in str(result)
    assert store.update(package).not_compared == 1


@pytest.mark.parametrize(("value", "code"), [("BEFORE", []), ("THIRD", ["update.other-values"])])
def test_all_image_sets_that_an_update_of_a_study_reaches_are_compared(
    store: Store, value: str, code: list[str]
) -> None:
    store.service.add_datastore("1" * 32)
    for number, (uid, series) in enumerate(((FIRST, SERIES), (THIRD, OTHER_SERIES))):
        description = value if number else "BEFORE"
        store.service.import_instance(
            imported_instance("a", SOPInstanceUID=uid, SeriesInstanceUID=series, StudyDescription=description), "1" * 32
        )
    request = UpdateRequest(
        updatable=of_study(StudyDescription="AFTER"), previous=of_study(StudyDescription=["BEFORE"])
    )
    package = store.package(Update(study_instance_uid=STUDY, series_instance_uid=None, requests=(request,)))
    assert codes(store.update(package, datastore_id="1" * 32)) == code
    versions = {one.version for one in store.service.image_sets if one.datastore_id == "1" * 32}
    assert versions == ({1} if code else {2})
