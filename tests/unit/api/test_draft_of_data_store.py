"""Drafts of an inventory of a data store make updates only, and commands of import jobs refuse their packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import UsageError
from dicommap.issues import has_errors
from dicommap.overrides.attribute_change import UpdateReason
from dicommap.package.package_directory import PackageDirectory
from dicommap.testing import ImportJobService
from tests.cli.running import dicommap as run_command
from tests.support.p10_files import STUDY, p10, small_tree, uid, write_tree
from tests.support.stored_files import clients_of, data_store_service, import_files, root_of, set_credentials

EDITS = {"StudyDescription": "CORRECTED"}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Return a stand-in with two studies; one of their instances is in a non-primary image set, too."""
    set_credentials(monkeypatch)
    with data_store_service(small_tree(tmp_path / "tree")) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        conflicting = p10(
            StudyInstanceUID=uid(STUDY, 1),
            SeriesInstanceUID=uid(STUDY, 1, 1),
            SOPInstanceUID=uid(STUDY, 1, 1, 1),
            PatientID="OTHER",
        )
        import_files(service, write_tree(tmp_path / "conflict", {"IM": conflicting}))
        yield service


def draft(service: ImportJobService, **options: Any) -> dicommap.Draft:
    with dicommap.scan(root_of(service), clients=clients_of(service)) as inventory:
        return dicommap.draft(inventory, by_study=lambda _: EDITS, **options)


def test_all_changes_are_updates_of_what_is_stored(service: ImportJobService, tmp_path: Path) -> None:
    drafted = draft(service, updates=True, output=tmp_path / "package")
    assert drafted.ok
    assert not list(drafted.issues)
    assert len(drafted.overrides) == 0
    assert {change.update_reason for change in drafted.changes} == {UpdateReason.STORED}
    assert drafted.updates == 2
    package = PackageDirectory(tmp_path / "package")
    assert package.plan.jobs == ()
    assert package.plan.sources == (root_of(service),)
    assert [planned.update.study_instance_uid for planned in package.updates()] == [uid(STUDY, 1), uid(STUDY, 2)]
    assert not has_errors(dicommap.validate(tmp_path / "package"))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "by updates only"),
        ({"input_s3_uri": "s3://bucket/in/"}, "by updates only"),
        ({"updates": True, "input_s3_uri": "s3://bucket/in/"}, "no files to import"),
        ({"updates": True, "stage_uri": "s3://bucket/stage/"}, "no files to import"),
        ({"updates": True, "staging": "all"}, "no files to import"),
        ({"updates": True, "leave_out": True}, "no files to import"),
    ],
)
def test_drafts_with_jobs_are_refused(service: ImportJobService, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        draft(service, **options)


def test_commands_of_import_jobs_refuse_the_package(service: ImportJobService, tmp_path: Path) -> None:
    package = tmp_path / "package"
    draft(service, updates=True, output=package)
    calls: list[Callable[[], object]] = [
        lambda: dicommap.submit(package),
        lambda: dicommap.stage(package),
        lambda: dicommap.watch(package),
        lambda: dicommap.reconcile(package),
        lambda: dicommap.verify(package),
    ]
    for call in calls:
        with pytest.raises(UsageError, match="nothing to import") as raised:
            call()
        assert str(package) in raised.value.fix


def test_the_data_store_is_corrected_and_scanned_again(
    service: ImportJobService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.toml").write_text('[[rule]]\nname = "d"\nlevel = "study"\nset = { StudyDescription = "NEW" }\n')

    def runs(*words: str, status: int = 0) -> str:
        ran = run_command(*words)
        assert ran.status == status, ran
        return ran.out

    runs("scan", root_of(service), "-o", "stored.db")
    preview = runs("draft", "stored.db", "--rules", "rules.toml", "--updates", "-n")
    assert "'update' marks changes of what is stored already" in preview
    assert "after the import" not in preview
    assert "Next: dicommap draft stored.db --rules rules.toml --updates -o package" in preview
    runs("draft", "stored.db", "--rules", "rules.toml", "--updates", "-o", "package")
    refused = run_command("update", "package", "--yes", "--datastore-id", "4" * 32)
    assert refused.status == 2
    assert service.datastore_id in refused.err
    runs("update", "package", "--yes", "--update-rate", "100")
    with dicommap.scan(root_of(service), clients=clients_of(service)) as after:
        assert after.distinct("StudyDescription") == {"NEW": 9}
