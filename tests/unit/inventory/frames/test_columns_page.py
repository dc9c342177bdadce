"""docs/formats/frames.md lists every column of every level, and nothing else."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

from dicommap.dicom.vr import ALL_VRS
from dicommap.inventory import Inventory
from dicommap.inventory.frames.columns import VR_CELL_TYPES, CellType, FrameLevel, list_frame_columns
from dicommap.model.extras import EXTRA_MODULES

PAGE = "\n" + (Path(__file__).parents[4] / "docs/formats/frames.md").read_text(encoding="utf-8")


def rows_below(heading: str, table: int = 0) -> list[list[str]]:
    """Return the cells of a table below a heading, without its own heading."""
    lines = iter(PAGE.partition(f"\n{heading}\n")[2].splitlines())
    section = list(takewhile(lambda line: not line.startswith("#"), lines))
    tables = re.findall(r"(?:^\|.*\n)+", "\n".join([*section, ""]), re.MULTILINE)
    return [
        [cell.strip().replace("`", "") for cell in line.split("|")[1:-1]] for line in tables[table].splitlines()[2:]
    ]


@pytest.mark.parametrize("level", FrameLevel)
def test_columns_are_listed_with_type_and_in_order(level: FrameLevel) -> None:
    listed = [(name, kind, null == "yes") for name, kind, null, _ in rows_below(f"### {level.value}")]
    assert listed == [(one.name, one.kind.value, one.is_nullable) for one in list_frame_columns(level, ())]


@pytest.mark.parametrize("level", FrameLevel)
def test_levels_with_attributes_say_so(level: FrameLevel) -> None:
    section = PAGE.partition(f"\n### {level.value}\n")[2].partition("\n##")[0]
    assert ("Then the [attributes](#attributes)." in section) == (
        len(list_frame_columns(level, ("K",))) > len(list_frame_columns(level, ()))
    )


def test_types_of_value_representations_are_listed() -> None:
    *typed, rest = rows_below("## Attributes", 1)
    listed = {vr: CellType(kind) for vrs, kind in typed for vr in vrs.split(", ")}
    assert listed == VR_CELL_TYPES
    assert rest[1] == CellType.TEXT
    assert VR_CELL_TYPES.keys() < ALL_VRS


@pytest.mark.parametrize(("level", "at"), [(level, level.value) for level in FrameLevel])
def test_columns_of_an_attribute_are_listed_where_they_are(level: FrameLevel, at: str) -> None:
    listed = [name.replace("K", "StudyDate") for name, _, levels, _ in rows_below("## Attributes") if at in levels]
    assert listed == [
        one.name for one in list_frame_columns(level, ("StudyDate",))[len(list_frame_columns(level, ())) :]
    ]


def test_methods_and_extras_are_listed() -> None:
    listed = {call.partition("(")[0]: install for call, _, install in rows_below("# Frames")}
    assert listed.keys() == {name for name in vars(Inventory) if name.startswith("to_") or name == "sql"}
    assert {name for install in listed.values() for name in re.findall(r"\[(.*)\]", install)} == set(EXTRA_MODULES)
