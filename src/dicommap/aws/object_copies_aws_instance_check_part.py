"""Whether bytes are the instance that a plan names: a P10 file with its Study, Series and SOP Instance UID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.study import Disposition
from dicommap.p10 import WantedAttributes, read_header

if TYPE_CHECKING:
    from dicommap.p10 import ReadAt
    from dicommap.planning.staging_model_planned_copy_part import InstanceUids

_UID_ATTRIBUTES = WantedAttributes()
_UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


def find_instance_problem(read: ReadAt, size: int, uids: InstanceUids) -> str | None:
    """Return why a file is not the instance of these UIDs; None if it is.

    Args:
        read: Gives the file's bytes, as for `dicommap.p10.read_header`. What it raises passes through.
        size: The file's number of bytes.
        uids: The UIDs that the plan names.

    """
    header = read_header(read, size, _UID_ATTRIBUTES)
    if header.disposition is not Disposition.INSTANCE:
        return f"it is no P10 file with an instance, but '{header.disposition.value}'"
    values = getattr(header, "values", {})
    differing = [keyword for keyword, uid in zip(_UID_KEYWORDS, uids, strict=True) if values.get(keyword, "") != uid]
    return f"its {' and '.join(differing)} differ from the plan's" if differing else None
