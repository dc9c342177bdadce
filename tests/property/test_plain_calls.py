"""A plain call of scan means to us what it means to typer; whatever is not plain is left to typer."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from dicommap.cli.commands import _imported
from dicommap.cli.plain import plain_scan
from dicommap.cli.plain_table import plain_table
from dicommap.cli.scan import scan_command
from dicommap.cli.styled import print_styled_table
from tests.effort import examples

OPTIONS = ["-o", "--output", "-j", "--jobs", "--no-cache", "--archives", "--follow-links", "--attributes", "--fail-on"]
WORDS = st.one_of(
    st.sampled_from([*OPTIONS, "--output=x", "-j2", "--", "-", "--help", "--outp", "--null", "-h", "--files-from"]),
    st.sampled_from(["2", "0", "-1", "07", "1.0", " 3", "٣", "x", "never", "a b", "", ".", "tree", "9" * 30, "\udcff"]),
)
PLAIN = st.lists(
    st.sampled_from(
        [["-o", "i.db"], ["--output", "i"], ["-j", "2"], ["--jobs", "07"], ["--no-cache"], ["t"], ["a", "b"]]
    ),
    max_size=5,
).map(lambda parts: [word for part in parts for word in part])


def typers(arguments: list[str]) -> dict[str, Any] | None:
    """Return what typer makes of a call, or None where it does not run the command."""
    try:
        return dict(_imported("scan").make_context("scan", list(arguments)).params)
    except (Exception, SystemExit):  # noqa: BLE001 - whatever it says of a wrong call
        return None


@given(st.one_of(PLAIN, st.lists(WORDS, max_size=7)))
@examples(300)
def test_a_plain_call_means_what_typer_takes_it_for(arguments: list[str]) -> None:
    found = plain_scan(["scan", *arguments])
    if found is None:
        return
    with patch("sys.stdout", io.StringIO()):
        expected = typers(arguments)
    assert expected is not None, "typer would not run it"
    defaults = scan_command.__kwdefaults__ or {}
    assert {**defaults, **found} == {name: value or defaults.get(name) for name, value in expected.items()}


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["tree", "-o", "i.db"], {"sources": ["tree"], "output": Path("i.db")}),
        (["-o", "i.db", "-j", "1", "a", "--no-cache", "b"], {"sources": ["a", "b"], "jobs": 1}),
    ],
)
def test_usual_calls_are_plain(arguments: list[str], found: dict[str, object]) -> None:
    plain = plain_scan(["scan", *arguments])
    assert plain is not None
    assert plain.items() >= found.items()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["show", "i.db"],
        ["--version"],
        ["scan"],
        ["scan", "tree"],
        ["scan", "-o", "i.db"],
        ["scan", "tree", "-o"],
        ["scan", "tree", "-o", "--jobs"],
        ["scan", "tree", "-o", "a", "-o", "b"],
        ["scan", "tree", "-o", "i.db", "-j", "two"],
        ["scan", "tree", "-o", "i.db", "-h"],
        ["scan", "tree", "-o", "i.db", "--archives", "--archives"],
        ["scan", "tree", "-o", "i.db", "--attributes", "Rows"],
    ],
)
def test_other_calls_are_not(arguments: list[str]) -> None:
    assert plain_scan(arguments) is None


CELLS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)


@given(st.integers(1, 5).flatmap(lambda wide: st.lists(st.lists(CELLS, min_size=wide, max_size=wide), max_size=6)))
@examples(150)
def test_a_plain_table_is_what_would_be_drawn(rows: list[list[str]]) -> None:
    columns = [f"column {number}" for number in range(len(rows[0]) if rows else 2)]
    numbers = columns[::2]
    drawn = io.StringIO()
    with patch.object(sys, "stdout", drawn):
        print_styled_table(columns, rows, numbers=numbers)
        plain = plain_table(columns, rows, numbers=numbers)
    assert plain is not None
    assert "".join(line + "\n" for line in plain) == drawn.getvalue()


def test_what_is_wide_or_beyond_ascii_or_for_a_terminal_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(*cells: str) -> list[str] | None:
        return plain_table(["a", "b"], [cells], numbers=())

    assert plain("x", "y" * 235) is not None
    assert plain("x", "y" * 238) is None
    assert plain("x", "ü") is None
    assert plain("x", " y") is None
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert plain("x", "y") is None


def test_typer_is_what_reads_the_other_calls() -> None:
    assert isinstance(_imported("scan"), typer.core.TyperCommand)
