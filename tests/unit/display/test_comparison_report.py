"""The report of a comparison: masked with equal marks for equal values, limited, and with a plot in HTML."""

from __future__ import annotations

import dicommap
from dicommap.display.comparison_report import MAX_STUDIES
from tests.support.filled_inventories import Added, added, inventory_of

SECRET = "Zyzzyva"


def compare(first: list[Added], second: list[Added]) -> dicommap.Comparison:
    with inventory_of(*first) as before, inventory_of(*second) as after:
        return dicommap.compare(before, after)


def test_equal_values_have_equal_marks() -> None:
    first = [added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1", PatientID=f"{SECRET}{n % 2}") for n in range(4)]
    second = [added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1", PatientID=f"{SECRET}0", Modality="CT") for n in range(4)]
    comparison = compare(first, second)
    text, html = str(comparison), comparison._repr_html_()
    assert SECRET not in text + html
    assert text.count("<PatientID 1>") >= 2
    assert "<PatientID 2>" in text
    assert "CT" in text
    assert "<svg" in html
    assert "In this output, equal marks such as <" in text
    assert SECRET in comparison.html(show_values=True)
    assert SECRET not in comparison.html()


def test_no_difference_is_said_without_a_plot() -> None:
    comparison = compare([added("a")], [added("a")])
    assert str(comparison).startswith("Comparison: no difference\n")
    assert "<svg" not in comparison._repr_html_()
    assert comparison.html().startswith("<!doctype html>")


def test_the_report_is_limited_and_the_page_is_not() -> None:
    second = [added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1") for n in range(100, 100 + MAX_STUDIES + 5)]
    comparison = compare([], second)
    assert "and 5 more studies" in comparison._repr_html_()
    assert f"1.{104 + MAX_STUDIES}" in comparison.html()


def test_what_is_not_compared_is_said() -> None:
    with (
        inventory_of(added("a")) as before,
        inventory_of(added("a"), keywords=("PatientID", "SliceThickness")) as after,
    ):
        text = str(dicommap.compare(before, after))
    assert "SliceThickness, which only the second inventory has" in text
    assert "Pixel data is not compared" in text
