"""What kind of document a JSON value is, by its members."""

from __future__ import annotations

from enum import StrEnum


class DocumentKind(StrEnum):
    """The documents that can be checked alone; each value is the name of its schema."""

    IMPORT_CONFIGURATION = "import-configuration"
    REQUEST = "start-dicom-import-job"
    PLAN = "plan"
    OVERRIDE = "override"


_DISTINCTIVE_MEMBERS = (
    (DocumentKind.IMPORT_CONFIGURATION, {"dicomJsonMetadataImportConfiguration", "dicomMetadataMappings"}),
    (DocumentKind.PLAN, {"jobs", "profile"}),  # before the request, whose inputS3Uri a plan has as well
    (DocumentKind.REQUEST, {"importConfiguration", "inputS3Uri", "dataAccessRoleArn", "datastoreId"}),
)


def detect_document_kind(document: object) -> DocumentKind | None:
    """Return the kind of a document: by the members that tell it, else an override if it is made of objects.

    An array is taken for an override of the wrong form.
    """
    if isinstance(document, list):
        return DocumentKind.OVERRIDE
    if not isinstance(document, dict):
        return None
    for kind, members in _DISTINCTIVE_MEMBERS:
        if members & document.keys():
            return kind
    return DocumentKind.OVERRIDE if all(isinstance(value, dict) for value in document.values()) else None
