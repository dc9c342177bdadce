"""Find edits that give studies of different patients the same identifier.

An edit may give two studies the same PatientID on purpose: "007" and "7" may be two spellings for one patient. This
module therefore compares the studies that have the same identifier after the edits. If the names, birth dates or sexes
of their patients differ, it yields an issue. A study without an identifier before the edits counts as one with a
separate identifier. In this example, an edit changes only the first study, and the issue is `edit.same-patient`:

    study  PatientID  PatientID after the edits  PatientName
    1.2.1  007        7                          Doe^Jane
    1.2.2  7          7                          Roe^Richard

To save memory, only digests of values are kept. At first, they are kept only for studies with an edit of an identifier
or of a compared attribute. If an edit changed an identifier, all studies are read a second time, because a study
without an edit may have the new identifier.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b
from itertools import product
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.dicom.person_name_comparison import normalize_person_name
from dicommap.issues import Location, Severity, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.item_store import MEMORY, ItemStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence

    from dicommap.issues import Issue
    from dicommap.model.study import Series, Study
    from dicommap.overrides.attribute_change import AttributeChange

COMPARED_PART_COUNTS = {"PatientName": 3}
"""Keyword -> number of parts that are compared separately. A name has three component groups (PS3.5 6.2.1)."""

_SEPARATORS = re.compile(r"([\^=])")
_OLD_DATE = re.compile(r"([0-9]{4})\.([0-9]{2})\.([0-9]{2})")
"""A date in the form of ACR-NEMA, the predecessor of DICOM: YYYY.MM.DD (PS3.5 Table 6.2-1, note of DA)."""


def normalize_identity_value(keyword: str, text: str) -> tuple[str, ...]:
    """Return the parts of a value in a form for comparison. A part without a value is the empty text.

    Two names are equal if they differ only in letter case, Unicode normal form or empty components at the end (PS3.5
    section 6.2.1). Letter case of PatientSex is ignored. Identifiers are equal only if they have the same spelling.
    """
    if keyword == "PatientName":
        groups = normalize_person_name(_fold_person_name(text)).split("=")
        return tuple((*groups, "", "", "")[: COMPARED_PART_COUNTS[keyword]])
    if keyword == "PatientBirthDate":
        return (_OLD_DATE.sub(r"\1\2\3", text.strip(" ")),)
    return (text.strip(" ").upper() if keyword == "PatientSex" else text.strip(" "),)


def _fold_person_name(text: str) -> str:
    """Return a name for comparison: in lower case, in NFC, and without needless spaces."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    parts = (" ".join(part.split()) for part in _SEPARATORS.split(folded))
    return "".join(parts)


LISTED_STUDIES_LIMIT = 10
"""Maximum number of studies that one issue names. More studies are only counted."""

_PATIENT_KEYWORDS = ("PatientName", "PatientBirthDate", "PatientSex")
_ABSENT, SEVERAL = 0, 1
"""Numbers in place of a digest: _ABSENT if there is no value, SEVERAL if there are several different values."""

TextsAfterEdits = dict[tuple[str | None, int], str]
"""A Series Instance UID (None for the whole study) and a tag -> the new value as text."""

ValueDigests = tuple[int, ...]
"""The digest of the identifier before the edits, then a digest of each compared part, such as the birth date.

Without exactly one value, _ABSENT or SEVERAL replaces the digest.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedIdentifier:
    """An attribute that identifies a patient or an order, and attributes that show whether two patients differ.

    Studies with the same identifier are compared by these attributes.
    """

    keyword: str
    issuer: str | None
    """The keyword of the attribute that has the authority which assigned the identifier (PS3.3 C.2.2), or None."""
    compared: tuple[str, ...]
    code: str
    code_if_equal: str | None
    """The code of the issue if all compared attributes are equal. None if that case has no issue."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """Return the keywords of the identifier, its issuer and the compared attributes."""
        return (self.keyword, *(() if self.issuer is None else (self.issuer,)), *self.compared)


IDENTIFIERS = (
    ComparedIdentifier(
        keyword="PatientID",
        issuer="IssuerOfPatientID",
        compared=_PATIENT_KEYWORDS,
        code="edit.same-patient",
        code_if_equal=None,
    ),
    ComparedIdentifier(
        keyword="AccessionNumber",
        issuer=None,  # IssuerOfAccessionNumberSequence is a sequence; inventories do not hold sequences
        compared=("PatientID", *_PATIENT_KEYWORDS),
        code="edit.same-accession",
        code_if_equal="edit.shared-accession",
    ),
)


class SharedIdentifiers:
    """Comparison of studies that have the same identifier after the edits, but had different ones before."""

    def __init__(self, severity: Severity = Severity.WARNING, store: ItemStore = MEMORY) -> None:
        """Make a comparison without studies.

        Args:
            severity: The severity of issues about studies of different patients.
            store: The store that keeps the digests.
        """
        self._groups = [_StudyGroups(identifier, severity, store) for identifier in IDENTIFIERS]

    def add_study(self, study: Study, changes: Sequence[AttributeChange]) -> None:
        """Add a study. It is ignored if its edits change no identifier and no compared attribute."""
        for groups in self._groups:
            groups.add_study(study, changes)

    def issues(self, all_studies: Callable[[], Iterable[Study]]) -> Iterator[Issue]:
        """Yield an issue for each identifier that studies of different patients share after the edits.

        Args:
            all_studies: A function that returns all studies of the inventory. It is called only if an edit changed an
                identifier.
        """
        changed_groups = [groups for groups in self._groups if groups.changed_digests]
        for study in all_studies() if changed_groups else ():
            for groups in changed_groups:
                groups.add_unchanged_study(study)
        for groups in changed_groups:
            yield from groups.issues()


@dataclass(slots=True)
class _StudyGroup:
    """The studies that have the same identifier after the edits, with the merged digests of their compared values."""

    traits: ValueDigests
    bare: int
    """The digest of the identifier without its issuer. 0 if the identifier has no issuer."""
    studies: tuple[str, ...]
    """The UIDs of the studies that the issue names. Studies with differing values are near the beginning."""
    count: int = 1

    def add_studies(self, traits: ValueDigests, studies: tuple[str, ...], count: int) -> None:
        """Add studies that have the identifier of this group.

        Args:
            traits: The digests of the values of these studies.
            studies: The UIDs of the first of these studies.
            count: The number of these studies.
        """
        merged = tuple(map(_merge_digests, self.traits, traits))
        sample = (
            (*self.studies, *studies) if merged == self.traits else (*self.studies[:1], *studies, *self.studies[1:])
        )
        self.studies = sample[:LISTED_STUDIES_LIMIT]
        self.traits, self.count = merged, self.count + count


class _StudyGroups:
    """Groups of studies with the same value of one identifier, such as PatientID."""

    def __init__(self, identifier: ComparedIdentifier, severity: Severity, store: ItemStore) -> None:
        """Make groups without studies. `store` keeps them."""
        self.identifier = identifier
        self._tags = frozenset(tag_of(keyword) or 0 for keyword in identifier.keywords)
        self._severity = severity
        self.changed_digests: MutableMapping[int, None] = store.make_dict()
        """Digests of the identifiers that edits gave to studies."""
        self._by_key: MutableMapping[int, _StudyGroup] = store.make_dict()
        """Digest of an identifier with its issuer -> the studies that have it."""
        self._changed_studies: MutableMapping[str, None] = store.make_dict()

    def add_study(self, study: Study, changes: Sequence[AttributeChange]) -> None:
        """Add a study if its edits change the identifier or a compared attribute."""
        after = map_texts_after_edits(change for change in changes if change.tag in self._tags)
        if after:
            self._changed_studies[study.study_instance_uid] = None
            self._add_study_to_groups(study, after)

    def add_unchanged_study(self, study: Study) -> None:
        """Add a study that `add_study` did not add, if edits gave its identifier to other studies."""
        values = study.values.get(self.identifier.keyword, {})
        if study.study_instance_uid not in self._changed_studies and any(
            compute_digest(value.strip(" ")) in self.changed_digests for value in values
        ):
            self._add_study_to_groups(study, {})

    def issues(self) -> Iterator[Issue]:
        """Yield an issue for each identifier that studies of different patients share."""
        for _, group in self._by_key.items():
            bare = self._by_key.get(group.bare) if group.bare else None
            if bare is not None:  # an identifier without issuer may be equal to one with any issuer
                group.add_studies(bare.traits, bare.studies, bare.count)
            yield from self._group_issues(group)

    def _group_issues(self, group: _StudyGroup) -> Iterator[Issue]:
        """Yield an issue if the studies of a group had different identifiers before the edits.

        If all compared attributes of the studies are equal, there is an issue only if `code_if_equal` is its code.
        """
        identifier = self.identifier
        before, *compared = group.traits
        if before != SEVERAL:
            return
        keywords = (keyword for keyword in identifier.compared for _ in range(COMPARED_PART_COUNTS.get(keyword, 1)))
        different = (keyword for keyword, trait in zip(keywords, compared, strict=True) if trait == SEVERAL)
        differing = list(dict.fromkeys(different))
        if not differing and (identifier.code_if_equal is None or group.count < 2):
            return
        studies = sorted(group.studies)
        uids = ", ".join(studies) + (" and others" if group.count > len(studies) else "")
        yield make_issue(
            identifier.code if differing else identifier.code_if_equal or "",
            Location(keyword=identifier.keyword),
            severity=self._severity if differing else None,
            differing=", ".join(differing),
            studies=format_count(group.count, "study"),
            uids=uids,
        )

    def _add_study_to_groups(self, study: Study, after: TextsAfterEdits) -> None:
        """Add a study to the group of each identifier that it has after the edits."""
        traits_by_key: dict[tuple[str, str], ValueDigests] = {}
        for series in study.series:
            for key, traits in _compute_series_digests(self.identifier, study.study_instance_uid, series, after):
                traits_by_key[key] = tuple(map(_merge_digests, traits_by_key.get(key, traits), traits))
                if traits[0] != compute_digest(*key):
                    self.changed_digests[compute_digest(key[0])] = None
        for key, traits in traits_by_key.items():
            digest = compute_digest(*key)
            group = self._by_key.get(digest)
            if group is None:
                bare = compute_digest(key[0]) if key[1] else 0
                group = _StudyGroup(traits, bare, (study.study_instance_uid,))
            else:
                group.add_studies(traits, (study.study_instance_uid,), 1)
            self._by_key[digest] = group


def _compute_series_digests(
    identifier: ComparedIdentifier, study: str, series: Series, after: TextsAfterEdits
) -> Iterator[tuple[tuple[str, str], ValueDigests]]:
    """Yield each identifier that a series has after the edits, and the digests of the values to compare.

    Args:
        identifier: The identifying attribute.
        study: The Study Instance UID.
        series: The series.
        after: The new values of the edits.
    """
    compared: ValueDigests = ()
    for keyword in identifier.compared:
        texts = [normalize_identity_value(keyword, text) for text in group_old_by_new_values(series, keyword, after)]
        compared += tuple(
            reduce_digests(compute_digest(text) if text else _ABSENT for text in part)
            for part in zip(*texts, strict=True)
        )
    for new, old in group_old_by_new_values(series, identifier.keyword, after).items():
        for new_issuer, old_issuer in group_old_by_new_values(series, identifier.issuer, after).items():
            if new:  # an empty identifier is not compared
                # A study without an identifier gets a digest of its UID instead, so that such studies count as
                # different.
                before = (
                    compute_digest(*pair) if pair[0] else compute_digest(study, "") for pair in product(old, old_issuer)
                )
                yield (new, new_issuer), (reduce_digests(before), *compared)


def map_texts_after_edits(changes: Iterable[AttributeChange]) -> TextsAfterEdits:
    """Return the new values of changes as texts. The text of a removed attribute is empty."""
    return {(change.series_instance_uid, change.tag): text_from_attribute(change.after) or "" for change in changes}


def group_old_by_new_values(series: Series, keyword: str | None, after: TextsAfterEdits) -> dict[str, set[str]]:
    """Return a dict for one attribute of a series: value after the edits -> values before the edits."""
    if keyword is None:
        return {"": {""}}
    old = {text.strip(" ") for text in series.values.get(keyword) or ("",)}
    tag = tag_of(keyword) or 0
    for target in (series.series_instance_uid, None):
        if (target, tag) in after:
            return {after[target, tag].strip(" "): old}
    return {text: {text} for text in old}


def reduce_digests(digests: Iterable[int]) -> int:
    """Return the only value among `digests`, SEVERAL if there are different values, or _ABSENT without any value."""
    distinct = {digest for digest in digests if digest != _ABSENT}
    return SEVERAL if len(distinct) > 1 else next(iter(distinct), _ABSENT)


def _merge_digests(digest: int, other_digest: int) -> int:
    return reduce_digests((digest, other_digest))


def compute_digest(text: str, issuer: str = "") -> int:
    """Return a 64-bit digest of a text and an issuer. It is never equal to _ABSENT or SEVERAL."""
    data = f"{text}\0{issuer}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") | 2
