"""All that can be reported: one record for a finding, one catalogue of codes."""

from dicommap.issues.catalogue import CATALOGUE, find_code, make_issue
from dicommap.issues.issue import Issue, Location, Severity, has_errors
from dicommap.issues.issue_issues_code_part import IssueCode

__all__ = ["Issue", "Location", "Severity", "IssueCode", "CATALOGUE", "make_issue", "find_code", "has_errors"]
