"""The catalogue of issue codes as Markdown, for the docs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import IssueCode


def format_codes_markdown(codes: Iterable[IssueCode]) -> Iterator[str]:
    """Yield a page with every code, by family, in the order of the catalogue."""
    yield "# Issue codes\n\nThe same texts as `dicommap explain CODE` prints; made from one catalogue.\n"
    for family, members in groupby(codes, key=lambda code: code.name.partition(".")[0]):
        yield f"\n## {family}\n"
        for code in members:
            yield (
                f"\n### {code.name}\n\n**{code.severity.value}: {code.title}.** {code.explanation}\n\n"
                f"*What to do:* {code.fix}\n"
            )
