"""Issues in data: the Issue record and the catalogue of issue codes."""

from dicommap.issues.catalogue import CATALOGUE, find_issue_code, make_issue
from dicommap.issues.issue import Issue, IssueCode, Location, Severity, has_errors, select_error_issues

__all__ = [
    "Issue",
    "Location",
    "Severity",
    "IssueCode",
    "CATALOGUE",
    "make_issue",
    "find_issue_code",
    "has_errors",
    "select_error_issues",
]
