"""The states of updates on disk: private, whole, and refused if they are damaged."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from dicommap.errors import PackageError
from dicommap.model.update_state import RequestRecord, RequestState, RevertState, UpdateAwsAccount, UpdateState
from dicommap.package.update_states import UpdateStates

IMAGE_SET = "a" * 32
HASH = "0" * 64
AT = "2026-11-29T10:00:00Z"


def record(**members: Any) -> RequestRecord:
    known = {
        "imageSetId": IMAGE_SET,
        "request": 1,
        "state": RequestState.SENDING,
        "baseVersion": "1",
        "versionBefore": "1",
        "sha256": HASH,
        "sentAt": AT,
    }
    return RequestRecord.model_validate(known | members)


def state(*records: RequestRecord, **members: Any) -> UpdateState:
    return UpdateState(update="000001", sha256=HASH, requests=records, **members)


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    states = UpdateStates(tmp_path)
    assert states.read("000001") is None
    written = state(record(state=RequestState.UPDATED, versionAfter="2", effects={"applied": 2}), isComplete=True)
    states.write(written)
    assert states.read("000001") == written
    assert states.read_all(["000001", "000002"]) == {"000001": written}
    path = tmp_path / "updates-state/000001.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_data_store_and_reverts_are_kept(tmp_path: Path) -> None:
    states = UpdateStates(tmp_path)
    assert (states.read_account(), states.read_revert(IMAGE_SET)) == (None, None)
    account = UpdateAwsAccount(datastoreId="5" * 32, region="eu-west-1")
    revert = RevertState(imageSetId=IMAGE_SET, state="sending", versionBefore="3", toVersion="1", sentAt=AT)
    states.write_account(account)
    states.write_revert(revert)
    assert (states.read_account(), states.read_revert(IMAGE_SET)) == (account, revert)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"version": 2}', json.dumps({"x": 1})])
def test_a_damaged_state_is_refused_and_names_its_file(tmp_path: Path, content: str) -> None:
    states = UpdateStates(tmp_path)
    states.write(state())
    (tmp_path / "updates-state/000001.json").write_text(content)
    with pytest.raises(PackageError, match=r"updates-state/000001\.json"):
        states.read("000001")


def test_the_state_of_another_update_is_refused(tmp_path: Path) -> None:
    states = UpdateStates(tmp_path)
    states.write(state())
    (tmp_path / "updates-state/000001.json").rename(tmp_path / "updates-state/000002.json")
    with pytest.raises(PackageError, match="another update"):
        states.read("000002")


def test_two_people_at_once_are_refused(tmp_path: Path) -> None:
    with (
        UpdateStates(tmp_path).lock(),
        pytest.raises(PackageError, match="Another 'dicommap update'"),
        UpdateStates(tmp_path).lock(),
    ):
        pass
    with UpdateStates(tmp_path).lock():
        pass


def test_the_folder_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "updates-state").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PackageError, match="symbolic link"):
        UpdateStates(tmp_path).write(state())
    assert not list((tmp_path / "elsewhere").iterdir())
