"""Overrides: what one override file says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.model.study import Target

if TYPE_CHECKING:
    from dicommap.dicom.json_model import DataSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Target):
    """The changed attributes of one study, or of one series: the content of one override file."""

    data_set: DataSet = field(repr=False)
