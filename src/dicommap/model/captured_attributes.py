"""The captured attributes: the attributes whose values a scan stores in the inventory."""

from __future__ import annotations

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.keywords import make_keyword_hint, mask_unless_word
from dicommap.errors import AttributeNameError

SOP_INSTANCE_UID = 0x00080018
INSTANCE_NUMBER = 0x00200013
SPECIFIC_CHARACTER_SET = 0x00080005

DEFAULT_KEYWORDS = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyID",
    "StudyDescription",
    "ReferringPhysicianName",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "BodyPartExamined",
    "Manufacturer",
    "SpecificCharacterSet",
)
"""Keywords that every scan captures: those by which HealthImaging groups instances, and those that users search for."""

IDENTIFYING_UIDS = ("SOPInstanceUID", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID")
"""Keywords of the UIDs that every instance must have."""

_NOT_CAPTURED_VRS = frozenset({"SQ", "OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_KEY_KEYWORDS = frozenset({*IDENTIFYING_UIDS, "InstanceNumber", "TransferSyntaxUID"})


def list_captured_keywords(additional: tuple[str, ...] | list[str] = ()) -> tuple[str, ...]:
    """Return the keywords of all captured attributes: the default keywords, then `additional` in the given order.

    Raises:
        AttributeNameError: A name is not a DICOM keyword, or the values of its attribute are not texts or numbers.
    """
    keywords = dict.fromkeys(DEFAULT_KEYWORDS)
    for keyword in additional:
        tag = tag_of(keyword)
        if tag is None:
            meant = make_keyword_hint(keyword)
            said = f"{mask_unless_word(keyword) if keyword else 'The empty text'} is not a DICOM keyword."
            raise AttributeNameError(said, fix=_make_sentence(meant) if meant else "PS3.6 lists the keywords.")
        vrs = vrs_of(tag)
        if len(vrs) != 1 or vrs[0] in _NOT_CAPTURED_VRS or tag >> 16 in (0x0000, 0x0002):
            raise AttributeNameError(
                f"{keyword} cannot be captured: it is not a text or number, or its VR depends on other attributes.",
                fix="Name attributes with a text or number value.",
            )
        if keyword not in _KEY_KEYWORDS:
            keywords[keyword] = None
    return tuple(keywords)


def _make_sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith("?") else ".")
