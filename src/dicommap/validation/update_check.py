"""Check updates of stored metadata: the files in the folder `updates/` of a package.

The same rules apply when a draft builds updates (`dicommap.updates`). So a document that somebody else has written is
refused for the same reasons as an edit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import hex_of, is_private, keyword_of, tag_of, vrs_of
from dicommap.dicom.strict_json import pointer_token
from dicommap.dicom.vr import BINARY_VRS
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_and_count_issues
from dicommap.updates.attribute_issues import (
    forbidden_attribute_issues,
    level_issues,
    needs_force,
    unavailable_issues,
)
from dicommap.updates.attribute_update import iterate_places
from dicommap.updates.update import dump_update_document
from dicommap.validation.configuration_check import uid_member_issues
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.dicom.json_model import Attribute
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.issues import Issue

_DOCUMENTS = ("updatableAttributes", "removableAttributes")
_TAG = re.compile(r"[0-9A-F]{8}")


def check_update(document: Any, known: Mapping[str, set[str]] | None, assumptions: Assumptions) -> list[Issue]:  # noqa: ANN401
    """Return the issues of an update of stored metadata.

    Args:
        document: The JSON value of the file.
        known: Study Instance UID -> Series Instance UIDs of the inventory; None if there is no inventory.
        assumptions: The assumptions that name the form of updates.

    """
    issues = check_schema("update", document)
    if issues:
        return issues
    issues += _target_issues(document, known)
    series = document.get("seriesInstanceUID")
    request_issues = (
        issue
        for index, request in enumerate(document["requests"])
        for issue in _request_issues(request, f"/requests/{index}", series, assumptions)
    )
    return issues + list(limit_and_count_issues(request_issues, DOCUMENT_ISSUE_LIMIT, Location(pointer="")))


def _target_issues(document: dict[str, Any], known: Mapping[str, set[str]] | None) -> Iterator[Issue]:
    """Yield the issues of the Study and Series Instance UID of an update."""
    study, series = document["studyInstanceUID"], document.get("seriesInstanceUID")
    yield from uid_member_issues(document, "")
    if known is not None and study not in known:
        yield make_issue("update-document.not-in-inventory", Location(pointer="/studyInstanceUID"), what="study")
    elif known is not None and series is not None and series not in known[study]:
        yield make_issue("update-document.not-in-inventory", Location(pointer="/seriesInstanceUID"), what="series")


def _request_issues(
    request: dict[str, Any], pointer: str, series: str | None, assumptions: Assumptions
) -> Iterator[Issue]:
    """Yield the issues of one request of an update. `series` is the Series Instance UID of the update, or None."""
    size = sum(len(dump_update_document(request[name])) for name in _DOCUMENTS if name in request)
    if size > MAX_UPDATE_BYTES:
        location, limit = Location(pointer=pointer), MAX_UPDATE_BYTES
        yield make_issue("update-document.too-large", location, what="the request", size=size, limit=limit)
    yield from _previous_value_issues(request, f"{pointer}/previousValues")
    for name in _DOCUMENTS:
        for place in _list_places(request.get(name, {}), f"{pointer}/{name}"):
            if place.series not in (None, series):
                yield make_issue("update-document.other-series", Location(pointer=place.pointer))
            else:
                checker = _PlaceChecker(place, name == "removableAttributes", request["force"], series, assumptions)
                yield from checker.issues()


def _previous_value_issues(request: dict[str, Any], pointer: str) -> Iterator[Issue]:
    """Yield an issue for each previous value that is no array of texts, or is of no attribute of the request."""
    attributes = {
        (place, name)
        for document in _DOCUMENTS
        for place, members in iterate_places(request.get(document))
        for name in members.get("DICOM", {})
    }
    for place, members in iterate_places(request.get("previousValues")):
        for name, texts in members.get("DICOM", {}).items():
            is_list = isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)
            if not is_list or (place, name) not in attributes:
                yield make_issue("update-document.previous-value", Location(pointer=pointer), keyword=name)


@dataclass(frozen=True, slots=True)
class _MetadataPlace:
    """One place in a document of UpdateImageSetMetadata (patient, study, series or instance), with its attributes."""

    level: Level
    content: dict[str, Any]
    """The object with the members DICOM and DICOMVRs."""
    pointer: str
    """The JSON Pointer of `content`."""
    series: str | None = None
    """The Series Instance UID of a series or an instance; else None."""


def _list_places(document: dict[str, Any], pointer: str) -> Iterator[_MetadataPlace]:
    """Yield the places of a document: its patient, study, series and instances."""
    if "Patient" in document:
        yield _MetadataPlace(Level.PATIENT, document["Patient"], f"{pointer}/Patient")
    study = document.get("Study", {})
    yield _MetadataPlace(Level.STUDY, study, f"{pointer}/Study")
    for uid, series in study.get("Series", {}).items():
        in_series = f"{pointer}/Study/Series{_uid_pointer_token(uid)}"
        yield _MetadataPlace(Level.SERIES, series, in_series, uid)
        for instance, content in series.get("Instances", {}).items():
            yield _MetadataPlace(Level.INSTANCE, content, f"{in_series}/Instances{_uid_pointer_token(instance)}", uid)


def _uid_pointer_token(uid: str) -> str:
    """Return the part of a JSON Pointer for a UID. It is masked if it may be a patient's ID: a UID has a dot."""
    return f"/{uid}" if "." in uid else pointer_token(uid)


@dataclass(frozen=True, slots=True)
class _PlaceChecker:
    """Checker of the attributes at one place of a request."""

    place: _MetadataPlace
    is_removal: bool
    has_force: bool
    series: str | None
    """The Series Instance UID of the update; None if the update is for the whole study."""
    assumptions: Assumptions

    def issues(self) -> Iterator[Issue]:
        """Yield the issues of the attributes."""
        attributes, vrs = self.place.content.get("DICOM", {}), self.place.content.get("DICOMVRs", {})
        for name, value in attributes.items():
            tag = _parse_attribute_tag(name)
            location = Location(pointer=f"{self.place.pointer}/DICOM{pointer_token(name)}")
            if tag is None:
                yield make_issue("update-document.unknown-attribute", location)
                continue
            location = Location(pointer=location.pointer, keyword=keyword_of(tag))
            yield from self._attribute_issues(tag, value, location)
            if is_private(tag) and name not in vrs and not self.is_removal:
                yield make_issue("update-document.private-vr", location, keyword=location.keyword)
        for name in vrs:
            if name not in attributes or self.is_removal:
                location = Location(pointer=f"{self.place.pointer}/DICOMVRs/{name}", keyword=keyword_of(int(name, 16)))
                yield make_issue("update-document.private-vr", location, keyword=location.keyword)

    def _attribute_issues(self, tag: int, value: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401
        """Yield the issues of one attribute at the place."""
        forbidden = list(forbidden_attribute_issues(tag, location))
        if forbidden:
            yield from forbidden
            return
        yield from level_issues(tag, self.place.level, location, is_one_series=self.series is not None)
        attribute = None if self.is_removal else _make_attribute_of_value(tag, value)
        yield from unavailable_issues(tag, attribute, self.assumptions, location)
        if needs_force(tag, attribute) and not self.has_force:
            yield make_issue("update-document.force", location, keyword=location.keyword)
        if attribute is not None and attribute["vr"] in BINARY_VRS and "Value" in attribute:
            yield make_issue("update-document.unknown-form", location, keyword=location.keyword)


def _parse_attribute_tag(name: str) -> int | None:
    """Return the tag of a keyword, or of a private element's eight hexadecimal digits; None for another name."""
    tag = tag_of(name)
    if tag is None and _TAG.fullmatch(name) and is_private(int(name, 16)):
        tag = int(name, 16)
    return tag if tag is None or name in (keyword_of(tag), hex_of(tag)) else None


def _make_attribute_of_value(tag: int, value: Any) -> Attribute:  # noqa: ANN401  JSON of any type
    """Return an attribute with the VR of the dictionary and the values in a document, for checks of the values."""
    vr = next(iter(vrs_of(tag)), "")
    if value in (None, "", []):
        return {"vr": vr}
    return {"vr": vr, "Value": value if isinstance(value, list) else [value]}
