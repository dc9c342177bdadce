"""The class Override: the changed attributes of one study or series, built from values or read from a file.

An override refuses values that may be wrong, and keeps an issue for each of them. So a wrong date, or a text that was
decoded wrongly, never gets into an override file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dicommap.dicom.defined_terms import unlisted_value_issues
from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of
from dicommap.dicom.json_model import sort_data_set
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.strict_json import parse_json
from dicommap.dicom.uid import describe_uid_violation
from dicommap.edits.unusable_texts import unusable_data_set_issues
from dicommap.errors import UsageError
from dicommap.healthimaging.assumptions import Assumptions, require_assumptions
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.issues import Location, Severity, has_errors, make_issue, select_error_issues
from dicommap.issues.wording import format_count
from dicommap.model.study import Target
from dicommap.overrides.keyword_values import attribute_from_keyword
from dicommap.overrides.override_check import check_override
from dicommap.overrides.override_file import (
    dump_override,
    parse_override_data_set,
    remove_null_value,
    set_decimal_string_form,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from pydicom import Dataset

    from dicommap.dicom.json_model import DataSet
    from dicommap.healthimaging.import_configuration import DicomMetadataMapping
    from dicommap.issues import Issue
    from dicommap.overrides.keyword_values import KeywordValue

DEFAULT_ASSUMPTIONS = Assumptions()

_ERRORS_IN_OVERRIDES = frozenset({"dicom-json.left-out", "value.replacement-character"})
"""Codes of issues that are errors in an override, although they are warnings elsewhere.

With such an issue, the data store would get a wrong value or no value.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Target):
    """The changed attributes of one study or series: the content of one override file.

    `from_keywords`, `from_dataset` and `from_json` build an override. A wrong value never raises an error. Instead,
    `issues` returns its issue.
    """

    data_set: DataSet = field(repr=False)
    """Tag as 8 hexadecimal digits -> attribute in the DICOM JSON Model (PS3.18 Annex F)."""

    rejected: tuple[Issue, ...] = field(default=(), repr=False)
    """The issues of refused values. These values are not in `data_set`."""

    def __post_init__(self) -> None:
        """Refuse a SOP Instance UID.

        Raises:
            UsageError: There is a SOP Instance UID. Overrides are for a study or a series.
        """
        if self.sop_instance_uid is not None:
            raise UsageError(
                "An override cannot be for a single instance.",
                fix="Leave out sop_instance_uid. Instances are edited by updates: dicommap draft --updates.",
            )

    @classmethod
    def from_keywords(
        cls,
        *,
        study_instance_uid: str,
        series_instance_uid: str | None = None,
        attributes: Mapping[str, KeywordValue],
    ) -> Self:
        """Build an override from values by DICOM keyword.

        Args:
            study_instance_uid: The Study Instance UID of the instances.
            series_instance_uid: The Series Instance UID, if the override is for one series; None for the whole study.
            attributes: Keyword -> new value. A new value is a text in DICOM's form, a `datetime.date`, a number, or a
                list of texts, dates and numbers. None empties the attribute. In a text, a backslash separates values,
                and `^` separates the components of a name. A number is allowed only if the attribute's value
                representation is numeric.

        Returns:
            The override. `issues` returns the issues of its values.

        Raises:
            UsageError: An argument has the wrong type: a UID is not a text, or a value is bytes or a dict, for example.

        """
        target = _make_target(study_instance_uid, series_instance_uid)
        if not isinstance(attributes, Mapping):
            raise _make_type_error("attributes", "a dict of values by keyword", attributes)
        data_set: DataSet = {}
        rejected: list[Issue] = []
        for keyword, value in attributes.items():
            if not isinstance(keyword, str):
                raise _make_type_error("A key of attributes", "a DICOM keyword as text", keyword)
            attribute = attribute_from_keyword(keyword, value)
            if isinstance(attribute, tuple):
                data_set[hex_of(attribute[0])] = attribute[1]
            else:
                rejected += attribute
        rejected += _remove_unusable_texts(data_set)
        return cls._create_override(target, data_set, rejected)

    @classmethod
    def from_dataset(cls, dataset: Dataset, *, study_instance_uid: str, series_instance_uid: str | None = None) -> Self:
        """Build an override from a pydicom data set, which may have sequences and private attributes.

        Args:
            dataset: A data set with only the attributes to change. It may also have the Study and Series Instance UID
                of the override; they are left out.
            study_instance_uid: The Study Instance UID of the instances.
            series_instance_uid: The Series Instance UID, if the override is for one series; None for the whole study.

        Returns:
            The override. `issues` returns the issues of its values, such as a text whose character set is unknown.

        Raises:
            UsageError: An argument has the wrong type.
        """
        from pydicom import Dataset

        from dicommap.overrides.dataset_values import override_data_set_from_pydicom

        target = _make_target(study_instance_uid, series_instance_uid)
        if not isinstance(dataset, Dataset):
            raise _make_type_error("dataset", "a pydicom Dataset", dataset)
        data_set, issues = override_data_set_from_pydicom(dataset)
        issues += _remove_unusable_texts(data_set)
        uids = {STUDY_INSTANCE_UID: study_instance_uid, SERIES_INSTANCE_UID: series_instance_uid}
        for tag, uid in uids.items():
            if uid is not None and data_set.get(hex_of(tag)) == {"vr": "UI", "Value": [uid]}:
                del data_set[hex_of(tag)]
        return cls._create_override(target, data_set, issues)

    @classmethod
    def from_json(
        cls,
        document: str | bytes | dict[str, object] | list[object],
        *,
        study_instance_uid: str,
        series_instance_uid: str | None = None,
        assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    ) -> Self:
        """Build an override from DICOM JSON, such as the content of an override file.

        Args:
            document: The JSON as text, as UTF-8 bytes, or as the dict or list that a JSON parser returned.
            study_instance_uid: The Study Instance UID of the instances.
            series_instance_uid: The Series Instance UID, if the override is for one series; None for the whole study.
            assumptions: The assumptions that name the form of the document.

        Returns:
            The override. If the document has an error, the override has no attributes, and `issues` returns the errors.

        Raises:
            UsageError: An argument has the wrong type, or the value cannot be written as JSON.

        """
        target = _make_target(study_instance_uid, series_instance_uid)
        require_assumptions(assumptions)
        value, issues = parse_json(_to_json_bytes(document))
        if value is not None or not issues:
            issues += check_override(value, target, assumptions)
        rejected = [_set_override_severity(issue) for issue in issues]
        if has_errors(rejected):
            return cls._create_override(target, {}, rejected)
        data_set = parse_override_data_set(value, assumptions)
        rejected = _remove_unusable_texts(data_set)
        return cls._create_override(target, {} if rejected else data_set, rejected)

    @classmethod
    def _create_override(cls, target: Target, data_set: DataSet, rejected: list[Issue]) -> Self:
        return cls(
            study_instance_uid=target.study_instance_uid,
            series_instance_uid=target.series_instance_uid,
            data_set=sort_data_set(data_set),
            rejected=tuple(map(_set_override_severity, rejected)),
        )

    def issues(self, assumptions: Assumptions = DEFAULT_ASSUMPTIONS) -> list[Issue]:
        """Return the issues of the override.

        Args:
            assumptions: `otherLevels` decides the severity of an issue if an attribute is not of the override's level.
                Settings that are `unavailable` refuse attributes that a data store does not apply. `decimalStrings`
                decides which numbers a file can hold.

        Returns:
            The issues of the UIDs, of refused values, and of the attributes, in this order. Each issue names the valid
            UIDs of the study and series. The list is empty if the override has no issue. `write_overrides` refuses an
            override with an issue of severity error.

        Raises:
            UsageError: `assumptions` is not an Assumptions object.

        """
        require_assumptions(assumptions)
        canonical = assumptions.with_standard_form()
        issues = [*self._uid_issues(), *self.rejected]
        if self.data_set or not self.rejected:
            written = set_decimal_string_form(sort_data_set(self.data_set), canonical)
            issues += map(_set_override_severity, check_override(written, self, canonical))
            issues += unlisted_value_issues(self.data_set)
        place = {
            name: uid
            for name, uid in self._map_levels_to_uids().items()
            if uid and describe_uid_mapping_problem(uid) is None
        }
        return list(dict.fromkeys(issue.with_location(**place) for issue in issues))

    def to_json(self, assumptions: Assumptions = DEFAULT_ASSUMPTIONS) -> str:
        """Return the text of the override's file: DICOM JSON with ascending tags. A file has this text as UTF-8.

        Args:
            assumptions: The assumptions that name the form of the file.

        Raises:
            UsageError: The override has an issue of severity error: its file would be wrong or incomplete. Or
                `assumptions` is not an Assumptions object.

        """
        errors = select_error_issues(self.issues(assumptions))
        if errors:
            raise UsageError(
                f"The override has {format_count(len(errors), 'error')}; the first: {errors[0]}",
                fix="Correct what its issues() name, then build it again.",
            )
        return dump_override(self, assumptions)

    def _map_levels_to_uids(self) -> dict[str, str | None]:
        return {"study": self.study_instance_uid, "series": self.series_instance_uid}

    def _uid_issues(self) -> Iterator[Issue]:
        """Yield an issue for each UID of the override that a mapping cannot contain, or that is not a valid UID."""
        for name, uid in self._map_levels_to_uids().items():
            if uid is None:
                continue
            member, problem = f"{name}InstanceUID", describe_uid_mapping_problem(uid)
            if problem:
                yield make_issue("mapping.invalid-uid", member=member, problem=problem)
            elif (violation := describe_uid_violation(uid)) is not None:
                yield make_issue("override.nonconformant-uid", member=member, problem=violation)


def _make_target(study_instance_uid: object, series_instance_uid: object) -> Target:
    """Return the study or series with these UIDs as a target. Raise UsageError if a UID is not a text."""
    if not isinstance(study_instance_uid, str):
        raise _make_type_error("study_instance_uid", "a text", study_instance_uid)
    if series_instance_uid is not None and not isinstance(series_instance_uid, str):
        raise _make_type_error("series_instance_uid", "a text or None", series_instance_uid)
    return Target(study_instance_uid=str(study_instance_uid), series_instance_uid=series_instance_uid)


def _remove_unusable_texts(data_set: DataSet) -> list[Issue]:
    """Remove each attribute that has an unusable text from `data_set`. Return an issue for each unusable text.

    Unusable texts are the masks and markers that dicommap shows instead of values, and words for a missing value, such
    as NULL. The items of sequences are also searched.
    """
    issues: list[Issue] = []
    for tag in list(data_set):
        attribute_issues = list(unusable_data_set_issues({tag: data_set[tag]}, Location()))
        issues += attribute_issues
        if attribute_issues:
            del data_set[tag]
    return issues


def _to_json_bytes(document: object) -> bytes:
    """Return the document of a user (JSON text, bytes, dict or list) as bytes for the parser.

    Raises UsageError if JSON cannot express the document.
    """
    if isinstance(document, bytes):
        return document
    if isinstance(document, str):
        return document.encode("utf-8", "surrogatepass")
    if not isinstance(document, dict | list):
        raise _make_type_error("document", "JSON as text, bytes, a dict or a list", document)
    try:
        return json.dumps(document).encode()
    except (TypeError, ValueError, RecursionError):
        message = "document holds a Python value that JSON does not have, or holds itself."
        raise UsageError(message, fix="Give dicts, lists, texts, numbers, booleans and None only.") from None


def _make_type_error(name: str, expected: str, value: object) -> UsageError:
    return UsageError(f"{name} is a value of type {mask_unknown_type(type(value))}.", fix=f"Give {expected}.")


def _set_override_severity(issue: Issue) -> Issue:
    """Return an issue as an error if its code is in `_ERRORS_IN_OVERRIDES`; else unchanged."""
    return replace(issue, severity=Severity.ERROR) if issue.code in _ERRORS_IN_OVERRIDES else issue


def parse_override(data: bytes, mapping: DicomMetadataMapping, assumptions: Assumptions) -> Override:
    """Return the override that a mapping and its override file describe.

    Args:
        data: The bytes of the override file.
        mapping: The mapping that names the file, with the UIDs of the study and series.
        assumptions: The assumptions with which the file was written.

    Raises:
        ValueError: The bytes differ from those that `dump_override` writes with these assumptions.
    """
    document, issues = parse_json(data)
    data_set = document[0] if isinstance(document, list) and len(document) == 1 else document
    if issues or not isinstance(data_set, dict):
        raise ValueError("the file holds no data set")
    override = Override(
        study_instance_uid=mapping.studyInstanceUID,
        series_instance_uid=mapping.seriesInstanceUID,
        data_set={tag: remove_null_value(attribute) for tag, attribute in data_set.items()},
    )
    if dump_override(override, assumptions).encode() != data:
        raise ValueError("the file is not in the form that the assumptions name")
    return override
