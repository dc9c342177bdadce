"""audit(): read the record of who changed what, when and why in a package."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.arguments import convert_arguments, to_optional, to_path, to_text
from dicommap.dicom.choices import to_choice
from dicommap.display.audit_report import build_audit_report
from dicommap.display.issue_report import Issues
from dicommap.model.audit_selection import AuditKind, AuditSelection, parse_since
from dicommap.model.displayable import Displayable
from dicommap.package.audit_key import read_audit_key
from dicommap.package.audit_reader import AuditReader
from dicommap.package.package_directory import PackageDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.display.report import Report
    from dicommap.model.audit_selection import AuditEntry
    from dicommap.model.audit_values import AuditKey

ROWS_IN_REPORT = 20


@dataclass(frozen=True, kw_only=True, repr=False)
class Audit(Displayable):
    """The selected lines of a package's audit.jsonl. Each iteration reads the lines from the file again.

    One line at a time is in memory.
    """

    package: Path
    issues: Issues
    """Issues of the whole file, such as lines that were changed later."""
    _reader: AuditReader
    _selection: AuditSelection
    _value: str | None = field(default=None)
    _key: AuditKey | None = None

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error."""
        return not self.issues.errors

    @property
    def unknown(self) -> int:
        """Return the number of changes that the last iteration left out, although they may have had the searched value.

        The lines of these changes do not list all values before the change: the inventory did not capture the
        attribute, or there were too many values.
        """
        return self._reader.unknown

    def __iter__(self) -> Iterator[AuditEntry]:
        """Yield the selected lines in the order of the file: the changes, then the events."""
        return self._reader.entries(self._selection, self._value, self._key)

    def _build_report(self) -> Report:
        entries = iter(self)
        first = list(islice(entries, ROWS_IN_REPORT))
        total = len(first) + sum(1 for _ in entries)
        return build_audit_report(str(self.package), first, total, self.issues)


@convert_arguments(
    package=to_path,
    study=to_optional(to_text),
    rule=to_optional(to_text),
    attribute=to_optional(to_text),
    kind=to_optional(to_text),
    since=to_optional(to_text),
    value=to_optional(to_text),
    key=to_optional(to_path),
)
def audit(
    package: StrPath,
    *,
    study: str | None = None,
    rule: str | None = None,
    attribute: str | None = None,
    kind: AuditKind | str | None = None,
    since: str | None = None,
    value: str | None = None,
    key: StrPath | None = None,
) -> Audit:
    """Read the record of who changed what, when and why in a package, and check that no line was changed later.

    Args:
        package: The package directory.
        study: A Study Instance UID: only changes of this study, and events of it, of its jobs and of the package.
        rule: The name of a rule: only changes that it made.
        attribute: A keyword: only changes of this attribute.
        kind: "change" or "event": only lines of this kind.
        since: A date or time, such as "2026-11-30": only lines from then on, in UTC.
        value: A value, as an inventory has it: only changes that had it before, or have it after.
        key: A file with the secret key of hashed values. The default is the key in the environment variable
            DICOMMAP_AUDIT_KEY, if it is set.

    Returns:
        The selected lines, and the issues of the whole file.

    Raises:
        DocumentError: The package, its audit.jsonl or the key cannot be read.
        UsageError: The kind or date is not valid, or the value cannot be compared without a key or with this key.
    """
    reader = AuditReader(PackageDirectory(package))
    selection = AuditSelection(
        study=study,
        rule=rule,
        attribute=attribute,
        kind=None if kind is None else to_choice(AuditKind, kind, "kind of lines"),
        since=None if since is None else parse_since(since),
    )
    reader.read_draft_and_issues()
    secret = None if value is None else read_audit_key(key)
    if value is not None:
        reader.require_comparable(secret)
    return Audit(
        package=reader.package.path,
        issues=Issues(reader.issues),
        _reader=reader,
        _selection=selection,
        _value=value,
        _key=secret,
    )
