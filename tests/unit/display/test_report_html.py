"""Elements: what is not markup is escaped."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis.strategies import text

from dicommap.display.report import ColumnKind, FactList, Figure, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.display.report_html import Markup, join_markup, make_element, render_html_fragment
from dicommap.display.report_text import render_text
from dicommap.plots.svg import make_plot


def test_text_is_escaped_and_markup_is_not() -> None:
    assert make_element("b", "<i>", make_element("i", "&")) == "<b>&lt;i&gt;<i>&amp;</i></b>"
    assert make_element("p", css="x", attributes="open") == '<p class="x" open></p>'


def test_joined_text_is_no_longer_markup() -> None:
    assert join_markup(Markup("<b>") + "<i>") == "&lt;b&gt;&lt;i&gt;"


@given(text())
def test_no_text_makes_an_element(content: str) -> None:
    assert not set(join_markup(content)) & set("<>\"'")


def test_a_figure_is_in_html_unchanged_and_not_in_text() -> None:
    plot = make_plot("Modalities", "Two <series>.", 100, [])
    report = Report(title="Inventory", blocks=[plot.to_figure(), Note(text="after")])
    assert f'<div class="figure">{plot._repr_html_()}</div>' in render_html_fragment(report)
    assert render_text(report) == "Inventory\n  after"
    assert plot.to_figure() == Figure(html=plot._repr_html_())


UID = "1.3.6.1.4.1.5962.1.2.8.20040826185059.5457"


def render(*rows: TableRow, kinds: tuple[ColumnKind, ...] = (ColumnKind.UID, ColumnKind.NUMBER)) -> str:
    """Return the HTML of a report with one table, without its style sheet."""
    columns = [TableColumn(kind.value, kind) for kind in kinds]
    table = ReportTable(columns=columns, rows=rows, total=len(rows), noun="study")
    return render_html_fragment(Report(title="Studies", blocks=[table])).partition("</style>")[2]


def test_a_table_is_a_table_without_its_style_sheet() -> None:
    html = render(TableRow(cells=("1.2", "3")), TableRow(cells=("1.3", "4")))
    assert "<thead><tr><th" in html
    assert html.count("<tr") == html.count("</tr>") == 3
    assert html.count("<td") == html.count("</td>") == 4
    assert 'style="overflow-x:auto"' in html
    assert "grid" not in html


def test_the_blocks_of_a_row_unfold_in_a_row_of_their_own() -> None:
    inside = ReportTable(columns=[TableColumn("a")], rows=[TableRow(cells=("b",))], total=7, noun="issue")
    html = render(TableRow(cells=("1.2", "3"), details=[Note(text="why"), inside], is_open=True))
    _, more = html.split('<tr class="more"><td colspan="2" style="text-align:left"><details open>')
    assert more.startswith('<summary>7 issues</summary><div class="inside"><p class="soft">why</p>')
    facts = render(TableRow(cells=("1.2", "3"), details=[FactList(pairs=[("ended", "now")])]))
    assert "<details><summary>details</summary>" in facts
    assert '<th scope="row" style="text-align:left"><span>ended</span></th>' in facts


def test_a_long_uid_may_be_broken_once_and_stays_whole_when_it_is_copied() -> None:
    html = render(TableRow(cells=(f"{UID} 1.2.3", "")))
    assert "<code>1.3.6.1.4.1.5962.1.2.<wbr>8.20040826185059.5457 1.2.3</code>" in html
    assert f"<code>{'9' * 40}</code>" in render(TableRow(cells=("9" * 40, "")))


def test_a_mark_of_a_masked_value_is_not_broken() -> None:
    kinds = (ColumnKind.TEXT, ColumnKind.AFTER)
    html = render(TableRow(cells=("<PatientID 1> and <b>", "<PatientID 2>")), kinds=kinds)
    assert '><span class="short">&lt;PatientID 1&gt;</span> and &lt;b&gt;</td>' in html
    assert '<ins><span class="short">&lt;PatientID 2&gt;</span></ins>' in html


def test_the_header_names_counts_and_severities_as_one_line_of_text() -> None:
    report = Report(title="Study", subject="1.2", counts=["3 series"], severities=[("error", 2)])
    html = render_html_fragment(report).partition("</style>")[2]
    text_only = re.sub("<[^>]*>", "", html)
    assert text_only == "Study · 1.2 · 3 series · 2 errors"
