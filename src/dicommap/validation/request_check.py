"""Check a StartDICOMImportJob request. It may contain placeholders such as `<datastoreId>`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.errors import UsageError
from dicommap.healthimaging.s3_uri import S3Prefixes, S3Uri, s3_uri_issues
from dicommap.issues import Location, make_issue
from dicommap.issues.wording import format_count, join_names
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.issues import Issue

_DRAFTED_MEMBERS = ("clientToken", "inputS3Uri", "importConfiguration")
"""Parameters of a request that `draft` sets."""
_PLACEHOLDER_MEMBERS = ("dataAccessRoleArn", "datastoreId", "outputS3Uri", "inputOwnerAccountId")
"""Parameters of a request that only the owner of the AWS account knows. They may be placeholders."""


def check_request(document: Any) -> list[Issue]:  # noqa: ANN401  JSON of any type
    """Return the issues of a StartDICOMImportJob request.

    All placeholders such as `<datastoreId>` get one note together, and no error about their form.
    """
    placeholders = _find_placeholders(document)
    issues = [
        issue
        for issue in check_schema("start-dicom-import-job", document)
        if (issue.location.pointer or "").removeprefix("/") not in placeholders
    ]
    if placeholders:
        issues.append(make_issue("request.placeholder", members=join_names(placeholders), count=len(placeholders)))
    if isinstance(document, dict) and isinstance(document.get("inputS3Uri"), str):
        faulty = any(issue.location.pointer == "/inputS3Uri" for issue in issues)
        issues += [] if faulty else s3_uri_issues(document["inputS3Uri"], Location(pointer="/inputS3Uri"))
    return issues


def merge_placeholder_notes(issues: list[Issue]) -> list[Issue]:
    """Return the issues, with one note about placeholders in place of equal notes for several requests.

    In a new draft, all requests have the same placeholders.
    """
    numbers = Counter(issue.message for issue in issues if issue.code == "request.placeholder")
    merged: list[Issue] = []
    for issue in issues:
        if issue.code != "request.placeholder":
            merged.append(issue)
        elif number := numbers.pop(issue.message, 0):
            of = f", in {format_count(number, 'request')}" if number > 1 else ""
            merged.append(replace(issue, message=issue.message.removesuffix(".") + f"{of}."))
    return merged


def check_output_uris(inputs: Iterable[str], outputs: Mapping[Location, str]) -> Iterator[Issue]:
    """Yield an issue for each outputS3Uri that overlaps an inputS3Uri. A repeated outputS3Uri is reported once.

    Args:
        inputs: The inputS3Uris of jobs. A text that is not an S3 URI is ignored.
        outputs: Location of an outputS3Uri -> outputS3Uri. A text that is not an S3 URI is ignored.
    """
    starts = S3Prefixes(uri for text in inputs if (uri := S3Uri.parse(text)))
    output_uris: set[S3Uri] = set()
    for place, text in outputs.items():
        output = S3Uri.parse(text)
        if output is None or output in output_uris:
            continue
        output_uris.add(output)
        if starts.overlaps(output):
            yield make_issue("request.output-overlaps", place)


def require_no_drafted_members(account: Mapping[str, str]) -> None:
    """Raise UsageError if `account` contains a parameter of the request that `draft` sets itself, such as inputS3Uri.

    `account` has the parameters that the caller of `draft` gives, such as datastoreId.
    """
    made = [name for name in _DRAFTED_MEMBERS if name in account]
    if made:
        raise UsageError(
            f"A draft makes {' and '.join(made)} of its request itself; account cannot give it.",
            fix="Leave it out; inputS3Uri is named as input_s3_uri.",
        )


def check_aws_account(account: Mapping[str, str]) -> list[Issue]:
    """Return the issues of the request parameters of the AWS account, such as datastoreId. They may be missing."""
    issues = check_schema("start-dicom-import-job", dict(account))
    return [issue for issue in issues if issue.code != "schema.required"]


def _find_placeholders(document: object) -> list[str]:
    """Return the names of the members whose value is a placeholder such as `<datastoreId>`."""
    members = document.items() if isinstance(document, dict) else ()
    return [name for name, value in members if name in _PLACEHOLDER_MEMBERS and value == f"<{name}>"]
