"""A plan is the same, parsed as a whole or job by job; a text that is no plan is refused in both ways."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dicommap.dicom.strict_json import dump_json, parse_json
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.planning.plan import Plan, iterate_plan_json
from dicommap.planning.plan_parts import parse_plan_parts
from tests.support.example_counts import examples

DIGEST = {"size": 1, "sha256": "0" * 64}


def make_job(number: int, files: int, folder: str) -> dict[str, Any]:
    paths = [f"dicommap-overrides/1.{number}.{file}.json" for file in range(files)]
    return {
        "id": f"{number:04}",
        "inputS3Uri": f"s3://bucket/{folder}{number}/",
        "staged": False,
        "mappings": [{"studyInstanceUID": path[19:-5], "metadataFilePath": path} for path in paths],
        "instances": files,
        "sourceFiles": files,
        "sourceBytes": files,
        "folders": 1,
        "objects": DIGEST,
        "files": [{"path": path, **DIGEST} for path in paths],
    }


def make_plan(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": 2,
        "attempt": 1,
        "sources": ['/a "jobs": [', "/b\\"],
        "inputS3Uri": "s3://bucket/in/",
        "quotas": Quotas().model_dump(mode="json", exclude_none=True),
        "unplanned": {"instances": 0, "files": 0},
        "studies": 1,
        "series": 0,
        "assumptions": Assumptions().model_dump(mode="json", exclude_none=True),
        "preview": DIGEST,
        "edits": DIGEST,
        "forecast": DIGEST,
        "jobs": jobs,
    }


DAMAGE = [b"", b",", b"{", b"]", b'"', b"\\", b"[]", b"{},", b'"jobs": [], ', b"1,", b"\xff"]
FOLDERS = st.text(st.sampled_from('"\\{}[],: aé\U0001f600'), max_size=6)
PLANS = st.lists(st.tuples(st.integers(1, 3), FOLDERS), min_size=1, max_size=4).map(
    lambda jobs: make_plan([make_job(number, *job) for number, job in enumerate(jobs, 1)])
)


def parse_whole(data: bytes) -> Plan | None:
    document, issues = parse_json(data)
    try:
        return None if issues else Plan.model_validate(document)
    except ValidationError:
        return None


def parse_by_job(pieces: list[bytes]) -> Plan | None:
    parts = parse_plan_parts(pieces)
    try:
        return None if parts is None else Plan.model_validate({**parts[0], "jobs": parts[1]})
    except ValidationError:
        return None


def divide(data: bytes, length: int) -> list[bytes]:
    return [data[start : start + length] for start in range(0, len(data), length)]


@examples(200)
@given(PLANS, st.sampled_from([None, 1]), st.integers(1, 5000), st.permutations(range(13)))
def test_a_plan_in_any_layout(plan: dict[str, Any], indent: int | None, length: int, order: list[int]) -> None:
    members = list(plan.items())
    data = json.dumps(dict(members[place] for place in order), indent=indent).encode()
    found = parse_by_job(divide(data, length))
    assert found is not None
    assert found == parse_whole(data)
    assert [job.model_dump(mode="json", exclude_none=True) for job in found.jobs] == plan["jobs"]
    assert list(found.jobs) == [found.jobs[index] for index in range(len(found.jobs))]


@examples(100)
@given(PLANS)
def test_the_text_of_a_plan(plan: dict[str, Any]) -> None:
    found = Plan.model_validate(plan)
    assert "".join(iterate_plan_json(found)) == dump_json(found.model_dump(mode="json", exclude_none=True))


@examples(300)
@given(PLANS, st.data())
def test_a_damaged_text_is_no_other_plan(plan: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(plan).encode()
    place = data.draw(st.integers(0, len(text)))
    length = data.draw(st.sampled_from([0, 1, 2, 50]))
    added = data.draw(
        st.sampled_from([b"", b",", b"{", b"]", b'"', b"\\", b"[]", b"{},", b'"jobs": [], ', b"1,", b"\xff"])
    )
    damaged = text[:place] + added + text[place + length :]
    assert parse_by_job(divide(damaged, 1000)) in (None, parse_whole(damaged))
