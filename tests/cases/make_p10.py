"""The P10 files of the corpus: what is in each, and how to make them again.

`python -m tests.cases.make_p10` writes them; a test checks that they are what this module makes. Every patient is
invented. The file meta is written here byte by byte, so that the files do not depend on pydicom's version.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from tests.support.p10_files import CT_IMAGE_STORAGE, DEFLATED, EXPLICIT_LITTLE, IMPLICIT_LITTLE, STUDY, data_set, uid

ROOT = Path(__file__).parent

PREAMBLE = bytes(128) + b"DICM"
DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
PRIVATE_SYNTAX = uid(STUDY, 99)
"""A transfer syntax that nobody else knows; its data sets are explicit VR little endian."""

_LONG_VRS = {"OB", "OW", "SQ", "UN", "UT"}


def element(tag: int, vr: str, value: bytes) -> bytes:
    """Return one element in explicit VR little endian; a value of odd length is not padded."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    length = struct.pack("<HL", 0, len(value)) if vr in _LONG_VRS else struct.pack("<H", len(value))
    return head + length + value


def uid_element(tag: int, text: str) -> bytes:
    """Return an element with a UID, padded to an even length."""
    return element(tag, "UI", text.encode() + b"\0" * (len(text) % 2))


def meta(
    *, sop_instance_uid: str, transfer_syntax: str | None = EXPLICIT_LITTLE, sop_class_uid: str = CT_IMAGE_STORAGE
) -> bytes:
    """Return a File Meta Information; without a transfer syntax where there is None."""
    members = [
        element(0x00020001, "OB", b"\0\1"),
        uid_element(0x00020002, sop_class_uid),
        uid_element(0x00020003, sop_instance_uid),
        uid_element(0x00020010, transfer_syntax) if transfer_syntax is not None else b"",
        uid_element(0x00020012, uid(STUDY, 98)),
    ]
    body = b"".join(members)
    return element(0x00020000, "UL", struct.pack("<L", len(body))) + body


def content(*, implicit: bool = False, **attributes: Any) -> bytes:
    """Return the bytes of the small CT instance of `tests.support.p10_files`, with attributes changed."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, True
    write_dataset(buffer, data_set(**attributes))
    return buffer.getvalue()


def instance(**attributes: Any) -> bytes:
    """Return a P10 file with nothing wrong about it but what `attributes` bring."""
    sop_instance_uid = attributes.get("SOPInstanceUID", uid(STUDY, 1, 1))
    return PREAMBLE + meta(sop_instance_uid=sop_instance_uid) + content(**attributes)


def of_study(study: int, series: int, number: int, **attributes: Any) -> bytes:
    """Return an instance of the shared trees, its UIDs and identifiers made from its numbers."""
    usual = {
        "StudyInstanceUID": uid(STUDY, study),
        "SeriesInstanceUID": uid(STUDY, study, series),
        "SOPInstanceUID": uid(STUDY, study, series, number),
        "PatientID": {1: "0042"}.get(study, f"P{study}"),
        "PatientName": {1: "Doe^Jane"}.get(study, "Roe^Richard"),
        "AccessionNumber": f"A{study}",
        "StudyID": f"S{study}",
        "SeriesNumber": series,
        "InstanceNumber": number,
        "SeriesDescription": "Localizer" if series == 1 else "Axial",
    }
    return instance(**usual | attributes)


def stored_deflate(data: bytes) -> bytes:
    """Return data as one stored block of the deflate format (RFC 1951), which no compressor has a say in."""
    return b"\1" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data


def _without_preamble() -> bytes:
    return content(implicit=True)


def _prefix_only() -> bytes:
    return b"DICM" + meta(sop_instance_uid=uid(STUDY, 1, 1)) + content()


def _dicomdir() -> bytes:
    directory = element(0x00041130, "CS", b"INVENTED")
    return PREAMBLE + meta(sop_instance_uid=uid(STUDY, 97), sop_class_uid=DICOMDIR_CLASS) + directory


def _uids_only() -> bytes:
    """Return an instance that ends after its Series Instance UID, as if cut between two elements."""
    uids = [
        uid_element(0x00080016, CT_IMAGE_STORAGE),
        uid_element(0x00080018, uid(STUDY, 1, 1)),
        uid_element(0x0020000D, STUDY),
        uid_element(0x0020000E, uid(STUDY, 1)),
    ]
    return PREAMBLE + meta(sop_instance_uid=uid(STUDY, 1, 1)) + b"".join(uids)


def _unknown_vr() -> bytes:
    """Return an instance whose element (0010,0020) claims the value representation ZZ."""
    return instance().replace(struct.pack("<HH2s", 0x0010, 0x0020, b"LO"), struct.pack("<HH2s", 0x0010, 0x0020, b"ZZ"))


def _not_deflated() -> bytes:
    return PREAMBLE + meta(sop_instance_uid=uid(STUDY, 1, 1), transfer_syntax=DEFLATED) + b"\xff" * 64


def _deflated() -> bytes:
    syntax = meta(sop_instance_uid=uid(STUDY, 1, 1), transfer_syntax=DEFLATED)
    return PREAMBLE + syntax + stored_deflate(content())


def _other_instance_in_meta() -> bytes:
    return PREAMBLE + meta(sop_instance_uid=uid(STUDY, 1, 2)) + content()


def _no_transfer_syntax() -> bytes:
    return PREAMBLE + meta(sop_instance_uid=uid(STUDY, 1, 1), transfer_syntax=None) + content()


def _implicit_under_explicit() -> bytes:
    return PREAMBLE + meta(sop_instance_uid=uid(STUDY, 1, 1)) + content(implicit=True)


def _implicit() -> bytes:
    syntax = meta(sop_instance_uid=uid(STUDY, 1, 1), transfer_syntax=IMPLICIT_LITTLE)
    return PREAMBLE + syntax + content(implicit=True)


def _private_syntax() -> bytes:
    return PREAMBLE + meta(sop_instance_uid=uid(STUDY, 1, 1), transfer_syntax=PRIVATE_SYNTAX) + content()


def _latin_1_undeclared() -> bytes:
    """Return an instance with Latin 1 bytes in PatientName and no SpecificCharacterSet."""
    return instance(PatientName="Muster^Ren?").replace(b"Ren?", b"Ren\xe9")


def _utf_8_as_latin_1(study: int = 1) -> bytes:
    """Return an instance with UTF-8 in PatientName, declared as Latin 1."""
    made = of_study(study, 1, 1, SpecificCharacterSet="ISO_IR 100", PatientName="Muster^Re??")
    return made.replace(b"Re??", "Re\xe9".encode())


def _latin_1_as_utf_8(study: int = 1) -> bytes:
    """Return an instance with Latin 1 bytes in PatientName, declared as UTF-8."""
    made = of_study(study, 1, 1, SpecificCharacterSet="ISO_IR 192", PatientName="Muster^Ren?")
    return made.replace(b"Ren?", b"Ren\xe9")


def _nul_in_patient_id() -> bytes:
    """Return an instance with a NUL inside PatientID."""
    return instance(PatientID="00?2").replace(b"00?2", b"00\x002")


def _undecodable_patient_id() -> bytes:
    """Return an instance with a Latin 1 byte in PatientID, declared as UTF-8."""
    made = instance(SpecificCharacterSet="ISO_IR 192", PatientID="Ren?")
    return made.replace(b"Ren?", b"Ren\xe9")


def _three_bytes_of_us() -> bytes:
    """Return an instance whose Rows (US, two bytes a number) has three bytes."""
    rows = element(0x00280010, "US", b"\1\0")
    return instance().replace(rows, element(0x00280010, "US", b"\1\0\0"))


def _patient_after_series() -> bytes:
    """Return an instance whose PatientID stands behind InstanceNumber."""
    rows = element(0x00280010, "US", b"\1\0")
    return instance(PatientID=None).replace(rows, element(0x00100020, "LO", b"P1") + rows)


def _long_name() -> tuple[bytes, bytes]:
    """Return PatientName as an element, and the same element with more bytes than are read."""
    return element(0x00100010, "PN", b"Muster"), element(0x00100010, "PN", b"M" * 4_098)


def _with_sequence(*, implicit: bool = False, delimiter: bool = False) -> bytes:
    """Return an instance with a sequence of defined length whose item is in explicit or implicit VR."""
    value = b"1.2.3.4\0"
    head = struct.pack("<HHL", 0x0008, 0x1155, len(value)) if implicit else element(0x00081155, "UI", value)[:8]
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(head + value)) + head + value
    behind = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0) if delimiter else b""
    patient = struct.pack("<HH2s", 0x0010, 0x0010, b"PN")
    return instance().replace(patient, element(0x00081140, "SQ", item) + behind + patient)


FILES: dict[str, Callable[[], bytes]] = {
    "material/two-studies/study1/series1/IM0001": lambda: of_study(1, 1, 1),
    "material/two-studies/study1/series1/IM0002": lambda: of_study(1, 1, 2),
    "material/two-studies/study1/series2/IM0001": lambda: of_study(1, 2, 1),
    "material/two-studies/study2/series1/IM0001": lambda: of_study(2, 1, 1),
    "material/differing/IM0001": lambda: of_study(1, 1, 1, StudyDescription="Head", BodyPartExamined="HEAD"),
    "material/differing/IM0002": lambda: of_study(1, 1, 2, StudyDescription="Neck", BodyPartExamined="NECK"),
    "dicom-json/left-out/IM0001": lambda: instance(AcquisitionDuration=float("nan")),
    "lookup/several-studies/tree/IM0001": lambda: of_study(1, 1, 1),
    "lookup/several-studies/tree/IM0002": lambda: of_study(2, 1, 1, AccessionNumber="A1"),
    "lookup/ambiguous/tree/IM0001": lambda: of_study(1, 1, 1),
    "lookup/ambiguous/tree/IM0002": lambda: of_study(1, 1, 2, PatientID="0043"),
    # Six digits in the UIDs are counted up by the cases that need very many studies.
    "material/counted/IM0001": lambda: instance(
        StudyInstanceUID=uid(STUDY, 100000),
        SeriesInstanceUID=uid(STUDY, 100000, 1),
        SOPInstanceUID=uid(STUDY, 100000, 1, 1),
    ),
    "fhir/left-out/tree/IM0001": lambda: instance(StudyDate="2026.01.02"),
    "fhir/no-modality/tree/IM0001": lambda: instance(Modality=None),
    "fhir/no-patient-id/tree/IM0001": lambda: instance(PatientID=None),
    "fhir/no-time-zone/tree/IM0001": lambda: instance(StudyTime="101530"),
    "fhir/uid-too-long/tree/IM0001": lambda: instance(SeriesInstanceUID=uid(STUDY, "7" * 50)),
    "edit/doubtful-source/tree/IM0001": _utf_8_as_latin_1,
    "edit/undecodable-source/tree/IM0001": _latin_1_as_utf_8,
    "instance/conflict/tree/IM0002": lambda: of_study(1, 1, 1, PatientID="0043"),
    "instance/unsupported-transfer-syntax/tree/IM0001": _private_syntax,
    "p10/control-character/tree/IM0001": _nul_in_patient_id,
    "fhir/undecodable/tree/IM0001": _undecodable_patient_id,
    "p10/deflated/tree/IM0001": _deflated,
    "p10/dicomdir/tree/DICOMDIR": _dicomdir,
    "p10/doubtful-text/tree/IM0001": _utf_8_as_latin_1,
    "p10/encoding-mismatch/tree/IM0001": _implicit_under_explicit,
    "p10/ends-early/tree/IM0001": _uids_only,
    "p10/implicit/tree/IM0001": _implicit,
    "p10/invalid-uid/tree/IM0001": lambda: instance(StudyInstanceUID="1.2.3_4"),
    "p10/item-encoding-mismatch/tree/IM0001": lambda: _with_sequence(implicit=True),
    "p10/malformed/tree/IM0001": _unknown_vr,
    "p10/malformed-deflated/tree/IM0001": _not_deflated,
    "p10/meta-only/tree/IM0001": lambda: PREAMBLE + meta(sop_instance_uid=uid(STUDY, 1, 1)),
    "p10/missing-transfer-syntax/tree/IM0001": _no_transfer_syntax,
    "p10/missing-uid/tree/IM0001": lambda: instance(SeriesInstanceUID=None),
    "p10/nonconformant-uid/tree/IM0001": lambda: instance(StudyInstanceUID="1.2.03.4"),
    "p10/not-p10/tree/IM0001": _without_preamble,
    "p10/not-p10-prefix-only/tree/IM0001": _prefix_only,
    "p10/sop-instance-uid-mismatch/tree/IM0001": _other_instance_in_meta,
    "p10/stray-delimiter/tree/IM0001": lambda: _with_sequence(delimiter=True),
    "p10/undecodable-number/tree/IM0001": _three_bytes_of_us,
    "p10/undecodable-text/tree/IM0001": _latin_1_undeclared,
    "p10/unordered/tree/IM0001": _patient_after_series,
    "p10/value-too-long/tree/IM0001": lambda: instance(PatientName="Muster").replace(*_long_name()),
    "study/invalid-date/tree/IM0001": lambda: of_study(1, 1, 1, StudyDate="2026-01-2"),
    "study/invalid-date/tree/IM0002": lambda: of_study(2, 1, 1, PatientBirthDate="20260231"),
    "study/invalid-date/tree/IM0003": lambda: of_study(3, 1, 1, StudyDate="20240229"),
    "series/in-two-studies/tree/IM0001": lambda: of_study(2, 1, 2, SeriesInstanceUID=uid(STUDY, 1, 1)),
}
"""Every P10 file of the corpus by its path, and what makes it."""


def main() -> None:
    """Write all files."""
    for name, make in FILES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make())


if __name__ == "__main__":
    main()
