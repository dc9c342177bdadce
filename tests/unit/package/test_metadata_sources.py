"""Sources of metadata: which failures concern one image set, which end the work, and what a directory may hold."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from dicommap.aws.image_sets import ImageSets
from dicommap.errors import AwsError, DocumentError
from dicommap.healthimaging.image_sets import ImageSetProperties
from dicommap.package.metadata_sources import LOCKED_REASON, DatastoreMetadata, DownloadedMetadata, MetadataFailure

ID = "0" * 31 + "a"


class Service:
    """Stands in for ImageSets. Each method calls the function that a test gives, or raises the error it gives."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls = 0

    def fetch_metadata(self, datastore: str, image_set: str) -> bytes:
        assert datastore == "store"
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return cast("Callable[[str], bytes]", self.answer)(image_set)

    get = fetch_metadata


def source(answer: Any) -> tuple[DatastoreMetadata, Service]:
    service = Service(answer)
    return DatastoreMetadata(cast("ImageSets", service), "store"), service


def error(code: str, *, local: bool = True) -> AwsError:
    return AwsError(f"GetImageSetMetadata was refused: {code}.", fix="", code=code, local=local)


@pytest.mark.parametrize(
    ("code", "reason", "is_denied"),
    [
        ("ResourceNotFoundException", "the image set does not exist, or was deleted", False),
        ("ConflictException", LOCKED_REASON, False),
        ("AccessDeniedException", "GetImageSetMetadata was refused: AccessDeniedException", True),
        ("ValidationException", "GetImageSetMetadata was refused: ValidationException", False),
    ],
)
def test_a_failure_of_one_image_set_is_its_reason(code: str, reason: str, is_denied: bool) -> None:
    failure = source(error(code))[0].fetch(ID)
    assert isinstance(failure, MetadataFailure)
    assert failure.reason == reason
    assert (failure.denial is not None) is is_denied


def test_an_error_of_all_image_sets_is_raised() -> None:
    metadata, _ = source(error("ThrottlingException", local=False))
    with pytest.raises(AwsError, match="ThrottlingException"):
        metadata.fetch(ID)
    with pytest.raises(AwsError, match="ThrottlingException"):
        metadata.is_locked(ID)


@pytest.mark.parametrize(("state", "is_locked"), [("LOCKED", True), ("ACTIVE", False), ("DELETED", False)])
def test_only_the_state_locked_counts(state: str, is_locked: bool) -> None:
    properties = ImageSetProperties(imageSetId=ID, versionId="1", imageSetState=state)
    assert source(lambda _: properties)[0].is_locked(ID) is is_locked


@pytest.mark.parametrize(("code", "calls"), [("AccessDeniedException", 1), ("ResourceNotFoundException", 3)])
def test_a_missing_permission_for_the_state_is_asked_for_once(code: str, calls: int) -> None:
    metadata, service = source(error(code))
    assert [metadata.is_locked(ID) for _ in range(3)] == [False] * 3
    assert service.calls == calls


def test_bytes_that_are_no_gzip_are_a_failure_of_the_image_set() -> None:
    metadata, _ = source(lambda _: b"")
    assert metadata.decompress(gzip.compress(b"{}"), ID) == b"{}"
    for data in (b"{}", gzip.compress(b"{}" * 100)[:-9], b""):
        failure = metadata.decompress(data, ID)
        assert isinstance(failure, MetadataFailure)
        assert ID in failure.reason


def test_a_directory_has_compressed_and_plain_documents(tmp_path: Path) -> None:
    other = ID.replace("a", "b")
    (tmp_path / f"{ID}.json").write_bytes(b'{"plain": 1}')
    (tmp_path / f"{other}.json.gz").write_bytes(gzip.compress(b'{"packed": 1}'))
    downloads = DownloadedMetadata(tmp_path)
    documents = []
    for name in (ID, other):
        data = downloads.fetch(name)
        assert isinstance(data, bytes)
        documents.append(downloads.decompress(data, name))
    assert documents == [b'{"plain": 1}', b'{"packed": 1}']
    assert downloads.search("1.2") is None
    assert downloads.is_locked(ID) is False


def test_the_reason_of_a_missing_or_unusable_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloads = DownloadedMetadata(tmp_path)
    link, folder = ID.replace("a", "c"), ID.replace("a", "d")
    (tmp_path / "elsewhere").write_bytes(b"{}")
    (tmp_path / f"{link}.json").symlink_to("elsewhere")
    (tmp_path / f"{folder}.json").mkdir()
    reasons = {name: downloads.fetch(name) for name in (ID, link, folder, "../secret", "")}
    assert reasons[ID] == MetadataFailure(f"there is no file {ID}.json")
    assert reasons[link] == MetadataFailure(f"{link}.json cannot be read: it is a symbolic link, not a regular file")
    assert reasons[folder] == MetadataFailure(f"{folder}.json cannot be read: it is a directory, not a regular file")
    assert reasons["../secret"] == reasons[""] == MetadataFailure("the id of the image set is not valid")
    with pytest.raises(DocumentError, match="is no directory of metadata"):
        DownloadedMetadata(tmp_path / "none")
