"""The report of a verification: a screen for any number of studies, a page with all, and values only on request."""

from __future__ import annotations

import pytest

from dicommap.display.issue_report import Issues
from dicommap.display.report import Report
from dicommap.display.report_html import render_html_fragment, render_html_page
from dicommap.display.report_text import render_text
from dicommap.display.verification_report import (
    MAX_VALUE_LENGTH,
    VerificationFacts,
    build_verification_report,
    describe_applied_count,
    select_effects,
)
from dicommap.verification.effects import AttributeCheck, Effect
from dicommap.verification.study_result import ImageSetTarget, StudyResult, StudyResultBuilder

EVIL = "<script>alert(1)</script>"
SECRET = "Zyzzyva"


def study(number: int) -> StudyResult:
    uid = f"1.2.{number}"
    builder = StudyResultBuilder("0001", uid)
    effects = {0x00100010: Effect.NOT_APPLIED, 0x00100020: Effect.APPLIED, 0x00081030: Effect.NOT_READABLE}
    checks = [
        AttributeCheck(
            study_instance_uid=uid,
            series_instance_uid=None,
            tag=tag,
            image_set_id="a" * 32,
            effect=effect,
            reason=EVIL if effect is Effect.NOT_READABLE else "",
            wanted={"vr": "LO", "Value": [SECRET * 100]},
            stored=EVIL,
        )
        for tag, effect in effects.items()
    ]
    builder.add(checks, ImageSetTarget(image_set_id="a" * 32, study_instance_uid=uid, series=frozenset({uid + ".1"})))
    return builder.build(())


def report(studies: int = 1, *, show_values: bool = False, is_limited: bool = True) -> Report:
    results = [study(number) for number in range(studies)]
    facts = VerificationFacts(
        package=EVIL,
        counts={Effect.APPLIED: studies, Effect.NOT_APPLIED: studies, Effect.NOT_READABLE: studies},
        studies=studies,
        image_sets=studies,
        non_primary=1,
        started_at="2026-11-22T10:00:00Z",
    )
    issues = Issues(issue for result in results for issue in result.issues())
    return build_verification_report(facts, results, issues, show_values=show_values, is_limited=is_limited)


def test_it_says_what_was_applied_and_what_was_not() -> None:
    text = render_text(report())
    assert text.startswith("Verification: 1 of 3 attributes applied, 1 image set, 1 error, 1 warning")
    assert "1, 1 of them not primary" in text
    assert "1 applied; 1 not-readable; 1 not-applied" in text
    page = render_html_page(report(is_limited=False))
    for words in ("PatientName 00100010", "StudyDescription 00081030", "verify.not-applied", "verify.not-readable"):
        assert words in page
    assert "PatientID 00100020" not in page  # it is applied


def test_values_are_masked_cut_and_escaped() -> None:
    assert SECRET not in render_html_page(report(is_limited=False))
    shown = render_html_page(report(is_limited=False, show_values=True))
    assert EVIL not in shown
    assert 0 < shown.count(SECRET) <= 2 * (MAX_VALUE_LENGTH // len(SECRET))


def test_many_studies_are_one_screen_and_a_page_has_all() -> None:
    screen = render_html_fragment(report(500))
    assert len(screen) < 80_000
    assert "and 480 more studies" in screen
    page = render_html_page(report(500, is_limited=False))
    assert all(f"1.2.{number}<" in page for number in (0, 250, 499))


def test_only_effects_that_some_study_has_are_columns() -> None:
    page = render_html_page(report(2, is_limited=False))
    assert "not-comparable" not in page
    assert "not-checked" not in page


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, "0 of 0 attributes applied"),
        ({Effect.MISSING: 1}, "0 of 1 attribute applied"),
        ({Effect.APPLIED: 1_000, Effect.DIFFERENT: 234}, "1,000 of 1,234 attributes applied"),
    ],
)
def test_the_phrase_of_applied_attributes(counts: dict[Effect, int], text: str) -> None:
    assert describe_applied_count(counts) == text


def test_the_best_effect_is_first_and_effects_without_attributes_are_left_out() -> None:
    counts = {Effect.NOT_APPLIED: 1, Effect.APPLIED: 2, Effect.MISSING: 0}
    assert select_effects(counts) == [Effect.APPLIED, Effect.NOT_APPLIED]


def test_a_study_with_many_attributes_has_some_of_them_and_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.display.verification_report.MAX_ATTRIBUTES", 1)
    assert "and 1 more attribute<" in render_html_page(report())
    assert "more attribute" not in render_html_page(report(is_limited=False))
    monkeypatch.setattr("dicommap.display.verification_report.MAX_PAGE_ATTRIBUTES", 1)
    assert "and 1 more attribute<" in render_html_page(report(is_limited=False))
