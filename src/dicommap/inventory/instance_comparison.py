"""Compare one instance in two inventories: the path, size and ETag of its file, its attributes, and its duplicates.

If both inventories have a file of the instance with the same path, these two files are compared, even if one of them is
a duplicate. For example, `b.dcm` is unchanged, and it was copied to `a.dcm`. Now `a.dcm` is the instance, because its
path is first, and `b.dcm` is a duplicate. Still, the old `b.dcm` and the new `b.dcm` are compared. So the result is a
new duplicate, and not a changed path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.person_name_comparison import is_person_name_keyword, normalize_person_name
from dicommap.healthimaging.data_stores import has_data_store
from dicommap.inventory.compared_inventory import HEADER_KEYWORDS, MAX_COPIES, pair_sources
from dicommap.model.inventory_difference import AttributeDifference, ChangeKind, DifferenceStatus, InstanceDifference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dicommap.inventory.compared_inventory import ComparedInventory, InstanceFile, InstanceFiles

INSTANCE_NUMBER = "InstanceNumber"
KINDS_OF_FILES = frozenset({ChangeKind.PATH, ChangeKind.SIZE, ChangeKind.ETAG, ChangeKind.DUPLICATES})
"""Kinds of changes that are ignored if only one inventory is of a data store, which has other paths and copies."""
KEYWORDS_OF_FILES = frozenset({"TransferSyntaxUID"})
"""Attributes that are ignored if only one inventory is of a data store, which may store another transfer syntax."""
_UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID")
_MAX_CACHED_HEADERS = 4096


class InstanceComparer:
    """A comparer of two inventories that compares one instance at a time.

    Attributes:
        keywords: The compared attributes: those that both inventories captured, without the ignored keywords.
    """

    def __init__(
        self,
        before: ComparedInventory,
        after: ComparedInventory,
        *,
        ignored_kinds: Collection[ChangeKind] = (),
        ignored_keywords: Collection[str] = (),
    ) -> None:
        """Prepare the comparison of instances.

        Args:
            before: The first inventory.
            after: The second inventory. If only one of them is of a data store, KINDS_OF_FILES and KEYWORDS_OF_FILES
                are ignored, too.
            ignored_kinds: Kinds of changes that do not count as differences.
            ignored_keywords: Keywords of attributes that are not compared.
        """
        self._before = before
        self._after = after
        is_mixed = has_data_store(before.roots.values()) != has_data_store(after.roots.values())
        self._ignored = frozenset(ignored_kinds) | (KINDS_OF_FILES if is_mixed else frozenset())
        ignored = frozenset(ignored_keywords) | (KEYWORDS_OF_FILES if is_mixed else frozenset())
        self._partners = pair_sources(before.roots, after.roots)
        every = (*HEADER_KEYWORDS, *(keyword for keyword in before.keywords if keyword in set(after.keywords)))
        compared = () if ChangeKind.ATTRIBUTES in self._ignored else (*every, INSTANCE_NUMBER)
        self.keywords: tuple[str, ...] = tuple(keyword for keyword in compared if keyword not in ignored)
        self._headers = _HeaderComparer(before, after, [word for word in self.keywords if word != INSTANCE_NUMBER])

    def is_same_single_file(self, old: InstanceFiles, new: InstanceFiles) -> bool:
        """Return whether each inventory has exactly one file of the instance, and both files have equal rows.

        This fast test returns True for most instances. It returns False if the inventories have different captured
        attributes, because then the digests of their headers cannot be compared.
        """
        return self._headers.has_comparable_digests and old.is_same_single_file(new, self._partners)

    def compare(self, old: InstanceFiles, new: InstanceFiles) -> InstanceDifference | None:
        """Compare an instance that both inventories have. Return its difference, or None if nothing differs.

        Args:
            old: The files of the instance in the first inventory.
            new: The files of the instance in the second inventory, perhaps in another series.
        """
        first, second = self._choose_files_to_compare(old, new)
        attributes = self._compare_attributes(first, second)
        kinds = [ChangeKind.SERIES] if old.key != new.key else []
        kinds += self._find_file_changes(first, second)
        if attributes:
            kinds.append(ChangeKind.ATTRIBUTES)
        if ChangeKind.DUPLICATES not in self._ignored and not self.has_same_other_files(old, new, first, second):
            kinds.append(ChangeKind.DUPLICATES)
        if not kinds:
            return None
        uids = zip(_UID_KEYWORDS, old.key, new.key, strict=False)
        moves = [AttributeDifference(keyword, before, after) for keyword, before, after in uids if before != after]
        return self._make_difference(old, new, first, second, tuple(kinds), (*moves, *attributes))

    def compare_duplicates(self, old: InstanceFiles | None, new: InstanceFiles | None) -> InstanceDifference | None:
        """Compare the files of an instance in a series that has only duplicates of it.

        The file with the disposition `instance` is in another series. Return the difference, or None if nothing
        differs.
        """
        if ChangeKind.DUPLICATES in self._ignored or self.has_same_other_files(old, new):
            return None
        first = None if old is None else old.files[0]
        second = None if new is None else new.files[0]
        return self._make_difference(old, new, first, second, (ChangeKind.DUPLICATES,))

    def make_single_difference(self, old: InstanceFiles | None, new: InstanceFiles | None) -> InstanceDifference:
        """Return the difference for an instance that only one inventory has. `old` or `new` is None."""
        first = None if old is None else old.instance_file
        second = None if new is None else new.instance_file
        return self._make_difference(old, new, first, second)

    def _make_difference(
        self,
        old: InstanceFiles | None,
        new: InstanceFiles | None,
        first: InstanceFile | None,
        second: InstanceFile | None,
        kinds: tuple[ChangeKind, ...] = (),
        attributes: tuple[AttributeDifference, ...] = (),
    ) -> InstanceDifference:
        """Return the difference of an instance. `old` or `new` is None if only one inventory has the instance."""
        known = new or old
        assert known is not None  # noqa: S101  for mypy: one inventory has the instance
        study, series, instance = known.key
        status = DifferenceStatus.GONE if new is None else DifferenceStatus.NEW
        return InstanceDifference(
            study_instance_uid=study,
            series_instance_uid=series,
            sop_instance_uid=instance,
            status=DifferenceStatus.CHANGED if kinds else status,
            kinds=kinds,
            attributes=attributes,
            before=self._before.make_compared_file(old, first) if old and first else None,
            after=self._after.make_compared_file(new, second) if new and second else None,
        )

    def _choose_files_to_compare(self, old: InstanceFiles, new: InstanceFiles) -> tuple[InstanceFile, InstanceFile]:
        """Return the two files to compare: one of `old` and one of `new`, with the same path if possible.

        Otherwise, return the files with the disposition `instance`.
        """
        first, second = old.instance_file or old.files[0], new.instance_file or new.files[0]
        if len(old.files) == len(new.files) == 1:
            return first, second
        places = {(file.path, file.source): file for file in old.files}
        partners = {(file.path, self._partners[file.source]): file for file in new.files}
        for place in ((first.path, first.source), (second.path, self._partners[second.source]), *places):
            if place in places and place in partners:
                return places[place], partners[place]
        return first, second

    def _find_file_changes(self, first: InstanceFile, second: InstanceFile) -> Iterator[ChangeKind]:
        """Yield the kinds of changes between two files, without the ignored kinds."""
        if (first.path, first.source) != (second.path, self._partners[second.source]):
            yield from {ChangeKind.PATH} - self._ignored
        if first.size != second.size:
            yield from {ChangeKind.SIZE} - self._ignored
        if first.etag != second.etag and first.etag and second.etag:
            yield from {ChangeKind.ETAG} - self._ignored

    def _compare_attributes(self, first: InstanceFile, second: InstanceFile) -> tuple[AttributeDifference, ...]:
        """Return the attributes that differ between two files: those of their headers, and InstanceNumber."""
        attributes = self._headers.compare(first, second)
        if first.instance_number != second.instance_number and INSTANCE_NUMBER in self.keywords:
            number = AttributeDifference(INSTANCE_NUMBER, first.instance_number, second.instance_number)
            return (*attributes, number)
        return attributes

    def has_same_other_files(
        self,
        old: InstanceFiles | None,
        new: InstanceFiles | None,
        first: InstanceFile | None = None,
        second: InstanceFile | None = None,
    ) -> bool:
        """Return whether the files in `old` and `new` are the same, without the files `first` and `second`.

        The caller has compared `first` (a file of `old`) with `second` (a file of `new`) before. If there are more than
        `MAX_COPIES` files, only the numbers of files are compared.
        """
        old_count, new_count = old.total if old else 0, new.total if new else 0
        if old is None or new is None or old_count != new_count:
            return old_count == new_count
        if old_count > MAX_COPIES or (old_count == 1 and first is not None):
            return True
        ours = sorted((file.path, file.source, file) for file in old.files if file is not first)
        theirs = sorted((file.path, self._partners[file.source], file) for file in new.files if file is not second)
        return not any(self._differs(*pair) for pair in zip(ours, theirs, strict=True))

    def _differs(self, first: tuple[str, int, InstanceFile], second: tuple[str, int, InstanceFile]) -> bool:
        return any(self._find_file_changes(first[2], second[2])) or bool(self._compare_attributes(first[2], second[2]))


class _HeaderComparer:
    """A comparer of the attributes of two headers. It caches results: many files of a series have the same header."""

    def __init__(self, before: ComparedInventory, after: ComparedInventory, keywords: list[str]) -> None:
        self._before = before
        self._after = after
        self._keywords = tuple(keywords)
        # A digest covers all captured attributes in their order.
        self.has_comparable_digests = before.keywords == after.keywords
        self._known: dict[tuple[int, int], tuple[AttributeDifference, ...]] = {}

    def compare(self, first: InstanceFile, second: InstanceFile) -> tuple[AttributeDifference, ...]:
        """Return the attributes with different values in the headers of two files."""
        if self.has_comparable_digests and first.digest == second.digest:
            return ()
        pair = (first.header, second.header)
        differences = self._known.get(pair)
        if differences is None:
            if len(self._known) >= _MAX_CACHED_HEADERS:
                self._known.clear()
            differences = self._known[pair] = tuple(self._compare_header_rows(*pair))
        return differences

    def _compare_header_rows(self, first: int, second: int) -> Iterator[AttributeDifference]:
        if not self._keywords:
            return
        values = (
            self._before.read_header_values(first, self._keywords),
            self._after.read_header_values(second, self._keywords),
        )
        for keyword, before, after in zip(self._keywords, *values, strict=True):
            if before != after and not _is_same_person_name(keyword, before, after):
                yield AttributeDifference(keyword, before, after)


def _is_same_person_name(keyword: str, before: str, after: str) -> bool:
    return is_person_name_keyword(keyword) and normalize_person_name(before) == normalize_person_name(after)
