"""An update: the requests that change the stored metadata of a series or a study, and its file in a package.

AWS documents the content of the two members of a request by examples only (developer guide, "Updating image set
metadata"; AWS CLI, update-image-set-metadata): a JSON object with `SchemaVersion` 1.1 and the levels of the metadata,
for example

    {"SchemaVersion": 1.1, "Study": {"Series": {"1.2.3": {"Instances": {"1.2.3.4": {"DICOM": {"ImageType": ...}}}}}}}
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from dicommap.dicom.strict_json import dump_json
from dicommap.healthimaging.levels import Level

UPDATE_FILE_VERSION = 1
"""The format version of the files in the folder `updates/` of a package."""

SCHEMA_VERSION = 1.1
"""The value of `SchemaVersion` in the documents of AWS's examples, a JSON number."""

MAX_REQUESTS = 1_000
"""Maximum number of requests in one update. If a series needs more, it has several updates."""

UpdateDocument = dict[str, Any]
"""The JSON object in `updatableAttributes` or `removableAttributes` of a request."""

Place = tuple[Level, str | None, str | None]
"""A level of a document, with the Series and SOP Instance UID that the level needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest:
    """One request of UpdateImageSetMetadata, without the identifiers of an image set."""

    updatable: UpdateDocument | None = field(default=None, repr=False)
    """The attributes to add or change, in AWS's form; None without such attributes."""
    removable: UpdateDocument | None = field(default=None, repr=False)
    """The attributes to remove, each with its stored value, in AWS's form; None without such attributes.

    In a package, a value is the current value from the inventory. It is None if the inventory does not have it. Before
    the request is sent, each value is replaced with the stored one, as in AWS's example. AWS does not document whether
    it compares them.
    """
    previous: UpdateDocument | None = field(default=None, repr=False)
    """The texts of the values before the edit: an array for each attribute whose values are known.

    They are not sent. `update` compares the stored values with them, so that it overwrites no other value.
    """
    force: bool = False
    """Whether the request needs the parameter `force`."""

    @property
    def updatable_bytes(self) -> bytes | None:
        """Return the value of `updatableAttributes` for the request; None if no attribute is added or changed."""
        return None if self.updatable is None else dump_update_document(self.updatable)

    @property
    def removable_bytes(self) -> bytes | None:
        """Return the value of `removableAttributes` for the request; None if no attribute is removed."""
        return None if self.removable is None else dump_update_document(self.removable)

    @property
    def size(self) -> int:
        """Return the total number of bytes of the two documents. AWS allows MAX_UPDATE_BYTES."""
        return len(self.updatable_bytes or b"") + len(self.removable_bytes or b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The requests that change the stored metadata of one series or one study, in the order in which they are sent."""

    study_instance_uid: str
    series_instance_uid: str | None
    """The series whose image set is updated.

    None if patient and study attributes of the whole study are updated, with the parameter `includeStudyImageSets`.
    """
    requests: tuple[UpdateRequest, ...] = field(repr=False)


def add_attribute(
    document: UpdateDocument,
    place: Place,
    name: str,
    value: Any,  # noqa: ANN401  JSON of any type
    vr: str | None = None,
) -> None:
    """Add an attribute to a document, with its SchemaVersion and the objects around it if they are missing.

    Args:
        document: The document, which may be empty.
        place: The place of the attribute.
        name: The keyword of the attribute, or its tag as eight hexadecimal digits.
        value: The value in the form of image set metadata.
        vr: The VR for DICOMVRs; None if the dictionary has it.

    """
    document.setdefault("SchemaVersion", SCHEMA_VERSION)
    level, series, instance = place
    path: tuple[str, ...] = ("Patient",) if level is Level.PATIENT else ("Study",)
    if series is not None:
        path += ("Series", series)
    if instance is not None:
        path += ("Instances", instance)
    members = document
    for member in path:
        members = members.setdefault(member, {})
    members.setdefault("DICOM", {})[name] = value
    if vr is not None:
        members.setdefault("DICOMVRs", {})[name] = vr


def dump_update_document(document: UpdateDocument) -> bytes:
    """Return the bytes of a document as a request has them: UTF-8 without spaces between the values."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def dump_update(update: Update) -> str:
    """Return the text of the file of an update in the folder `updates/` of a package."""
    document: dict[str, Any] = {"version": UPDATE_FILE_VERSION, "studyInstanceUID": update.study_instance_uid}
    if update.series_instance_uid is not None:
        document["seriesInstanceUID"] = update.series_instance_uid
    document["requests"] = [_request_to_json(request) for request in update.requests]
    return dump_json(document)


def _request_to_json(request: UpdateRequest) -> dict[str, Any]:
    members = {
        "force": request.force,
        "updatableAttributes": request.updatable,
        "removableAttributes": request.removable,
        "previousValues": request.previous,
    }
    return {name: value for name, value in members.items() if value is not None}


def update_from_json(document: dict[str, Any]) -> Update:
    """Return the update of a file. `document` is the JSON value of the file, which its schema has accepted."""
    return Update(
        study_instance_uid=document["studyInstanceUID"],
        series_instance_uid=document.get("seriesInstanceUID"),
        requests=tuple(
            UpdateRequest(
                updatable=request.get("updatableAttributes"),
                removable=request.get("removableAttributes"),
                previous=request.get("previousValues"),
                force=request["force"],
            )
            for request in document["requests"]
        ),
    )
