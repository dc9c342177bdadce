"""Author, validate and plan DICOM JSON metadata overrides for AWS HealthImaging imports."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.api.data_set import data_set
    from dicommap.api.draft import Draft, draft
    from dicommap.api.fhir import fhir
    from dicommap.api.policy import policy
    from dicommap.api.reconcile import Reconciliation, reconcile
    from dicommap.api.scan import scan
    from dicommap.api.sheet import sheet
    from dicommap.api.stage import StageResult, stage
    from dicommap.api.submit import SubmitResult, submit
    from dicommap.api.validate import validate
    from dicommap.api.watch import WatchResult, watch
    from dicommap.aws import Clients
    from dicommap.display.issue_report import Issues
    from dicommap.errors import DicommapError
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.quotas import Quotas
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue, Location, Severity
    from dicommap.model.masking import show_values

__all__ = [
    "scan",
    "sheet",
    "draft",
    "validate",
    "stage",
    "policy",
    "submit",
    "watch",
    "reconcile",
    "fhir",
    "data_set",
    "Inventory",
    "Draft",
    "StageResult",
    "SubmitResult",
    "WatchResult",
    "Clients",
    "Reconciliation",
    "Assumptions",
    "Quotas",
    "Issue",
    "Issues",
    "Location",
    "Severity",
    "DicommapError",
    "show_values",
]

_PLACES = {
    "scan": "workflows.scan",
    "sheet": "workflows.sheet",
    "draft": "workflows.draft",
    "validate": "workflows.validate",
    "stage": "workflows.stage",
    "policy": "workflows.policy",
    "submit": "workflows.submit",
    "watch": "workflows.watch",
    "reconcile": "workflows.reconcile",
    "fhir": "workflows.fhir",
    "data_set": "workflows.data_set",
    "Inventory": "inventory",
    "Draft": "workflows.draft",
    "StageResult": "workflows.stage",
    "SubmitResult": "workflows.submit",
    "WatchResult": "workflows.watch",
    "Clients": "aws",
    "Reconciliation": "workflows.reconcile",
    "Assumptions": "model.profile",
    "Quotas": "model.quotas",
    "Issue": "issues",
    "Issues": "render.findings",
    "Location": "issues",
    "Severity": "issues",
    "DicommapError": "errors",
    "show_values": "model.masking",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, and no more: a scan needs none of what a draft does."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
