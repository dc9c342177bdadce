"""The command scan with a data store: what it prints, its options, and what its inventory is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dicommap.testing import ImportJobService
from tests.cli.running import Ran, dicommap
from tests.support.p10_files import STUDY, p10, small_tree, uid, write_tree
from tests.support.stored_files import data_store_service, import_files, root_of, set_credentials


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Return a stand-in with two studies, which the AWS clients of commands reach."""
    set_credentials(monkeypatch)
    monkeypatch.chdir(tmp_path)
    with data_store_service(small_tree(tmp_path / "tree")) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


def scan(service: ImportJobService, *options: str) -> Ran:
    return dicommap("scan", root_of(service), "-o", "stored.db", *options)


def test_a_scan_and_a_second_scan_print_what_was_read(service: ImportJobService) -> None:
    first = scan(service)
    assert first.status == 0
    assert first.out.splitlines()[0] == "2 studies, 4 series, 8 instances"
    assert "Sent 5 requests to HealthImaging and received" in first.out
    assert "file" not in first.out
    assert "Next: dicommap sheet stored.db -o studies.csv" in first.out
    again = scan(service)
    assert "Read 0 stored instances; took 8 unchanged stored instances from the scan before." in again.out
    assert "Sent 1 request to HealthImaging and received 0 B of metadata." in again.out


def test_options_select_studies_and_set_rates(service: ImportJobService) -> None:
    ran = scan(service, "--study", uid(STUDY, 1), "--metadata-rate", "100", "--search-rate", "50")
    assert ran.out.splitlines()[0] == "1 study, 2 series, 4 instances"
    both = scan(service, "--study", uid(STUDY, 1), "--study", uid(STUDY, 2))
    assert both.out.splitlines()[0] == "2 studies, 4 series, 8 instances"
    for wrong in (("--study", "1.x"), ("--metadata-rate", "0"), ("--search-rate", "often")):
        refused = scan(service, *wrong)
        assert refused.status == 2
        assert wrong[1] in refused.err or wrong[0] in refused.err
    files = dicommap("scan", "tree", "-o", "files.db", "--study", "1.2")
    assert files.status == 2
    assert "for a data store" in files.err


def test_the_inventory_is_shown_compared_and_edited(service: ImportJobService) -> None:
    scan(service)
    assert dicommap("scan", "tree", "-o", "files.db").status == 0
    same = dicommap("compare", "files.db", "stored.db")
    assert same.status == 0
    assert "No difference." in same.out
    shown = dicommap("show", "stored.db", "--level", "instance", "--format", "csv")
    assert shown.out.count("image-sets/") == 8
    assert dicommap("sheet", "stored.db", "-o", "studies.csv").status == 0


def test_an_image_set_that_cannot_be_read_makes_the_exit_status_1(service: ImportJobService, tmp_path: Path) -> None:
    conflicting = p10(
        StudyInstanceUID=uid(STUDY, 1),
        SeriesInstanceUID=uid(STUDY, 1, 1),
        SOPInstanceUID=uid(STUDY, 1, 1, 1),
        PatientID="SECRET-ID",
    )
    import_files(service, write_tree(tmp_path / "conflict", {"IM": conflicting}))
    service.fault("not-json")
    ran = scan(service)
    assert ran.status == 1
    assert "image-set.malformed" in ran.out
    assert "SECRET-ID" not in ran.out + ran.err


def test_wrong_data_stores_are_refused_with_advice(service: ImportJobService) -> None:
    unknown = dicommap("scan", "healthimaging:" + "f" * 32, "-o", "stored.db")
    assert unknown.status == 2
    assert "f" * 32 in unknown.err
    assert "ResourceNotFoundException" in unknown.err
    for name in ("healthimaging:", "healthimaging:short", "HEALTHIMAGING:" + "F" * 32):
        refused = dicommap("scan", name, "-o", "stored.db")
        assert refused.status == 2
        assert name in refused.err
        assert "list-datastores" in refused.err
    together = dicommap("scan", root_of(service), "tree", "-o", "stored.db")
    assert together.status == 2
    assert "an inventory of its own" in together.err
    assert not Path("stored.db").exists()
