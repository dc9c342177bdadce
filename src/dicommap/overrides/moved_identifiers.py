"""Find identifiers that edits move from the studies of one patient to the studies of another.

If a person sorts only one column of a sheet, or pastes a column one row too low, each study gets the PatientID of
another study. A comparison of the studies after the edits does not find this, because no two patients get the same
identifier. This module therefore compares the values before and after the edits. In this example, the issue is
`edit.moved-identifier`:

    study  PatientID before the edits  PatientID after the edits
    1.2.1  1                           2
    1.2.2  2                           1

A value has moved if a study gets it and a study of another patient loses it. If the other study keeps the value, the
edit gives two studies the same identifier. `shared_identifiers` checks that case.

To save memory, only digests of values are kept, and only for studies whose edits change the attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, product
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.dictionary import tag_of
from dicommap.issues import Location, Severity, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.item_store import MEMORY, ItemList, ItemStore
from dicommap.overrides.shared_identifiers import (
    LISTED_STUDIES_LIMIT,
    SEVERAL,
    TextsAfterEdits,
    compute_digest,
    group_old_by_new_values,
    map_texts_after_edits,
    normalize_identity_value,
    reduce_digests,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from dicommap.issues import Issue
    from dicommap.model.study import Study
    from dicommap.overrides.attribute_change import AttributeChange

_ANY_ISSUER = "\0"
"""The text in place of an issuer, for comparisons that ignore the issuer. No issuer in a file has this text."""

_Key = tuple[str, str]
"""A value, and the authority (issuer) that assigned it. Without an issuer, the second text is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovableAttribute:
    """An attribute whose values belong to one patient or study."""

    keyword: str
    issuer: str | None = None
    """The keyword of the attribute that has the authority which assigned the identifier (PS3.3 C.2.2), or None."""
    is_identifier: bool = True
    """Whether different patients have different values. It is False for names: two patients may have the same name."""
    of_patient: bool = True
    """Whether all studies of a patient have the same value. If it is False, each study has its own value."""


MOVABLE_ATTRIBUTES = (
    MovableAttribute(keyword="PatientID", issuer="IssuerOfPatientID"),
    MovableAttribute(keyword="AccessionNumber", of_patient=False),
    MovableAttribute(keyword="PatientName", is_identifier=False),
)
_PATIENT_ID = MOVABLE_ATTRIBUTES[0]
_MOVABLE_TAGS = frozenset(
    tag_of(keyword) or 0
    for attribute in MOVABLE_ATTRIBUTES
    for keyword in (attribute.keyword, attribute.issuer)
    if keyword
)


class MovedIdentifiers:
    """Comparison of the values that studies get from edits with the values that other studies lose."""

    def __init__(self, severity: Severity = Severity.WARNING, store: ItemStore = MEMORY) -> None:
        """Make a comparison without studies.

        Args:
            severity: The severity of issues about identifiers.
            store: The store that keeps the digests.
        """
        self._moves = [_MovedValues(attribute, severity, store) for attribute in MOVABLE_ATTRIBUTES]

    def add_study(self, study: Study, changes: Sequence[AttributeChange]) -> None:
        """Add a study with its changes. Only changes of attributes in `MOVABLE_ATTRIBUTES` count."""
        changed_tags = {change.tag for change in changes}
        if changed_tags.isdisjoint(_MOVABLE_TAGS):
            return
        after = map_texts_after_edits(changes)
        for moves in self._moves:
            if not changed_tags.isdisjoint(moves.tags):
                moves.add_study(study, after)

    def issues(self) -> Iterator[Issue]:
        """Yield an issue for each attribute whose values moved between studies. Call it after the last study."""
        for moves in self._moves:
            yield from moves.issues()


class _ReceivedValue(NamedTuple):  # a NamedTuple: there can be millions, and they are smaller than dataclasses
    """A value that a study gets from its edits. It did not have the value before."""

    digest: int
    other_digest: int
    """A second digest, because the same value may have its issuer in only one of two studies.

    If this value has an issuer, the second digest is that of the value without an issuer. If it has none, the second
    digest is that of the value with any issuer (_ANY_ISSUER).
    """
    patient: int
    """The digest of the patient that the study had before the edits; SEVERAL if it had several patients."""
    study: str


class _MovedValues:
    """The values of one attribute that studies get from edits and lose by edits."""

    def __init__(self, attribute: MovableAttribute, severity: Severity, store: ItemStore) -> None:
        """Make a collection without values. `store` keeps the values."""
        self.attribute = attribute
        self.tags = frozenset(tag_of(keyword) or 0 for keyword in (attribute.keyword, attribute.issuer) if keyword)
        """The tags of the attribute and its issuer."""
        self._severity = severity
        self._lost: MutableMapping[int, int] = store.make_dict()
        """Digest of a lost value -> digest of the patient whose studies lose it; SEVERAL for several patients."""
        self._received: ItemList[_ReceivedValue] = store.make_list()

    def add_study(self, study: Study, after: TextsAfterEdits) -> None:
        """Add the values that a study gets and loses. `after` has the new values of the study's edits."""
        old_keys = _list_values_and_issuers(study, self.attribute, {})
        new_keys = _list_values_and_issuers(study, self.attribute, after)
        patient = _compute_patient_digest(study, self.attribute)
        for value, issuer in old_keys - new_keys:
            for key in ((value, issuer), *([(value, _ANY_ISSUER)] if issuer else [])):
                digest = compute_digest(*key)
                self._lost[digest] = reduce_digests((self._lost.get(digest, patient), patient))
        self._received.extend(
            _ReceivedValue(
                compute_digest(value, issuer),
                compute_digest(value, "" if issuer else _ANY_ISSUER),
                patient,
                study.study_instance_uid,
            )
            for value, issuer in new_keys - old_keys
        )

    def issues(self) -> Iterator[Issue]:
        """Yield an issue if any study gets a value that a study of another patient loses."""
        count, listed = 0, list[str]()
        # The values of a study are next to each other.
        for study, group in groupby(self._received, key=lambda received: received.study):
            if any(map(self._is_moved, group)):
                count += 1
                listed = sorted([*listed, study])[:LISTED_STUDIES_LIMIT]
        if not count:
            return
        yield make_issue(
            "edit.moved-identifier",
            Location(keyword=self.attribute.keyword),
            severity=self._severity if self.attribute.is_identifier else None,
            keyword=self.attribute.keyword,
            other="a study of another patient" if self.attribute.of_patient else "another study",
            studies=format_count(count, "study"),
            uids=", ".join(listed) + (" and others" if count > len(listed) else ""),
        )

    def _is_moved(self, received: _ReceivedValue) -> bool:
        """Return whether a study of another patient loses a value that a study receives."""
        losers = (self._lost.get(key) for key in (received.digest, received.other_digest))
        return any(
            patient is not None and (SEVERAL in (patient, received.patient) or patient != received.patient)
            for patient in losers
        )


def _list_values_and_issuers(study: Study, attribute: MovableAttribute, after: TextsAfterEdits) -> set[_Key]:
    """Return the values of an attribute in a study after the edits, each with its issuer. Empty values are left out.

    `after` has the new values of the edits. If it is empty, the result has the values before the edits.
    """
    keys: set[_Key] = set()
    for series in study.series:
        values = group_old_by_new_values(series, attribute.keyword, after)
        issuers = group_old_by_new_values(series, attribute.issuer, after)
        keys.update(
            ("=".join(normalize_identity_value(attribute.keyword, value)), issuer)
            for value, issuer in product(values, issuers)
            if value
        )
    return keys


def _compute_patient_digest(study: Study, attribute: MovableAttribute) -> int:
    """Return the digest of the patient of a study before the edits. Return SEVERAL if it has several patients.

    A study without PatientID counts as a separate patient. If an attribute has its own value in each study, each study
    counts as a separate patient.
    """
    keys = _list_values_and_issuers(study, _PATIENT_ID, {}) if attribute.of_patient else set()
    return reduce_digests(compute_digest(*key) for key in keys) or compute_digest(study.study_instance_uid, _ANY_ISSUER)
