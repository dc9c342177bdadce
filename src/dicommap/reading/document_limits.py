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

    It is 0 for documents that are not JSON, because only JSON values are counted.
    """


CONFIGURATION_LIMIT = DocumentLimit(16 * MEBIBYTE, 20_000)
"""The limit of an import configuration or a request. It has at most MAX_MAPPINGS mappings with 4 values each.

No text in it is longer than MAX_ROLE_ARN.
"""

OVERRIDE_LIMIT = DocumentLimit(64 * MEBIBYTE, 1_000_000)
"""The limit of an override file. AWS documents only MAX_METADATA_MB, a limit on the metadata of an image set."""

UPDATE_LIMIT = DocumentLimit(64 * MEBIBYTE, 2_000_000)
"""The limit of an update. It has at most a thousand requests, each of at most MAX_UPDATE_KB and about 500 values, and
the values from before the edit."""

PLAN_LIMIT = DocumentLimit(256 * MEBIBYTE, 5_000_000)
"""The limit of plan.json, which grows with jobs, mappings and override files.

It has about one value for each 60 bytes.
"""

SUBMISSION_LIMIT = DocumentLimit(MEBIBYTE, 1_000)
"""The limit of a state file or AWS account file of a submission. It has about 20 texts."""

UPDATE_STATE_LIMIT = DocumentLimit(64 * MEBIBYTE, 2_000_000)
"""The limit of the state file of an update. Each request of each image set has about 20 texts."""

EVENTS_LIMIT = DocumentLimit(64 * MEBIBYTE, 1_000_000)
"""The limit of a file with EventBridge events. One event has about 20 values and 1 kB."""

RULES_LIMIT = DocumentLimit(16 * MEBIBYTE, 1_000_000)
"""The limit of a rules file. The lists of values that its rules match are the largest part."""

TABLE_LIMIT = DocumentLimit(256 * MEBIBYTE)
"""The limit of a sheet, a lookup table, or a table of a package."""

WORKBOOK_LIMIT = DocumentLimit(4 * TABLE_LIMIT.bytes)
"""The limit of the unpacked parts of a workbook (a sheet or lookup table).

XML needs up to four times the bytes of CSV.
"""

JOB_MANIFEST_LIMIT = DocumentLimit(64 * MEBIBYTE, 1_000_000)
"""The limit of job-output-manifest.json. It has half a megabyte for a job with DEFAULT_JOB_FILES image sets."""

IMAGE_SET_METADATA_LIMIT = DocumentLimit(128 * MEBIBYTE, 5_000_000)
"""The limit of the decompressed metadata of an image set: twice the quota of MAX_METADATA_MB, which AWS can raise."""

S3_INVENTORY_LIMIT = DocumentLimit(64 * MEBIBYTE, 1_000_000)
"""The limit of manifest.json of an S3 Inventory, which has three texts for each of its data files."""

LARGEST_DOCUMENT_LIMIT = PLAN_LIMIT
"""The limit of a document whose kind is not known yet."""

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def choose_limit_of_unknown_document(data: bytes) -> DocumentLimit:
    """Return the limit of a JSON document whose kind is not known yet.

    A document with the member "jobs", which only a plan has, gets the limit of a plan.
    """
    return PLAN_LIMIT if b'"jobs"' in data else DocumentLimit(LARGEST_DOCUMENT_LIMIT.bytes, OVERRIDE_LIMIT.values)


def has_more_json_values(data: bytes, limit: int) -> bool:
    """Return whether a JSON document may have more values than `limit`. The document is not parsed.

    Each value is either the first in its array or object, or it follows a comma. The number of commas and opening
    brackets is therefore an upper bound. The first count includes commas and brackets inside texts. If this count is
    too high, the texts are removed and the rest is counted. Removing texts is slow, so it is done only then.

    Args:
        data: The bytes of the document.
        limit: The number of values that the document may have.
    """
    return count_json_separators(data) >= limit and count_json_separators(_STRING.sub(b"", data)) >= limit


def count_json_separators(data: bytes) -> int:
    """Return an upper bound of the number of values in a JSON document: its commas and opening brackets."""
    return data.count(b",") + data.count(b"[") + data.count(b"{")
