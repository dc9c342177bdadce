"""Elements: what is not markup is escaped."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import text

from dicommap.display.report import Figure, Note, Report
from dicommap.display.report_html import Markup, element, join_markup, render_html_fragment
from dicommap.display.report_text import render_text
from dicommap.plots.svg import make_plot


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("b", "<i>", element("i", "&")) == "<b>&lt;i&gt;<i>&amp;</i></b>"
    assert element("p", css="x", attributes="open") == '<p class="x" open></p>'


def test_joined_text_is_no_longer_markup() -> None:
    assert join_markup(Markup("<b>") + "<i>") == "&lt;b&gt;&lt;i&gt;"


@given(text())
def test_no_text_makes_an_element(content: str) -> None:
    assert not set(join_markup(content)) & set("<>\"'")


def test_a_figure_is_in_html_unchanged_and_not_in_text() -> None:
    plot = make_plot("Modalities", "Two <series>.", 100, [])
    report = Report(title="Inventory", blocks=[plot.to_figure(), Note(text="after")])
    assert f'<div class="figure">{plot.svg}</div>' in render_html_fragment(report)
    assert render_text(report) == "Inventory\n  after"
    assert plot.to_figure() == Figure(svg=plot.svg)
