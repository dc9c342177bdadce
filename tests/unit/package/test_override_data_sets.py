"""The override data sets of a package, read from its files when somebody asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicommap
from dicommap.model.study import Target
from dicommap.package.override_data_sets import OverrideDataSets
from dicommap.package.package_directory import PackageDirectory


@pytest.fixture
def package(inventory: dicommap.Inventory, tmp_path: Path) -> PackageDirectory:
    made = dicommap.draft(
        inventory,
        input_s3_uri="s3://bucket/in/",
        by_study=lambda study: {"StudyDescription": f"corrected {study.study_instance_uid[-1]}"},
        by_series=lambda _: {"SeriesDescription": "corrected series"},
        output=tmp_path / "package",
    )
    assert made.ok, made.issues
    return PackageDirectory(tmp_path / "package")


def test_each_override_is_found_by_its_study_or_series(
    package: PackageDirectory, inventory: dicommap.Inventory
) -> None:
    data_sets = OverrideDataSets(package)
    assert set(data_sets) == {
        *(study.target for study in inventory.studies()),
        *(series.target for study in inventory.studies() for series in study.series),
    }
    assert len(data_sets) == sum(len(job.mappings) for job in package.plan.jobs)
    for target, data_set in data_sets.items():
        if target.series_instance_uid is None:
            text = f"corrected {target.study_instance_uid[-1]}"
            assert data_set == {"00081030": {"vr": "LO", "Value": [text]}}
        else:
            assert data_set == {"0008103E": {"vr": "LO", "Value": ["corrected series"]}}


def test_a_target_without_an_override_is_not_in_it(package: PackageDirectory) -> None:
    data_sets = OverrideDataSets(package)
    assert Target(study_instance_uid="9.9.9") not in data_sets
    assert data_sets.get(Target(study_instance_uid="9.9.9"), {}) == {}


def test_a_file_that_was_changed_after_the_draft_is_refused(package: PackageDirectory) -> None:
    data_sets = OverrideDataSets(package)
    for path in package.path.rglob("files/**/*.json"):
        path.write_bytes(path.read_bytes().replace(b"corrected", b"forged"))
    with pytest.raises(dicommap.DicommapError, match="was changed after it was drafted"):
        data_sets[next(iter(data_sets))]
