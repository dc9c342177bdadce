"""The overrides of one job of the stand-in: what each mapping changes, and which mappings are refused.

This module answers the questions about several mappings (`dicommap.healthimaging.override_questions`): one file for two
mappings, two mappings for one target, an attribute in the overrides of a study and of its series, and a mapping without
files. The module reads no files, so a test can call it without a server.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.model.study import Target
from dicommap.testing.override_attributes import apply_attributes, select_attributes
from dicommap.testing.override_contents import (
    CHARACTER_SET,
    IgnoredOverrideError,
    RefusedOverrideError,
    read_override,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dicommap.dicom.json_model import DataSet
    from dicommap.healthimaging.override_questions import OverrideAnswers


@dataclass(frozen=True)
class RefusedMapping:
    """A mapping whose override the service refuses."""

    index: int
    target: Target
    path: str
    """The metadataFilePath of the mapping."""
    reason: str
    has_no_files: bool = False
    """Whether the job has no file of the target."""

    @property
    def message(self) -> str:
        """Return the message of the job, or of a file in a job manifest. AWS documents no such message."""
        return f"The metadata file of mapping {self.index} {self.reason}"


@dataclass(frozen=True)
class JobOverrides:
    """The overrides of a job by target, and the refusals."""

    by_target: Mapping[Target, tuple[DataSet, ...]]
    """Study or series -> the data sets to apply, in order. There are several only if two mappings are merged."""
    refusals: tuple[RefusedMapping, ...]
    answers: OverrideAnswers

    @classmethod
    def read(
        cls,
        mappings: Sequence[Mapping[str, str]],
        contents: Mapping[str, bytes],
        answers: OverrideAnswers,
        *,
        series: Collection[tuple[str, str]],
        ignored_keywords: Collection[str] = (),
    ) -> JobOverrides:
        """Read the override files of a job.

        Args:
            mappings: The mappings of the import configuration.
            contents: metadataFilePath -> the bytes of the file. Files that do not exist are left out.
            answers: The answers of the stand-in.
            series: The Study and Series Instance UID of each series that has files in the job.
            ignored_keywords: Keywords of attributes that the service ignores in every override file.

        """
        reader = _MappingReader(mappings, contents, answers, series, ignored_keywords)
        reader.read_files()
        reader.refuse_wrong_targets()
        reader.refuse_shared_attributes()
        return cls(reader.select_data_sets(), tuple(reader.refusals), answers)

    def apply_to(self, data_set: DataSet, study: str, series: str) -> DataSet:
        """Return a copy of the data set of an instance with the overrides of its study and its series."""
        targets = [
            Target(study_instance_uid=study),
            Target(study_instance_uid=study, series_instance_uid=series),
        ]
        if self.answers.precedence == "study":
            targets.reverse()
        for target in targets:
            for override in self.by_target.get(target, ()):
                data_set = apply_attributes(data_set, override, self.answers)
        return data_set

    def has_override_of(self, study: str, series: str) -> bool:
        """Return whether a series has an override to apply: its own, or that of its study."""
        targets = (
            Target(study_instance_uid=study),
            Target(study_instance_uid=study, series_instance_uid=series),
        )
        return any(target in self.by_target for target in targets)

    def refusals_of(self, study: str, series: str) -> list[RefusedMapping]:
        """Return the refused mappings of a series and of its study."""
        return [
            refusal
            for refusal in self.refusals
            if refusal.target.study_instance_uid == study and refusal.target.series_instance_uid in (None, series)
        ]


class _MappingReader:
    """Reader of the mappings of one job. It collects the accepted data sets and the refusals.

    Data sets and refusals are identified by the mapping's index in the import configuration.
    """

    def __init__(
        self,
        mappings: Sequence[Mapping[str, str]],
        contents: Mapping[str, bytes],
        answers: OverrideAnswers,
        series: Collection[tuple[str, str]],
        ignored_keywords: Collection[str],
    ) -> None:
        self.refusals: list[RefusedMapping] = []
        self._contents = contents
        self._answers = answers
        self._ignored_keywords = ignored_keywords
        self._paths = [mapping["metadataFilePath"] for mapping in mappings]
        self._targets = [
            Target(study_instance_uid=mapping["studyInstanceUID"], series_instance_uid=mapping.get("seriesInstanceUID"))
            for mapping in mappings
        ]
        self._present = {Target(study_instance_uid=study) for study, _ in series}
        self._present |= {Target(study_instance_uid=study, series_instance_uid=uid) for study, uid in series}
        self._accepted: dict[int, DataSet] = {}

    def read_files(self) -> None:
        """Read the file of each mapping."""
        uses = Counter(self._paths)
        for index, (path, target) in enumerate(zip(self._paths, self._targets, strict=True)):
            try:
                self._require_unshared_file(uses[path])
                data_set = read_override(self._contents.get(path), target, self._answers)
                selected = select_attributes(data_set, target.level, self._answers)
            except RefusedOverrideError as refusal:
                self._add_refusal(index, str(refusal))
            except IgnoredOverrideError:
                continue
            else:
                self._accepted[index] = {
                    tag: attribute
                    for tag, attribute in selected.items()
                    if keyword_of(int(tag, 16)) not in self._ignored_keywords
                }

    def _require_unshared_file(self, uses: int) -> None:
        if uses > 1 and self._answers.sharedFile == "refused":
            raise RefusedOverrideError("is named by two mappings")
        if uses > 1 and self._answers.sharedFile == "ignored":
            raise IgnoredOverrideError

    def refuse_wrong_targets(self) -> None:
        """Refuse mappings that the stand-in's answers do not allow.

        These are mappings with the same study or series as another mapping, and mappings whose study or series has no
        files in the job.
        """
        counts = Counter(self._targets)
        no_match = self._answers.noMatch if self._present else self._answers.withoutFiles
        for index, target in enumerate(self._targets):
            if counts[target] > 1 and self._answers.twoMappings == "refused":
                self._add_refusal(index, "has the same target as another mapping")
            elif target not in self._present and no_match == "refused":
                self._add_refusal(index, "has a target without files in the job")

    def refuse_shared_attributes(self) -> None:
        """Refuse overrides of a series and of its study that have an attribute in common, if the answers say so."""
        if self._answers.precedence != "refused":
            return
        studies: dict[str, list[int]] = defaultdict(list)
        for index, target in enumerate(self._targets):
            if target.series_instance_uid is None:
                studies[target.study_instance_uid].append(index)
        for index, target in enumerate(self._targets):
            if target.series_instance_uid is not None:
                for study in studies[target.study_instance_uid]:
                    self._refuse_if_attribute_is_shared(index, study)

    def _refuse_if_attribute_is_shared(self, series: int, study: int) -> None:
        """Refuse two mappings if their override files have an attribute in common.

        `series` and `study` are the indexes of the mapping of a series and of the mapping of its study.
        """
        shared = self._accepted.get(series, {}).keys() & self._accepted.get(study, {}).keys()
        if shared - {CHARACTER_SET}:
            self._add_refusal(series, "has an attribute of the override of its study")
            self._add_refusal(study, "has an attribute of the override of one of its series")

    def select_data_sets(self) -> dict[Target, tuple[DataSet, ...]]:
        """Return study or series -> the data sets to apply. Data sets of refused mappings are left out."""
        refused = {refusal.index for refusal in self.refusals}
        by_target: dict[Target, list[DataSet]] = defaultdict(list)
        for index, data_set in sorted(self._accepted.items()):
            if index not in refused:
                by_target[self._targets[index]].append(data_set)
        which = {"first": slice(0, 1), "last": slice(-1, None)}.get(self._answers.twoMappings, slice(None))
        return {target: tuple(data_sets[which]) for target, data_sets in by_target.items()}

    def _add_refusal(self, index: int, reason: str) -> None:
        if all(refusal.index != index for refusal in self.refusals):
            target = self._targets[index]
            self.refusals.append(RefusedMapping(index, target, self._paths[index], reason, target not in self._present))
