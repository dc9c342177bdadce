"""Which requests an image set still needs (cases in tests/cases/update_decisions), and what follows a lost answer."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dicommap.updates.attribute_update import list_attribute_updates
from dicommap.updates.update import UpdateRequest
from dicommap.verification.effects import Effect
from dicommap.verification.stored_metadata import StoredImageSet, StoredSeries
from dicommap.verification.update_decision import (
    Recovery,
    VersionStep,
    decide_necessary_requests,
    decide_recovery,
    decide_revert,
    hash_request,
    judge_update_effects,
)
from dicommap.verification.version_difference import VersionMatch

CASES = sorted(Path(__file__).parents[2].glob("cases/update_decisions/*.json"))


def read_request(document: dict[str, Any]) -> UpdateRequest:
    return UpdateRequest(
        updatable=document.get("updatableAttributes"),
        removable=document.get("removableAttributes"),
        previous=document.get("previousValues"),
        force=document.get("force", False),
    )


def image_set(document: dict[str, Any]) -> StoredImageSet:
    series = {uid: StoredSeries(**members) for uid, members in document["series"].items()}
    return StoredImageSet(study_instance_uid="1.2", patient=document["patient"], study=document["study"], series=series)


def holding(**instance: Any) -> StoredImageSet:
    """Return an image set with one instance."""
    series = {"1.2.3": {"attributes": {}, "instances": {"1.2.3.4": instance}}}
    return image_set({"patient": {}, "study": {}, "series": series})


def removing(*names: str) -> UpdateRequest:
    instances = {"1.2.3.4": {"DICOM": dict.fromkeys(names)}}
    return UpdateRequest(removable={"SchemaVersion": 1.1, "Study": {"Series": {"1.2.3": {"Instances": instances}}}})


def setting(**values: Any) -> UpdateRequest:
    instances = {"1.2.3.4": {"DICOM": values}}
    return UpdateRequest(updatable={"SchemaVersion": 1.1, "Study": {"Series": {"1.2.3": {"Instances": instances}}}})


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    stored = image_set(json.loads(json.dumps(case["stored"]), parse_float=Decimal))
    necessary = decide_necessary_requests(read_request(case["request"]), stored, case.get("maxBytes", 10_000))
    expected = case["expected"]
    assert list(necessary.requests) == [read_request(one) for one in expected["requests"]], case["title"]
    assert (necessary.stored, len(necessary.absent)) == (expected["stored"], expected["absent"])
    assert [one.name for one in necessary.elsewhere] == expected["elsewhere"]
    assert [one.name for one in necessary.too_large] == expected["tooLarge"]
    assert [one.name for one in necessary.other_values] == expected.get("otherValues", [])
    names = [update.name for one in necessary.requests for update in list_attribute_updates(one)]
    assert {one.name for one in necessary.not_compared} == set(expected.get("notCompared", names))


def test_the_cases_are_there() -> None:
    assert len(CASES) > 25


def test_after_its_requests_an_image_set_needs_none() -> None:
    """If an image set has what a request wants, nothing is sent a second time."""
    for request in (setting(ImageComments="new"), removing("ImageComments")):
        (necessary,) = decide_necessary_requests(request, holding(ImageComments="old"), 10_000).requests
        after = holding() if request.removable else holding(ImageComments="new")
        assert not decide_necessary_requests(request, after, 10_000).requests
        assert judge_update_effects(list_attribute_updates(necessary), after, holding(ImageComments="old")).counts == {
            Effect.APPLIED: 1
        }


@pytest.mark.parametrize(
    ("request_", "after", "effect"),
    [
        (setting(ImageComments="new"), holding(ImageComments="old"), Effect.NOT_APPLIED),
        (setting(ImageComments="new"), holding(ImageComments="third"), Effect.DIFFERENT),
        (setting(ImageComments="new"), holding(), Effect.MISSING),
        (setting(PixelSpacing="1\\2"), holding(PixelSpacing={"a": 1}), Effect.NOT_COMPARABLE),
        (removing("ImageComments"), holding(ImageComments="old"), Effect.NOT_APPLIED),
        (removing("ImageComments"), holding(ImageComments="third"), Effect.DIFFERENT),
        (removing("ImageComments"), holding(ImageComments=None), Effect.NOT_COMPARABLE),
        (removing("ImageComments"), image_set({"patient": {}, "study": {}, "series": {}}), Effect.NOT_READABLE),
    ],
)
def test_what_is_not_applied_has_the_effect_word_of_verify(
    request_: UpdateRequest, after: StoredImageSet, effect: Effect
) -> None:
    effects = judge_update_effects(list_attribute_updates(request_), after, holding(ImageComments="old"))
    assert effects.counts == {effect: 1}
    assert [found for _, found in effects.attention] == [effect]


def test_the_hash_names_the_request_with_its_flags() -> None:
    requests = [setting(ImageComments="a"), setting(ImageComments="b"), removing("ImageComments")]
    requests.append(UpdateRequest(updatable=requests[0].updatable, force=True))
    hashes = {hash_request(request, include_study=study) for request in requests for study in (False, True)}
    assert len(hashes) == 8
    assert hash_request(setting(ImageComments="a"), include_study=False) in hashes


@pytest.mark.parametrize(
    ("latest", "same", "match", "expected"),
    [
        (3, True, None, Recovery.SEND),
        (4, True, VersionMatch.EXACT, Recovery.FINISH),
        (5, True, VersionMatch.EXACT, Recovery.FINISH),
        (4, True, VersionMatch.OTHER_VALUES, Recovery.CHANGED),
        (4, True, VersionMatch.MORE, Recovery.NOT_KNOWN),
        (4, True, VersionMatch.NOT_COMPARABLE, Recovery.NOT_KNOWN),
        (4, False, VersionMatch.EXACT, Recovery.NOT_KNOWN),
    ],
)
def test_what_follows_a_lost_answer(latest: int, same: bool, match: VersionMatch | None, expected: Recovery) -> None:
    assert decide_recovery(3, latest, is_same_request=same, match=match) is expected


@pytest.mark.parametrize(
    ("steps", "latest", "to", "partial"),
    [
        ([(1, 2)], 2, 1, False),
        ([(1, 2), (2, 3)], 3, 1, False),
        ([(2, 3), (1, 2)], 3, 1, False),
        ([(1, 2)], 3, None, False),  # somebody else has made version 3
        ([(1, 2), (3, 4)], 4, 3, True),  # somebody else has made version 3 in between
        ([(1, 2), (3, 4)], 5, None, False),
        ([], 1, None, False),
    ],
)
def test_only_versions_of_this_package_are_taken_back(
    steps: list[tuple[int, int]], latest: int, to: int | None, partial: bool
) -> None:
    decision = decide_revert([VersionStep(*step) for step in steps], latest)
    assert (decision.to_version, decision.is_partial) == (to, partial)
