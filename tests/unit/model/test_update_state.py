"""The documents of updates: which members each state has, and which records are replaced."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dicommap.model.update_state import RequestState
from tests.unit.package.test_update_states import record, state


def test_a_record_has_the_members_of_its_state() -> None:
    with pytest.raises(ValidationError):
        record(state=RequestState.SENT)
    with pytest.raises(ValidationError):
        record(sha256=None)
    assert record(state=RequestState.STORED, sha256=None, sentAt=None).state.is_done


def test_the_next_state_of_a_request_replaces_its_last_state() -> None:
    sending = record()
    sent = record(state=RequestState.SENT, versionAfter="2")
    updated = record(state=RequestState.UPDATED, versionAfter="2")
    assert state(sending).with_record(sent).requests == (sent,)
    assert state(sent).with_record(updated).requests == (updated,)


def test_records_of_ended_requests_are_kept() -> None:
    failed = record(state=RequestState.FAILED, reason="ValidationException")
    again = record(versionBefore="2", baseVersion="2")
    kept = state(failed).with_record(again)
    assert kept.requests == (failed, again)
    assert kept.find_last_record("a" * 32, 1) == again
    assert kept.find_last_record("a" * 32, 2) is None


def test_open_states_are_those_that_the_service_may_know() -> None:
    assert {one for one in RequestState if one.is_open} == {RequestState.SENDING, RequestState.SENT}
