"""Check a StartDICOMImportJob request, which may still hold placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.errors import UsageError
from dicommap.healthimaging.s3_uri import S3Prefixes, S3Uri, s3_uri_issues
from dicommap.issues import Location, make_issue
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.issues import Issue

_DRAFTED_MEMBERS = ("clientToken", "inputS3Uri", "importConfiguration")
"""What a draft makes itself."""
_PLACEHOLDER_MEMBERS = ("dataAccessRoleArn", "datastoreId", "outputS3Uri", "inputOwnerAccountId")
"""What only the account's owner knows. Everything else a draft fills in."""


def check_request(document: Any) -> list[Issue]:  # noqa: ANN401  JSON of any type
    """Return the issues of a request. A member such as `<datastoreId>` is a placeholder and is accepted."""
    placeholders = _placeholders(document)
    found = [
        one
        for one in check_schema("start-dicom-import-job", document)
        if (one.location.pointer or "").removeprefix("/") not in placeholders
    ]
    found += [make_issue("request.placeholder", Location(pointer=f"/{name}"), member=name) for name in placeholders]
    if isinstance(document, dict) and isinstance(document.get("inputS3Uri"), str):
        faulty = any(one.location.pointer == "/inputS3Uri" for one in found)
        found += [] if faulty else s3_uri_issues(document["inputS3Uri"], Location(pointer="/inputS3Uri"))
    return found


def check_output_uris(inputs: Iterable[str], outputs: Mapping[Location, str]) -> Iterator[Issue]:
    """Yield an issue for each outputS3Uri that overlaps an inputS3Uri, at its first location.

    Texts that are not S3 URIs are ignored.
    """
    starts = S3Prefixes(uri for text in inputs if (uri := S3Uri.parse(text)))
    found: set[S3Uri] = set()
    for place, text in outputs.items():
        output = S3Uri.parse(text)
        if output is None or output in found:
            continue
        found.add(output)
        if starts.overlaps(output):
            yield make_issue("request.output-overlaps", place)


def reject_drafted_members(account: Mapping[str, str]) -> None:
    """Raise UsageError if the caller gives a member of the request that the draft sets itself."""
    made = [name for name in _DRAFTED_MEMBERS if name in account]
    if made:
        raise UsageError(
            f"A draft makes {' and '.join(made)} of its request itself; account cannot give it.",
            fix="Leave it out; inputS3Uri is named as input_s3_uri.",
        )


def check_aws_account(account: Mapping[str, str]) -> list[Issue]:
    """Return the issues of the request members that the owner of the AWS account gives. All are optional."""
    found = check_schema("start-dicom-import-job", dict(account))
    return [one for one in found if one.code != "schema.required"]


def _placeholders(document: object) -> list[str]:
    members = document.items() if isinstance(document, dict) else ()
    return [name for name, value in members if name in _PLACEHOLDER_MEMBERS and value == f"<{name}>"]
