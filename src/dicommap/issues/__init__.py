"""All that can be reported: one record for a finding, one catalogue of codes."""

from dicommap.issues.catalogue import CATALOGUE, explain, issue
from dicommap.issues.code import Code
from dicommap.issues.finding import Issue, Location, Severity, has_error

__all__ = ["Issue", "Location", "Severity", "Code", "CATALOGUE", "issue", "explain", "has_error"]
