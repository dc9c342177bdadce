"""Faults while updates are sent: after each of them, the next run ends the work, and no request is executed twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dicommap.aws.image_sets import ImageSets
from dicommap.errors import AwsError
from dicommap.package import audit_log
from dicommap.package.update_states import UpdateStates
from dicommap.testing.image_set_changes import OTHER_CHANGE
from dicommap.updates.update import UpdateRequest
from dicommap.verification.effects import Effect
from dicommap.verification.update_result import UpdateOutcome
from tests.cli.killing import some_steps_or_all
from tests.support.update_packages import (
    CORRECTION,
    FIRST,
    REMOVAL,
    SECOND,
    Store,
    at_instance,
    read_states,
    series_update,
    store,
    study_update,
)

__all__ = ["store"]
UPDATE = "UpdateImageSetMetadata"


def codes(result: Any) -> list[str]:
    return [issue.code for issue in result.issues]


def require_done_once(store: Store, package: Path) -> None:
    """Check that the correction and the removal are stored, and that each has made one version."""
    result = store.update(package)
    assert (codes(result), result.counts) == ([], {UpdateOutcome.UPDATED: 2})
    assert (store.stored(FIRST, "ImageComments"), store.stored(SECOND, "ImageComments")) == ("new", None)
    assert store.image_set.version == 3
    assert all(state["isComplete"] for state in read_states(package))


def test_a_lost_answer_is_found_in_the_next_version(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    store.service.fault("answer-lost", operation=UPDATE)
    assert store.update(package).ok
    require_done_once(store, package)
    assert [record["isInferred"] for record in store.sent(package)] == [True, False]


def test_a_request_that_never_arrived_is_sent_again(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    store.service.fault("reset", operation=UPDATE)
    assert store.update(package).ok
    require_done_once(store, package)


def test_answers_that_are_lost_again_and_again_end_the_run_and_the_next_goes_on(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    store.service.fault("reset", operation=UPDATE, times=4)
    with pytest.raises(AwsError):
        store.update(package)
    assert [record["state"] for record in store.sent(package)] == ["sending"]
    require_done_once(store, package)


class Killed(BaseException):
    """The end of a run at one of its steps."""


class Steps:
    """Ends a run before or after a write of a state, a line of audit.jsonl, or a request."""

    def __init__(self, last: int) -> None:
        self.taken = 0
        self.last = last

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*arguments: Any, **options: Any) -> Any:
            self.take()
            result = function(*arguments, **options)
            self.take()
            return result

        return stepping

    def take(self) -> None:
        self.taken += 1
        if self.taken == self.last:
            raise Killed


def run_until(store: Store, package: Path, monkeypatch: pytest.MonkeyPatch, last: int, **options: Any) -> int:
    """Run an update that ends at a step, and return the number of steps."""
    steps = Steps(last)
    with monkeypatch.context() as patched:
        for name in ("write", "write_revert", "write_account"):
            patched.setattr(UpdateStates, name, steps.around(getattr(UpdateStates, name)))
        for name in ("update", "revert"):
            patched.setattr(ImageSets, name, steps.around(getattr(ImageSets, name)))
        patched.setattr(audit_log, "_write_last_line", steps.around(audit_log._write_last_line))
        try:
            store.update(package, **options)
        except Killed:
            assert steps.taken == last
        return steps.taken


@some_steps_or_all
def test_a_run_that_ends_at_any_step_is_brought_to_its_end_by_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    """Each trial has instances of its own in a data store of its own."""
    from tests.support.imported_instances import imported_instance

    counted = run_until(store, store.package(CORRECTION, REMOVAL), monkeypatch, 0)
    assert counted == 2 + 2 * 2 * 6  # account.json; of each update three states, a request, a line, and isComplete
    for last in range(1, counted + 1, every):
        datastore = f"{last:032}"
        store.service.add_datastore(datastore)
        for uid in (FIRST, SECOND):
            instance = imported_instance("a", SOPInstanceUID=uid, ImageComments="old")
            image_set = store.service.import_instance(instance, datastore)
        package = store.package(CORRECTION, REMOVAL, name=f"trial{last}")
        run_until(store, package, monkeypatch, last, datastore_id=datastore)
        result = store.update(package, datastore_id=datastore)
        assert (codes(result), result.counts) == ([], {UpdateOutcome.UPDATED: 2}), last
        assert image_set.version == 3, last
        assert [record["state"] for record in store.sent(package)] == ["updated", "updated"], last


@some_steps_or_all
def test_a_revert_that_ends_at_any_step_is_brought_to_its_end_by_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    package = store.package(CORRECTION)
    store.update(package)
    versions = store.image_set.version
    last = 1 - every
    while True:
        last += every
        taken = run_until(store, package, monkeypatch, last, revert=True)
        assert store.update(package, revert=True).counts == {UpdateOutcome.REVERTED: 1}, last
        assert store.stored(FIRST, "ImageComments") == "old", last
        versions += 1
        assert store.image_set.version == versions, last
        if taken < last:
            break
        # The next trial needs an update of its own.
        package = store.package(CORRECTION, name=f"trial{last}")
        store.update(package)
        versions += 1
    assert last > 8


def test_a_change_by_somebody_else_between_reading_and_sending_is_told(store: Store) -> None:
    package = store.package(CORRECTION)
    store.service.fault("changed-meanwhile", operation=UPDATE)
    result = store.update(package)
    assert (codes(result), result.counts) == (["update.changed"], {UpdateOutcome.CHANGED: 1})
    assert (store.stored(FIRST, "ImageComments"), store.image_set.version) == ("old", 2)
    assert store.update(package).ok  # it reads the new version, and changes only what the update is about
    assert (store.stored(FIRST, "ImageComments"), store.image_set.version) == ("new", 3)
    assert OTHER_CHANGE[0] in store.image_set.latest.by_uid[FIRST].after


def test_a_change_by_somebody_else_after_a_lost_answer_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    package = store.package(CORRECTION)
    run_until(store, package, monkeypatch, 5)  # the state is `sending`, and nothing was sent
    assert [record["state"] for record in store.sent(package)] == ["sending"]
    store.update(store.package(REMOVAL, name="other"))
    result = store.update(package)
    assert codes(result) == ["update.changed"]
    assert store.image_set.version == 2
    assert store.update(package).ok
    assert store.image_set.version == 3


@pytest.mark.parametrize("makes_version", ["no-version", "version"])
def test_update_failed_is_told_and_sent_anew_in_the_next_run(store: Store, makes_version: str) -> None:
    store.service.change_behaviour(f"failed_changes={makes_version}")
    package = store.package(CORRECTION)
    store.service.fault("change-failed", operation=UPDATE, message="The name is Doe")
    result = store.update(package)
    assert (codes(result), result.counts) == (["update.failed"], {UpdateOutcome.FAILED: 1})
    assert "UPDATE_FAILED" in result.issues[0].message
    assert "Doe" not in result.issues[0].message
    assert store.stored(FIRST, "ImageComments") == "old"
    assert store.update(package).ok
    assert store.stored(FIRST, "ImageComments") == "new"


def test_a_long_lock_is_told_and_the_next_run_goes_on(store: Store) -> None:
    store.service.change_behaviour("locked_reads=20")
    package = store.package(CORRECTION, REMOVAL)
    result = store.update(package, lock_timeout=3)
    assert set(codes(result)) == {"update.locked"}
    assert not result.ok
    store.service.change_behaviour("locked_reads=1")
    while not store.update(package, lock_timeout=100).ok:
        pass
    require_done_once(store, package)


def test_throttling_is_waited_for(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    store.service.fault("throttle", operation=UPDATE, times=2)
    assert store.update(package).ok
    require_done_once(store, package)


def test_a_denied_permission_ends_the_run_and_nothing_is_sent(store: Store) -> None:
    package = store.package(CORRECTION, REMOVAL)
    store.service.fault("access-denied", operation=UPDATE)
    with pytest.raises(AwsError, match="policy"):
        store.update(package)
    assert [record["state"] for record in store.sent(package)] == ["failed"]
    require_done_once(store, package)


def test_a_request_that_aws_refuses_is_told(store: Store) -> None:
    store.service.fault("validation", operation=UPDATE)
    result = store.update(store.package(CORRECTION))
    assert codes(result) == ["update.failed"]
    assert "ValidationException" in result.issues[0].message
    assert store.image_set.version == 1


def test_a_deleted_image_set_is_told(store: Store) -> None:
    package = store.package(CORRECTION)
    deleting = ImageSets(store.clients)
    deleting.delete("5" * 32, store.image_set.image_set_id)
    result = store.update(package)
    assert codes(result) == ["update.not-found"]


@pytest.mark.parametrize("kind", ["not-json", "schema-version", "truncated", "other-study"])
def test_metadata_that_cannot_be_used_are_told(store: Store, kind: str) -> None:
    package = store.package(CORRECTION)
    store.service.fault(kind)
    result = store.update(package)
    assert codes(result) == ["update.not-readable"]
    assert store.update(package).ok


def test_attributes_that_are_not_as_wanted_are_told_in_every_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from dicommap.testing import metadata_updates

    monkeypatch.setattr(
        metadata_updates.MetadataUpdate, "apply_to", lambda _self, version, _: [*version.by_uid.values()]
    )
    package = store.package(CORRECTION)
    for _ in range(2):
        result = store.update(package)
        assert codes(result) == ["update.not-applied"]
        assert result.effects == {Effect.NOT_APPLIED: 1}
        assert store.image_set.version == 2
    assert not result.ok


def test_an_update_of_a_study_waits_for_all_its_image_sets(store: Store) -> None:
    store.service.change_behaviour("locked_reads=3")
    package = store.package(study_update(StudyDescription="new"), CORRECTION)
    assert store.update(package).ok
    assert [one.version for one in store.service.image_sets] == [3, 2]


def test_large_removals_are_divided_and_each_part_is_sent_once(store: Store) -> None:
    from tests.support.imported_instances import imported_instance

    long = "x" * 6_000
    store.service.import_instance(
        imported_instance("b", SOPInstanceUID=FIRST, ImageComments=long, PatientComments="", AcquisitionComments=long)
    )
    removal = {"ImageComments": None, "AcquisitionComments": None}
    package = store.package(series_update(UpdateRequest(removable=at_instance(FIRST, removal))))
    result = store.update(package)
    assert result.ok, result.issues
    assert [(record["part"], record["parts"]) for record in store.sent(package)] == [(1, 2), (2, 2)]
    assert store.image_set.version == 4
