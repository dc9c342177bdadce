"""All that can be reported: one record for a finding, one catalogue of codes."""

from dicommap.issues.catalogue import CATALOGUE, find_code, make_issue
from dicommap.issues.code import IssueCode
from dicommap.issues.finding import Issue, Location, Severity, has_errors

__all__ = ["Issue", "Location", "Severity", "IssueCode", "CATALOGUE", "make_issue", "find_code", "has_errors"]
