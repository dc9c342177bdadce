"""The screen of a retry: what is imported again, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.render.findings import codes_block, first_of_each, severity_counts
from dicommap.render.screen import Facts, Screen
from dicommap.render.text import counted

if TYPE_CHECKING:
    from dicommap.render.findings import Issues
    from dicommap.render.screen import Block


def retry_screen(package: str | None, in_place: int, staged: int, instances: int, issues: Issues) -> Screen:
    """Return a retry at a glance."""
    found = issues.counts()
    facts = [
        ("package", package or "none was written"),
        ("in place", f"{counted(in_place, 'job')} of which nothing was imported"),
        ("staged", f"{counted(staged, 'job')} for what is copied first, by 'dicommap stage'"),
    ]
    blocks: list[Block] = [Facts(pairs=facts)]
    if found:
        blocks.append(codes_block(found, first_of_each(issues)))
    counts = (f"{counted(instances, 'instance')} to import again",)
    return Screen(title="Retry", counts=counts, severities=severity_counts(found), blocks=blocks)
