"""The current values of one instance, for edits of single instances."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.model.displayable import DisplayableInLists
from dicommap.model.masked_dicts import MaskedValues, make_counts_class
from dicommap.model.study import AttributeValues, FileValues, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTANCE_NUMBER = "InstanceNumber"
"""The keyword of an attribute that an inventory has for each file. Values of studies and series do not have it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InstanceValues(DisplayableInLists):
    """One instance: the number of its files, and their values of each captured attribute and of InstanceNumber."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    files: int
    """Number of files of the instance: 1 without duplicates."""
    path: str
    """The path of the first file, relative to the root of its source."""
    values: AttributeValues = field(repr=False)
    """Keyword -> distinct value -> number of files. An absent attribute counts as the empty text."""
    unmasked: bool = field(default=False, compare=False)
    """Whether the text and HTML of this instance show patient values. The repr never shows patient values."""

    @property
    def target(self) -> Target:
        """Return this instance as the target of an edit."""
        return Target(
            study_instance_uid=self.study_instance_uid,
            series_instance_uid=self.series_instance_uid,
            sop_instance_uid=self.sop_instance_uid,
        )


InstanceReader = Callable[[str], "Sequence[InstanceValues]"]
"""A function that returns the instances of a study. Its argument is the Study Instance UID."""


def read_no_instances(study_instance_uid: str) -> Sequence[InstanceValues]:
    """Return an empty list. This function is the InstanceReader of studies that have no files."""
    return ()


class CachedInstanceReader:
    """An InstanceReader that keeps the instances of the last study in memory, because several edits may need them."""

    def __init__(self, read_instances: InstanceReader) -> None:
        """Make a reader that gets the instances from `read_instances`."""
        self._read_instances = read_instances
        self._study: str | None = None
        self._instances: Sequence[InstanceValues] = ()

    def __call__(self, study_instance_uid: str) -> Sequence[InstanceValues]:
        """Return the instances of a study."""
        if study_instance_uid != self._study:
            self._study, self._instances = study_instance_uid, ()  # the memory of the former study is free first
            self._instances = self._read_instances(study_instance_uid)
        return self._instances


def group_files_by_instance(
    study_instance_uid: str, files: Iterable[FileValues], keywords: Sequence[str], *, unmasked: bool = False
) -> list[InstanceValues]:
    """Return the instances of a study in the order of series and path.

    Args:
        study_instance_uid: The UID of the study.
        files: The files of the study, with the values of `keywords`.
        keywords: The keywords of the values.
        unmasked: Whether the text and HTML of an instance show patient values.
    """
    by_instance: dict[tuple[str, str], list[FileValues]] = {}
    for file in files:
        by_instance.setdefault((file.series_instance_uid, file.sop_instance_uid), []).append(file)
    count_classes = [make_counts_class(keyword, is_unmasked=unmasked) for keyword in keywords]
    instances = []
    for (series, instance), members in by_instance.items():
        values = [make_counts() for make_counts in count_classes]
        for file in members:
            for counts, value in zip(values, file.values, strict=True):
                counts[value] = counts.get(value, 0) + 1
        instances.append(
            InstanceValues(
                study_instance_uid=study_instance_uid,
                series_instance_uid=series,
                sop_instance_uid=instance,
                files=len(members),
                path=members[0].path,
                values=MaskedValues(zip(keywords, values, strict=True)),
                unmasked=unmasked,
            )
        )
    return instances
