"""Answers of AWS: all pages of a list, lists without an end, and answers that lack what the model requires."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from dicommap.aws.service_answers import parse_answer, read_pages, require_member
from dicommap.aws.timing import RateLimit, Throttle
from dicommap.errors import AwsError
from tests.support.fake_clock import QuickClock


class Answer(BaseModel):
    """A model with a required and an optional member."""

    jobId: str
    message: str = ""


def read(answers: dict[str, dict[str, Any]], clock: QuickClock | None = None) -> list[dict[str, Any]]:
    """Read all pages; `answers` has the answer to each token, the first one under the empty token."""
    throttle = Throttle(RateLimit(1, 1), clock or QuickClock())
    return list(read_pages("ListJobs", "a store", lambda token: answers[token.get("nextToken", "")], throttle))


def test_all_pages_are_read_in_order_each_within_the_rate() -> None:
    clock = QuickClock()
    pages = read({"": {"jobs": [1], "nextToken": "b"}, "b": {"jobs": [], "nextToken": "c"}, "c": {"jobs": [2]}}, clock)
    assert [page["jobs"] for page in pages] == [[1], [], [2]]
    assert clock.seconds == 2  # one request per second, the first at once


@pytest.mark.parametrize("last", [None, ""])
def test_an_empty_token_ends_the_list(last: str | None) -> None:
    assert len(read({"": {"nextToken": last}})) == 1


@pytest.mark.parametrize("tokens", [["b", "b"], ["b", "c", "b"]])
def test_a_list_that_comes_back_to_a_page_has_no_end(tokens: list[str]) -> None:
    answers = {token: {"nextToken": following} for token, following in zip(["", *tokens], tokens, strict=False)}
    with pytest.raises(AwsError, match="The list of ListJobs does not end"):
        read(answers)


def test_pages_before_a_refused_one_are_yielded() -> None:
    from botocore.exceptions import ClientError

    def call(token: dict[str, str]) -> dict[str, Any]:
        if token:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "ListJobs")
        return {"jobs": [1], "nextToken": "b"}

    pages = read_pages("ListJobs", "data store x", call, Throttle(RateLimit(1, 1), QuickClock()))
    assert next(pages)["jobs"] == [1]
    with pytest.raises(AwsError, match="ListJobs of data store x was refused: AccessDeniedException") as caught:
        next(pages)
    assert caught.value.code == "AccessDeniedException"


def test_a_member_may_be_empty_but_not_missing() -> None:
    assert require_member("GetJob", {"jobs": []}, "jobs") == []
    with pytest.raises(AwsError, match="The answer to GetJob lacks a member") as caught:
        require_member("GetJob", {"other": 1}, "jobs")
    assert caught.value.transient  # an answer that was cut


@pytest.mark.parametrize("answer", [{}, {"jobId": None}, {"jobId": ["SECRET"]}, None, "SECRET"])
def test_an_answer_without_a_required_member_is_refused_without_its_values(answer: object) -> None:
    with pytest.raises(AwsError, match="The answer to GetJob lacks a member") as caught:
        parse_answer("GetJob", Answer, answer)
    assert "SECRET" not in str(caught.value) + repr(caught.value.__cause__)


def test_unknown_members_of_an_answer_are_no_error() -> None:
    assert parse_answer("GetJob", Answer, {"jobId": "1", "news": {"a": 1}}).jobId == "1"
