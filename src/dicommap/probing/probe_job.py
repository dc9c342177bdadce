"""One import job of a probe: its objects, its mappings, and the stored attributes that show its effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.probing.override_forms import ObjectContent, build_override, fill_with_items, fill_with_spaces
from dicommap.probing.synthetic_studies import INSTANCES, SyntheticStudy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.healthimaging.levels import Level
    from dicommap.probing.override_forms import Form, LevelPair

OVERRIDES_FOLDER = "overrides"


@dataclass(frozen=True, slots=True)
class ProbeObject:
    """An object of a job: a P10 file or an override file."""

    path: str
    """The path below the job's prefix."""
    content: ObjectContent
    is_p10: bool
    is_beside: bool = False
    """Whether the path follows the job's prefix without a slash between them."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A stored attribute that a probe reads after a job, because its value shows the effect of an override."""

    study: SyntheticStudy
    keyword: str
    """The keyword, or the tag of a private element as 8 hexadecimal digits."""
    values: Mapping[str, str]
    """Name of a state -> the stored value in this state, such as `before` and `after`."""
    member: str = ""
    """The keyword of an attribute in the only item, if `keyword` is a sequence."""
    instances: int = INSTANCES
    """The number of instances of the study that are imported."""
    is_count: bool = False
    """Whether `keyword` is a sequence, and `values` are numbers of its items."""


@dataclass(frozen=True, slots=True)
class ProbeJob:
    """One import job of a probe: the objects to upload, the mappings, and the attributes to watch."""

    name: str
    objects: tuple[ProbeObject, ...]
    mappings: tuple[dict[str, str], ...]
    watches: Mapping[str, Watch]
    """Name of a watch -> the watch. Most jobs watch `tested`, and `control` in the same override file."""
    ends_with_slash: bool = True
    """Whether its inputS3Uri ends with a slash."""

    @property
    def studies(self) -> tuple[SyntheticStudy, ...]:
        """Return the studies whose stored values the job watches, also those that an earlier job has imported."""
        return tuple(dict.fromkeys(watch.study for watch in self.watches.values()))

    def list_p10_paths(self, study: SyntheticStudy | None = None) -> tuple[str, ...]:
        """Return the paths of the P10 files of a study; None for all studies."""
        folder = "" if study is None else f"{study.name}/"
        return tuple(item.path for item in self.objects if item.is_p10 and item.path.startswith(folder))


class JobBuilder:
    """Builder of one job: it collects studies, override files, mappings and watches."""

    def __init__(self, probe: str, name: str, form: Form, pair: LevelPair) -> None:
        """Make a builder without objects.

        Args:
            probe: The id of the probe.
            name: The name of the job.
            form: The form of its override files.
            pair: The level of the tested attributes, and of the overrides.

        """
        self.probe, self._name, self.form, self.pair = probe, name, form, pair
        self._objects: list[ProbeObject] = []
        self._mappings: list[dict[str, str]] = []
        self._watches: dict[str, Watch] = {}

    def make_study(self, name: str = "") -> SyntheticStudy:
        """Return a synthetic study for this job, without adding its files to the job.

        The name of the study is the name of the job, followed by `name` if it is not empty.
        """
        return SyntheticStudy(self.probe, f"{self._name}-{name}" if name else self._name)

    def add_study(self, name: str = "") -> SyntheticStudy:
        """Add the P10 files of a study, and return the study."""
        study = self.make_study(name)
        for number in range(1, INSTANCES + 1):
            self.add_p10(f"{study.name}/{number}.dcm", study.make_p10(number))
        return study

    def add_p10(self, path: str, content: bytes) -> None:
        """Add a P10 file to the job."""
        self._objects.append(ProbeObject(path, ObjectContent(content), is_p10=True))

    def add_override(
        self,
        study: SyntheticStudy,
        data_set: Mapping[str, Any],
        *,
        name: str = "override",
        level: Level | None = None,
        encoding: str = "utf-8",
        padded_size: int = 0,
    ) -> None:
        """Add an override file and its mapping.

        Args:
            study: The study of the mapping.
            data_set: The attributes of the override.
            name: The name of the file, without suffix.
            level: The level of the override; None for that of the job's pair.
            encoding: The character encoding of the file.
            padded_size: The size in bytes to which the file is padded with spaces; 0 for no padding.

        """
        level = level or self.pair.override
        path = f"{OVERRIDES_FOLDER}/{name}.json"
        content = build_override(self.form, study, level, data_set, encoding=encoding)
        self._add_file(path, fill_with_spaces(content, padded_size))
        self.add_mapping(study, path, level)

    def add_large_override(self, study: SyntheticStudy, data_set: Mapping[str, Any], sequence: str, size: int) -> int:
        """Add an override file of at least `size` bytes that is filled with items of a sequence, and its mapping.

        Args:
            study: The study of the mapping.
            data_set: The attributes of the override, without the sequence.
            sequence: The keyword of the sequence.
            size: The size of the file in bytes.

        Returns:
            The number of items of the sequence.

        """
        path = f"{OVERRIDES_FOLDER}/override.json"
        content = fill_with_items(self.form, study, self.pair.override, data_set, sequence, size)
        self._add_file(path, content)
        self.add_mapping(study, path)
        return 1 + content.count

    def add_file(self, path: str, content: bytes, *, is_beside: bool = False) -> None:
        """Add a file that is not P10, without a mapping."""
        self._add_file(path, ObjectContent(content), is_beside=is_beside)

    def _add_file(self, path: str, content: ObjectContent, *, is_beside: bool = False) -> None:
        self._objects.append(ProbeObject(path, content, is_p10=False, is_beside=is_beside))

    def add_mapping(self, study: SyntheticStudy, path: str, level: Level | None = None) -> None:
        """Add a mapping of a study, or of its series, to a path."""
        mapping = {"studyInstanceUID": study.study_instance_uid, "metadataFilePath": path}
        if (level or self.pair.override).value == "series":
            mapping["seriesInstanceUID"] = study.series_instance_uid
        self._mappings.append(mapping)

    def add_watch(
        self,
        name: str,
        study: SyntheticStudy,
        keyword: str,
        values: Mapping[str, str],
        *,
        member: str = "",
        instances: int = INSTANCES,
        is_count: bool = False,
    ) -> None:
        """Watch a stored attribute of a study. See Watch for the arguments."""
        self._watches[name] = Watch(study, keyword, values, member, instances, is_count)

    def build(self, *, ends_with_slash: bool = True) -> ProbeJob:
        """Return the job with all added objects, mappings and watches."""
        return ProbeJob(
            name=self._name,
            objects=tuple(self._objects),
            mappings=tuple(self._mappings),
            watches=dict(self._watches),
            ends_with_slash=ends_with_slash,
        )
