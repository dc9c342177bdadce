"""The screens of inventory, study and series: what is on them, and how much."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.made.inventory import filled
from tests.support.filled_inventories import Added, added, inventory_of, refused

COUNT = 40


def many_studies() -> list[Added]:
    return [added(f"{number}", f"1.{number} 1.{number}.1 1.{number}.1.1") for number in range(COUNT)]


def many_series(count: int = COUNT) -> list[Added]:
    return [added(f"{number}", f"1.1 1.1.{number} 1.1.{number}.1") for number in range(count)]


def test_an_inventory_says_what_it_holds() -> None:
    files = [
        added("a", "1.1 1.1.1 1.1.1.1", Modality="CT", StudyDate="20260102", StudyDescription="Head"),
        added("b", "1.1 1.1.2 1.1.2.1", Modality="CT", StudyDate="20260102"),
        added("c", "1.2 1.2.1 1.2.1.1", Modality="XYZZY", StudyDate="20240229"),
        added("d", "1.3 1.3.1 1.3.1.1"),
        refused("n"),
    ]
    with inventory_of(*files) as inventory:
        text = str(inventory.unmasked())
        assert "Inventory: 3 studies, 4 series, 4 instances, 41 B, 2 warnings" in text
        assert "CT 2, (none) 1, XYZZY 1" in text
        assert "20240229 to 20260102" in text
        assert "instance 4, not-dicom 1" in text
        (head,) = (line for line in text.split("\n") if line.startswith("  1.1 "))
        assert " ".join(head.split()) == "1.1 20260102 <2 different values> CT 2 2 20 B"
        masked = str(inventory)
        assert "20240229" not in masked
        assert " to <StudyDate" not in masked


def test_a_range_of_dates_has_only_dates_that_exist() -> None:
    dates = ["20260231", "0", "99991332", "2026-01-01", "Zyzzyva", "20260102", "20240229"]
    files = [
        added(f"{number}", f"1.{number} 1.{number}.1 1.{number}.1.1", StudyDate=d) for number, d in enumerate(dates)
    ]
    with inventory_of(*files) as inventory:
        assert "20240229 to 20260102" in str(inventory.unmasked())
        invalid = [issue for issue in inventory.issues() if issue.code == "study.invalid-date"]
        assert len(invalid) == 5
        assert not any(date in issue.message for issue in invalid for date in dates if len(date) > 1)


def test_issues_have_their_explanation_inside() -> None:
    with inventory_of(refused("n")) as inventory:
        html = inventory._repr_html_()
        assert '<span class="badge warning">warning</span>' in html
        assert "<code>p10.not-dicom</code>" in html
        assert "What to do: " in html


def test_a_screen_does_not_grow_with_studies() -> None:
    with inventory_of(*many_studies()) as inventory:
        assert "and 25 more studies" in inventory._repr_html_()
        assert "and 30 more studies" in str(inventory)
        assert inventory._repr_html_().count("<details>") == 15


def test_a_screen_does_not_grow_with_series() -> None:
    with inventory_of(*many_series()) as inventory:
        study = next(inventory.studies())
        for html in (inventory._repr_html_(), study._repr_html_()):
            assert "and 20 more series" in html
        assert "and 30 more series" in str(study)
        assert len(str(study).split("\n")) < 30


@pytest.mark.long
def test_ten_thousand_studies_are_a_small_page() -> None:
    with filled(None, studies=10_000, series=2, instances=1) as inventory:
        html = inventory.unmasked()._repr_html_()
        assert "and 9,985 more studies" in html
        assert len(html.encode()) < 300_000


def test_a_page_is_small_however_long_values_are() -> None:
    root = "1.2.826.0.1.3680043.8.498.10000000000000000000000000000"
    files = [
        added(
            f"{study}/{series}",
            f"{root}.{study} {root}.{study}.{series} {root}.{study}.{series}.1",
            PatientID="p" * 64,
            StudyDescription="<" * 10_000,
            SeriesDescription="<" * 10_000,
            Modality="m" * 5_000,
        )
        for study in range(20)
        for series in range(30)
    ]
    with inventory_of(*files, refused("n")) as inventory:
        assert len(inventory.unmasked()._repr_html_().encode()) < 300_000


def test_a_study_lists_its_attributes_and_names_the_empty_ones() -> None:
    files = [added(f"{n}", f"1.1 1.1.1 1.1.1.{n}", PatientID=f"P{n % 5}", Modality="CT") for n in range(9)]
    with inventory_of(*files) as inventory:
        text = str(next(inventory.unmasked().studies()))
        assert "P0 (2); P1 (2); P2 (2); and 2 more" in text
        assert "Empty or absent: PatientName, " in text
        assert "PatientID  <PatientID 1> (2); <PatientID 2> (2); <PatientID 3> (2); and 2 more" in str(
            next(inventory.studies())
        )


def test_many_attributes_are_counted() -> None:
    keywords = tuple(f"Additional{number}" for number in range(30))
    values: dict[str, Any] = dict.fromkeys(keywords, "value")
    file = added("a", **values)
    with inventory_of(file, keywords=keywords) as inventory:
        for one in (next(inventory.studies()), next(inventory.series())):
            assert "and 6 more attributes" in one._repr_html_()
        assert "StudyDate" not in str(inventory).split("Studies")[0]


def test_the_view_is_the_same_open_inventory() -> None:
    with inventory_of(*many_studies()) as inventory:
        assert inventory.unmasked().summary() == inventory.summary()
        assert inventory.unmasked().keywords == inventory.keywords
