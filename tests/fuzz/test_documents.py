"""Every reader of a document ends well with hostile ones; and the target notices one that does not."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from dicommap.api import fhir
from dicommap.validation import package_check
from tests.fuzz import documents
from tests.fuzz.documents import FailedInputError, Situation, fuzz


@pytest.fixture(scope="module")
def situation(tmp_path_factory: pytest.TempPathFactory) -> Situation:
    return Situation(tmp_path_factory.mktemp("situation"))


def test_documents_as_they_are_and_some_changes_of_each(situation: Situation) -> None:
    chance = random.Random(1)
    for document in situation.documents:
        situation.check(document, document.seed, repaired=True)
        for change in dict.fromkeys(document.changes):
            situation.check(document, change(chance, document.seed), repaired=True)


@pytest.mark.long
def test_many_changes(tmp_path: Path) -> None:
    tried, failed = fuzz(tmp_path, seconds=90, runs=1_000_000, seed=int(time.time()), stop=False)
    assert not failed, failed[0]
    assert tried > 100


def test_it_notices_a_fault(situation: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("Doe^Jane")

    monkeypatch.setattr(package_check, "check_plan", faulty)
    with pytest.raises(FailedInputError, match="ended with 3"):
        situation.check(situation.documents[0], situation.documents[0].seed)


def test_it_notices_what_takes_long(situation: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "CPU_LIMIT", 0.0)
    with pytest.raises(FailedInputError, match="s of CPU time"):
        situation.check(situation.documents[0], situation.documents[0].seed)


def test_it_notices_what_takes_much_memory(situation: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MEMORY_LIMIT", 50 * 2**10)
    kept: list[bytes] = []

    def greedy(*_: object) -> list[object]:
        kept.append(b"x" * 400 * 2**20)
        return []

    monkeypatch.setattr(fhir, "check_package", greedy)
    with pytest.raises(FailedInputError, match="KiB"):
        situation.check(situation.documents[0], situation.documents[0].seed)
