"""Parse plan.json job by job, which needs less memory than parsing the whole text.

A plan with 200,000 override files has 80 MB, and its Python objects need ten times as much memory.

The text is divided into the jobs and the rest of the plan. Each part is parsed and checked alone:

    {"version": 2, ..., "jobs": [                           rest: {"version": 2, ..., "jobs": []}
      {"id": "0001", ...}, {"id": "0002", ...}              jobs: {"id": "0001", ...} and {"id": "0002", ...}
    ]}

Only a valid plan is parsed in this way. If anything is wrong, the caller must parse the whole text, which finds all
issues with their locations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dicommap.dicom.strict_json import parse_json
from dicommap.planning.plan import PlanJob, PlanJobs
from dicommap.reading.document_limits import PLAN_LIMIT, count_json_separators

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PART_LIMIT = 2**24
"""Maximum number of bytes of one job, and of the rest of the plan."""
_CHUNK_BYTES = 2**18
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]+|"(?:[^"\\]+|\\.)*+")*+(?P<bracket>[\[\]{}])', re.DOTALL)
"""Pattern of the bytes up to the next bracket that is not in a text."""
_JOBS_MEMBER = re.compile(rb'"jobs"[ \t\r\n]*:[ \t\r\n]*\[\Z')
_BEFORE_FIRST_JOB = re.compile(rb"[ \t\r\n]*\{")
_BEFORE_NEXT_JOB = re.compile(rb"[ \t\r\n]*,[ \t\r\n]*\{")
_AFTER_JOBS = re.compile(rb"[ \t\r\n]*\]")


class _IndivisibleError(Exception):
    """Raised if a text cannot be divided into the jobs and the rest of a plan."""


def parse_plan_parts(pieces: Iterable[bytes]) -> tuple[dict[str, Any], PlanJobs] | None:
    """Parse the text of a plan.

    Args:
        pieces: The bytes of plan.json in pieces of any size.

    Returns:
        The JSON value of the plan without its jobs, and the jobs. None if a part is not valid, or if the text has more
        bytes or values than a plan may have. The value without jobs is not checked against its schema.
    """
    rest = bytearray()

    def parse_jobs() -> Iterator[PlanJob]:
        for is_job, text in _divide_plan_text(_join_pieces(pieces)):
            if is_job:
                yield PlanJob.model_validate(_parse_part(text))
            else:
                rest.extend(text)

    try:
        jobs = PlanJobs(parse_jobs())
        value = _parse_part(bytes(rest))
    except (_IndivisibleError, ValidationError):
        return None
    if not isinstance(value, dict) or value.pop("jobs", None) != []:
        return None
    return value, jobs


def _parse_part(text: bytes) -> Any:  # noqa: ANN401  JSON of any type
    value, issues = parse_json(text, PLAN_LIMIT.values)
    if issues:
        raise _IndivisibleError
    return value


def _join_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield longer pieces of the same bytes. Raise _IndivisibleError after the maximum number of bytes or values."""
    size = values = 0
    chunk = bytearray()
    for piece in pieces:
        chunk += piece
        size += len(piece)
        values += count_json_separators(piece)
        if size > PLAN_LIMIT.bytes or values >= PLAN_LIMIT.values:
            raise _IndivisibleError
        if len(chunk) >= _CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)


def _require_match(pattern: re.Pattern[bytes], buffer: bytes, begin: int, end: int) -> None:
    if pattern.fullmatch(buffer, begin, end) is None:
        raise _IndivisibleError


def _divide_plan_text(chunks: Iterable[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Divide the text of a plan into its jobs and the rest. Yield pairs: whether the piece is a job, and its text."""
    buffer = b""
    begin = scanned = depth = 0  # the end of the last part, the end of the last bracket, the number of open brackets
    before: re.Pattern[bytes] | None = None  # the pattern of the bytes before the next job; None outside the jobs
    for chunk in chunks:
        buffer, scanned, begin = buffer[begin:] + chunk, scanned - begin, 0
        if len(buffer) > _PART_LIMIT + len(chunk):
            raise _IndivisibleError
        while (match := _TO_BRACKET.match(buffer, scanned)) is not None:
            scanned = match.end()
            is_opening = match["bracket"] in b"[{"
            depth += 1 if is_opening else -1
            if before is None:
                if is_opening and depth == 2 and _JOBS_MEMBER.search(match[0]) is not None:
                    yield False, buffer[begin:scanned]
                    begin, before = scanned, _BEFORE_FIRST_JOB
            elif is_opening and depth == 3:
                _require_match(before, buffer, begin, scanned)
                begin = scanned - 1
            elif not is_opening and depth == 2:
                yield True, buffer[begin:scanned]
                begin, before = scanned, _BEFORE_NEXT_JOB
            elif not is_opening and depth == 1:
                _require_match(_AFTER_JOBS, buffer, begin, scanned)
                begin, before = scanned - 1, None
    yield False, buffer[begin:]
