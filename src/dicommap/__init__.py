"""Author, validate and plan DICOM JSON metadata overrides for AWS HealthImaging imports."""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.api.adopt import AdoptResult, adopt
    from dicommap.api.audit import Audit, audit
    from dicommap.api.compare import Comparison, compare
    from dicommap.api.draft import draft
    from dicommap.api.fhir import fhir
    from dicommap.api.open import open  # noqa: A004
    from dicommap.api.policy import policy
    from dicommap.api.probe import ProbeResult, probe
    from dicommap.api.promote import PromoteResult, promote
    from dicommap.api.read_assumptions import read_assumptions
    from dicommap.api.read_data_set import read_data_set
    from dicommap.api.reconcile import Reconciliation, reconcile
    from dicommap.api.scan import scan
    from dicommap.api.sheet import sheet
    from dicommap.api.stage import StageResult, stage
    from dicommap.api.submit import SubmitResult, submit
    from dicommap.api.update import update
    from dicommap.api.validate import validate
    from dicommap.api.verify import Verification, verify
    from dicommap.api.watch import WatchResult, watch
    from dicommap.api.write_overrides import write_overrides
    from dicommap.aws import Clients
    from dicommap.display.issue_report import Issues
    from dicommap.edits.edit import REMOVE
    from dicommap.errors import DicommapError
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.import_configuration import (
        DicomMetadataMapping,
        ImportConfiguration,
        StartDICOMImportJobRequest,
    )
    from dicommap.healthimaging.quotas import Quotas
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue, Location, Severity
    from dicommap.model.masking import show_values
    from dicommap.overrides.override import Override
    from dicommap.package.draft_result import Draft
    from dicommap.package.package_update_result import UpdateResult

__all__ = [
    "scan",
    "open",
    "compare",
    "sheet",
    "draft",
    "validate",
    "stage",
    "policy",
    "submit",
    "adopt",
    "watch",
    "reconcile",
    "verify",
    "update",
    "promote",
    "audit",
    "probe",
    "fhir",
    "read_data_set",
    "write_overrides",
    "read_assumptions",
    "Inventory",
    "Comparison",
    "Draft",
    "StageResult",
    "SubmitResult",
    "AdoptResult",
    "WatchResult",
    "Clients",
    "Reconciliation",
    "Verification",
    "UpdateResult",
    "PromoteResult",
    "Audit",
    "ProbeResult",
    "Assumptions",
    "Quotas",
    "Override",
    "REMOVE",
    "ImportConfiguration",
    "DicomMetadataMapping",
    "StartDICOMImportJobRequest",
    "Issue",
    "Issues",
    "Location",
    "Severity",
    "DicommapError",
    "show_values",
]

_MODULE_OF = {
    "scan": "api.scan",
    "open": "api.open",
    "compare": "api.compare",
    "sheet": "api.sheet",
    "draft": "api.draft",
    "validate": "api.validate",
    "stage": "api.stage",
    "policy": "api.policy",
    "submit": "api.submit",
    "adopt": "api.adopt",
    "watch": "api.watch",
    "reconcile": "api.reconcile",
    "verify": "api.verify",
    "update": "api.update",
    "promote": "api.promote",
    "audit": "api.audit",
    "probe": "api.probe",
    "fhir": "api.fhir",
    "read_data_set": "api.read_data_set",
    "write_overrides": "api.write_overrides",
    "read_assumptions": "api.read_assumptions",
    "Inventory": "inventory",
    "Comparison": "api.compare",
    "Draft": "package.draft_result",
    "StageResult": "api.stage",
    "SubmitResult": "api.submit",
    "AdoptResult": "api.adopt",
    "WatchResult": "api.watch",
    "Clients": "aws",
    "Reconciliation": "api.reconcile",
    "Verification": "api.verify",
    "UpdateResult": "package.package_update_result",
    "PromoteResult": "api.promote",
    "Audit": "api.audit",
    "ProbeResult": "api.probe",
    "Assumptions": "healthimaging.assumptions",
    "Quotas": "healthimaging.quotas",
    "Override": "overrides.override",
    "REMOVE": "edits.edit",
    "ImportConfiguration": "healthimaging.import_configuration",
    "DicomMetadataMapping": "healthimaging.import_configuration",
    "StartDICOMImportJobRequest": "healthimaging.import_configuration",
    "Issue": "issues",
    "Issues": "display.issue_report",
    "Location": "issues",
    "Severity": "issues",
    "DicommapError": "errors",
    "show_values": "model.masking",
}


def __getattr__(name: str) -> object:
    """Import a public name when a program first uses it, and return it.

    Heavy modules are thus imported only if they are needed: a scan does not import the modules of drafts.
    """
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return all public names, also names that are not imported yet."""
    return sorted({*globals(), *__all__})


if os.environ.get("DICOMMAP_SHOW_VALUES") == "1":
    from dicommap.model.masking import show_values

    show_values(True)
