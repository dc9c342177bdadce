"""Author, validate and plan DICOM JSON metadata overrides for AWS HealthImaging imports."""

from dicommap.errors import DicommapError
from dicommap.inventory import Inventory
from dicommap.issues import Issue, Location, Severity
from dicommap.model.profile import Profile
from dicommap.workflows import Draft, data_set, draft, scan, sheet, validate

__all__ = [
    "scan",
    "sheet",
    "draft",
    "validate",
    "data_set",
    "Inventory",
    "Draft",
    "Profile",
    "Issue",
    "Location",
    "Severity",
    "DicommapError",
]
