"""Copy instances from S3 or from a local tree to the staging prefixes of jobs. An existing object is never replaced."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from dicommap.aws.bucket_listing import list_objects
from dicommap.aws.client_errors import NOT_FOUND_CODES, convert_client_errors, require_etag
from dicommap.aws.document_uploads import CONFLICT_CODES, MAX_PUT_ATTEMPTS
from dicommap.aws.s3_objects import ObjectRangeReader
from dicommap.errors import AwsError, os_error_reason
from dicommap.model.source_files import MAX_TIME_NS, S3Object
from dicommap.model.study import Disposition
from dicommap.p10 import WantedAttributes, read_header
from dicommap.planning.staging import CopyResult, OutsideRootsError, StagingCopy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.aws.clients import Clients
    from dicommap.aws.source_roots import SourceRoots
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.p10 import ReadAt
    from dicommap.planning.staging import InstanceUids

MAX_SINGLE_COPY_BYTES = 5 * 2**30
"""Maximum number of bytes that one request can copy or put.

Source: Amazon S3 user guide, "Copying objects" and "Uploading objects".
"""
PART_BYTES = 2**29
"""Size of one part of an object that is copied in parts. 10,000 parts, the maximum, can hold any S3 object."""
SOURCE_METADATA_KEY = "dicommap-source"
"""Name of the S3 metadata entry of a copy. Its value is a hash that identifies the source file.

The ETag cannot identify the source, because S3 gives some copies another ETag.
"""
_CHUNK_BYTES = 2**20
_FAILED_CONDITION_CODES = frozenset({"PreconditionFailed", "412", "BadDigest", "InvalidDigest"})
_OTHER_OBJECT_CODES = frozenset({"PreconditionFailed", "412", "InvalidRange", "416"})
"""Error codes of a GET request for a byte range. The object has another ETag, or is now shorter than the range."""
_CONTENT_TYPE = "application/dicom"
_UID_ATTRIBUTES = WantedAttributes()
_UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


def find_instance_problem(read: ReadAt, size: int, uids: InstanceUids) -> str | None:
    """Return the reason why a file is not the planned instance; None if it is the planned instance.

    Args:
        read: A function that takes an offset and a length, and returns the bytes of the file at this place. Exceptions
            of the function are not caught.
        size: The size of the file in bytes.
        uids: The UIDs of the planned instance.
    """
    header = read_header(read, size, _UID_ATTRIBUTES)
    if header.disposition is not Disposition.INSTANCE:
        return f"it is not a P10 file with an instance, but '{header.disposition.value}'"
    values = getattr(header, "values", {})
    differing = [keyword for keyword, uid in zip(_UID_KEYWORDS, uids, strict=True) if values.get(keyword, "") != uid]
    return f"its {' and '.join(differing)} differ from the plan's" if differing else None


class _SourceChangedError(Exception):
    """Error for a local file that was changed while it was read. Its text is the changed property, such as `size`."""


class ObjectCopier:
    """Copier of instances from source roots to staging prefixes. Every method may raise AwsError.

    Before a file is copied, its header is read to check that the file is the planned instance. A local file is opened
    only once, so the checked file is the file that is sent. S3 copies an object only if its ETag is the same as when
    its header was read.
    """

    def __init__(self, clients: Clients, roots: SourceRoots) -> None:
        """Prepare to copy instances.

        Args:
            clients: The clients to read and write with.
            roots: The source roots. Only files below them are copied.

        """
        self._clients = clients
        self._roots = roots

    def list_objects(self, uri: S3Uri) -> Iterator[S3Object]:
        """Yield all objects under an S3 URI, sorted by the UTF-8 bytes of their keys."""
        return list_objects(self._clients, uri)

    def is_copy(self, copy: StagingCopy, existing: S3Object) -> bool:
        """Return whether an existing object is the planned copy. The size is compared, and the ETag or the metadata.

        Args:
            copy: The planned copy.
            existing: The object that has the copy's key.
        """
        if existing.size != copy.size:
            return False
        if copy.source_bucket is None:
            try:
                with open(self._roots.open(copy.source), "rb") as file:
                    if _read_file_status(file).st_size != copy.size or _find_file_problem(file, copy):
                        return False
                    digest = _compute_md5(file.read, copy.size)
            except OSError:
                return False
            return existing.etag.strip('"') == digest or self._read_source_metadata(copy) == digest
        if copy.etag and existing.etag.strip('"') == copy.etag.strip('"'):
            return True
        return self._read_source_metadata(copy) == _compute_source_hash(copy)

    def copy(self, copy: StagingCopy) -> CopyResult:
        """Copy one instance to its staging key, and return the result. An existing object is not replaced.

        If the file cannot be copied, the result has an issue code.

        Raises:
            AwsError: AWS refuses a request, or another writer repeatedly writes the same key.
        """
        for _ in range(MAX_PUT_ATTEMPTS):
            result = self._try_copy(copy)
            if result is not None:
                return result
        raise AwsError(
            f"{copy.uri} is being written by somebody else.",
            fix="Wait until they are done, and run the same command again.",
            transient=True,
        )

    def _try_copy(self, copy: StagingCopy) -> CopyResult | None:
        """Try once to make a copy, and return the result; None if another writer writes the same key at this time."""
        try:
            return self._copy_from_disk(copy) if copy.source_bucket is None else self._copy_from_s3(copy)
        except AwsError as error:
            if error.code in CONFLICT_CODES:
                return None
            if error.code in _FAILED_CONDITION_CODES:
                return self._make_failed_condition_result(copy)
            if error.code in NOT_FOUND_CODES - {"NoSuchBucket"} and copy.source_bucket is not None:
                return CopyResult(code="stage.source-missing", facts={"reason": "the object does not exist"})
            raise

    def _make_failed_condition_result(self, copy: StagingCopy) -> CopyResult:
        """Return the result for a conditional request that failed.

        The request failed because the source has changed, or because an object with the key exists. That object may
        be the planned copy.
        """
        head = self._get_object_head(copy.bucket, copy.key)
        if head is None:
            return CopyResult(code="stage.source-changed", facts={"what": "ETag" if copy.source_bucket else "content"})
        # If the answer to a request was lost, the repeated request fails because of the object of the first request.
        existing = S3Object(key=copy.key, size=head["ContentLength"], etag=head["ETag"])
        return CopyResult(etag=existing.etag) if self.is_copy(copy, existing) else CopyResult(code="stage.taken")

    def _copy_from_s3(self, copy: StagingCopy) -> CopyResult:
        """Copy an S3 object inside S3, after a check that it is the scanned instance."""
        source_bucket = copy.source_bucket or ""
        if not self._roots.contains_object(source_bucket, copy.source):
            return CopyResult(code="stage.source-outside")
        source_object = ObjectRangeReader(self._clients, source_bucket, copy.source, etag=copy.etag)
        problem = _make_problem_result(source_object, copy)
        if problem is not None:
            return problem
        source = {"Bucket": source_bucket, "Key": copy.source}
        condition = {"CopySourceIfMatch": source_object.etag}
        target = {"Bucket": copy.bucket, "Key": copy.key}
        if copy.size <= MAX_SINGLE_COPY_BYTES:
            with convert_client_errors("CopyObject", copy.source_name):
                answer = self._clients.s3.copy_object(
                    **target,
                    CopySource=source,
                    IfNoneMatch="*",
                    MetadataDirective="REPLACE",  # copying tags too would need more permissions
                    TaggingDirective="REPLACE",
                    Metadata={SOURCE_METADATA_KEY: _compute_source_hash(copy)},
                    ContentType=_CONTENT_TYPE,
                    **condition,
                )
            return CopyResult(etag=require_etag(answer.get("CopyObjectResult", {}), "CopyObject", copy.source_name))

        def copy_part(number: int, begin: int, end: int, upload: str) -> str:
            with convert_client_errors("UploadPartCopy", copy.source_name):
                answer = self._clients.s3.upload_part_copy(
                    **target,
                    UploadId=upload,
                    PartNumber=number,
                    CopySource=source,
                    CopySourceRange=f"bytes={begin}-{end - 1}",
                    **condition,
                )
            return require_etag(answer.get("CopyPartResult", {}), "UploadPartCopy", copy.source_name)

        return self._copy_in_parts(copy, _compute_source_hash(copy), copy_part)

    def _copy_from_disk(self, copy: StagingCopy) -> CopyResult:
        """Upload a local file, after a check that it is the scanned instance."""
        try:
            with open(self._roots.open(copy.source), "rb") as file:
                before = _read_file_status(file)
                changed = _find_changed_property(before, copy)
                if changed:
                    return CopyResult(code="stage.source-changed", facts={"what": changed})
                problem = _find_file_problem(file, copy)
                if problem:
                    return CopyResult(code="stage.other-instance", facts={"problem": problem})
                # S3 compares the bytes that it receives with this digest.
                digest = _compute_md5(file.read, copy.size)
                _require_unchanged_file(file, before)
                file.seek(0)
                return self._upload_file(copy, file, digest, before)
        except _SourceChangedError as error:
            return CopyResult(code="stage.source-changed", facts={"what": str(error)})
        except OSError as error:
            if isinstance(error, OutsideRootsError):
                return CopyResult(code="stage.source-outside")
            return CopyResult(code="stage.source-missing", facts={"reason": os_error_reason(error)})

    def _upload_file(self, copy: StagingCopy, file: BinaryIO, digest: str, before: os.stat_result) -> CopyResult:
        """Upload an open file, in parts if it is large.

        `digest` is the MD5 of the file's bytes. `before` is the file's status before it was read: if the status has
        changed, an exception is raised.
        """
        target = {"Bucket": copy.bucket, "Key": copy.key}
        if copy.size <= MAX_SINGLE_COPY_BYTES:
            with convert_client_errors("PutObject", copy.uri):
                answer = self._clients.s3.put_object(
                    **target,
                    Body=file,
                    ContentMD5=b64encode(bytes.fromhex(digest)).decode(),
                    IfNoneMatch="*",
                    Metadata={SOURCE_METADATA_KEY: digest},
                    ContentType=_CONTENT_TYPE,
                )
            return CopyResult(etag=require_etag(answer, "PutObject", copy.uri))

        def copy_part(number: int, begin: int, end: int, upload: str) -> str:
            file.seek(begin)
            data = file.read(end - begin)
            _require_unchanged_file(file, before)
            md5 = b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
            with convert_client_errors("UploadPart", copy.uri):
                answer = self._clients.s3.upload_part(
                    **target, UploadId=upload, PartNumber=number, Body=data, ContentMD5=md5
                )
            return require_etag(answer, "UploadPart", copy.uri)

        return self._copy_in_parts(copy, digest, copy_part)

    def _copy_in_parts(
        self, copy: StagingCopy, source_hash: str, copy_part: Callable[[int, int, int, str], str]
    ) -> CopyResult:
        """Make an object from several parts.

        If a part fails, the upload is aborted: S3 charges for the parts of an upload that is not ended.

        Args:
            copy: The copy to make.
            source_hash: The value of SOURCE_METADATA_KEY.
            copy_part: A function that takes a part number, begin and end in bytes, and the upload id. It copies the
                part and returns the ETag of the part.

        """
        target = {"Bucket": copy.bucket, "Key": copy.key}
        client = self._clients.s3
        with convert_client_errors("CreateMultipartUpload", copy.uri):
            upload = client.create_multipart_upload(
                **target, Metadata={SOURCE_METADATA_KEY: source_hash}, ContentType=_CONTENT_TYPE
            )
        try:
            parts = [
                {
                    "PartNumber": number,
                    "ETag": copy_part(number, begin, min(begin + PART_BYTES, copy.size), upload["UploadId"]),
                }
                for number, begin in enumerate(range(0, copy.size, PART_BYTES), 1)
            ]
            with convert_client_errors("CompleteMultipartUpload", copy.uri):
                answer = client.complete_multipart_upload(
                    **target, UploadId=upload["UploadId"], MultipartUpload={"Parts": parts}, IfNoneMatch="*"
                )
        except BaseException:
            with suppress(AwsError), convert_client_errors("AbortMultipartUpload", copy.uri):
                client.abort_multipart_upload(**target, UploadId=upload["UploadId"])
            raise
        return CopyResult(etag=require_etag(answer, "CompleteMultipartUpload", copy.uri))

    def _read_source_metadata(self, copy: StagingCopy) -> str | None:
        """Return the value of SOURCE_METADATA_KEY of an existing copy; None if the object does not have it."""
        head = self._get_object_head(copy.bucket, copy.key)
        return None if head is None else head.get("Metadata", {}).get(SOURCE_METADATA_KEY)

    def _get_object_head(self, bucket: str, key: str) -> dict[str, Any] | None:
        """Return the answer to HeadObject; None if the object does not exist."""
        try:
            with convert_client_errors("HeadObject", f"s3://{bucket}/{key}"):
                answer: dict[str, Any] = self._clients.s3.head_object(Bucket=bucket, Key=key)
                return answer
        except AwsError as error:
            if error.code in NOT_FOUND_CODES - {"NoSuchBucket"}:
                return None
            raise


def _make_problem_result(source: ObjectRangeReader, copy: StagingCopy) -> CopyResult | None:
    """Check that an S3 object is the planned instance. Return None if it is, otherwise a result with an issue code."""
    try:
        source.read(0, 1)
        problem = find_instance_problem(source.read, copy.size, copy.uids) if source.size == copy.size else None
    except AwsError as error:
        if error.code in _OTHER_OBJECT_CODES:
            return CopyResult(code="stage.source-changed", facts={"what": "ETag"})
        raise
    if source.size != copy.size:
        return CopyResult(code="stage.source-changed", facts={"what": "size"})
    return CopyResult(code="stage.other-instance", facts={"problem": problem}) if problem else None


def _read_file_status(file: BinaryIO) -> os.stat_result:
    return os.fstat(file.fileno())


def _find_file_problem(file: BinaryIO, copy: StagingCopy) -> str | None:
    """Return the reason why an open file is not the planned instance; None if it is the planned instance."""
    return find_instance_problem(
        lambda offset, length: os.pread(file.fileno(), length, offset), _read_file_status(file).st_size, copy.uids
    )


def _find_changed_property(status: os.stat_result, copy: StagingCopy) -> str | None:
    """Return the property in which a local file differs from the scan: size or time. None if both are equal."""
    if status.st_size != copy.size:
        return "size"
    if copy.modified_ns is not None and abs(copy.modified_ns) < MAX_TIME_NS and status.st_mtime_ns != copy.modified_ns:
        return "time of last change"
    return None


def _require_unchanged_file(file: BinaryIO, before: os.stat_result) -> None:
    """Raise _SourceChangedError if the size or time of a file differs from `before`."""
    now = _read_file_status(file)
    if now.st_size != before.st_size:
        raise _SourceChangedError("size")
    if now.st_mtime_ns != before.st_mtime_ns:
        raise _SourceChangedError("time of last change")


def _compute_source_hash(copy: StagingCopy) -> str:
    """Return the value of SOURCE_METADATA_KEY for a source in S3: the SHA-256 of its bucket, key, ETag and size."""
    source = f"{copy.source_bucket}/{copy.source}\n{copy.etag}\n{copy.size}"
    return hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()


def _compute_md5(read: Callable[[int], bytes], size: int) -> str:
    """Return the MD5 of `size` bytes as hexadecimal digits. `read` returns up to the given number of bytes.

    S3 uses this MD5 as the ETag of an object that is put in one request and is not encrypted with KMS.
    """
    digest = hashlib.md5(usedforsecurity=False)
    while size > 0 and (piece := read(min(size, _CHUNK_BYTES))):
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()
