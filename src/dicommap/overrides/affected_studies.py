"""Count the studies in which one edit has an effect, and name the first of them, for the message of an issue."""

from __future__ import annotations

from dataclasses import dataclass, field

from dicommap.issues.wording import format_count
from dicommap.overrides.shared_identifiers import LISTED_STUDIES_LIMIT


@dataclass(slots=True)
class AffectedStudies:
    """The studies in which an edit has an effect. As text, it is `2 studies: 1.2.3, 1.2.4`."""

    uids: list[str] = field(default_factory=list)
    """The Study Instance UIDs of the first LISTED_STUDIES_LIMIT studies."""
    count: int = 0

    def add_study(self, uid: str) -> None:
        """Count a study, and keep its UID if `uids` has room for it."""
        if len(self.uids) < LISTED_STUDIES_LIMIT:
            self.uids.append(uid)
        self.count += 1

    def __str__(self) -> str:
        others = " and others" if self.count > len(self.uids) else ""
        return f"{format_count(self.count, 'study')}: {', '.join(self.uids)}{others}"
