"""Limits of documents: the numbers of bytes and JSON values that a document of each kind may have.

A document is read into memory as a whole, and one JSON value needs up to 100 bytes of memory. Each limit is above the
size of the largest valid document of its kind. docs/limits.md lists all limits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MEBIBYTE = 2**20

DEPTH_LIMIT = 64
"""Maximum depth of nested arrays and objects in a document. Real data sets have a depth of about ten."""

DIGITS_LIMIT = 4_300
"""Maximum number of digits of an integer in a document. Python's default limit is the same."""


@dataclass(frozen=True, slots=True)
class DocumentLimit:
    """The maximum numbers of bytes and JSON values in a document of one kind."""

    bytes: int
    values: int = 0
    """Maximum number of texts, numbers, arrays and objects. Names of members do not count.

    It is 0 if the kind is not JSON.
    """


CONFIGURATION_LIMIT = DocumentLimit(16 * MEBIBYTE, 20_000)
"""For an import configuration or a request: MAX_MAPPINGS mappings with 4 values; the longest text is a role ARN."""

OVERRIDE_LIMIT = DocumentLimit(64 * MEBIBYTE, 1_000_000)
"""For an override file. AWS documents no limit for it, but MAX_METADATA_MB for the metadata of an image set."""

PLAN_LIMIT = DocumentLimit(256 * MEBIBYTE, 5_000_000)
"""For plan.json, which grows with jobs, mappings and override files. It has about one JSON value for each 60 bytes."""

SUBMISSION_LIMIT = DocumentLimit(MEBIBYTE, 1_000)
"""For a state file or AWS account file of a submission. It has about 20 texts."""

RULES_LIMIT = DocumentLimit(16 * MEBIBYTE, 1_000_000)
"""For a rules file. The lists of values that its rules match are the largest part."""

TABLE_LIMIT = DocumentLimit(256 * MEBIBYTE)
"""For a sheet, a lookup table, or a table of a package."""

WORKBOOK_LIMIT = DocumentLimit(4 * TABLE_LIMIT.bytes)
"""For a sheet or lookup table that is a workbook: its unpacked parts. XML needs up to four times the bytes of CSV."""

JOB_MANIFEST_LIMIT = DocumentLimit(64 * MEBIBYTE, 1_000_000)
"""For job-output-manifest.json. It has about half a megabyte for a job with DEFAULT_JOB_FILES image sets."""

IMAGE_SET_METADATA_LIMIT = DocumentLimit(128 * MEBIBYTE, 5_000_000)
"""The decompressed metadata of an image set: twice the quota of MAX_METADATA_MB, which AWS can raise."""

S3_INVENTORY_LIMIT = DocumentLimit(64 * MEBIBYTE, 1_000_000)
"""For manifest.json of an S3 Inventory: three texts for each of its data files."""

LARGEST_DOCUMENT_LIMIT = PLAN_LIMIT
"""For a document whose kind is not known yet."""

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def unknown_document_limit(data: bytes) -> DocumentLimit:
    """Return the limit of a JSON document whose kind is not known yet.

    A document with the member "jobs", which only a plan has, gets the limit of a plan.
    """
    return PLAN_LIMIT if b'"jobs"' in data else DocumentLimit(LARGEST_DOCUMENT_LIMIT.bytes, OVERRIDE_LIMIT.values)


def has_more_json_values(data: bytes, limit: int) -> bool:
    """Return whether a JSON document may have more values than `limit`. The document is not parsed.

    Each value is either the first in its array or object, or it follows a comma. The number of commas and opening
    brackets is therefore an upper bound. It includes commas in texts. If it is too high, texts are removed and the rest
    is counted again. The removal is slow, so it is not done at first.

    Args:
        data: The bytes of the document.
        limit: The number of values that the document may have.
    """
    return _count_separators(data) >= limit and _count_separators(_STRING.sub(b"", data)) >= limit


def _count_separators(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")
