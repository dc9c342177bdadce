"""Plots: the numbers in them are those of the inventory, and nothing gets out of its text."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import dicommap
from dicommap.model.study import AttributeValues, Series, Study
from dicommap.plots.attribute_gaps_plot import MAX_ATTRIBUTES, plot_attribute_gaps
from dicommap.plots.inventory_plots import InventoryPlots
from dicommap.plots.modality_plot import plot_modalities
from dicommap.plots.svg import _STYLE, MAX_STRENGTH_BELOW_TEXT, Plot
from dicommap.plots.timeline_plot import plot_timeline
from tests.support.p10_files import p10, write_tree

PLOTS: list[Callable[[list[Study]], Plot]] = [
    plot_modalities,
    plot_attribute_gaps,
    lambda studies: plot_timeline(studies, show_values=False),
    lambda studies: plot_timeline(studies, show_values=True),
]


def study(number: int, *series: AttributeValues) -> Study:
    return Study.from_series(
        Series(
            study_instance_uid=f"1.{number}",
            series_instance_uid=f"1.{number}.{place}",
            instances=sum(values["Modality"].values()),
            files=sum(values["Modality"].values()),
            size=1_000_000,
            values=values,
        )
        for place, values in enumerate(series)
    )


def dated(number: int, *dates: str) -> Study:
    return study(number, {"Modality": {"CT": max(len(dates), 1)}, "StudyDate": dict.fromkeys(dates or ("",), 1)})


def texts(plot: Plot) -> list[str]:
    """Return the texts that are drawn; the SVG must be well formed."""
    return [
        "".join(one.itertext()) for one in ElementTree.fromstring(plot.svg).iter("{http://www.w3.org/2000/svg}text")
    ]


def told(plot: Plot) -> list[str]:
    """Return what the bars and cells say when they are pointed at."""
    return re.findall(r"<rect[^>]*><title>([^<]*)</title>", plot.svg)


@pytest.mark.parametrize("make", PLOTS)
def test_an_empty_inventory_has_plots(make: Callable[[list[Study]], Plot]) -> None:
    assert texts(make([]))[0] == make([]).title


@pytest.mark.parametrize("make", PLOTS)
def test_text_of_files_stays_text(make: Callable[[list[Study]], Plot]) -> None:
    odd = '</text><script>alert("1")</script>\x00\u202e'
    plot = make([study(1, {"Modality": {odd: 1}, "StudyDate": {odd: 1}, odd: {odd: 1}})])
    assert texts(plot)
    assert "<script" not in plot.svg
    assert "\u202e" not in plot.svg


@pytest.mark.parametrize("make", PLOTS)
def test_a_plot_stands_alone_and_says_what_it_shows(make: Callable[[list[Study]], Plot], tmp_path: Path) -> None:
    plot = make([dated(1, "20240229")])
    root = ElementTree.fromstring(plot.svg)
    ids = root.attrib["aria-labelledby"].split()
    named = {one.attrib["id"]: one.text for one in root if "id" in one.attrib}
    assert [named[name] for name in ids] == [plot.title, plot.description]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|<script|\burl\(", plot.svg)
    plot.save(tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8") == plot._repr_svg_()


def test_a_page_has_the_plot_inline_and_without_styles_as_an_image() -> None:
    plot = plot_modalities([study(1, {"Modality": {'"<CT>': 1}})])
    inline, image = plot._repr_html_().split(plot.svg)
    assert inline == '<div class="dicommap-plot-inline" hidden="hidden" style="display:none">'
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', image)
    assert source is not None
    assert b64decode(source[1]).decode() == plot.svg
    assert f'alt="{plot.title}: {plot.description}"' in image


def test_text_on_a_bar_is_legible_in_both_themes() -> None:
    """Compare the contrast of text and heat map with the limit of WCAG, on the backgrounds of JupyterLab's themes."""
    rules = dict(re.findall(r"\.(third|good|bad|doubtful|first|second|fourth) { fill: (#\w{6}) }", _STYLE))
    assert len(rules) == 7
    for colour in rules.values():
        for ground, text in (("#ffffff", "#212121"), ("#111111", "#ffffff"), ("#161b22", "#e6edf3")):
            mixed = [
                MAX_STRENGTH_BELOW_TEXT * over + (1 - MAX_STRENGTH_BELOW_TEXT) * under
                for over, under in zip(channels(colour), channels(ground), strict=True)
            ]
            assert contrast(mixed, channels(text)) >= 4.5, (colour, ground)


def channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def contrast(first: list[float], second: list[float]) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, "relative luminance")."""

    def luminance(colour: list[float]) -> float:
        linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_modalities_have_their_instances_and_bytes() -> None:
    studies = [
        study(1, {"Modality": {"CT": 10}}, {"Modality": {"CT": 1_490}}),
        study(2, {"Modality": {"MR": 3}}, {"Modality": {"": 2}}, {"Modality": {"MR": 1, "CT": 1}}),
    ]
    assert told(plot_modalities(studies)) == [
        "CT: 1,500 instances",
        "CT: 2.0 MB",
        "MR: 3 instances",
        "MR: 1.0 MB",
        "(none): 2 instances",
        "(none): 1.0 MB",
        "(several): 2 instances",
        "(several): 1.0 MB",
    ]


def test_many_modalities_are_folded() -> None:
    plot = plot_modalities([study(number, {"Modality": {f"M{number:02}": 100 - number}}) for number in range(30)])
    assert told(plot)[-2:] == [f"others: {sum(100 - n for n in range(20, 30))} instances", "others: 10.0 MB"]
    assert len(told(plot)) == 42


def test_years_are_counted_and_days_are_not_told() -> None:
    plot = plot_timeline(
        [
            dated(1, "20240229"),
            dated(2, "20231231", "20240101"),
            dated(3),
            dated(4, "20230230"),
            dated(5, "２０２３０１０１"),
        ],
        show_values=False,
    )
    assert told(plot) == ["2023: 1 study", "2024: 1 study"]
    assert plot.description == "2 studies by year of StudyDate; 3 without a valid StudyDate."
    assert "0229" not in plot.svg
    assert "02-29" not in plot.svg


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("20240228", "20240301"), ["2024-02-28: 1 study", "2024-03-01: 1 study"]),
        (("20210131", "20240301"), ["2021-01: 1 study", "2024-03: 1 study"]),
        (("19900131", "20240301"), ["1990: 1 study", "2024: 1 study"]),
        (("18000131", "20240301"), ["1800s: 1 study", "2020s: 1 study"]),
        (("00010101", "99991231"), ["000s: 1 study", "9900s: 1 study"]),
    ],
)
def test_with_values_time_is_as_fine_as_there_is_room(dates: tuple[str, ...], expected: list[str]) -> None:
    plot = plot_timeline([dated(number, one) for number, one in enumerate(dates)], show_values=True)
    assert told(plot) == expected


def test_a_few_studies_far_away_do_not_make_the_bars_decades() -> None:
    near = [dated(number, f"{2010 + number % 14}0101") for number in range(60)]
    plot = plot_timeline(
        [*near, dated(100, "18500101"), dated(101, "19000101"), dated(102, "21990101")], show_values=False
    )
    assert plot.description == "63 studies by year of StudyDate; 2 of them before 2010; 1 of them after 2023."
    assert told(plot)[:3] == ["before 2010: 2 studies", "after 2023: 1 study", "2010: 5 studies"]
    assert len(told(plot)) == 2 + 14


def test_many_studies_far_away_are_no_outliers() -> None:
    plot = plot_timeline(
        [*(dated(number, "20200101") for number in range(9)), dated(9, "18500101"), dated(10, "18600101")],
        show_values=False,
    )
    assert told(plot) == ["1850s: 1 study", "1860s: 1 study", "2020s: 9 studies"]


def test_the_axes_have_names_and_the_highest_mark_is_above_all_bars() -> None:
    plot = plot_timeline([dated(number, "20200101") for number in range(7)] + [dated(9, "20210101")], show_values=False)
    assert {"studies", "year of StudyDate", "0", "2", "4", "6", "8"} <= set(texts(plot))
    tops = [float(top) for top in re.findall(r'<line class="line" [^>]*y1="([^"]+)"', plot.svg)]
    bars = [float(top) for top in re.findall(r'<rect x="[^"]+" y="([^"]+)"[^>]*class="first"', plot.svg)]
    assert min(tops) < min(bars)


def test_nothing_is_drawn_for_nothing() -> None:
    plot = plot_timeline([dated(1), dated(2, "20230230")], show_values=False)
    assert plot.description == "None of 2 studies has a valid StudyDate."
    for empty in (plot, plot_modalities([]), plot_attribute_gaps([])):
        assert texts(empty) == [empty.title, empty.description]
        assert "<line" not in empty.svg


def test_attributes_are_missing_and_inconsistent() -> None:
    studies = [
        study(
            1,
            {"Modality": {"CT": 4}, "PatientID": {"a": 3, "": 1}, "SeriesNumber": {"1": 4}},
            {"Modality": {"MR": 4}, "PatientID": {"a": 4}, "SeriesNumber": {"1": 2, "2": 2}},
        ),
        study(2, {"Modality": {"CT": 4}, "PatientID": {"b": 4}, "SeriesNumber": {"3": 4}}),
    ]
    cells = told(plot_attribute_gaps(studies))
    assert "PatientID, CT: 1 of 8 lack it" in cells
    assert "PatientID, all: 1 of 12 lack it" in cells
    assert "PatientID, CT: 1 of 2 differ inside" in cells
    assert "PatientID, all: 1 of 2 differ inside" in cells
    assert "SeriesNumber, MR: 1 of 1 differ inside" in cells
    assert "SeriesNumber, all: 1 of 3 differ inside" in cells
    assert {"12%", "8%", "50%", "100%", "33%"} <= set(texts(plot_attribute_gaps(studies)))


def test_attributes_of_instances_are_not_compared() -> None:
    values = {"Modality": {"CT": 2}, "SOPInstanceUID": {"1": 1, "2": 1}, "PatientID": {"": 1, "a": 1}}
    plot = plot_attribute_gaps([study(1, values)])
    assert "–" in texts(plot)
    assert "SOPInstanceUID, CT: 0 of 2 lack it" in told(plot)


def test_a_panel_without_anything_to_show_is_a_sentence() -> None:
    plot = plot_attribute_gaps([study(1, {"Modality": {"CT": 2}, "PatientID": {"": 2}})])
    assert plot.description == "2 files of 1 study. No attribute is inconsistent."
    assert not [words for words in texts(plot) if words.startswith("inconsistent")]
    plot = plot_attribute_gaps([study(1, {"Modality": {"CT": 2}, "PatientID": {"a": 2}})])
    assert plot.description == "2 files of 1 study. No attribute is missing or inconsistent."
    assert texts(plot) == [plot.title, plot.description]


def test_a_share_is_never_called_none_or_all_where_it_is_not() -> None:
    values = {"Modality": {"CT": 1_000_000}, "PatientID": {"": 999_999, "x": 1}, "PatientSex": {"": 1, "M": 999_999}}
    assert {"99%", "<1%"} <= set(texts(plot_attribute_gaps([study(1, values)])))


def test_the_attributes_with_the_most_to_tell_are_shown() -> None:
    values = {"Modality": {"CT": 1}} | {f"K{number}": {"x": 1} for number in range(80)} | {"Last": {"": 1}}
    plot = plot_attribute_gaps([study(1, values)])
    assert "Last" in texts(plot)
    rest = f"{82 - MAX_ATTRIBUTES} attributes with less to tell not shown."
    assert plot.description == f"1 file of 1 study. No attribute is inconsistent. {rest}"


def test_an_inventory_has_its_plots(tmp_path: Path) -> None:
    with dicommap.scan(write_tree(tmp_path, {"a": p10()})) as inventory:
        assert isinstance(inventory.plots, InventoryPlots)
        assert "CT: 1 instance" in told(inventory.plots.modalities())[0]
        assert told(inventory.plots.timeline()) == ["2026: 1 study"]
        assert told(inventory.plots.timeline(show_values=True)) == ["2026-01-02: 1 study"]
        assert "PatientSex, CT: 1 of 1 lack it" in told(inventory.plots.attributes())


def test_a_notebook_displays_all_plots(tmp_path: Path) -> None:
    with dicommap.scan(write_tree(tmp_path, {"a": p10()})) as inventory:
        plots = inventory.plots
        html = plots._repr_html_()
        assert html == "".join(
            plot._repr_html_() for plot in (plots.modalities(), plots.timeline(), plots.attributes())
        )
        assert "modalities(), timeline() and attributes()" in repr(plots)
        assert "2026-01-02" not in html
        assert "2026-01-02" in inventory.unmasked().plots._repr_html_()
    assert plots._repr_html_().startswith("<p>The inventory is closed")
