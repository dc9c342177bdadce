"""Read audit.jsonl of a package: check it, and yield its selected lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError, UsageError, os_error_reason
from dicommap.issues import Issue
from dicommap.issues.bounded_list import make_bounded_issues
from dicommap.model.audit import AUDIT_LINE_LIMIT, AuditAction, AuditChange, AuditEventLine
from dicommap.model.audit_selection import AuditEntry, ValueMatch, compare_value_with_change, is_selected_line
from dicommap.model.audit_values import AuditValueMode
from dicommap.model.package_layout import AUDIT_FILE
from dicommap.reading import open_regular_file
from dicommap.validation.audit_check import read_audit_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues.bounded_list import BoundedList
    from dicommap.model.audit import AuditLine
    from dicommap.model.audit_selection import AuditSelection
    from dicommap.model.audit_values import AuditKey
    from dicommap.package.package_directory import PackageDirectory


@dataclass(slots=True)
class AuditReader:
    """Reader of audit.jsonl of one package. `read_draft_and_issues` reads the file once; `entries` reads it again."""

    package: PackageDirectory
    issues: BoundedList[Issue] = field(default_factory=make_bounded_issues)
    unknown: int = 0
    """Number of changes that `entries` left out, because not all of their values are known: they may have the value."""
    draft: AuditEventLine | None = None
    """The event of the draft. It is set by `read_draft_and_issues`."""

    def read_draft_and_issues(self) -> None:
        """Read all lines. Set `draft`, and add the issues of the file to `issues`.

        Raises DocumentError if the package has no audit.jsonl, or if it cannot be read.
        """
        for item in self._read_lines():
            if isinstance(item, Issue):
                self.issues.add(item)
            elif self.draft is None and isinstance(item, AuditEventLine) and item.action is AuditAction.DRAFTED:
                self.draft = item

    def entries(
        self, selection: AuditSelection, value: str | None = None, key: AuditKey | None = None
    ) -> Iterator[AuditEntry]:
        """Yield the selected lines in the order of the file. With a value, yield only the changes of this value.

        Args:
            selection: The lines to select.
            value: A value to compare with each change; None for no comparison.
            key: The key of the hashes.
        """
        self.unknown = 0
        jobs = _find_job_ids(self.package, selection.study)
        at, user = ("", "") if self.draft is None else (self.draft.at, self.draft.user)
        for line in self._read_lines():
            if isinstance(line, Issue) or not is_selected_line(line, selection, jobs):
                continue
            entry = (
                AuditEntry(line, line.at, line.user) if isinstance(line, AuditEventLine) else AuditEntry(line, at, user)
            )
            if selection.since is not None and entry.at < selection.since:
                continue
            if value is None:
                yield entry
            elif isinstance(line, AuditChange):
                match = compare_value_with_change(line, value, key)
                self.unknown += match is ValueMatch.UNKNOWN
                if match not in (ValueMatch.NO, ValueMatch.UNKNOWN):
                    yield AuditEntry(line, at, user, match)

    def require_comparable(self, key: AuditKey | None) -> None:
        """Raise UsageError if values cannot be compared: audit.jsonl has no values, or hashes with another key."""
        mode = None if self.draft is None else self.draft.values
        if self.draft is None or mode in (None, AuditValueMode.NONE):
            raise UsageError(
                f"The changes in {AUDIT_FILE} have no values, so no value can be compared with them.",
                fix="Draft with --audit-key to keep keyed hashes of the values.",
            )
        if mode is AuditValueMode.PLAIN:
            return
        if key is None:
            raise UsageError(
                f"The values in {AUDIT_FILE} are hashed, and the key {self.draft.keyId} is missing.",
                fix="Name its file with --key, or set DICOMMAP_AUDIT_KEY.",
            )
        if key.id != self.draft.keyId:
            raise UsageError(
                f"The values in {AUDIT_FILE} are hashed with the key {self.draft.keyId}; this is the key {key.id}.",
                fix="Name the key with the first id.",
            )

    def _read_lines(self) -> Iterator[AuditLine | Issue]:
        planned = self.package.plan.audit
        members = None if planned is None else planned.model_dump()
        try:
            with open_regular_file(AUDIT_FILE, beneath=self.package.path) as file:
                pieces = iter(lambda: file.readline(AUDIT_LINE_LIMIT), b"")
                yield from read_audit_lines(pieces, members, self.package.hash_plan())
        except FileNotFoundError:
            raise DocumentError(
                f"The package has no {AUDIT_FILE}.",
                fix="Packages of older versions have it only after their first event. Otherwise restore it.",
            ) from None
        except OSError as error:
            raise DocumentError(
                f"{AUDIT_FILE} cannot be read: {os_error_reason(error)}.", fix="Check the rights on it."
            ) from None


def _find_job_ids(package: PackageDirectory, study: str | None) -> set[str]:
    """Return the ids of the jobs whose mappings name a study. Return an empty set if `study` is None."""
    if study is None:
        return set()
    return {job.id for job in package.plan.jobs if any(mapping.studyInstanceUID == study for mapping in job.mappings)}
