"""What a job takes, noted as its objects go by: how much it is, and which overrides are for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.healthimaging.s3_uri_model_nested_folders_part import NestedFolders
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.overrides.override_file_model_override_part import Override
    from dicommap.planning.planned_objects import PlannedObject

_INSTANCES = frozenset({Disposition.INSTANCE, Disposition.DUPLICATE})


class JobObjectCounts:
    """Counts of a job's objects, and their series."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self.instances = 0
        """Files with an instance, duplicates included."""
        self._folders = NestedFolders()
        self._outermost: set[str] = set()
        self._series: dict[str, set[str]] = {}

    def noting(self, objects: Iterable[PlannedObject]) -> Iterator[PlannedObject]:
        """Yield objects as they are, and note each."""
        study = series = ""
        for one in objects:
            self.files += 1
            self.bytes += one.size
            self._folders.add(one.key)
            if one.disposition in _INSTANCES:
                self.instances += 1
                if one.series_instance_uid != series or one.study_instance_uid != study:
                    study, series = one.study_instance_uid, one.series_instance_uid
                    self._series.setdefault(study, set()).add(series)
            if "/" in one.key:
                self._outermost.add(one.key.partition("/")[0])
            yield one

    def overrides(self, of_study: Mapping[str, Iterable[Override]]) -> list[Override]:
        """Return the overrides of the studies and series that were noted."""
        return [
            override
            for study, series in self._series.items()
            for override in of_study.get(study, ())
            if override.series_instance_uid is None or override.series_instance_uid in series
        ]

    def count_folders_with(self, files: Iterable[str]) -> int:
        """Return how many nested folders there are with those of these files, which lie one folder deep."""
        added = {path.partition("/")[0] for path in files}
        return self._folders.count + len(added - self._outermost)
