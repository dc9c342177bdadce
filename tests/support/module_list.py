"""The list of modules in docs/architecture.md, made from their docstrings.

`python -m tests.support.module_list` writes it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "dicommap"
PAGE = ROOT / "docs" / "architecture.md"
DOCSTRING = re.compile(r'(?:\s|#[^\n]*\n)*(r?"""(?:[^\\]|\\.)*?""")', re.DOTALL)
START, END = "<!-- modules -->\n", "<!-- end of modules -->\n"


def module_lines() -> Iterator[str]:
    """Yield a heading for each room and a line for each of its modules."""
    rooms: dict[str, list[Path]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name != "__init__.py":
            rooms.setdefault(path.parent.relative_to(SOURCE).as_posix(), []).append(path)
    for room, paths in rooms.items():
        yield f"\n### {'dicommap' if room == '.' else room}\n\n| module | content |\n|---|---|\n"
        for path in paths:
            summary = _read_summary(path.read_text(encoding="utf-8"))
            yield f"| `{path.stem}` | {summary.replace('|', chr(92) + '|')} |\n"


def _read_summary(source: str) -> str:
    """Return the first line of a module's docstring. Only the docstring is parsed, which takes no time."""
    found = DOCSTRING.match(source)
    docstring = ast.get_docstring(ast.parse(found[1])) if found else None
    return (docstring or "").partition("\n")[0]


def page_with_modules(page: str) -> str:
    """Return the text of the page with a new list of modules."""
    head, _, rest = page.partition(START)
    return f"{head}{START}{''.join(module_lines())}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page_with_modules(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
