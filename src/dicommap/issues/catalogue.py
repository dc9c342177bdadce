"""The catalogue of all issue codes, and the function that makes an Issue."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from dicommap.issues.codes import (
    adopt,
    archive,
    attribute,
    audit,
    dicom_json,
    document,
    draft,
    edit,
    fhir,
    forecast,
    harmonize,
    image_set,
    instance,
    job,
    json,
    listing,
    lookup,
    manifest,
    mapping,
    override,
    p10,
    package,
    probe,
    promote,
    reconcile,
    request,
    rules,
    s3,
    s3_uri,
    schema,
    series,
    sheet,
    source,
    stage,
    store,
    study,
    submit,
    update,
    update_document,
    value,
    verify,
    watch,
)
from dicommap.issues.codes import (
    object as object_family,
)
from dicommap.issues.issue import Issue, Location, Severity
from dicommap.issues.wording import format_message

if TYPE_CHECKING:
    from dicommap.issues.issue import IssueCode

_FAMILIES = (
    source,
    s3,
    archive,
    image_set,
    p10,
    instance,
    series,
    study,
    sheet,
    rules,
    attribute,
    edit,
    lookup,
    forecast,
    harmonize,
    value,
    json,
    dicom_json,
    override,
    schema,
    document,
    s3_uri,
    mapping,
    job,
    draft,
    audit,
    package,
    request,
    stage,
    object_family,
    listing,
    store,
    submit,
    adopt,
    watch,
    manifest,
    reconcile,
    verify,
    update,
    update_document,
    promote,
    probe,
    fhir,
)

CATALOGUE: dict[str, IssueCode] = {code.name: code for code in chain.from_iterable(f.CODES for f in _FAMILIES)}
"""Name of an issue code -> entry of the catalogue.

The codes are in the order of the work: scan, edit, draft, validate, submit, reconcile.
"""

_NO_LOCATION = Location()


def make_issue(
    code: str, location: Location = _NO_LOCATION, *, severity: Severity | None = None, **facts: object
) -> Issue:
    """Make an Issue with a code of the catalogue.

    Args:
        code: The name of an issue code, such as `p10.truncated`.
        location: The location of the issue.
        severity: The severity, if it is not the severity in the catalogue.
        facts: Values for the fields of the message: names, counts, lengths and limits, never values from the data.

    Raises:
        KeyError: The catalogue has no such code, or its message has a field that is not in `facts`.
    """
    entry = CATALOGUE[code]
    return Issue(
        code=code,
        severity=severity or entry.severity,
        location=location,
        message=format_message(entry.message, facts),
    )


def find_issue_code(code: str) -> IssueCode | None:
    """Return the entry of an issue code in the catalogue. Return None if the code is unknown."""
    return CATALOGUE.get(code)
