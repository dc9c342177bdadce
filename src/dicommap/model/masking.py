"""Mask patient values for display, and escape characters that cannot be printed.

Attributes in `UNMASKED_KEYWORDS` are shown, all others are masked. Escapes are never converted back, because they are
ambiguous: an undecodable byte and a control character may have the same escape, and a value may contain a backslash and
the same letters.
"""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from dicommap.arguments import to_flag
from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.dicom.printable_text import MASK, make_printable
from dicommap.dicom.vr import MULTILINE_VRS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNMASKED_BY_REASON = {
    "Nobody can act on an issue without UIDs, and numbers of series and instances.": """
        StudyInstanceUID SeriesInstanceUID SOPInstanceUID SOPClassUID TransferSyntaxUID FrameOfReferenceUID
        SeriesNumber AcquisitionNumber InstanceNumber TemporalPositionIdentifier""",
    "Terms of the standard for the kind of image and the body part.": """
        SpecificCharacterSet Modality ImageType BodyPartExamined Laterality ImageLaterality PatientPosition
        ViewPosition PatientOrientation ConversionType PresentationIntentType PresentationLUTShape
        BurnedInAnnotation PatientIdentityRemoved QualityControlImage RescaleType""",
    # People type these texts and may have typed a name, so PS3.15 table E.1-1 lists them. They are shown here, because
    # a person who prepares an import has the files, and knows studies by these texts. The comments in that table are
    # masked, since they are about patients. So are names of institutions and serial numbers of devices.
    "Descriptions of study and protocol.": """
        StudyDescription SeriesDescription ProtocolName AcquisitionProtocolName AcquisitionProtocolDescription
        PerformedProcedureStepDescription RequestedProcedureDescription ScheduledProcedureStepDescription
        AcquisitionDeviceProcessingDescription DerivationDescription ContrastBolusAgent ContrastBolusRoute""",
    "Descriptions of equipment.": """
        Manufacturer ManufacturerModelName StationName DeviceDescription SoftwareVersions MagneticFieldStrength
        ReceiveCoilName TransmitCoilName DetectorType ConvolutionKernel FilterType CollimatorType""",
    "Numbers and terms of the acquisition and the pixels, which are not in PS3.15 table E.1-1.": """
        ScanningSequence SequenceVariant SequenceName ScanOptions MRAcquisitionType RepetitionTime EchoTime
        InversionTime FlipAngle EchoNumbers EchoTrainLength NumberOfAverages ImagingFrequency ImagedNucleus
        PixelBandwidth InPlanePhaseEncodingDirection AcquisitionMatrix KVP Exposure ExposureTime XRayTubeCurrent
        SliceThickness SpacingBetweenSlices SliceLocation ImagePositionPatient ImageOrientationPatient
        ImagesInAcquisition NumberOfTemporalPositions NumberOfFrames Rows Columns PixelSpacing
        ImagerPixelSpacing SamplesPerPixel PhotometricInterpretation PlanarConfiguration BitsAllocated BitsStored
        HighBit PixelRepresentation WindowCenter WindowWidth RescaleIntercept RescaleSlope
        LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod""",
}
UNMASKED_KEYWORDS = frozenset(" ".join(_UNMASKED_BY_REASON.values()).split())
"""Keywords of attributes that are shown without --show-values. The values of all other attributes are masked."""

_LAYOUT = re.compile("([\t\n\f\r]+)")
"""Matches the control characters that may be in long texts (PS3.5 section 6.1.3)."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNDECODABLE = re.compile("[\udc00-\udcff\ufffd]+")
_ESCAPES = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")


def escape_text(text: str) -> str:
    r"""Return a text in which undecodable bytes, U+FFFD, control characters and text direction marks are escaped."""
    return make_printable(text).replace(_REPLACEMENT, r"\ufffd")


def escape_value(keyword: str, text: str) -> str:
    """Return a value escaped by `escape_text`. If the attribute's VR allows tabs and line breaks, they are kept."""
    if text.isascii() and text.isprintable():
        return text
    return escape_keeping_lines(text) if allows_line_breaks(keyword) else escape_text(text)


def escape_keeping_lines(text: str) -> str:
    """Return a text escaped by `escape_text`, with its tabs and line breaks unchanged."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if number % 2 else escape_text(part) for number, part in enumerate(_LAYOUT.split(text)))


@lru_cache(maxsize=1024)
def allows_line_breaks(keyword: str) -> bool:
    """Return whether the values of an attribute may have tabs and line breaks. They may if its VR is LT, ST or UT."""
    tag = tag_of(keyword)
    return tag is not None and bool(vrs_of(tag)) and set(vrs_of(tag)) <= MULTILINE_VRS


def escape_undecodable(text: str) -> str:
    """Return a text for a file, with undecodable bytes and U+FFFD escaped. Control characters are not escaped."""
    return text if text.isascii() else _UNDECODABLE.sub(lambda match: escape_text(match[0]), text)


def find_escapes(text: str) -> frozenset[str]:
    """Return all parts of a text that look like escapes of `escape_text`."""
    return frozenset(_ESCAPES.findall(text)) if "\\" in text else frozenset()


_TRANSFER_SYNTAX = re.compile(r"[0-2](?:\.[0-9]{1,20}){3,20}")
"""Matches a transfer syntax UID of DICOM (PS3.6 table A-1) or of a vendor."""
_NUMBERS = re.compile(r"[0-9+.eE \\-]{1,400}")
"""Matches one or several values of DS and IS, even if they are longer than PS3.5 section 6.2 allows."""

_is_unmasked_in_all_reprs = False


class ShowValuesSetting:
    """The context manager that `show_values` returns.

    At the end of its `with` block, it restores the previous setting.
    """

    def __init__(self, previous: bool) -> None:
        self._previous = previous

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        show_values(self._previous)

    def __repr__(self) -> str:
        return "Values are shown." if _is_unmasked_in_all_reprs else "Values are masked."


def show_values(shown: bool = True) -> ShowValuesSetting:
    """Show or mask patient values in the reprs of all objects in this process. By default, they are masked.

    The call `show_values(True)` has effect until `show_values(False)` is called; `with show_values(True): ...` has
    effect inside the block. If the environment variable DICOMMAP_SHOW_VALUES is 1 when dicommap is imported, values are
    shown from the start. The setting does not change tables that commands print, logs, files or error messages.

    Args:
        shown: True to show values, False to mask them.

    Returns:
        A context manager that restores the previous setting.

    Raises:
        UsageError: `shown` is not a bool.
    """
    global _is_unmasked_in_all_reprs  # one setting for the whole process
    setting = ShowValuesSetting(_is_unmasked_in_all_reprs)
    _is_unmasked_in_all_reprs = to_flag("shown", shown)
    return setting


def is_unmasked_in_repr(*, unmasked: bool = False) -> bool:
    """Return whether an object's repr shows patient values: if `unmasked` is True, or after `show_values(True)`."""
    return unmasked or _is_unmasked_in_all_reprs


def has_expected_form(keyword: str, value: str) -> bool:
    """Return whether a value has the form that its attribute requires.

    SpecificCharacterSet and TransferSyntaxUID must be valid terms, and DS and IS values must be numbers. In a damaged
    file, these attributes may have any text, even a text about a patient. For all other attributes, return True.
    """
    if keyword == "SpecificCharacterSet":
        from dicommap.dicom.character_sets import parse_specific_character_set

        return value.isprintable() and parse_specific_character_set(value).is_known
    if keyword == "TransferSyntaxUID":
        return _TRANSFER_SYNTAX.fullmatch(value) is not None
    return not _is_number_keyword(keyword) or _NUMBERS.fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _is_number_keyword(keyword: str) -> bool:
    return bool({*vrs_of(tag_of(keyword) or 0)} & {"DS", "IS"})


_MARK = re.compile(r"<(?:([A-Za-z0-9]{2,64})|[A-Za-z0-9]{1,64}(?:\u2026|\.\.\.)) (?:[1-9][0-9]{0,6}|[0-9a-f]{16})>")
"""Matches a mark of a masked value: a keyword or tag, then a number or hash. An ellipsis may shorten the keyword."""
_TAG = re.compile("[0-9A-Fa-f]{8}")


def has_mask_or_mark(text: str) -> bool:
    """Return whether a text comes from masked output: it is `***`, or it contains a mark such as `<PatientID 3>`.

    Such a text must never become the new value of an attribute. But in some files, the value really is `***`. So a
    caller that knows the value in the file calls this function only for a text that differs from this value.
    """
    return text.strip() == MASK or any(find_marks(text))


def find_marks(text: str) -> Iterator[str]:
    """Yield each mark in a text. A mark, such as `<PatientID 3>`, replaces a masked value."""
    for match in _MARK.finditer(text):
        if match[1] is None or _TAG.fullmatch(match[1]) or tag_of(match[1]) is not None:
            yield match[0]


def is_mark(text: str) -> bool:
    """Return whether a text is exactly one mark, such as `<PatientID 3>`."""
    return text in find_marks(text)


class Masker:
    """An object that replaces the patient values in one output by marks, such as `<PatientID 3>`.

    A mark has the keyword and a number in the order of appearance. Equal values of an attribute get equal marks, and
    different values get different marks. So a reader sees which values are equal, but not the values. All parts of one
    output (tables, HTML page, CSV) share one Masker. Marks of two outputs cannot be compared.

    To limit memory, a Masker keeps only hashes of values, with a salt that no other Masker has. After
    MAX_NUMBERED_VALUES values, a mark has the hash instead of a number.
    """

    MAX_NUMBERED_VALUES = 100_000
    """Maximum number of values that get a number. The values of all attributes count together."""

    def __init__(self, *, show_values: bool = False) -> None:
        """Create a Masker for a new output. With `show_values`, it masks nothing."""
        self.show_values = show_values
        self.example = ""
        """The first mark of the output. It is empty if no value was masked."""
        self.is_explained = False
        """Whether the output already explains its marks. A command prints the explanation once."""
        self._salt = secrets.token_bytes(16)
        self._numbers: dict[bytes, int] = {}
        self._counts: dict[str, int] = {}

    def mask(self, keyword: str, value: str, *, can_be_shown: bool = True) -> str:
        """Return a value for display: escaped if it may be shown, otherwise its mark.

        An empty value is returned unchanged.

        Args:
            keyword: The keyword of the attribute, or its tag. The mark of the tag (0009,1010) is `<00091010 1>`.
            value: The value.
            can_be_shown: False if the value must be masked even though its attribute is unmasked.
        """
        if self.show_values or not value or (can_be_shown and is_never_masked(keyword, value)):
            return escape_value(keyword, value)
        name = keyword.strip("()").replace(",", "")  # a private attribute is named by its tag, such as (0009,1010)
        mark = f"<{name} {self._find_or_assign_number(name, value)}>"
        self.example = self.example or mark
        return mark

    def explain_marks(self) -> str:
        """Return a sentence that explains the marks of this output. Return "" if no value was masked."""
        return f"In this output, equal marks such as {self.example} mask equal values." if self.example else ""

    def mask_only_value(self, keyword: str, distinct: int, value: str) -> str:
        """Return the masked value if all files have the same value, else a text such as `<3 different values>`.

        Args:
            keyword: The keyword of the attribute.
            distinct: The number of different values.
            value: The only value. It is ignored if there are several.
        """
        return make_different_values_marker(distinct) if distinct > 1 else self.mask(keyword, value)

    def mask_counts(self, keyword: str, counts: Mapping[str, int]) -> str:
        """Return the masked value if all files have the same value, else a text such as `<3 different values>`.

        `counts` is a dict: value -> number of files.
        """
        counts = merge_counts_of_equal_names(keyword, counts)
        return self.mask_only_value(keyword, len(counts), next(iter(counts), ""))

    def _find_or_assign_number(self, keyword: str, value: str) -> str:
        """Return the number or hash in the mark of a value. A new value gets the next number of its keyword."""
        text = f"{keyword} {value}".encode("utf-8", "surrogatepass")
        digest = blake2b(text, digest_size=16, key=self._salt).digest()
        number = self._numbers.get(digest)
        if number is None:
            if len(self._numbers) >= self.MAX_NUMBERED_VALUES:
                return digest[:8].hex()
            number = self._numbers[digest] = self._counts[keyword] = self._counts.get(keyword, 0) + 1
        return str(number)


def make_repr_masker(*, unmasked: bool = False) -> Masker:
    """Return a Masker for an object's repr. It masks nothing if `unmasked` is True or after `show_values(True)`."""
    return Masker(show_values=is_unmasked_in_repr(unmasked=unmasked))


def is_never_masked(keyword: str, value: str) -> bool:
    """Return whether a value is never masked: it is empty, or its attribute is in `UNMASKED_KEYWORDS`.

    A damaged value of such an attribute is masked (see `has_expected_form`).
    """
    return not value or (keyword in UNMASKED_KEYWORDS and has_expected_form(keyword, value))


def make_different_values_marker(count: int) -> str:
    """Return a text in place of different values of an attribute, such as `<3 different values>`."""
    return f"<{count} different values>"
