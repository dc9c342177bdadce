"""What the catalogue says of one issue code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.issues.issue import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCode:
    """One entry of the catalogue: what the messages, `dicommap explain` and the docs are made from."""

    name: str
    """Stable and dotted, such as `p10.truncated`."""

    severity: Severity
    title: str

    message: str
    """A template; its `{fields}` are facts about the data and never the data's values."""

    explanation: str
    fix: str
