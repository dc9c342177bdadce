"""Run `update` on a stand-in whose image sets, faults and earlier runs a case's document describes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import dicommap
from dicommap.model.update_state import UpdateState
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.update_states import UpdateStates
from dicommap.testing import Behaviour, ImportJobService
from dicommap.testing.metadata_updates import MetadataUpdate
from dicommap.updates.update import Update, UpdateRequest
from tests.support.fake_clock import QuickClock
from tests.support.imported_instances import imported_instance
from tests.support.update_packages import STUDY, Store, write_updates

_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "for-tests", "AWS_SECRET_ACCESS_KEY": "for-tests"}


def run_update(arguments: dict[str, Any]) -> dicommap.Issues:
    """Return the issues of the last of the case's runs."""
    behaviour = Behaviour(throttling=False).with_settings(arguments.get("settings", ()))
    with (
        patch.dict(os.environ, _CREDENTIALS),
        TemporaryDirectory() as directory,
        ImportJobService(behaviour=behaviour) as service,
        _storing(arguments["storing"]) if "storing" in arguments else nullcontext(),
    ):
        for instance in arguments["instances"]:
            service.import_instance(imported_instance("a", **instance))
        store = Store(service, Path(directory))
        packages = {
            name: write_updates(Path(directory, name), *map(_read_update, arguments.get(name, ())))
            for name in ("updates", "others")
            if name in arguments
        }
        if "sending" in arguments:
            _keep_state(packages["updates"], store, arguments["sending"])
        for fault in arguments.get("faults", ()):
            service.fault(**fault)
        result = None
        for step in arguments.get("steps", ["update"]):
            package = packages["others" if step == "others" else "updates"]
            result = store.update(
                package,
                revert=step == "revert",
                overwrite_other_values=arguments.get("overwrite", False),
                lock_timeout=arguments.get("lockTimeout", 100),
                clock=QuickClock(),
            )
        assert result is not None
        return result.issues


def _read_update(document: dict[str, Any]) -> Update:
    request = UpdateRequest(
        updatable=document.get("updatable"), removable=document.get("removable"), previous=document.get("previous")
    )
    return Update(study_instance_uid=STUDY, series_instance_uid=document.get("series"), requests=(request,))


def _keep_state(package: Path, store: Store, record: dict[str, Any]) -> None:
    """Save a request as it is saved before it is sent, and let somebody else make the next version."""
    (planned,) = PackageDirectory(package).updates()
    records = [{**record, "imageSetId": store.image_set.image_set_id}]
    state = UpdateState.model_validate({"update": "000001", "sha256": planned.sha256, "requests": records})
    UpdateStates(package).write(state)
    store.service.import_instance(imported_instance("later", SOPInstanceUID="1.99"))


@contextmanager
def _storing(data_set: dict[str, Any]) -> Iterator[None]:
    """Let updates store these attributes in each instance, whatever they want."""

    def apply(_: MetadataUpdate, version: Any, __: Any) -> list[Any]:
        return [replace(one, after={**one.after, **data_set}) for one in version.by_uid.values()]

    with patch.object(MetadataUpdate, "apply_to", apply):
        yield
