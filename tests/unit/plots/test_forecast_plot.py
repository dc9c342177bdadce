"""The plot of a forecast: each group of files has a bar in the colour of its forecast, and no value is readable."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import dicommap
from dicommap.display.conflict_report import Conflicts
from dicommap.model.masking import Masker
from dicommap.overrides.image_set_forecast import FileGroup, SeriesFileGroups, StudyFileGroups
from dicommap.plots.forecast_plot import MAX_SERIES, MAX_STUDIES, plot_forecast
from tests.support.p10_files import STUDY, p10, uid, write_tree

SECRET = "Zyzzyva"


def series(number: int, *groups: tuple[str, int, bool]) -> SeriesFileGroups:
    made = [FileGroup(values=(value,), files=files, is_primary=is_primary) for value, files, is_primary in groups]
    return SeriesFileGroups(
        series_instance_uid=f"1.2.{number}",
        groups=tuple(made),
        group_count=len(made),
        files=sum(group.files for group in made),
        non_primary_files=sum(group.files for group in made if not group.is_primary),
    )


def study(*listed: SeriesFileGroups, number: int = 1) -> StudyFileGroups:
    return StudyFileGroups(
        study_instance_uid=f"1.{number}",
        keywords=("PatientID",),
        series=listed,
        series_count=len(listed),
        files=sum(one.files for one in listed),
        non_primary_files=sum(one.non_primary_files for one in listed),
    )


def bars(svg: str) -> list[tuple[str, str]]:
    """Return class and tooltip of each bar, without those of the legend."""
    ElementTree.fromstring(svg)
    return re.findall(r'<rect[^>]*class="(\w+)"[^>]*><title>([^<]*files?, [^<]*)</title>', svg)


def test_groups_have_the_colour_of_their_forecast_and_masked_values() -> None:
    one = study(series(1, (SECRET, 8, True), ("", 2, False)), series(2, (SECRET, 1, True)))
    drawn = plot_forecast([one], Masker())
    assert bars(drawn.svg) == [
        ("first", "8 files, assumed primary: PatientID &lt;PatientID 1&gt;"),
        ("third", "2 files, likely non-primary: PatientID (empty)"),
        ("first", "1 file, assumed primary: PatientID &lt;PatientID 1&gt;"),
    ]
    assert "2 of 11 files likely non-primary" in drawn.svg
    assert "10 files in 2 groups" in drawn.svg
    assert "AWS does not document" in drawn.description
    assert SECRET not in drawn.svg
    assert SECRET in plot_forecast([one], Masker(show_values=True)).svg


def test_the_plot_is_limited_and_the_others_are_counted() -> None:
    wide = [series(number, ("a", 1, True)) for number in range(MAX_SERIES + 3)]
    drawn = plot_forecast([study(*wide), *(study(wide[0], number=n) for n in range(2, MAX_STUDIES + 5))], Masker())
    assert "and 3 more series" in drawn.svg
    assert "and 4 more studies" in drawn.svg
    assert len(bars(drawn.svg)) == MAX_SERIES + MAX_STUDIES - 1


def test_a_small_group_is_visible_and_many_groups_stay_inside() -> None:
    drawn = plot_forecast([study(series(1, ("a", 10**6, True), *((str(n), 1, False) for n in range(39))))], Masker())
    places = [
        tuple(map(float, pair)) for pair in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn.svg)
    ]
    assert min(width for _, width in places) >= 3
    assert max(x + width for x, width in places) < 600


def test_no_conflict_is_said() -> None:
    assert "Each grouping attribute has one value" in plot_forecast([], Masker()).svg


@pytest.fixture
def drafted(tmp_path: Path) -> dicommap.Draft:
    files = {str(n): p10(SOPInstanceUID=uid(STUDY, 1, n), PatientID=SECRET + "x" * (n == 3)) for n in range(1, 4)}
    with dicommap.scan(write_tree(tmp_path / "tree", files)) as inventory:
        return dicommap.draft(inventory, input_s3_uri="s3://bucket/incoming/")


def test_a_draft_shows_the_plot_in_its_forecast(drafted: dicommap.Draft) -> None:
    (one,) = drafted.conflicts.file_groups
    assert (one.keywords, one.files, one.non_primary_files) == (("PatientID",), 3, 1)
    assert SECRET not in repr(one)
    title = "Groups of files that may become separate image sets"
    for html in (drafted._repr_html_(), drafted.conflicts._repr_html_(), drafted.preview_html()):
        assert title in html
        assert SECRET not in html
    assert title in drafted.conflicts.of_study(STUDY)._repr_html_()
    assert title not in drafted.conflicts.of_study("1.9")._repr_html_()
    assert title not in str(drafted)
    assert drafted.forecast_plot().title == title
    assert SECRET in drafted.forecast_plot(show_values=True).svg


def test_conflicts_can_be_pickled_and_made_without_a_plot(drafted: dicommap.Draft) -> None:
    copied = pickle.loads(pickle.dumps(drafted.conflicts))
    assert copied == drafted.conflicts
    assert "<svg" in copied._repr_html_()
    assert "<svg" not in Conflicts(drafted.conflicts)._repr_html_()
