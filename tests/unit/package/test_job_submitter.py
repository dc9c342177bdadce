"""Tests of submitting jobs that need no service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dicommap.aws.document_uploads import UploadDocument, UploadResult
from dicommap.package import job_submitter
from dicommap.package.job_submitter import UPLOADS_AT_ONCE, JobSubmitter


def test_only_some_override_files_of_a_job_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    uploaded: list[str] = []
    numbers_in_memory: list[int] = []

    def documents() -> Iterator[UploadDocument]:
        for number in range(100):
            numbers_in_memory.append(number - len(uploaded))
            yield UploadDocument(bucket="b", key=f"{number}.json", data=b"{}")

    def upload(_client: object, document: UploadDocument, *, replace: bool) -> UploadResult:
        assert replace
        time.sleep(0.002)  # all documents could be made before the first upload ends
        uploaded.append(document.key)
        return UploadResult.THERE

    monkeypatch.setattr(job_submitter, "upload_document", upload)
    steps: list[tuple[str, str]] = []
    fakes: dict[str, Any] = dict.fromkeys(("jobs", "states", "clock"))
    submitter = JobSubmitter(
        **fakes,
        clients=cast(Any, SimpleNamespace(s3=None)),
        concurrent_jobs=1,
        replace=True,
        on_step=lambda job, text: steps.append((job, text)),
    )
    request = cast(Any, SimpleNamespace(id="job-1", documents=documents))
    submitter._upload_documents(request, is_first=False)
    assert sorted(uploaded) == sorted(f"{number}.json" for number in range(100))
    assert max(numbers_in_memory) <= 2 * UPLOADS_AT_ONCE
    assert [job for job, _ in steps] == ["job-1"]
    assert "100" in steps[0][1]
