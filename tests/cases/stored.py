"""What is in S3 or in a data store, as a case's document says it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from dicommap.errors import AwsError
from dicommap.healthimaging.image_sets import ImageSetSummary
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.model.source_files import S3Object
from dicommap.planning.staging import CopyResult, StagingCopy


class StoredByDocument:
    """Objects of a `bucket.json`; case.schema.json says what it holds."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.region: str | None = document["region"]
        self._buckets = document["buckets"]
        self._vanishing = document.get("vanishing", ())

    def get_region(self, bucket: str) -> str | None:
        if bucket not in self._buckets:
            raise _refusal("404")
        if "closed" in self._buckets[bucket]:
            raise _refusal("403")
        region: str | None = self._buckets[bucket]["region"]
        return region

    def list_objects(self, uri: S3Uri) -> Iterator[S3Object]:
        for found in self._buckets[uri.bucket]["objects"]:
            if "refused" in found:
                raise _refusal(found["refused"])
            if found["key"].startswith(uri.prefix):
                key = found["key"].removeprefix(uri.prefix)
                yield S3Object(key=key, size=found["size"], etag=found.get("etag", ""))

    def sha256(self, bucket: str, key: str) -> str:
        found = self._object(bucket, key)
        if "unreadable" in found:
            raise _refusal("AccessDenied")
        return str(found["sha256"])

    def read_start(self, bucket: str, key: str, size: int) -> bytes | str:
        found = self._object(bucket, key)
        if "unreadable" in found:
            return "reading it was refused"
        return (bytes(size - 4) + b"DICM") if "p10" in found else bytes(size)

    def is_copy(self, copy: StagingCopy, found: S3Object) -> bool:
        return (found.size, found.etag) == (copy.size, copy.etag)

    def copy(self, copy: StagingCopy) -> CopyResult:
        objects = self._buckets[copy.source_bucket]["objects"]
        source = next((found for found in objects if found["key"] == copy.source), None)
        if source is None:
            return CopyResult(code="stage.source-missing", facts={"reason": "the object does not exist"})
        if "outside" in source:
            return CopyResult(code="stage.source-outside")
        if "other" in source:
            return CopyResult(code="stage.other-instance", facts={"problem": "its SOPInstanceUID differs"})
        if source["etag"] != copy.etag:
            return CopyResult(code="stage.source-changed", facts={"what": "ETag"})
        if copy.key not in self._vanishing:
            self._buckets[copy.bucket]["objects"].append({"key": copy.key, "size": copy.size, "etag": copy.etag})
        return CopyResult(etag=copy.etag)

    def _object(self, bucket: str, key: str) -> dict[str, Any]:
        return next(found for found in self._buckets[bucket]["objects"] if found["key"] == key)


def _refusal(code: str) -> AwsError:
    return AwsError(f"It was refused: {code}.", fix="Ask for the right.", code=code, local=True)


class ImageSetsByDocument:
    """Image sets of a `store.json`; case.schema.json says what it holds."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def search(self, datastore: str, filters: Mapping[str, str]) -> Iterator[ImageSetSummary]:
        """Yield the image sets of a study. Raises AwsError if the document says that the search is refused."""
        (study,) = filters.values()
        if "refused" in self._document:
            raise _refusal(self._document["refused"])
        if study in self._document.get("refusedStudies", ()):
            raise _refusal("ValidationException")
        for image_set in self._document["imageSets"]:
            if image_set["DICOMTags"]["DICOMStudyInstanceUID"] == study:
                yield ImageSetSummary.model_validate(image_set)


class MetadataByDocument:
    """Image sets with their metadata; case.schema.json says at scanStore what the document holds."""

    requests = 0

    def __init__(self, document: dict[str, Any]) -> None:
        self._image_sets = {image_set["imageSetId"]: image_set for image_set in document["imageSets"]}

    def search(self, _datastore: str, _filters: Mapping[str, str], **_: Any) -> Iterator[ImageSetSummary]:
        """Yield all image sets."""
        return map(ImageSetSummary.model_validate, self._image_sets.values())

    def fetch_metadata(self, _datastore: str, image_set: str, _version: str | None) -> bytes:
        """Return the compressed metadata of an image set. Raises AwsError if the document says that it is refused."""
        document = self._image_sets[image_set]
        if "refused" in document:
            raise _refusal(document["refused"])
        return gzip.compress(json.dumps(document["metadata"]).encode())
