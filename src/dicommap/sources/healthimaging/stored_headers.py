r"""Make the header of each instance of an image set from its metadata, with the texts that a scan of its file gives.

The metadata has the attributes of the patient, study and series once, and those of the instances for each instance. An
attribute is taken from the lowest level that has it. The developer guide shows the form of values by examples only, so
a value is read in each form that has one meaning:

- `null` is an attribute without a value; several values are an array, or one text with backslashes;
- a person name is one text with `=` between its groups, or an object with a member for each group;
- DS, IS and the binary numbers are texts or JSON numbers; the padding of texts does not count.

A value in any other form is not guessed: the instance is then `malformed`, with the issue `image-set.unreadable-value`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.dicom.dictionary import vrs_of
from dicommap.dicom.vr import FLOAT_VRS, INTEGER_VRS, NUMBER_TEXT_VRS, format_float
from dicommap.issues import Location, make_issue
from dicommap.model.study import Disposition
from dicommap.p10.header import Header, RejectedFile, WantedAttributes
from dicommap.p10.header_decoding import find_text_issues, make_header_or_rejected_file
from dicommap.p10.structure_errors import format_element
from dicommap.p10.text_decoding import strip_padding
from dicommap.verification.stored_metadata import ABSENT, find_value, list_stored_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.issues import Issue
    from dicommap.verification.stored_metadata import StoredImageSet, StoredSeries

_TRANSFER_SYNTAX_UID = 0x00020010
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_BINARY_NUMBER_VRS = INTEGER_VRS | FLOAT_VRS | {"AT"}
_MAX_DIGITS = 20
"""Maximum number of digits of an integer. A number of 64 bits has fewer."""
_TAG = re.compile(r"(?:[0-9A-Fa-f]{8})?")

_Values = dict[str, str]
"""Keyword -> value as text."""


class _UnreadableValueError(Exception):
    """Raised for a stored value that cannot be read. Its issue gives the reason."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.message)
        self.issue = issue


class _WantedAttribute(NamedTuple):
    """One attribute that the reader takes from the metadata: its possible names, its VR, and its maximum length."""

    tag: int
    keyword: str
    names: tuple[str, ...]
    vr: str
    limit: int


class StoredHeaderReader:
    """A reader of the headers of stored instances."""

    def __init__(self, keywords: tuple[str, ...]) -> None:
        """Prepare a reader.

        Args:
            keywords: The keywords of the captured attributes.

        """
        wanted = WantedAttributes(keywords)
        self._wanted = tuple(
            _WantedAttribute(tag, keyword, list_stored_names(tag), vrs_of(tag)[0], wanted.limits[tag])
            for tag, keyword in wanted.tags.items()
        )

    def read_headers(self, image_set: StoredImageSet) -> Iterator[tuple[str, Header | RejectedFile]]:
        """Yield the SOP Instance UID and the header of each instance, in the order of the metadata.

        The UID is the one under which the metadata has the instance. The caller must check its characters.

        Args:
            image_set: The metadata of an image set.

        """
        for series_uid, series in image_set.series.items():
            shared: _Values | Issue
            try:
                shared = self._read_shared_values(image_set, series_uid, series)
            except _UnreadableValueError as error:
                shared = error.issue
            for uid, attributes in series.instances.items():
                yield uid, self._read_instance_header(uid, attributes, shared)

    def _read_shared_values(self, image_set: StoredImageSet, series_uid: str, series: StoredSeries) -> _Values:
        """Return the values of the patient, the study and one series. Raises _UnreadableValueError."""
        values: _Values = {}
        for level in (image_set.patient, image_set.study, series.attributes):
            values |= self._read_values(level)
        _set_or_require_uid("SeriesInstanceUID", series_uid, values)
        return values

    def _read_instance_header(
        self, uid: str, attributes: Mapping[str, Any], shared: _Values | Issue
    ) -> Header | RejectedFile:
        """Return the header of an instance. `shared` has the values of its series, or the issue of reading them."""
        try:
            if not isinstance(shared, dict):
                raise _UnreadableValueError(shared)
            own = self._read_values(attributes)
            _set_or_require_uid("SOPInstanceUID", uid, own)
            transfer_syntax = find_value(attributes, _TRANSFER_SYNTAX_UID)
            syntax = "" if transfer_syntax is ABSENT else _format_value("UI", transfer_syntax)
        except _UnreadableValueError as error:
            return RejectedFile(disposition=Disposition.MALFORMED, issues=(error.issue,))
        values = {**shared, **own}
        return make_header_or_rejected_file(syntax or "", values, list(self._find_text_issues(values)))

    def _read_values(self, attributes: Mapping[str, Any]) -> _Values:
        """Return the wanted values of one level. Raises _UnreadableValueError."""
        values: _Values = {}
        for wanted in self._wanted:
            for name in wanted.names:
                if name in attributes:
                    values[wanted.keyword] = _read_limited_value(wanted, attributes[name])
                    break
        return values

    def _find_text_issues(self, values: _Values) -> Iterator[Issue]:
        charset = _parse_character_set(values.get("SpecificCharacterSet", ""))
        for wanted in self._wanted:
            text = values.get(wanted.keyword, "")
            if text:
                yield from find_text_issues(wanted.keyword, wanted.vr, text, charset)


_parse_character_set = lru_cache(maxsize=64)(parse_specific_character_set)


def _set_or_require_uid(keyword: str, uid: str, values: _Values) -> None:
    """Add a UID to `values` if they have no UID for this keyword.

    `uid` is the UID under which the metadata has the series or instance. Raises _UnreadableValueError if `values` have
    another UID.
    """
    if values.setdefault(keyword, uid) != uid:
        raise _UnreadableValueError(make_issue("image-set.other-uid", Location(keyword=keyword), keyword=keyword))


def _read_limited_value(wanted: _WantedAttribute, stored: Any) -> str:  # noqa: ANN401  JSON of any type
    """Return a stored value as text. Raises _UnreadableValueError."""
    location = Location(keyword=wanted.keyword)
    text = _format_value(wanted.vr, stored)
    if text is None:
        raise _UnreadableValueError(
            make_issue("image-set.unreadable-value", location, keyword=wanted.keyword, vr=wanted.vr)
        )
    length = len(text) if text.isascii() else len(text.encode("utf-8"))
    if length > wanted.limit:
        raise _UnreadableValueError(
            make_issue(
                "p10.value-too-long",
                location,
                keyword=wanted.keyword,
                element=format_element(wanted.tag),
                length=length,
                limit=wanted.limit,
            )
        )
    return text


def _format_value(vr: str, stored: Any) -> str | None:  # noqa: ANN401  JSON of any type
    """Return a stored value as the text that a scan of the file gives. Return None if its form is not known."""
    is_number = vr in _BINARY_NUMBER_VRS
    if is_number and isinstance(stored, str):
        stored = stored.split("\\")
    if isinstance(stored, list):
        parts = [_format_single_value(vr, value) for value in stored]
        text = None if None in parts else "\\".join(part or "" for part in parts)
    else:
        text = _format_single_value(vr, stored)
    if text is None or not _has_no_surrogates(text):
        return None
    return text if is_number else strip_padding(vr, text)


def _has_no_surrogates(text: str) -> bool:
    """Return whether a text has no lone surrogates. JSON can contain them, but they are not characters."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _format_single_value(vr: str, value: Any) -> str | None:  # noqa: ANN401  JSON of any type
    """Return one JSON value as text. Return None if its form is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return None
    if isinstance(value, dict):
        return _format_person_name(value) if vr == "PN" else None
    if vr in FLOAT_VRS:
        return _format_float(vr, value)
    if vr == "AT":
        return _format_tag(value)
    if vr in INTEGER_VRS:
        return _format_integer(value)
    if isinstance(value, str):
        return value
    return str(value) if vr in NUMBER_TEXT_VRS and isinstance(value, int | Decimal) else None


def _format_person_name(name: Mapping[str, Any]) -> str | None:
    if set(name) - set(_GROUPS) or not all(isinstance(group, str | None) for group in name.values()):
        return None
    return "=".join(name.get(group) or "" for group in _GROUPS)


def _format_float(vr: str, value: Any) -> str | None:  # noqa: ANN401  JSON of any type
    try:
        return "" if value == "" else format_float(vr, float(value))  # float() ignores spaces
    except (OverflowError, TypeError, ValueError):
        return None


def _format_integer(value: Any) -> str | None:  # noqa: ANN401  JSON of any type
    if value == "":
        return ""
    try:
        number = Decimal(value.strip(" ") if isinstance(value, str) else value)
        is_integer = number.adjusted() < _MAX_DIGITS and number == number.to_integral_value()
    except (ArithmeticError, TypeError, ValueError):
        return None
    return str(int(number)) if is_integer else None


def _format_tag(value: Any) -> str | None:  # noqa: ANN401  JSON of any type
    tag = value.strip(" ") if isinstance(value, str) else None
    return tag.upper() if tag is not None and _TAG.fullmatch(tag) else None
