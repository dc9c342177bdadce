"""Plans that a test has changed on purpose, as if the draft had written them so."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from dicommap.model.audit import AuditAction, AuditEvent
from dicommap.package.audit_log import record_event


def record_changed_plan(package: Path) -> None:
    """Write the event of the draft in audit.jsonl anew, with the hash of the present plan.json."""
    plan = (package / "plan.json").read_bytes()
    os.truncate(package / "audit.jsonl", json.loads(plan)["audit"]["size"])
    record_event(package, AuditEvent(action=AuditAction.DRAFTED, plan=hashlib.sha256(plan).hexdigest()))
