"""The update of one attribute, which is read from documents of UpdateImageSetMetadata, and written to them.

A draft makes an AttributeUpdate of each change, and packs them into requests. `dicommap update` reads them from the
requests of a package again, and packs those that an image set still needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import tag_of
from dicommap.healthimaging.levels import Level
from dicommap.updates.stored_form import get_stored_name
from dicommap.updates.update import Place, UpdateDocument, UpdateRequest, add_attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_VRS_MEMBER = "DICOMVRs"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeUpdate:
    """The update of one attribute of a patient, study, series or instance."""

    tag: int
    level: Level
    series: str | None = None
    """The Series Instance UID, at the levels of series and instances; else None."""
    instance: str | None = None
    """The SOP Instance UID, at the level of instances; else None."""
    value: Any = field(repr=False, hash=False)
    """The new value in the form of image set metadata. For a removal, the current value; None if it is not known."""
    vr: str | None = None
    """The value representation of a private element that is added or changed; else None."""
    is_removal: bool = False
    needs_force: bool = False
    previous: tuple[str, ...] | None = field(default=None, repr=False)
    """The texts of the possible values before the edit. An empty text means no value. None if they are not known."""

    @property
    def name(self) -> str:
        """Return the name of the attribute in a document: its keyword, or its tag as eight hexadecimal digits."""
        return get_stored_name(self.tag)

    @property
    def place(self) -> Place:
        """Return the place of the attribute in a document."""
        return self.level, self.series, self.instance


def list_attribute_updates(request: UpdateRequest) -> list[AttributeUpdate]:
    """Return the attributes of a request: first those that are added or changed, then those that are removed."""
    previous = {
        (place, name): tuple(texts)
        for place, members in iterate_places(request.previous)
        for name, texts in members.get("DICOM", {}).items()
    }
    return [
        *_iterate_attributes(request.updatable, previous, is_removal=False, force=request.force),
        *_iterate_attributes(request.removable, previous, is_removal=True, force=request.force),
    ]


def build_update_request(updates: Iterable[AttributeUpdate]) -> UpdateRequest:
    """Return the request that has exactly these attributes. It has `force` if one of them needs it."""
    documents: dict[bool, UpdateDocument] = {}
    previous: UpdateDocument = {}
    force = False
    for update in updates:
        document = documents.setdefault(update.is_removal, {})
        add_attribute(document, update.place, update.name, update.value, update.vr)
        if update.previous is not None:
            add_attribute(previous, update.place, update.name, list(update.previous))
        force |= update.needs_force
    return UpdateRequest(
        updatable=documents.get(False), removable=documents.get(True), previous=previous or None, force=force
    )


def iterate_places(document: UpdateDocument | None) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield each place of a document, outermost first, with the object that has its members DICOM and DICOMVRs."""
    if document is None:
        return
    study = document.get("Study", {})
    yield (Level.PATIENT, None, None), document.get("Patient", {})
    yield (Level.STUDY, None, None), study
    for series, of_series in study.get("Series", {}).items():
        yield (Level.SERIES, series, None), of_series
        for instance, of_instance in of_series.get("Instances", {}).items():
            yield (Level.INSTANCE, series, instance), of_instance


def _iterate_attributes(
    document: UpdateDocument | None,
    previous: Mapping[tuple[Place, str], tuple[str, ...]],
    *,
    is_removal: bool,
    force: bool,
) -> Iterator[AttributeUpdate]:
    """Yield the update of each attribute in a document."""
    for place, members in iterate_places(document):
        level, series, instance = place
        vrs = members.get(_VRS_MEMBER, {})
        for name, value in members.get("DICOM", {}).items():
            tag = tag_of(name)
            yield AttributeUpdate(
                tag=int(name, 16) if tag is None else tag,
                level=level,
                series=series,
                instance=instance,
                value=value,
                vr=vrs.get(name),
                is_removal=is_removal,
                needs_force=force,
                previous=previous.get((place, name)),
            )
