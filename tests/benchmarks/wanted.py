"""The ten attributes that every reader reads; nothing but the standard library, as peers' environments import it."""

from __future__ import annotations

ATTRIBUTES = {
    "SpecificCharacterSet": 0x00080005,
    "SOPClassUID": 0x00080016,
    "SOPInstanceUID": 0x00080018,
    "StudyDate": 0x00080020,
    "Modality": 0x00080060,
    "Manufacturer": 0x00080070,
    "PatientName": 0x00100010,
    "PatientID": 0x00100020,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
}
TAGS = tuple(ATTRIBUTES.values())
LAST = TAGS[-1]
