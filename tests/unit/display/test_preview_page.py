"""The preview as a page: escaped, masked unless asked, and standing alone."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import dicommap
from dicommap.display.preview_page import build_preview_page
from dicommap.model.masking import Masker
from tests.support.p10_files import STUDY

URI = "s3://bucket/in/"
SCRIPT = "<script>alert(1)</script>"
SECRET = "Zyzzyva"


def drafted(inventory: dicommap.Inventory) -> dicommap.Draft:
    return dicommap.draft(
        inventory,
        input_s3_uri=URI,
        by_study=lambda _: {"StudyDescription": SCRIPT, "PatientID": SECRET},
        by_series=lambda series: {"Modality": "MR"} if series.values["SeriesNumber"] == {"1": 2} else None,
    )


def test_the_page_shows_values_when_asked_and_escapes_them(inventory: dicommap.Inventory) -> None:
    page = drafted(inventory).preview_html(show_values=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert page.startswith("<!doctype html>")


def test_the_page_masks_values_unless_asked(inventory: dicommap.Inventory) -> None:
    draft = drafted(inventory)
    for page in (draft.preview_html(), draft._repr_html_()):
        assert SECRET not in page
        assert re.search(r'<ins>(<span class="short">)?&lt;PatientID \d', page)
        assert "alert(1)" not in page
        assert re.search(r'<ins>(<span class="short">)?&lt;Modality \d', page)


def test_the_page_asks_for_nothing_from_elsewhere(inventory: dicommap.Inventory) -> None:
    page = drafted(inventory).preview_html(show_values=True)
    assert not re.search(r"\b(?:src|url|@import)\b", page)
    assert set(re.findall(r'href="([^"]*)"', page)) <= {"#all", *(f"#{kind}{n}" for kind in "ek" for n in range(1, 9))}
    assert "://" not in page


def test_no_text_of_the_data_is_in_a_tag(inventory: dicommap.Inventory) -> None:
    tags = re.findall(r"<[a-z][^>]*>", drafted(inventory).preview_html(show_values=True))
    assert not any(SECRET in tag or "PatientID" in tag or STUDY in tag for tag in tags)


def test_the_summary_the_legend_and_the_filters_are_on_top(inventory: dicommap.Inventory) -> None:
    page = drafted(inventory).preview_html()
    top = page[: page.index('class="changes"')]
    for text in (
        "2 studies, 6 changes: 6 by function &lt;lambda&gt;",
        "had no value",
        "In this output, equal marks such as",
        "PatientID (2)",
    ):
        assert text in top


def test_each_change_has_the_classes_of_its_edits_and_its_attribute(inventory: dicommap.Inventory) -> None:
    page = drafted(inventory).preview_html()
    (link,) = re.findall(r'<a class="(k[0-9]+)"[^>]*>Modality \(2\)</a>', page)
    assert f"#{link}:target~.changes :is(tbody,.change):not(.{link}){{display:none}}" in page
    assert len(re.findall(rf'<tr class="change [^"]*\b{link}\b', page)) == 2
    for classes, rows in re.findall(r'<tbody class="([^"]*)">(.*?)</tbody>', page):
        changes = re.findall(r'<tr class="change ([^"]*)"', rows)
        assert {*classes.split()} == {css for change in changes for css in change.split()}


def test_values_are_whole_on_the_page(inventory: dicommap.Inventory) -> None:
    long = "x" * 64
    draft = dicommap.draft(inventory, by_study=lambda _: {"StudyDescription": long})
    assert draft.preview_html(show_values=True).count(f"<ins>{long}</ins>") == 2


def test_the_issues_are_listed_above_the_changes(inventory: dicommap.Inventory) -> None:
    draft = drafted(inventory)
    page = draft.preview_html()
    assert draft.issues
    for issue in draft.issues:
        assert page.index(issue.code) < page.index('class="changes"')
    failed = dicommap.draft(inventory, by_study=lambda _: {"StudyDate": SECRET})
    page = failed.preview_html()
    assert "No changes." in page
    assert escape(failed.issues.errors[0].message) in page
    assert "<details open>" in page
    assert SECRET not in page


def test_a_draft_without_changes_says_so() -> None:
    empty: dict[str, Any] = dict.fromkeys(("changes", "edit_results", "study_edits", "conflicts"), ())
    assert "No changes." in build_preview_page(**empty, issues=dicommap.Issues(), masker=Masker())
