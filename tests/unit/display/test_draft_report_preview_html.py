"""The preview as a page: escaped, masked unless asked, and standing alone."""

from __future__ import annotations

import re

import dicommap
from dicommap.display.draft_report import build_preview_page
from dicommap.model.masking import Masker

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
        assert "<ins>&lt;PatientID " in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<ins>MR</ins>" in page


def test_the_page_asks_for_nothing_from_elsewhere(inventory: dicommap.Inventory) -> None:
    page = drafted(inventory).preview_html(show_values=True)
    assert not re.search(r"\b(?:src|href|url|@import)\b", page)
    assert "://" not in page


def test_a_draft_without_changes_says_so() -> None:
    assert "No changes." in build_preview_page([], [], [], masker=Masker())
