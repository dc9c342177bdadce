"""The level of each attribute in HealthImaging's metadata: patient, study, series or instance.

Source: "DICOM metadata normalization" in the developer guide. It lists the attributes of the patient, study and series
level. AWS does not document the level of other attributes; it is assumed to be the instance level.
"""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """The level of an attribute in HealthImaging's metadata, or of an override, which is always STUDY or SERIES."""

    PATIENT = "patient"
    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"


def _parse_tags(text: str) -> frozenset[int]:
    return frozenset(int(word, 16) for word in text.split())


PATIENT_TAGS = _parse_tags("""
    00100010 00100020 00100021 00100024 00100022 00100030 00100033 00100034 00100035 00100040 00101100 00100200
    00081120 00100032 00101002 00101001 00102160 00104000 00102201 00102202 00102292 00102293 00102294 00100212
    00100213 00100219 00100218 00100216 00100221 00102297 00102298 00102299 00120062 00120063 00120064 00100026
    00100027 00120010 00120020 00120021 00120030 00120031 00120040 00120042 00120081 00120082
""")
"""Tags of the patient level: Patient module, Patient Group Macro, Clinical Trial Subject module."""

STUDY_TAGS = _parse_tags("""
    0020000D 00080020 00080030 00080090 00080096 0008009C 0008009D 00200010 00080050 00080051 00081030 00081048
    00081049 00081060 00081062 00321033 00321034 00081110 00081032 00401012 00081080 00081084 00101010 00101020
    00101030 00101022 00101023 00101024 00101021 00102000 00102110 001021A0 001021C0 001021D0 00380500 00102180
    001021B0 00380010 00380014 00321066 00321067 00380060 00380064 00380062 00102203 00120050 00120051 00120052
    00120053 00120083
""")
"""Tags of the study level: General Study, Patient Study and Clinical Trial Study modules."""

SERIES_TAGS = _parse_tags("""
    00080060 0020000E 00200011 00200060 00080021 00080031 00081050 00081052 00181030 0008103E 0008103F 00081070
    00081072 00081111 00081250 00180015 00185100 00280108 00280109 00400275 00102210 300A0700 00120060 00120071
    00120072 00080070 00080080 00080081 00081010 00081040 00081041 00081090 0018100B 00181000 00181020 00181008
    0018100A 00181002 00181050 00181200 00181201 00280120 00200052 00201040
""")
"""Tags of the series level: General Series, Clinical Trial Series, General Equipment and Frame of Reference modules."""

STUDY_GROUPING_TAGS = _parse_tags("00080020 00080050 00100020 0020000D 00200010")
"""Tags of the study attributes by which HealthImaging groups instances into image sets.

Source: developer guide, "Understanding image sets".
"""

SERIES_GROUPING_TAGS = _parse_tags("0020000E 00200011")
"""Tags of the attributes by which HealthImaging groups the instances of an image set into series.

Source: developer guide, "Understanding image sets".
"""

PER_INSTANCE_TAGS = _parse_tags("""
    00080018 00200013 00200032 00201041 00420011 54000100 56000020 7FE00001 7FE00002 7FE00008 7FE00009 7FE00010
    00287FE0 00041511
""")
"""Tags of attributes whose values differ between instances: identity, position, pixel data and other bulk data."""

ENCODING_TAGS = _parse_tags("""
    00080005 00280002 00280003 00280004 00280006 00280008 00280010 00280011 00280100 00280101 00280102 00280103
    00281101 00281102 00281103 00281104 00281111 00281112 00281113 00281201 00281202 00281203 00281204 00281211
    00281212 00281213 00281221 00281222 00281223 00281224 00420012 00420015 00480006 00480007 7FE00003
""")
"""Tags of attributes that describe how the rest of the file is encoded: the character set, the layout and palette of
pixels, the tiled matrix (PS3.3 C.7.6.3, C.7.9, C.8.12.4), and the type and length of an encapsulated document."""


def level_of(tag: int) -> Level:
    """Return the level of an attribute in HealthImaging's metadata. `tag` is the attribute's tag as an integer."""
    if tag in PATIENT_TAGS:
        return Level.PATIENT
    if tag in STUDY_TAGS:
        return Level.STUDY
    if tag in SERIES_TAGS:
        return Level.SERIES
    return Level.INSTANCE


def fits_override_level(tag: int, override: Level) -> bool:
    """Return whether an override of the level `override` may contain an attribute.

    An override of a study may contain attributes of the patient and study level. An override of a series may contain
    attributes of the series level.

    Args:
        tag: The attribute's tag as an integer.
        override: The level of the override.

    """
    level = level_of(tag)
    if override is Level.STUDY:
        return level in (Level.PATIENT, Level.STUDY)
    return level is override
