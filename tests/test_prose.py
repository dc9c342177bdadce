"""Docstrings, comments and messages are in plain English: the worst idioms of this project's past are refused.

CONTRIBUTING.md has the rules of style. The list here names idioms that readers stumbled over, each with its plain form.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "dicommap"

PLAIN_FORMS = {
    r"\bfindings?\b": "issue, issues",
    r"\bsay (?:whether|why|what|how|if)\b": "Return whether ..., Return why ...",
    r"\b(?:is|are|was|were) told\b|\bwhat is told\b|\btold of\b": "say which message names it: 'the issue names ...'",
    r"\bwhat (?:comes?|came|becomes?|became) of\b": "the result of ...",
    r"\bcomes? to nothing\b": "has no effect",
    r"\bas (?:they|it) (?:stands?|lies?)\b": "unchanged",
    r"\b(?:is|are) to (?:take|get|have|hold|say|be)\b": "takes, must have, shall be",
    r"\bways? in\b": "sources of edits",
    r"\bwho (?:reads|shows|calls|asks|decides)\b": "name the process, function or person",
    r"\bgo(?:es)? by\b": "name the loop: 'while files are read in order'",
    r"\b(?:lies|lie) (?:in|below|under|there|where|at)\b": "is in, is below",
    r"\bis there to be\b": "can be",
    r"\bthe word on\b": "the message about",
    r"\bunawares\b": "by accident",
    r"\bcome to light\b|\bcomes to light\b": "is found",
    r"\bas people have (?:it|them)\b": "name the format",
    r"(?-i:\b(?:is|are) none\b)": "is not one; has none",
    r"\bof one's own\b": "own, separate",
    r"\bwished?\b|\bwishes\b": "edit",
    r"\bsettle[sd]?\b|\bsettlement\b": "resolve",
    r"\bif need be\b": "if needed",
    r"\bnobody (?:asked|wants|wanted)\b": "say what was not requested",
    r"\bwhatever (?:it|they|there) (?:is|are|may be)\b": "any ...",
}
"""Pattern of an idiom -> the plain form."""


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers with docstrings, comments and messages of a module."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(" ") >= 2:
            yield node.lineno, node.value


def idioms_in(text: str) -> Iterator[str]:
    """Yield each idiom in a text with its plain form."""
    for pattern, plain in PLAIN_FORMS.items():
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            yield f"'{found[0]}': write '{plain}'"


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_texts_of_a_module_have_no_refused_idiom(path: Path) -> None:
    found = [f"line {line}: {idiom}" for line, text in texts_of(path) for idiom in idioms_in(text)]
    assert not found


@pytest.mark.parametrize("pattern", list(PLAIN_FORMS))
def test_each_pattern_of_the_list_matches_whole_words(pattern: str) -> None:
    assert not re.search(pattern, "A plain sentence about an attribute.", re.IGNORECASE)
