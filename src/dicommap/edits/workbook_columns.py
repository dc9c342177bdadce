"""Describe the columns of a sheet that is a workbook: their widths, notes, drop-down lists, and which are locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.defined_terms import VALUE_LISTS
from dicommap.dicom.dictionary import tag_of, vm_of, vrs_of
from dicommap.dicom.vr import SINGLE_VALUE_VRS, describe_vr
from dicommap.edits.sheet_cells import REMOVAL_CELL
from dicommap.edits.sheet_rows import (
    INSTANCES_COLUMN,
    PATH_COLUMN,
    STATE_COLUMN,
    list_information_columns,
    list_key_columns,
)
from dicommap.healthimaging.overridable_attributes import edited_attribute_issues
from dicommap.issues import Location
from dicommap.writing.workbook_writer import WorkbookColumn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.healthimaging.levels import Level

_WIDTHS = {"UI": 46, "PN": 28, "LO": 26, "SH": 18, "LT": 44, "ST": 44, "UT": 44, "UC": 44, "DT": 24}
_OTHER_WIDTH = 14
_FILTER_BUTTON_WIDTH = 4
_UNPROTECT = "The column is locked, without a password."
_INFORMATION_COLUMNS = {
    STATE_COLUMN: (
        14,
        "Digests of the values in the files when this sheet was written. They show if a file has changed since.\n"
        "Do not change them.",
    ),
    INSTANCES_COLUMN: (12, "The number of instances. It is information and is not read back."),
    PATH_COLUMN: (40, "The path of the instance's file. It is information and is not read back."),
}


def describe_sheet_columns(level: Level, keywords: Sequence[str]) -> list[WorkbookColumn]:
    """Return the descriptions of all columns of a sheet: names, widths, notes, drop-down lists, and which are locked.

    Args:
        level: The level of the rows: STUDY, SERIES or INSTANCE.
        keywords: The keywords of the columns with values.

    """
    columns = [
        WorkbookColumn(
            name=key,
            width=_WIDTHS["UI"],
            note=f"The key of the row: do not change it.\n{_UNPROTECT}",
            is_locked=True,
        )
        for key in list_key_columns(level)
    ]
    columns += [
        WorkbookColumn(name=name, width=width, note=f"{note}\n{_UNPROTECT}", is_locked=True)
        for name in list_information_columns(level)
        for width, note in [_INFORMATION_COLUMNS[name]]
    ]
    return columns + [_describe_keyword_column(keyword, level) for keyword in keywords]


def _describe_keyword_column(keyword: str, level: Level) -> WorkbookColumn:
    """Return the description of the column of an attribute. It is locked if no edit can set the attribute."""
    tag = tag_of(keyword) or 0
    vr = next(iter(vrs_of(tag)), "UN")
    width = max(_WIDTHS.get(vr, _OTHER_WIDTH), len(keyword) + _FILTER_BUTTON_WIDTH)
    number = f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
    if any(True for _ in edited_attribute_issues(tag, level, Location())):
        note = f"{number}\nInformation: no edit can set this attribute.\n{_UNPROTECT}"
        return WorkbookColumn(name=keyword, width=width, note=note, is_locked=True)
    listed = VALUE_LISTS.get(keyword)
    return WorkbookColumn(
        name=keyword,
        width=width,
        note="\n".join([number, *_list_note_lines(keyword, tag, vr)]),
        choices=() if listed is None else (*listed.values, *([REMOVAL_CELL] if listed.is_closed else ())),
        allows_others=listed is None or not listed.is_closed,
    )


def _list_note_lines(keyword: str, tag: int, vr: str) -> Iterator[str]:
    """Yield the lines of a column note: the form, number and list of values, and the effect of an empty cell."""
    yield describe_vr(vr)
    multiplicity = vm_of(tag)
    if multiplicity is not None and multiplicity.text != "1" and vr not in SINGLE_VALUE_VRS:
        yield f"Number of values: {multiplicity.text}, separated by a backslash"
    else:
        yield "One value"
    listed = VALUE_LISTS.get(keyword)
    if listed is not None:
        label = "Allowed" if listed.is_closed else "Usual"
        yield f"{label}: {', '.join(listed.values)} (PS3.3 {listed.source})"
    yield f"An empty cell empties the attribute; {REMOVAL_CELL} removes it (needs draft --updates)."
