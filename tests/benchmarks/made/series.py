"""The instances of one made series: what they share is encoded once, what differs is encoded for each."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks.made.elements import (
    ITEM,
    SEQUENCE_END,
    UNDEFINED,
    element,
    file_meta,
    head,
    sequence,
    tag_and_vr,
)
from tests.benchmarks.made.layouts import JPEG_2000, Layout

Value = str | bytes | Callable[[int], str]
"""One text for the series, bytes of a whole element, or a function of the instance's number."""

_ACQUISITION = (
    "BodyPartExamined",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "MRAcquisitionType",
    "SequenceName",
    "AngioFlag",
    "SliceThickness",
    "KVP",
    "RepetitionTime",
    "EchoTime",
    "InversionTime",
    "NumberOfAverages",
    "ImagingFrequency",
    "ImagedNucleus",
    "EchoNumbers",
    "MagneticFieldStrength",
    "SpacingBetweenSlices",
    "DataCollectionDiameter",
    "EchoTrainLength",
    "PercentSampling",
    "PercentPhaseFieldOfView",
    "PixelBandwidth",
    "DeviceSerialNumber",
    "SoftwareVersions",
    "ProtocolName",
    "HeartRate",
    "TriggerTime",
    "ReconstructionDiameter",
    "ReceiveCoilName",
    "GantryDetectorTilt",
    "TableHeight",
    "XRayTubeCurrent",
    "FlipAngle",
    "PatientPosition",
)
_DIFFERING = frozenset({"TriggerTime", "XRayTubeCurrent", "TableHeight"})
_WORDS = ("HEAD", "CHEST", "SE", "SK\\SP", "AX T2 FLAIR", "ORIGINAL", "NONE", "Exam 3", "LX_MR", "3D", "FFS")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSeries:
    """One series of a made study."""

    layout: Layout
    seed: str
    patient: int
    study_instance_uid: str
    number: int
    instances: int

    @property
    def series_instance_uid(self) -> str:
        """Its UID, which continues the study's."""
        return f"{self.study_instance_uid}.{self.number}"

    def files(self) -> Iterator[tuple[str, bytes, int, bytes]]:
        """Yield SOP Instance UID, head, length of the pixel data and end of each instance's file."""
        layout, chunks = self.layout, self._chunks()
        pixels, length = self._pixels()
        end = head(SEQUENCE_END, "", 0, implicit=True) if layout.transfer_syntax_uid == JPEG_2000 else b""
        uid_of = self._uid_of()
        for index in range(self.instances):
            uid = uid_of(index)
            meta = file_meta(layout.sop_class_uid, uid, layout.transfer_syntax_uid)
            encoded = [chunk if isinstance(chunk, bytes) else chunk(index) for chunk in chunks]
            yield uid, b"".join((meta, *encoded, pixels)), length, end

    def instance_number(self, index: int) -> int:
        """Return the InstanceNumber of the instance at an index."""
        return index + 1

    def _chunks(self) -> list[bytes | Callable[[int], bytes]]:
        """Return the data set up to the pixel data: bytes that all instances share, and what makes the others."""
        chunks: list[bytes | Callable[[int], bytes]] = []
        shared = bytearray()
        for tag, vr, value in sorted(self._elements(), key=lambda found: found[0]):
            if not callable(value):
                shared += value if isinstance(value, bytes) else self._element(tag, vr, value)
                continue
            chunks += [bytes(shared), lambda index, t=tag, v=vr, of=value: self._element(t, v, of(index))]  # type: ignore[misc]
            shared.clear()
        return [*chunks, bytes(shared)]

    def _element(self, tag: int, vr: str, text: str) -> bytes:
        if vr == "US":
            value = struct.pack("<H", int(text))
        else:
            value = text.encode(self.layout.codec if vr in ("LO", "LT", "PN", "SH") else "ascii")
        return element(tag, vr, value, implicit=self.layout.implicit)

    def _elements(self) -> Iterator[tuple[int, str, Value]]:
        for keyword, value in self._named().items():
            if value != "":
                yield (*tag_and_vr(keyword), value)
        dice = random.Random(f"{self.seed}/{self.number}/acquisition")
        for keyword in _ACQUISITION[: self.layout.acquisition]:
            tag, vr = tag_and_vr(keyword)
            yield tag, vr, _differing(dice, vr) if keyword in _DIFFERING else _any_value(dice, vr)
        yield from self._sequences()
        yield from self._private(dice)

    def _named(self) -> dict[str, Value]:
        layout, dice = self.layout, random.Random(self.seed)  # the same for all series of the study
        day = f"20{dice.randint(10, 25)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
        begun = dice.randint(0, 40_000)
        started = begun + 300 * self.number
        first, step = 3.1 * self.number - 250, (0.5, 1.25, 3.0, 5.0)[self.number % 4]
        return {
            "SpecificCharacterSet": layout.character_set,
            "ImageType": "ORIGINAL\\PRIMARY\\AXIAL",
            "InstanceCreationTime": lambda index: _time(started + index),
            "SOPClassUID": layout.sop_class_uid,
            "SOPInstanceUID": self._uid_of(),
            "StudyDate": day,
            "SeriesDate": day,
            "ContentDate": day,
            "StudyTime": _time(begun),
            "AcquisitionTime": lambda index: _time(started + index) + f".{index * 7919 % 10_000}",
            "ContentTime": lambda index: _time(started + index + 2),
            "AccessionNumber": f"A{self.patient:07}",
            "Modality": layout.modality,
            "Manufacturer": layout.manufacturer,
            "InstitutionName": "General Hospital",
            "ReferringPhysicianName": "Doctor^Who",
            "StationName": f"STATION{self.patient % 17}",
            "StudyDescription": "MADE STUDY",
            "SeriesDescription": f"series {self.number}",
            "ManufacturerModelName": "Made Model",
            "PatientName": layout.patient_name,
            "PatientID": f"P{self.patient}",
            "PatientBirthDate": "19700101",
            "PatientSex": "MFO"[self.patient % 3],
            "PatientAge": "055Y",
            "PatientWeight": f"{50 + self.patient % 50}.5",
            "StudyInstanceUID": self.study_instance_uid,
            "SeriesInstanceUID": self.series_instance_uid,
            "StudyID": str(self.patient),
            "SeriesNumber": str(self.number),
            "InstanceNumber": lambda index: str(self.instance_number(index)),
            "ImagePositionPatient": lambda index: f"-118.125\\-143.344\\{first + index * step:.6g}",
            "ImageOrientationPatient": "1\\0\\0\\0\\1\\0",
            "FrameOfReferenceUID": f"{self.study_instance_uid}.0.1",
            "SliceLocation": lambda index: f"{first + index * step:.6g}",
            "SamplesPerPixel": "1",
            "PhotometricInterpretation": "MONOCHROME2",
            "Rows": str(layout.size[0]),
            "Columns": str(layout.size[1]),
            "PixelSpacing": "0.9375\\0.9375",
            "BitsAllocated": "16",
            "BitsStored": "12",
            "HighBit": "11",
            "PixelRepresentation": "0",
        }

    def _uid_of(self) -> Callable[[int], str]:
        dice = random.Random(f"{self.seed}/{self.number}/uid")
        base, style = self.series_instance_uid, self.layout.uid_style
        if style == "counted":
            return lambda index: f"{base}.{index + 1}"
        first = dice.randint(100_000, 999_000)
        if style == "clocked":
            return lambda index: f"{base}.{(first + index) // 1000}.{(first + index) % 1000}"
        prime = 15_485_863  # its multiples modulo a power of two are all different, and of many lengths
        return lambda index: f"{base}.{(first + index) * prime % 2**24}"

    def _sequences(self) -> Iterator[tuple[int, str, Value]]:
        implicit, undefined = self.layout.implicit, self.layout.undefined
        items = []
        for number in range(self.layout.references):
            reference = element(0x00081150, "UI", self.layout.sop_class_uid.encode(), implicit=implicit)
            uid = f"{self.study_instance_uid}.{self.number}.9{number}"
            items.append(reference + element(0x00081155, "UI", uid.encode(), implicit=implicit))
        if items:
            yield 0x00081140, "SQ", sequence(0x00081140, items, implicit=implicit, undefined=undefined)
            code = b"".join(
                element(tag, vr, value, implicit=implicit)
                for tag, vr, value in ((0x00080100, "SH", b"T-D1100"), (0x00080102, "SH", b"SRT"))
            )
            nested = sequence(0x00082220, [code], implicit=implicit, undefined=undefined)
            yield 0x00082218, "SQ", sequence(0x00082218, [code + nested], implicit=implicit, undefined=undefined)

    def _private(self, dice: random.Random) -> Iterator[tuple[int, str, Value]]:
        if self.layout.private:
            yield 0x00190010, "LO", "MADE_ACQU_01"
        for number in range(self.layout.private):
            vr = dice.choice(("DS", "IS", "LO", "SH", "US"))
            value = _differing(dice, vr) if number % 30 == 7 and vr == "DS" else _any_value(dice, vr)
            yield 0x00191000 + number, vr, value

    def _pixels(self) -> tuple[bytes, int]:
        rows, columns = self.layout.size
        length, implicit = rows * columns * 2, self.layout.implicit
        if self.layout.transfer_syntax_uid != JPEG_2000:
            return head(0x7FE00010, "OW", length, implicit=implicit), length
        length //= 4
        offsets = head(ITEM, "", 0, implicit=True)
        return head(0x7FE00010, "OB", UNDEFINED, implicit=False) + offsets + head(
            ITEM, "", length, implicit=True
        ), length


def _time(seconds: int) -> str:
    return f"{seconds // 3600 % 24:02}{seconds // 60 % 60:02}{seconds % 60:02}"


def _differing(dice: random.Random, vr: str) -> Callable[[int], str]:
    first, step = dice.uniform(0, 900), dice.uniform(0.1, 3)
    if vr == "IS":
        return lambda index: str(int(first + index * step))
    return lambda index: f"{first + index * step:.4g}"


def _any_value(dice: random.Random, vr: str) -> str:
    if vr in ("DS", "IS", "US"):
        return str(dice.randint(0, 10 ** dice.randint(1, 4))) if vr != "DS" else f"{dice.uniform(0, 2000):.5g}"
    return dice.choice(_WORDS) if vr in ("LO", "SH", "CS") else ""
