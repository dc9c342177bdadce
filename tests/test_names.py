"""The verbs of functions: the name of a function says what a caller gets. CONTRIBUTING.md has the table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[1] / "src" / "dicommap"
Function = ast.FunctionDef | ast.AsyncFunctionDef

PREDICATE = re.compile(
    r"(is|are|was|has|have|can|cannot|may|needs|uses|fits|overlaps|contains|matches|differs|allows|takes|begins|lists|"
    r"looks|mentions|shows|suits)(_|$)|.*_overlap$"
)
"""The name of a function that returns a bool."""
OTHER_BOOL = re.compile(
    r"(ok|eof|isatty|readable|writable|seekable)$|"  # properties of results; Python's own names for files and streams
    r"(confirm|ask|read|to)(_|$)|"  # an answer of a person; the bool in a cell or argument
    r"(try|put|insert|extend|leave|prepare|take|add|use)(_|$)"  # whether the action succeeded
)
ISSUES = re.compile(r"(check|validate)_|(.*_)?issues?(_|$)|(errors|warnings|notes)$|.*_(warning|rest)$")
"""The name of a function whose result is only issues."""
OTHER_ISSUES = re.compile(
    r"(start|send|write|apply|add|remove|merge|detect)(_|$)|"  # an action that returns what was wrong
    r"(explain|with|set|locate|convert|limit)_"  # changed or counted copies of given issues
)
VERBS_WITH_RESULT = ("find_", "list_", "choose_", "parse_", "format_", "make_", "build_", "to_", "select_")
"""The verbs of functions that return a value."""


class Definition(NamedTuple):
    """A function of the package with an annotated result."""

    module: str
    name: str
    """Its name without leading underscores."""
    result: str

    def __str__(self) -> str:
        return f"{self.module}: {self.name} -> {self.result}"


def definitions() -> Iterator[Definition]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function) and not node.name.startswith("__") and node.returns is not None:
                module = str(path.relative_to(SOURCE))
                yield Definition(module, node.name.lstrip("_"), ast.unparse(node.returns))


DEFINITIONS = tuple(definitions())


def others(name: re.Pattern[str], result: str) -> list[str]:
    """Return the functions with a result that matches `result`, but with a name that does not match `name`."""
    chosen = [definition for definition in DEFINITIONS if re.fullmatch(result, definition.result)]
    assert len(chosen) > 20
    return [str(definition) for definition in chosen if not name.match(definition.name)]


def test_functions_that_return_a_bool_have_the_name_of_a_predicate() -> None:
    assert others(re.compile(f"{PREDICATE.pattern}|{OTHER_BOOL.pattern}"), "bool") == []


def test_predicates_return_a_bool() -> None:
    predicate = re.compile(r"(is|has|can|needs|fits|overlaps)_")
    chosen = [definition for definition in DEFINITIONS if predicate.match(definition.name)]
    # Inventories and frames have predicates in SQL and in Arrow, whose results are conditions of a query.
    assert [str(one) for one in chosen if one.result not in {"bool", "SqlCondition", "TypeGuard[str]"}] == []


def test_functions_that_return_only_issues_say_so() -> None:
    result = r"(Iterator|list|Iterable|BoundedList)\[Issue\]|Issues|Issue( \| None)?|tuple\[Issue, \.\.\.\]"
    assert others(re.compile(f"{ISSUES.pattern}|{OTHER_ISSUES.pattern}"), result) == []


def test_functions_that_return_an_error_have_the_word_in_their_name() -> None:
    assert others(re.compile(r".*error"), r"\w*(Error|Exception)") == []


def test_functions_that_return_values_have_one() -> None:
    chosen = [definition for definition in DEFINITIONS if definition.name.startswith(VERBS_WITH_RESULT)]
    assert len(chosen) > 500
    assert [str(one) for one in chosen if one.result == "None"] == []
