"""Divide the updates of attributes into requests that are small enough for AWS.

The size of a request is computed attribute by attribute, because writing the documents again for each attribute would
take too long. The computed size may be some bytes larger than the documents, and is never smaller. An attribute is
never divided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import is_private, private_creator_tag_of
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.updates.attribute_update import AttributeUpdate, build_update_request
from dicommap.updates.update import UpdateRequest, dump_update_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LEVEL_ORDER = {level: number for number, level in enumerate(Level)}
_DOCUMENT_BYTES = len(b'{"SchemaVersion":1.1,"Patient":{"DICOM":{}},"Study":{"DICOM":{},"Series":{}}}')
_SERIES_BYTES = len(b'"":{"DICOM":{},"Instances":{}},')
_INSTANCE_BYTES = len(b'"":{"DICOM":{}},')
_VR_BYTES = len(b'"DICOMVRs":{"00191001":"DS"},')


def _make_sort_key(update: AttributeUpdate) -> tuple[bool, bool, int, str, str, bool, int]:
    """Return the sort key of an attribute: without force first, then changes before removals, then the place.

    A private creator is added before its elements, and removed after them, so that no request leaves elements without
    a creator (PS3.5 section 7.8.1).
    """
    is_creator = is_private(update.tag) and private_creator_tag_of(update.tag) is None
    is_late = update.is_removal and is_creator
    place = (_LEVEL_ORDER[update.level], update.series or "", update.instance or "")
    return update.needs_force, update.is_removal, *place, is_late, update.tag


def measure_request(update: AttributeUpdate) -> int:
    """Return the number of bytes of a request with one attribute only."""
    return _count_added_bytes(update, set())


def pack_requests(updates: Iterable[AttributeUpdate], max_bytes: int = MAX_UPDATE_BYTES) -> Iterator[UpdateRequest]:
    """Yield the requests for the attributes of one series or study, in the order in which they are sent.

    Each request has as many attributes as the limit allows. Equal attributes in any order give equal requests.
    Attributes that need `force` are in other requests than those that do not, so that AWS checks the latter.

    Args:
        updates: The attributes. `measure_request` must be within the limit for each of them.
        max_bytes: The maximum number of bytes of both documents of one request together.

    """
    request: list[AttributeUpdate] = []
    size = 0
    opened: _OpenedMembers = set()
    for update in sorted(updates, key=_make_sort_key):
        added = _count_added_bytes(update, opened)
        if request and (request[0].needs_force is not update.needs_force or size + added > max_bytes):
            yield build_update_request(request)
            request, size, opened = [], 0, set()
            added = _count_added_bytes(update, opened)
        request.append(update)
        size += added
        opened.update(_list_enclosing_members(update))
    if request:
        yield build_update_request(request)


_OpenedMembers = set[tuple[bool | str, ...]]
"""The JSON objects that a request has already, each as a tuple: the document, and the UIDs of a series and instance."""


def _list_enclosing_members(update: AttributeUpdate) -> list[tuple[bool | str, ...]]:
    """Return the JSON members around an attribute in a request, outermost first, in the form of `_OpenedMembers`."""
    names: tuple[bool | str, ...] = (update.is_removal,)
    members = [names]
    for uid in (update.series, update.instance):
        if uid is not None:
            names += (uid,)
            members.append(names)
    return members


_MEMBER_BYTES = (_DOCUMENT_BYTES, _SERIES_BYTES, _INSTANCE_BYTES)
"""Number of bytes of a document, of a series and of an instance, without their UIDs and attributes."""


def _count_added_bytes(update: AttributeUpdate, opened: _OpenedMembers) -> int:
    """Return the number of bytes that an attribute adds to a request with the members `opened`."""
    size = len(dump_update_document({update.name: update.value})) - 1  # a comma in place of two braces
    size += _VR_BYTES if update.vr is not None else 0
    for names, member_bytes in zip(_list_enclosing_members(update), _MEMBER_BYTES, strict=False):
        if names not in opened:
            size += member_bytes + (len(names[-1]) if isinstance(names[-1], str) else 0)
    return size
