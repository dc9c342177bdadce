"""Convert a pydicom data set to DICOM JSON for an override, with issues for text that may be decoded wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.charset import default_encoding
from pydicom.valuerep import PersonName

from dicommap.dicom.character_set_mismatch import describe_character_set_mismatch
from dicommap.dicom.character_sets import find_unencodable_characters, parse_specific_character_set
from dicommap.dicom.dictionary import hex_of, keyword_of, vrs_of
from dicommap.dicom.json_model import Attribute
from dicommap.dicom.json_model.from_pydicom import data_set_from_pydicom
from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.issues import Issue, Location, Severity, has_errors, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

    from dicommap.dicom.json_model import DataSet

_CHARACTER_SET = "00080005"


def override_data_set_from_pydicom(dataset: Dataset) -> tuple[DataSet, list[Issue]]:
    """Return the attributes of a pydicom data set as DICOM JSON, and the issues of refused or doubtful values.

    If the declared character set cannot decode a text, pydicom uses another character set. A text from a file is
    therefore refused if its SpecificCharacterSet cannot encode it. Text that Python code assigned to a new Dataset is
    not checked. A person name that Python code assigned as non-ASCII bytes is refused, because its character set is
    unknown.

    SpecificCharacterSet is left out of the result: it describes the bytes of the file, and JSON is UTF-8.
    """
    unknown = [tag for tag in sorted(map(int, dataset.keys())) if dataset.get_item(tag).VR == "UN" and vrs_of(tag)]
    with silence_pydicom():
        data_set, issues = data_set_from_pydicom(dataset)
        is_read_from_file = bool(dataset.original_character_set)
        names_of_bytes = [tag for tag in data_set if _has_undecoded_person_name(dataset, data_set, tag)]
    for number in unknown:
        if data_set.pop(hex_of(number), None) is not None:
            keyword = keyword_of(number)
            expected = " or ".join(vrs_of(number))
            place = Location(keyword=keyword)
            issues.append(make_issue("dicom-json.vr-mismatch", place, keyword=keyword, found="UN", expected=expected))
    for tag in (tag for tag in names_of_bytes if tag in data_set):
        keyword = keyword_of(int(tag, 16))
        place = Location(keyword=keyword)
        issues.append(make_issue("p10.undecodable-text", place, severity=Severity.ERROR, keyword=keyword))
        del data_set[tag]
    declared = "\\".join(_iterate_texts(data_set.pop(_CHARACTER_SET, Attribute(vr="CS")).get("Value", [])))
    for tag in list(data_set) if is_read_from_file else ():
        decoding_issues = list(_decoding_issues(int(tag, 16), data_set[tag], declared))
        issues += decoding_issues
        if has_errors(decoding_issues):
            del data_set[tag]
    return data_set, issues


def _has_undecoded_person_name(dataset: Dataset, data_set: DataSet, tag: str) -> bool:
    """Return whether a person name comes from non-ASCII bytes whose character set is unknown.

    Args:
        dataset: The pydicom data set.
        data_set: The same attributes as DICOM JSON.
        tag: The attribute. If it is a sequence, the person names in its items are checked.
    """
    element = dataset[int(tag, 16)]
    if element.VR == "SQ":
        items = zip(element.value or (), data_set[tag].get("Value", []), strict=True)
        return any(
            _has_undecoded_person_name(item, converted, inner) for item, converted in items for inner in converted
        )
    if element.VR != "PN" or not element.value:
        return False
    names = [element.value] if isinstance(element.value, PersonName) else element.value
    return any(
        isinstance(name.original_string, bytes)
        and not name.original_string.isascii()
        and set(name.encodings or ()) <= {default_encoding}
        for name in names
    )


def _decoding_issues(tag: int, attribute: Attribute, declared: str) -> Iterator[Issue]:
    """Yield an issue if the declared character set cannot encode the texts of an attribute, or is probably wrong."""
    keyword = keyword_of(tag)
    place = Location(keyword=keyword)
    texts = [text for text in _iterate_texts(attribute) if not text.isascii()]
    if any(find_unencodable_characters(text, declared) != frozenset() for text in texts):
        yield make_issue("p10.undecodable-text", place, severity=Severity.ERROR, keyword=keyword)
        return
    charset = parse_specific_character_set(declared)
    reason = next(filter(None, (describe_character_set_mismatch(text, charset) for text in texts)), None)
    if reason is not None:
        yield make_issue("edit.doubtful-source", place, keyword=keyword, source=keyword, reason=reason)


def _iterate_texts(value: object) -> Iterator[str]:
    """Yield all texts in a JSON value. Sequence items are searched too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _iterate_texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _iterate_texts(item)
