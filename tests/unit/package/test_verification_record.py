"""The kept results of a verification: continued, dropped, damaged and locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.errors import PackageError
from dicommap.model.package_layout import PLAN_FILE, RUNNING_VERIFICATION_FILE, VERIFICATION_FILE
from dicommap.package.verification_record import open_record
from dicommap.verification.effects import Effect
from dicommap.verification.kept_results import KeptEffect, KeptImageSet, VerificationEnd

NOW = "2026-11-22T10:00:00Z"
LATER = "2026-11-22T11:00:00Z"


def line(name: str) -> KeptImageSet:
    effects = (KeptEffect(tag="00100020", effect=Effect.APPLIED),)
    return KeptImageSet(job="0001", study="1.2", imageSetId=name, effects=effects)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a package in whose record the image sets a and b were verified before an interruption."""
    (tmp_path / PLAN_FILE).write_text("{}", encoding="utf-8")
    with open_record(tmp_path, "store", NOW, restart=False) as record:
        record.add(line("a"))
        record.add(line("b"))
    return tmp_path


def continue_record(package: Path, *, source: str = "store", restart: bool = False) -> tuple[str, list[bool]]:
    """Return the time of the start, and for each of the image sets a, b and c whether its results were kept."""
    with open_record(package, source, LATER, restart=restart) as record:
        return record.started_at, [record.take_kept("0001", "1.2", name) is not None for name in "abc"]


def test_an_interrupted_verification_continues(package: Path) -> None:
    assert continue_record(package) == (NOW, [True, True, False])


@pytest.mark.parametrize("options", [{"restart": True}, {"source": "other"}])
def test_results_of_another_verification_are_dropped(package: Path, options: dict[str, str]) -> None:
    assert continue_record(package, **options) == (LATER, [False, False, False])  # type: ignore[arg-type]


def test_results_of_another_plan_are_dropped(package: Path) -> None:
    (package / PLAN_FILE).write_text("{ }", encoding="utf-8")
    assert continue_record(package) == (LATER, [False, False, False])


@pytest.mark.parametrize("damage", [b'{"job":"00', b"\xff\n", b'{"job":"0001"}\n'])
def test_a_damaged_line_ends_the_kept_results(package: Path, damage: bytes) -> None:
    path = package / RUNNING_VERIFICATION_FILE
    first, a, b = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + a + damage + b)
    assert continue_record(package) == (NOW, [True, False, False])
    assert path.read_bytes() == first + a


def test_results_in_another_order_are_verified_anew(package: Path) -> None:
    with open_record(package, "store", LATER, restart=False) as record:
        assert record.take_kept("0001", "1.2", "b") is None
        assert record.take_kept("0001", "1.2", "a") is None


def test_a_complete_record_gets_its_last_line_and_its_name(package: Path) -> None:
    with open_record(package, "store", LATER, restart=False) as record:
        assert record.take_kept("0001", "1.2", "a") is not None
        record.close(package, VerificationEnd(endedAt=LATER, attributes={Effect.APPLIED: 1}))
    lines = (package / VERIFICATION_FILE).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3  # the start, image set a, and the end: image set b was not verified again
    assert VerificationEnd.model_validate_json(lines[-1]).endedAt == LATER
    assert not (package / RUNNING_VERIFICATION_FILE).exists()


def test_a_second_verification_is_refused(package: Path) -> None:
    with (
        open_record(package, "store", LATER, restart=False),
        pytest.raises(PackageError, match="Another verification"),
        open_record(package, "store", LATER, restart=False),
    ):
        pass
