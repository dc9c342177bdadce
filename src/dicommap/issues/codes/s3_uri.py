"""Codes for S3 URIs."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_S3_URI
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="s3-uri.invalid",
        severity=Severity.ERROR,
        title="Not an S3 URI that AWS takes",
        message="The S3 URI is not of the form s3://bucket/prefix that AWS's service model gives.",
        explanation=f"StartDICOMImportJob takes at most {MAX_S3_URI:,} characters: s3://, a bucket of 3 to 63 "
        "lower-case letters, digits, dots and hyphens, and a prefix.",
        fix="Correct the URI.",
    ),
    IssueCode(
        name="s3-uri.prefix",
        severity=Severity.ERROR,
        title="A prefix with an odd segment",
        message="The prefix holds {problem}.",
        explanation="S3 keys are plain text, yet many tools treat '.', '..' and empty segments as a file system does, "
        "so that a file ends under another key than planned.",
        fix="Use a prefix of plain names separated by single slashes.",
    ),
    IssueCode(
        name="s3-uri.no-trailing-slash",
        severity=Severity.NOTE,
        title="The input prefix has no trailing slash",
        message="The prefix does not end with a slash; one is assumed.",
        explanation="A prefix is a text: study1 also begins the keys of study10/. How AWS joins inputS3Uri and "
        "metadataFilePath without a slash is not documented.",
        fix="End the URI with a slash. A drafted package always does.",
    ),
    IssueCode(
        name="s3-uri.mismatch",
        severity=Severity.ERROR,
        title="Two documents name different input prefixes",
        message="inputS3Uri differs from the one that {other} names.",
        explanation="Paths in the mappings are relative to inputS3Uri; two prefixes cannot both be right.",
        fix="Draft the package again with the right URI.",
    ),
)
