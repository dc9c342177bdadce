"""The plot of a comparison: its bars have the numbers of the comparison, and no patient value."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import dicommap
from dicommap.plots.comparison_plot import MAX_ATTRIBUTES, MAX_STUDIES
from dicommap.plots.svg import Plot
from tests.support.filled_inventories import Added, added, inventory_of

SECRET = "Zyzzyva"


def plot(first: list[Added], second: list[Added]) -> Plot:
    with inventory_of(*first) as before, inventory_of(*second) as after:
        return dicommap.compare(before, after).plot()


def tooltips(drawn: Plot) -> list[str]:
    ElementTree.fromstring(drawn.svg)
    return re.findall(r"<rect[^>]*><title>([^<]*)</title>", drawn.svg)


def test_bars_have_the_numbers_of_each_level() -> None:
    first = [added("a", "1.1 1.1.1 1.1.1.1"), added("b", "1.2 1.2.1 1.2.1.1", PatientID=SECRET)]
    second = [
        added("a", "1.1 1.1.1 1.1.1.1"),
        added("b", "1.2 1.2.1 1.2.1.1", PatientID=SECRET + "2"),
        added("c", "1.3 1.3.1 1.3.1.1"),
    ]
    drawn = plot(first, second)
    bars = tooltips(drawn)
    for noun in ("studies", "series", "instances"):
        assert [bar for bar in bars if bar.startswith(noun)] == [
            f"{noun}: 1 same",
            f"{noun}: 1 changed",
            f"{noun}: 1 new",
        ]
    assert "PatientID: 1 instance in 1 study" in bars
    assert {"1.2: 1 changed", "1.3: 1 new"} <= set(bars)
    assert "studies: 1 new, 1 changed; instances: 1 new, 1 changed" in drawn.description
    assert SECRET not in drawn.svg


def test_a_rare_difference_is_visible() -> None:
    files = [added(f"{n:03}", f"1.1 1.1.1 1.1.1.{n}") for n in range(500)]
    drawn = plot(files, [*files[:-1], added("499", "1.1 1.1.1 1.1.1.499", size=11)])
    (width,) = re.findall(r'width="([\d.]+)"[^>]*><title>instances: 1 changed', drawn.svg)
    assert float(width) >= 2


def test_bars_are_limited_and_the_others_counted() -> None:
    keywords = [
        "PatientID PatientName PatientBirthDate PatientSex StudyDate StudyTime AccessionNumber StudyID",
        "StudyDescription ReferringPhysicianName Modality SeriesNumber SeriesDescription BodyPartExamined Manufacturer",
    ]
    names = " ".join(keywords).split()
    values: dict[str, Any] = dict.fromkeys(names, "1")
    first = [added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1") for n in range(15)]
    second = [added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1", **values) for n in range(15)]
    drawn = plot(first, second)
    assert f"and {len(names) - MAX_ATTRIBUTES} more attributes" in drawn.svg
    assert sum(bar.startswith("1.") for bar in tooltips(drawn)) == MAX_STUDIES


def test_nothing_to_draw_is_a_plot_too() -> None:
    assert "no difference" in plot([], []).description
