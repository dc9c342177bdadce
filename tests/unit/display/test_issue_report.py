"""Issues as a sequence, and their screen."""

from __future__ import annotations

import pickle

import dicommap
from dicommap.display.issue_report import MAX_CODES, MAX_ISSUES, MAX_LOCATIONS_PER_CODE
from dicommap.issues import Issue, Location, Severity, make_issue

FOUND = [
    make_issue("p10.not-dicom", Location(path="a")),
    make_issue("source.empty-file", Location(path="b<i>")),
    make_issue("p10.not-dicom", Location(path="c")),
    make_issue("source.unreadable", Location(path="d"), reason="no"),
    make_issue("source.link-loop", Location(path="e")),
]
ISSUES = dicommap.Issues(FOUND)


def test_issues_are_equal_to_any_list_and_tuple_of_the_same() -> None:
    assert ISSUES == FOUND
    assert [*FOUND] == ISSUES
    assert tuple(FOUND) == ISSUES
    assert FOUND[1:] != ISSUES
    assert set(FOUND) != ISSUES
    assert dicommap.Issues() == []
    assert not dicommap.Issues()
    assert hash(ISSUES) == hash(tuple(FOUND))
    assert pickle.loads(pickle.dumps(ISSUES)) == ISSUES


def test_issues_can_be_taken_by_severity() -> None:
    assert [found.location.path for found in ISSUES.errors] == ["d"]
    assert [found.location.path for found in ISSUES.warnings] == ["a", "b<i>", "c"]
    assert [found.location.path for found in ISSUES.notes] == ["e"]
    assert isinstance(ISSUES.errors, dicommap.Issues)


def test_issues_can_be_counted_and_written() -> None:
    assert ISSUES.counts() == {
        ("p10.not-dicom", Severity.WARNING): 2,
        ("source.empty-file", Severity.WARNING): 1,
        ("source.unreadable", Severity.ERROR): 1,
        ("source.link-loop", Severity.NOTE): 1,
    }
    assert ISSUES.to_dicts() == [found.to_dict() for found in FOUND]


def test_the_worst_come_first_with_their_places_and_what_to_do() -> None:
    text, html = str(ISSUES), ISSUES._repr_html_()
    assert text.startswith("Issues: 1 error, 3 warnings, 1 note\n")
    assert text.index("source.unreadable") < text.index("p10.not-dicom") < text.index("source.link-loop")
    assert "b&lt;i&gt;" in html
    assert "<i>" not in html
    assert "Give the user who scans the right to read it" in html


def test_many_issues_are_one_screen() -> None:
    issues = dicommap.Issues(make_issue("p10.not-dicom", Location(path=f"{number}")) for number in range(1_000))
    html, text = issues._repr_html_(), str(issues)
    assert f"and {1_000 - MAX_LOCATIONS_PER_CODE} more issues" in html
    assert f"and {1_000 - MAX_ISSUES} more issues" in text
    assert len(text.split("\n")) < 20


def test_codes_that_the_catalogue_does_not_know_are_shown_as_they_are() -> None:
    codes = [
        Issue(code=f"x.{number:02}", severity=Severity.NOTE, location=Location(), message="m") for number in range(20)
    ]
    html = dicommap.Issues(codes)._repr_html_()
    assert "<code>x.00</code>" in html
    assert f"and {20 - MAX_CODES} more codes" in html


def test_no_issue_is_good_news() -> None:
    assert str(dicommap.Issues()) == "Issues: none\n  No issues."
