"""Issue codes for S3 URIs."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_S3_URI
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="s3-uri.invalid",
        severity=Severity.ERROR,
        title="Not a valid S3 URI",
        message="The {name} does not have the form s3://bucket/prefix of AWS's service model.",
        explanation=f"StartDICOMImportJob accepts at most {MAX_S3_URI:,} characters: s3://, a bucket of 3 to 63 "
        "lower-case letters, digits, dots and hyphens, and a prefix.",
        fix="Correct the URI.",
    ),
    IssueCode(
        name="s3-uri.prefix",
        severity=Severity.ERROR,
        title="A prefix with an unusual segment",
        message="The prefix holds {problem}.",
        explanation="S3 keys are plain text, but many tools treat '.', '..' and empty segments like a file system, "
        "so a file gets another key than planned.",
        fix="Use a prefix of plain names separated by single slashes.",
    ),
    IssueCode(
        name="s3-uri.no-trailing-slash",
        severity=Severity.NOTE,
        title="The input prefix has no trailing slash",
        message="The prefix does not end with a slash; one is assumed.",
        explanation="A prefix is a text: study1 is also the beginning of the keys of study10/. AWS does not "
        "document how it joins inputS3Uri and metadataFilePath without a slash.",
        fix="End the URI with a slash. A drafted package always does.",
    ),
    IssueCode(
        name="s3-uri.mismatch",
        severity=Severity.ERROR,
        title="Two documents name different input prefixes",
        message="inputS3Uri differs from the one that {other} names.",
        explanation="Paths in the mappings are relative to inputS3Uri; only one of the two prefixes can be right.",
        fix="Draft the package again with the right URI.",
    ),
)
