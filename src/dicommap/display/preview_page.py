"""The preview of a draft as one HTML page: a summary, filters for edits and attributes, and all changes.

The filters need no script. Each filter is a link to an empty element with an id, such as `#e1` for the first edit. When
the user follows the link, CSS rules with `:target` hide the changes that do not have the class `e1`. Ids and classes
have numbers instead of names, so no text of the data is in an HTML attribute.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.display.change_lines import OriginNames, choose_sign, summarize_changes
from dicommap.display.conflict_report import build_conflict_blocks
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.preview import build_preview_row
from dicommap.display.report import ColumnKind, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.display.report_html import (
    Markup,
    join_markup,
    make_element,
    make_scrollable,
    render_block,
    render_html_page,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.edits.edit_result import EditResult
    from dicommap.model.masking import Masker
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import GroupingConflict

MAX_FILTERS = 100
"""Maximum number of filters for edits, and maximum number of filters for attributes.

If there are more edits or attributes, only those with the most changes have a filter.
"""
MAX_ORIGINS = 3
"""Maximum number of edits that the row of a change names."""

_NAMES = ("", "attribute", "before", "after", "edit", "made by")
_LEGEND = (("~", "changed"), ("+", "had no value"), ("-", "emptied"), ("x", "removed"))
_STYLE = (
    ".filters{margin:8px 0 12px}.filters p{margin:2px 0;line-height:1.9}"
    ".filters a{display:inline-block;padding:0 7px;margin-right:4px;border:1px solid rgba(128,128,128,.5);"
    "border-radius:9px;line-height:1.5;color:inherit;text-decoration:none}"
    ".at{position:fixed;top:0}.sign{font-family:ui-monospace,monospace;font-weight:600;text-align:center}"
    ".of{padding-top:10px;font-size:13px}"
)
_STUDY_COLUMNS = (TableColumn("StudyInstanceUID", ColumnKind.UID), TableColumn("edits", ColumnKind.NUMBER))
_EDIT_COLUMNS = (
    TableColumn("edit", ColumnKind.SENTENCE),
    TableColumn("changed in", ColumnKind.TEXT),
    TableColumn("attributes", ColumnKind.TEXT),
)


class _Filters:
    """The filters of a page: each edit and each attribute has a CSS class and the number of its changes."""

    def __init__(self, changes: Sequence[AttributeChange], names: OriginNames) -> None:
        self._names = names
        edits = Counter(group for change in changes for group in names.list_source_names(change.origins))
        keywords = Counter(keyword_of(change.tag) for change in changes)
        self.edits = {text: (f"e{number}", count) for number, (text, count) in _number_most_common(edits)}
        self.keywords = {text: (f"k{number}", count) for number, (text, count) in _number_most_common(keywords)}

    def list_css_classes(self, change: AttributeChange) -> list[str]:
        """Return the CSS classes of a change, one for each filter that shows the change.

        The filters are those of the attribute and of the edits that changed it.
        """
        groups = self._names.list_source_names(change.origins)
        found = [self.edits.get(group) for group in groups]
        return [css for css, _ in filter(None, [*found, self.keywords.get(keyword_of(change.tag))])]

    def render(self) -> Markup:
        """Return the markup of the filters: CSS rules that hide changes, the targets of the links, and the links."""
        every = [css for css, _ in (*self.edits.values(), *self.keywords.values())]
        rules = "".join(
            f"#{css}:target~.changes :is(tbody,.change):not(.{css}){{display:none}}"
            f"#{css}:target~.filters .{css}{{background:rgba(128,128,128,.35)}}"
            for css in every
        )
        targets = (make_element("span", css="at", attributes=f'id="{css}"') for css in ("all", *every))
        links = (self._render_links("Edits", self.edits), self._render_links("Attributes", self.keywords))
        return join_markup(
            make_element("style", Markup(_STYLE + rules)), *targets, make_element("div", *links, css="filters")
        )

    def _render_links(self, name: str, filters: Mapping[str, tuple[str, int]]) -> Markup:
        links = [_render_filter_link("all", "all")]
        links += [_render_filter_link(css, f"{text} ({count:,})") for text, (css, count) in filters.items()]
        return make_element("p", f"{name}: ", *links)


def _number_most_common(counts: Counter[str]) -> Iterator[tuple[int, tuple[str, int]]]:
    return enumerate(counts.most_common(MAX_FILTERS), start=1)


def _render_filter_link(css: str, text: str) -> Markup:
    return make_element("a", text, css=css, attributes=f'href="#{css}"')


def build_preview_page(
    *,
    changes: Sequence[AttributeChange],
    edit_results: Iterable[EditResult],
    study_edits: Iterable[Mapping[str, str]],
    conflicts: Sequence[GroupingConflict],
    issues: Issues,
    masker: Masker,
) -> str:
    """Return a complete HTML page with all changes of a draft, the edits by study, and the first conflicts.

    Args:
        changes: The changes. The changes of a study must be next to each other, and so must the changes of a series.
        edit_results: The results of all edits.
        study_edits: The rows that `build_study_edit_rows` yields.
        conflicts: The conflicts of grouping attributes.
        issues: The issues of the draft. Their codes are listed above the changes, each with its first issues.
        masker: The Masker of the values.
    """
    names = OriginNames(edit_results)
    filters = _Filters(changes, names)
    table = _render_changes(changes, filters, names, masker)  # before the legend, which explains marks of the table
    blocks: list[Block] = [_build_edits_by_study_table(study_edits)] if changes else [Note(text="No changes.")]
    if conflicts:
        blocks += build_conflict_blocks(conflicts, masker=masker, heading="Forecast")
    report = Report(
        title="Preview",
        counts=(summarize_changes(changes, names),),
        severities=count_severities(issues.counts()),
        blocks=blocks,
    )
    top = join_markup(_render_legend(masker), filters.render(), table) if changes else Markup()
    if issues:
        listed = group_first_issues(issues)
        codes_table = build_issue_counts_table(issues.counts(), listed, are_errors_open=True)
        top = join_markup(render_block(codes_table), top)
    return render_html_page(report, top=top)


def _render_legend(masker: Masker) -> Markup:
    words = (piece for sign, text in _LEGEND for piece in (make_element("code", sign), f" {text}, "))
    signs = make_element("p", *words, make_element("del", "value before"), ", ", make_element("ins", "value after"))
    if not masker.example:
        return signs
    how = " Draft with --show-values, or call preview_html(show_values=True), for a page with the values."
    return join_markup(signs, make_element("p", masker.explain_marks(), how, css="soft"))


def _render_changes(
    changes: Iterable[AttributeChange], filters: _Filters, names: OriginNames, masker: Masker
) -> Markup:
    """Return the HTML table of all changes.

    Each changed study, series or instance is a `tbody`. It has the CSS classes of all its rows, so that a filter
    can hide it.
    """
    bodies = []
    for uids, members in groupby(changes, key=_get_target_uids):
        rows: list[Markup] = []
        classes: dict[str, None] = {}
        for change in members:
            css = filters.list_css_classes(change)
            classes.update(dict.fromkeys(css))
            rows.append(_render_change(change, names, masker, " ".join(["change", *css])))
        named = zip(("study ", " series ", " instance "), uids, strict=True)
        texts = [piece for level, uid in named if uid is not None for piece in (level, make_element("code", uid))]
        head = make_element("th", *texts, css="of", attributes=f'colspan="{len(_NAMES)}" scope="rowgroup"')
        bodies.append(make_element("tbody", make_element("tr", head), *rows, css=" ".join(classes)))
    head = make_element(
        "thead", make_element("tr", *(make_element("th", make_element("span", name)) for name in _NAMES))
    )
    return make_element("div", make_scrollable(make_element("table", head, *bodies)), css="changes")


def _get_target_uids(change: AttributeChange) -> tuple[str, str | None, str | None]:
    return change.study_instance_uid, change.series_instance_uid, change.sop_instance_uid


def _render_change(change: AttributeChange, names: OriginNames, masker: Masker, css: str) -> Markup:
    row = build_preview_row(change, masker=masker)
    origins = "; ".join(map(names.shorten_origin, change.origins[:MAX_ORIGINS]))
    more = len(change.origins) - MAX_ORIGINS
    cells = (
        make_element("td", choose_sign(change), css="sign"),
        make_element("td", make_element("code", f"{keyword_of(change.tag)} {hex_of(change.tag)}"), css="short"),
        make_element("td", make_element("del", row["before"])),
        make_element("td", make_element("ins", row["after"])),
        make_element("td", f"{origins}; and {more:,} more" if more > 0 else origins, css="sentence"),
        make_element("td", row["made by"], css="short"),
    )
    return make_element("tr", *cells, css=css)


def _build_edits_by_study_table(study_edits: Iterable[Mapping[str, str]]) -> ReportTable:
    """Return a table with one row for each changed study. Each row contains a table of the edits that changed it."""
    names = [column.name for column in _EDIT_COLUMNS]
    rows = []
    for study, members in groupby(study_edits, key=lambda row: row["StudyInstanceUID"]):
        edits = [TableRow(cells=tuple(row[name] for name in names)) for row in members]
        details = ReportTable(columns=_EDIT_COLUMNS, rows=edits, total=len(edits), noun="edit")
        rows.append(TableRow(cells=(study, f"{len(edits):,}"), details=(details,)))
    return ReportTable(columns=_STUDY_COLUMNS, rows=rows, total=len(rows), noun="study", heading="Edits by study")
