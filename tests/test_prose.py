"""Docstrings, comments and messages are in plain English: the worst idioms of this project's past are refused.

CONTRIBUTING.md has the rules of style. The list here names idioms that readers stumbled over, each with its plain form.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise
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


MODULES = sorted(SOURCE.rglob("*.py"))


def idioms_in(text: str) -> Iterator[str]:
    """Yield each idiom in a text with its plain form."""
    for pattern, plain in PLAIN_FORMS.items():
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            yield f"'{found[0]}': write '{plain}'"


def test_texts_of_a_module_have_no_refused_idiom() -> None:
    assert len(MODULES) > 100
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {idiom}"
        for path in MODULES
        for line, text in texts_of(path)
        for idiom in idioms_in(text)
    ]
    assert not found


@pytest.mark.parametrize("pattern", list(PLAIN_FORMS))
def test_each_pattern_of_the_list_matches_whole_words(pattern: str) -> None:
    assert not re.search(pattern, "A plain sentence about an attribute.", re.IGNORECASE)


PLURALS = (
    r"(?:more |different |other |staged )?"
    r"(?:attributes|bytes|cells|changes|characters|copies|edits|elements|errors|files|folders|images|instances|issues|items|"
    r"jobs|manifests|mappings|members|minutes|objects|options|overrides|paths|requests|rows|studies|times|tags|"
    r"values(?!>)|warnings)\b"
)
"""Pattern of a noun in the plural, which is wrong behind a number that may be 1."""
PLURAL_VERBS = r" (?:have|are|were|do|need|match|exist)\b"


def wrong_counts_in(path: Path) -> Iterator[str]:
    """Yield each text of a module in which a number that may be 1 has a noun or verb in the plural.

    Numbers with a name in capitals are limits, which are never 1; so are the fields `limit` of messages. A cell such as
    `<2 different values>` has a form that is read again.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            for field, text in pairwise(node.values):
                if isinstance(field, ast.FormattedValue) and isinstance(text, ast.Constant):
                    code, words = ast.unparse(field.value), str(text.value)
                    is_counted = "format_count(" in code
                    is_limit = "limit" in (code, path.stem[:-1]) or code.rpartition(".")[2].lstrip("_").isupper()
                    if is_counted and re.match(PLURAL_VERBS, words):
                        yield f"line {node.lineno}: {{{code}}}{words}: use choose_verb()"
                    if (
                        not is_counted
                        and not is_limit
                        and "choose_verb(" not in code
                        and re.match(f" {PLURALS}", words)
                    ):
                        yield f"line {node.lineno}: {{{code}}}{words}: use format_count()"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "codes" in path.parts:
            for found in re.finditer(rf"\{{(?!limit\b)\w+(?::,)?\}} {PLURALS}", node.value):
                yield f"line {node.lineno}: {found[0]}: write {{field:noun}}"


def test_one_thing_is_never_in_the_plural() -> None:
    assert not [f"{path.relative_to(SOURCE)}, {text}" for path in MODULES for text in wrong_counts_in(path)]


def test_a_wrong_plural_is_found(tmp_path: Path) -> None:
    module = tmp_path / "codes" / "x.py"
    module.parent.mkdir()
    module.write_text(
        'f"{count:,} files"; f"{format_count(n, noun)} have it"; "{count} of {all} instances"; f"{LIMIT} files"'
    )
    assert len(list(wrong_counts_in(module))) == 3
