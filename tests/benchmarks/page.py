"""docs/benchmarks.md: a section for each benchmark, of which a run replaces only its own."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.options import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"

_INTRODUCTION = """# Benchmarks

Made by `make bench`, side by side in one run. Ratios say more than times: they change less from machine to machine.
"""


def replace_section(name: str, text: str, page: Path = PAGE) -> None:
    """Put a section's text into the page between its markers, at the end where there are none yet."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    old = page.read_text(encoding="utf-8") if page.exists() else _INTRODUCTION
    before, found, rest = old.partition(begin)
    _, closed, after = rest.partition(end)
    if found and not closed:
        raise ValueError(f"{page.name}: the end of the section {name} is missing")
    if not found:
        before = before.rstrip("\n") + "\n\n"
    page.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")
