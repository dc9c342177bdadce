"""Updates of a package, sent to the stand-in: each once, for the version that was read, with its effects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.display.update_report import build_update_record, mask_update_document
from dicommap.errors import PackageError, UsageError
from dicommap.model.masking import Masker
from dicommap.model.update_state import RequestRecord, UpdateState
from dicommap.package.update_states import UpdateStates
from dicommap.testing.service import DATASTORE_ID
from dicommap.updates.update import UpdateRequest
from dicommap.validation.schema_registry import get_schema_validator, read_schema_text
from dicommap.verification.effects import Effect
from dicommap.verification.update_result import UpdateOutcome
from tests.support.fake_clock import QuickClock
from tests.support.imported_instances import imported_instance
from tests.support.update_packages import (
    CORRECTION,
    FIRST,
    OTHER_SERIES,
    REMOVAL,
    SECOND,
    STUDY,
    THIRD,
    Store,
    at_instance,
    read_states,
    series_update,
    store,
    study_update,
)

__all__ = ["store"]


def codes(result: dicommap.UpdateResult) -> list[str]:
    return [issue.code for issue in result.issues]


def test_a_correction_and_a_removal_are_applied_once(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    result = store.update(package)
    assert (result.ok, codes(result)) == (True, [])
    assert result.counts == {UpdateOutcome.UPDATED: 2}
    assert result.effects == {Effect.APPLIED: 2}
    assert (store.stored(FIRST, "ImageComments"), store.stored(SECOND, "ImageComments")) == ("new", None)
    assert store.image_set.version == 3
    again = store.update(package)
    assert (again.counts, again.effects, store.image_set.version) == (result.counts, result.effects, 3)
    assert [state["isComplete"] for state in read_states(package)] == [True, True]


def test_what_is_stored_already_is_not_sent(store: Store) -> None:
    package = store.package(CORRECTION)
    store.update(package)
    other = store.package(CORRECTION, name="other")
    result = store.update(other)
    assert (result.counts, store.image_set.version) == ({UpdateOutcome.STORED: 1}, 2)
    assert [record["state"] for record in store.sent(other)] == ["stored"]
    assert result.effects == store.update(other).effects == {Effect.APPLIED: 1}


def test_attributes_that_are_stored_already_count_in_each_run(store: Store) -> None:
    store.update(store.package(CORRECTION))
    both = UpdateRequest(updatable=at_instance(FIRST, {"ImageComments": "new", "AcquisitionComments": "more"}))
    package = store.package(series_update(both), name="other")
    result = store.update(package)
    assert (result.counts, result.effects) == ({UpdateOutcome.UPDATED: 1}, {Effect.APPLIED: 2})
    assert [(record["effects"], record["stored"]) for record in store.sent(package)] == [({"applied": 1}, 1)]
    again = store.update(package)
    assert (again.counts, again.effects) == (result.counts, result.effects)


def test_an_update_of_a_study_reaches_all_its_primary_image_sets(store: Store) -> None:
    package = store.package(study_update(StudyDescription="new"), CORRECTION)
    result = store.update(package)
    assert result.ok, result.issues
    assert [one.version for one in store.service.image_sets] == [3, 2]
    (record,) = [record for record in store.sent(package) if record["includesStudy"]]
    assert [(other["versionBefore"], other["versionAfter"]) for other in record["others"]] == [("1", "2")]
    assert result.effects == {Effect.APPLIED: 3}  # the attribute of the study counts in each of two image sets


def test_an_update_of_a_study_that_is_stored_already_is_not_sent(store: Store) -> None:
    store.update(store.package(study_update(StudyDescription="new")))
    result = store.update(store.package(study_update(StudyDescription="new"), name="other"))
    assert result.counts == {UpdateOutcome.STORED: 1}
    assert [one.version for one in store.service.image_sets] == [2, 2]


def test_image_sets_that_are_not_primary_are_updated_one_by_one(store: Store) -> None:
    store.service.import_instance(imported_instance("b", SOPInstanceUID="1.4", PatientID="OTHER"))
    result = store.update(store.package(study_update(StudyDescription="new")))
    assert result.ok, result.issues
    assert [one.version for one in store.service.image_sets] == [2, 2, 2]
    assert result.counts == {UpdateOutcome.UPDATED: 2}


def test_an_instance_in_several_image_sets_is_updated_in_each(store: Store) -> None:
    store.service.import_instance(imported_instance("b", SOPInstanceUID=FIRST, PatientID="OTHER", ImageComments="old"))
    result = store.update(store.package(CORRECTION))
    assert result.ok, result.issues
    assert result.counts == {UpdateOutcome.UPDATED: 2}
    assert [one.version for one in store.service.image_sets] == [2, 1, 2]


def test_an_image_set_without_the_instance_is_left_alone(store: Store) -> None:
    store.service.import_instance(imported_instance("b", SOPInstanceUID="1.4", PatientID="OTHER"))
    result = store.update(store.package(CORRECTION))
    assert result.ok, result.issues
    assert result.counts == {UpdateOutcome.UPDATED: 1, UpdateOutcome.STORED: 1}


@pytest.mark.parametrize(
    ("update", "what"),
    [
        (
            series_update(
                UpdateRequest(updatable=at_instance(FIRST, {"ImageComments": "x"}, "1.2.777")), series="1.2.777"
            ),
            "the series",
        ),
        (series_update(UpdateRequest(updatable=at_instance("1.777", {"ImageComments": "x"}))), "an instance"),
    ],
)
def test_what_no_image_set_has_is_told_in_every_run(store: Store, update: Any, what: str) -> None:
    package = store.package(update)
    for _ in range(2):
        result = store.update(package)
        assert codes(result) == ["update.not-found"]
        assert what in result.issues[0].message


def test_a_study_filter_leaves_out_other_studies(store: Store) -> None:
    package = store.package(CORRECTION)
    assert store.update(package, studies=[f"{STUDY[:-1]}*"]).ok
    with pytest.raises(UsageError, match="No update"):
        store.update(package, studies=["9.*"])


def test_a_dry_run_shows_each_request_and_sends_none(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    result = store.update(package, dry_run=True)
    assert [one.version for one in result.requests] == ["1", "1"]
    assert result.requests[1].request.removable == at_instance(SECOND, {"ImageComments": "old"})
    assert (store.image_set.version, (package / "updates-state").exists()) == (1, False)
    assert "would be" in str(result)


def test_the_time_that_the_requests_need_is_shown_before(store: Store) -> None:
    shown: list[Any] = []
    package = store.package(CORRECTION, REMOVAL)

    def refuse(transfer: Any) -> bool:
        shown.append(transfer)
        return False

    with pytest.raises(UsageError, match="not confirmed"):
        store.update(package, confirm=refuse)
    (transfer,) = shown
    assert (transfer.updates, transfer.notes["duration"]) == (2, "about 8 s: AWS accepts one request in 4 s")
    assert store.image_set.version == 1
    assert store.update(package).ok
    store.update(package, confirm=refuse)
    assert len(shown) == 1  # nothing is left to be sent, so nobody is asked


def test_requests_share_the_rate_of_aws(store: Store) -> None:
    clock = QuickClock()
    store.update(store.package(CORRECTION, REMOVAL), clock=clock)
    assert clock.seconds >= 4


def test_two_people_at_once_are_refused(store: Store) -> None:
    package = store.package(CORRECTION)
    with UpdateStates(package).lock(), pytest.raises(PackageError, match="Another 'dicommap update'"):
        store.update(package)
    assert store.image_set.version == 1


def test_two_packages_on_one_image_set_lose_nothing(store: Store) -> None:
    first, second = store.package(CORRECTION), store.package(REMOVAL, name="other")
    assert store.update(first).ok
    assert store.update(second).ok
    assert (store.stored(FIRST, "ImageComments"), store.stored(SECOND, "ImageComments")) == ("new", None)


def test_another_data_store_than_before_is_refused(store: Store) -> None:
    package = store.package(CORRECTION)
    store.update(package)
    store.service.add_datastore("6" * 32)
    with pytest.raises(UsageError, match="another datastoreId"):
        store.update(package, datastore_id="6" * 32)
    with pytest.raises(UsageError, match="No data store is known"):
        store.update(store.package(CORRECTION, name="other"), datastore_id=None)


def test_a_package_without_updates_needs_nothing(store: Store, tmp_path: Path) -> None:
    from tests.support.p10_files import small_tree
    from tests.support.reconciliation_packages import draft_package

    package = draft_package(small_tree(tmp_path / "tree"), tmp_path / "overrides")
    result = store.update(package.path, datastore_id=None)
    assert (result.ok, result.counts) == (True, {})
    assert not (package.path / "updates-state").exists()


def test_no_state_and_no_shown_text_has_a_value(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    result = store.update(package)
    kept = b"".join(path.read_bytes() for path in (package / "updates-state").iterdir())
    assert b'"new"' not in kept
    assert b'"old"' not in kept
    assert "new" not in str(result)
    audit = (package / "audit.jsonl").read_text()
    events = [json.loads(line) for line in audit.splitlines()]
    assert [event["action"] for event in events if event["type"] == "event"][-2:] == ["updated", "updated"]


def test_values_of_a_dry_run_are_masked_by_rule(store: Store) -> None:
    document = at_instance(FIRST, {"PatientComments": "secret", "Modality": "MR", "Rows": 5})
    masked = json.dumps(mask_update_document(document, Masker()))
    assert "secret" not in masked
    assert '"MR"' in masked
    assert mask_update_document(document, Masker(show_values=True)) == document


def test_records_and_states_fit_their_schemas(store: Store) -> None:
    package = store.package(study_update(StudyDescription="new"), CORRECTION)
    records: list[dict[str, Any]] = []
    store.update(package, on_image_set=lambda result: records.append(build_update_record(result)))
    store.update(package, revert=True, on_image_set=lambda result: records.append(build_update_record(result)))
    assert len(records) == 4
    for record in records:
        get_schema_validator("update-result").validate(record)
    for state in read_states(package):
        get_schema_validator("update-state").validate(state)
    schema = json.loads(read_schema_text("update-state"))["properties"]
    assert schema.keys() == UpdateState.model_fields.keys()
    assert schema["requests"]["items"]["properties"].keys() == RequestRecord.model_fields.keys()


def test_the_report_names_outcomes_and_effects(store: Store) -> None:
    result = store.update(store.package(CORRECTION))
    assert "1 updated" in str(result)
    assert "1 applied" in result._repr_html_()


def test_reverting_restores_the_version_before(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    store.update(package)
    result = store.update(package, revert=True)
    assert (result.counts, result.ok) == ({UpdateOutcome.REVERTED: 1}, True)
    assert (store.stored(FIRST, "ImageComments"), store.stored(SECOND, "ImageComments")) == ("old", "old")
    assert store.image_set.version == 4
    assert store.update(package, revert=True).counts == {UpdateOutcome.REVERTED: 1}
    assert store.image_set.version == 4


def test_a_dry_run_of_a_revert_lists_what_is_left_to_take_back(store: Store) -> None:
    package = store.package(study_update(StudyDescription="new"), CORRECTION)
    assert store.update(package, revert=True, dry_run=True).reverts == ()
    store.update(package)
    versions = {one.image_set_id: one.version for one in store.service.image_sets}
    dry = store.update(package, revert=True, dry_run=True)
    assert {(request.image_set_id, int(request.version), request.to_version) for request in dry.reverts} == {
        (image_set, version, "1") for image_set, version in versions.items()
    }
    assert {one.image_set_id: one.version for one in store.service.image_sets} == versions
    store.update(package, revert=True)
    again = store.update(package, revert=True, dry_run=True)
    assert (again.reverts, again.counts) == ((), {UpdateOutcome.REVERTED: 2})


def test_a_dry_run_of_a_revert_tells_what_somebody_else_has_changed(store: Store) -> None:
    first, second = store.package(CORRECTION), store.package(REMOVAL, name="other")
    store.update(first)
    store.update(second)
    dry = store.update(first, revert=True, dry_run=True)
    assert (codes(dry), dry.reverts) == (["update.not-reverted"], ())


def test_nobody_is_asked_about_a_revert_that_is_done(store: Store) -> None:
    package = store.package(CORRECTION)
    store.update(package)
    asked: list[object] = []

    def confirm(transfer: object) -> bool:
        asked.append(transfer)
        return True

    for _ in range(2):
        store.update(package, revert=True, confirm=confirm)
    assert len(asked) == 1


def test_an_update_of_a_study_is_taken_back_in_each_image_set(store: Store) -> None:
    package = store.package(study_update(StudyDescription="new"), CORRECTION)
    store.update(package)
    result = store.update(package, revert=True)
    assert result.counts == {UpdateOutcome.REVERTED: 2}, result.issues
    assert store.stored(FIRST, "ImageComments") == "old"


def test_what_somebody_else_has_changed_is_not_reverted(store: Store) -> None:
    first, second = store.package(CORRECTION), store.package(REMOVAL, name="other")
    store.update(first)
    store.update(second)
    result = store.update(first, revert=True)
    assert codes(result) == ["update.not-reverted"]
    assert (store.image_set.version, store.stored(SECOND, "ImageComments")) == (3, None)
    assert store.update(second, revert=True).ok


def test_a_package_that_never_updated_reverts_nothing(store: Store) -> None:
    result = store.update(store.package(CORRECTION), revert=True)
    assert (result.counts, store.image_set.version) == ({}, 1)


@pytest.mark.parametrize("instance", [SECOND, "1.777"])  # with 1.777 the second update is not complete
def test_updates_that_were_taken_back_are_not_sent_again(store: Store, instance: str) -> None:
    other = UpdateRequest(updatable=at_instance(instance, {"AcquisitionComments": "x"}))
    package = store.package(CORRECTION, series_update(other))
    store.update(package)
    store.update(package, revert=True)
    result = store.update(package)
    assert codes(result)[:2] == ["update.taken-back"] * 2
    assert store.stored(FIRST, "ImageComments") == "old"


def test_other_series_are_looked_up_on_their_own(store: Store) -> None:
    update = series_update(
        UpdateRequest(updatable=at_instance(THIRD, {"ImageComments": "new"}, OTHER_SERIES)), series=OTHER_SERIES
    )
    assert store.update(store.package(update)).ok
    assert (store.stored(THIRD, "ImageComments"), store.image_set.version) == ("new", 1)
    assert store.find(THIRD).datastore_id == DATASTORE_ID
