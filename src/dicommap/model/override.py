"""Overrides: what changes for one study or series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.model.levels import Level

if TYPE_CHECKING:
    from dicommap.model.dicom_json import DataSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The changed attributes of one study, or of one series: the content of one override file."""

    study_instance_uid: str
    series_instance_uid: str | None
    data_set: DataSet = field(repr=False)

    @property
    def level(self) -> Level:
        """Return STUDY, or SERIES where a series is named."""
        return Level.STUDY if self.series_instance_uid is None else Level.SERIES
