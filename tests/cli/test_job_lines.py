"""What is told of jobs while they go on."""

from __future__ import annotations

import re

import pytest

from dicommap.cli.output import print_job_event


def test_each_change_is_a_line_with_its_time_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    print_job_event("0001", "SUBMITTED -> FAILED: a\x1b[31mb\nc")
    print_job_event("healthlake:f/1", "COMPLETED")
    printed = capsys.readouterr()
    assert printed.out == ""
    first, second = printed.err.splitlines()
    time = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"
    assert re.fullmatch(time + r" job 0001: SUBMITTED -> FAILED: a\\x1b\[31mb\\x0ac", first)
    assert re.fullmatch(time + " healthlake:f/1: COMPLETED", second)
