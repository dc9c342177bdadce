"""Simulated files for the planner, with slow and simple counts to compare its results with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import count_folders
from dicommap.planning.job_load import OverrideKey, OverrideSizes, SeriesSize, StudySize

Row = tuple[str, int, str | None, str | None]


@dataclass
class SimulatedFiles:
    """Files without an inventory: rows of key, size, study UID and series UID."""

    rows: list[Row]
    overrides: dict[OverrideKey, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = sorted(self.rows, key=lambda row: row[0].encode())

    @property
    def needs(self) -> OverrideSizes:
        return OverrideSizes(self.overrides.items())

    def keyed_files(self) -> Iterator[Row]:
        yield from self.rows

    def study_sizes(self, largest: int) -> Iterator[StudySize]:
        for study in sorted({row[2] for row in self.rows if row[2] is not None}):
            uids = sorted({row[3] or "" for row in self.rows if row[2] == study})
            yield StudySize(
                study_instance_uid=study, series=tuple(self._weight(study, series, largest) for series in uids)
            )

    def series_file_sizes(self, study: str, series: str, largest: int) -> Iterable[int]:
        return [row[1] for row in self.rows if row[2:] == (study, series) and row[1] <= largest]

    def objects_under(self, prefix: str) -> list[Row]:
        return [row for row in self.rows if row[0].startswith(prefix)]

    def folders(self) -> set[str]:
        """Return all folders, including the top level."""
        return {"", *(row[0][: end + 1] for row in self.rows for end, letter in enumerate(row[0]) if letter == "/")}

    def fits(self, prefix: str, quotas: Quotas) -> bool:
        return self.obeys(
            self.objects_under(prefix),
            count_folders(row[0][len(prefix) :] for row in self.objects_under(prefix)),
            quotas,
        )

    def obeys(self, rows: list[Row], folders: int, quotas: Quotas) -> bool:
        """Return whether a job with these files and their overrides is within every quota."""
        studies, series = {row[2] for row in rows}, {row[2:] for row in rows}
        brought = [key for key in self.overrides if key in series or (key[1] is None and key[0] in studies)]
        sizes = [row[1] for row in rows]
        return (
            len(rows) + len(brought) <= quotas.files
            and sum(sizes) + sum(self.overrides[key] for key in brought) <= quotas.bytes
            and max(sizes, default=0) <= quotas.fileBytes
            and folders + bool(brought) <= quotas.folders
            and len(brought) <= quotas.mappings
        )

    def instances(self) -> Counter[str]:
        return Counter(row[2] for row in self.rows if row[2] is not None)

    def _weight(self, study: str, series: str, largest: int) -> SeriesSize:
        sizes = [row[1] for row in self.rows if row[2:] == (study, series)]
        fit = [size for size in sizes if size <= largest]
        return SeriesSize(series_instance_uid=series, files=len(fit), bytes=sum(fit), too_large=len(sizes) - len(fit))
