"""scan() of a data store: its inventory has the rows of a scan of the files, and only changed image sets are read."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.aws import timing
from dicommap.aws.image_sets import ImageSets
from dicommap.errors import AwsError, InventoryError, SourceError, UsageError
from dicommap.inventory import Inventory
from dicommap.model.inventory_difference import ChangeKind
from dicommap.model.study import Disposition
from dicommap.progress import Progress
from dicommap.scanning import pipeline
from dicommap.sources.healthimaging.data_store import DataStore
from dicommap.testing import ImportJobService
from dicommap.testing.faults import Fault
from tests.support.needed_tools import CORPUS, needs_corpus
from tests.support.p10_files import STUDY, data_set, p10, small_tree, uid, write_tree
from tests.support.stored_files import (
    clients_of,
    data_store_service,
    import_files,
    instance_rows,
    root_of,
    set_credentials,
)

ATTRIBUTES = (
    "ImageType",
    "PixelSpacing",
    "SliceThickness",
    "Rows",
    "OtherPatientNames",
    "PatientComments",
    "ExaminedBodyThickness",
    "DiffusionBValue",
    "FrameIncrementPointer",
    "EthnicGroup",
)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    set_credentials(monkeypatch)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ImportJobService]:
    """Return a stand-in with two studies, of two series with two instances each."""
    with data_store_service(small_tree(tmp_path / "tree")) as service:
        yield service


def scan(service: ImportJobService, output: Path | None = None, **options: Any) -> Inventory:
    return dicommap.scan(root_of(service), output=output, clients=clients_of(service), **options)


def count_requests(inventory: Inventory) -> int:
    return inventory.summary().traffic.requests


def uids_of(study: int, series: int, instance: int) -> dict[str, Any]:
    """Return the UIDs of an instance of `small_tree`."""
    return {
        "StudyInstanceUID": uid(STUDY, study),
        "SeriesInstanceUID": uid(STUDY, study, series),
        "SOPInstanceUID": uid(STUDY, study, series, instance),
    }


def odd_values(root: Path) -> Path:
    """Write series with values that have several forms in metadata, each the same in all of its instances."""
    names: dict[str, dict[str, Any]] = {
        "groups": {"PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう", "SpecificCharacterSet": "ISO_IR 192"},
        "phonetic": {"PatientName": "Doe^Jane==dou", "SpecificCharacterSet": "ISO_IR 192"},
        "latin": {"PatientName": "M\u00fcller^J\u00f6rg", "SpecificCharacterSet": "ISO_IR 100"},
        "several": {"OtherPatientNames": ["A^B", "C^D"], "ImageType": ["ORIGINAL", "PRIMARY", "", "M"]},
        "padded": {"AccessionNumber": "A1", "PatientComments": " two\\lines ", "StudyDescription": " x "},
        "numbers": {
            "PixelSpacing": ["0.50", "1E-1"],
            "SliceThickness": "1.50",
            "ExaminedBodyThickness": 0.1,
            "DiffusionBValue": 1e-07,
            "FrameIncrementPointer": [0x00181063, 0x0054003A],
        },
        "empty": {"PatientBirthDate": "", "StudyTime": "", "PixelSpacing": "", "EthnicGroup": ""},
        "absent": {"StudyID": None, "AccessionNumber": None, "InstanceNumber": None},
    }
    for number, (name, values) in enumerate(names.items(), 1):
        for instance in (1, 2):
            made = data_set(**uids_of(number, 1, instance), **{"PatientID": f"P{number}", **values})
            made.add_new(0x00190010, "LO", "PRIVATE")
            made.add_new(0x001910F9, "DS", "97")
            write_tree(root, {f"{name}/{instance}": p10(made)})
    return root


def test_the_rows_are_those_of_a_scan_of_the_files(tmp_path: Path, pydicom_files: Path) -> None:
    for tree in (odd_values(tmp_path / "odd"), pydicom_files / "test_files" / "dicomdirtests" / "77654033"):
        with data_store_service(tree) as service:
            files, stored = dicommap.scan(tree, attributes=ATTRIBUTES), scan(service, attributes=ATTRIBUTES)
        assert len(instance_rows(files)) > 5
        assert instance_rows(stored) == instance_rows(files)
        assert [study.values for study in stored.studies()] == [study.values for study in files.studies()]
        codes = [[issue.code for issue in inventory.issues()] for inventory in (stored, files)]
        assert codes[0] == [code for code in codes[1] if code not in {"p10.dicomdir", "p10.not-dicom"}]
        assert stored.sources == (root_of(service),)


@needs_corpus
@pytest.mark.long
def test_the_rows_of_real_files() -> None:
    assert CORPUS is not None
    with data_store_service(CORPUS) as service:
        files, stored = dicommap.scan(CORPUS, attributes=ATTRIBUTES), scan(service, attributes=ATTRIBUTES)
    assert instance_rows(stored) == instance_rows(files)


def test_paths_and_etags_name_the_image_set_and_its_version(service: ImportJobService) -> None:
    instances = list(scan(service).instances())
    expected = {
        (f"image-sets/{image_set.image_set_id}/{instance.sop_instance_uid}", "1-2")
        for image_set in service.image_sets
        for instance in image_set.instances
    }
    assert {(instance.path, instance.etag) for instance in instances} == expected
    assert all(instance.mtime_ns > 1_700_000_000 * 10**9 for instance in instances)


def test_only_changed_image_sets_are_read_again(service: ImportJobService, tmp_path: Path) -> None:
    output = tmp_path / "stored.db"
    with scan(service, output) as first:
        assert count_requests(first) == 1 + 4
        before = instance_rows(first)
    with scan(service, output) as again:
        assert instance_rows(again) == before
        assert again.summary().unchanged == 8
    extra = p10(**uids_of(1, 1, 9), AccessionNumber="A1", PatientID="P1")
    import_files(service, write_tree(tmp_path / "extra", {"IM": extra}), "second job")
    with scan(service, output) as later:
        summary = later.summary()
        assert instance_rows(later).keys() == before.keys() | {uid(STUDY, 1, 1, 9)}
        assert (summary.read, summary.unchanged) == (3, 6)
        assert count_requests(later) == 1 + 1
        etags = {instance.etag for instance in later.instances() if instance.series_instance_uid == uid(STUDY, 1, 1)}
        assert etags == {"2-3"}
    with scan(service, output, cache=False) as every:
        assert count_requests(every) == 1 + 4


def test_a_deleted_image_set_disappears(service: ImportJobService, tmp_path: Path) -> None:
    output = tmp_path / "stored.db"
    scan(service, output).close()
    deleted = service.image_sets[1]
    client = clients_of(service).medical_imaging
    client.delete_image_set(datastoreId=service.datastore_id, imageSetId=deleted.image_set_id)
    with scan(service, output) as later:
        assert len(instance_rows(later)) == 6
        assert count_requests(later) == 1
        assert not any(deleted.image_set_id in instance.path for instance in later.instances())


def test_an_interrupted_scan_goes_on(
    service: ImportJobService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 1)
    output = tmp_path / "stored.db"

    def stop(progress: Progress) -> None:
        if progress.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(service, output, progress=stop)
    with pytest.raises(InventoryError):
        dicommap.open(output)
    with scan(service, output) as resumed:
        assert count_requests(resumed) == 1 + 2  # two image sets were complete, the third was not
        assert resumed.summary().unchanged == 5
        assert instance_rows(resumed) == instance_rows(scan(service))


def test_an_executor_gives_the_same_rows(service: ImportJobService) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert instance_rows(scan(service, executor=executor)) == instance_rows(scan(service))


def test_the_headers_can_be_sent_to_a_worker_process(service: ImportJobService) -> None:
    store = DataStore(root_of(service), clients=clients_of(service))
    opener = store.opener.for_files(list(store.walk()))
    paths = [(file.path, file.size) for file in store.walk()]
    sent = pickle.loads(pickle.dumps(opener)).read_headers(paths, None, None)
    assert [header.values["SOPInstanceUID"] for header, _ in sent] == [path.rpartition("/")[2] for path, _ in paths]


def test_an_instance_in_a_non_primary_image_set_is_a_duplicate(service: ImportJobService, tmp_path: Path) -> None:
    conflicting = p10(**uids_of(1, 1, 1), PatientID="OTHER", AccessionNumber="A1")
    import_files(service, write_tree(tmp_path / "conflict", {"IM": conflicting}))
    output = tmp_path / "stored.db"
    for _ in range(2):  # the second scan copies the rows of the first one
        with scan(service, output) as inventory:
            (duplicate,) = (file for file in inventory.instances() if file.disposition is Disposition.DUPLICATE)
            assert duplicate.path.startswith("non-primary/")
            assert duplicate.sop_instance_uid == uid(STUDY, 1, 1, 1)
            assert inventory.distinct("PatientID", study=uid(STUDY, 1)) == {"P1": 4, "OTHER": 1}
            (issue,) = (issue for issue in inventory.issues() if issue.code.startswith("instance."))
            assert issue.code == "instance.in-two-image-sets"
            assert issue.location.path == duplicate.path
            assert "image-sets/" in issue.message


def test_files_and_the_data_store_are_compared_by_series_and_attributes(
    service: ImportJobService, tmp_path: Path
) -> None:
    files, stored = dicommap.scan(tmp_path / "tree"), scan(service)
    for comparison in (dicommap.compare(files, stored), dicommap.compare(stored, files)):
        assert comparison.is_same
        assert comparison.totals.instances.same == 8
        assert "TransferSyntaxUID" not in comparison.keywords
        assert "because one side is a data store" in comparison.html()
    changed = small_tree(tmp_path / "changed", studies=3)
    write_tree(changed, {"study1/series1/IM0001": p10(**uids_of(1, 1, 1), PatientID="P1", AccessionNumber="OTHER")})
    comparison = dicommap.compare(dicommap.scan(changed), stored)
    assert comparison.totals.instances.gone == 4
    (change,) = comparison.attributes()
    assert (change.keyword, change.before, change.after, change.instances) == ("AccessionNumber", "OTHER", "A1", 1)


def test_two_inventories_of_a_data_store_show_image_sets_with_a_new_version(
    service: ImportJobService, tmp_path: Path
) -> None:
    before = scan(service)
    again = p10(**uids_of(1, 1, 1), PatientID="P1", AccessionNumber="A1", StudyID="S1")
    import_files(service, write_tree(tmp_path / "again", {"IM": again}), "second job")
    comparison = dicommap.compare(before, scan(service))
    assert {difference.kinds for difference in comparison.instances()} == {(ChangeKind.ETAG,)}
    assert comparison.totals.instances.changed == 2
    assert dicommap.compare(before, scan(service), ignore="etag").is_same


def test_no_pictures_of_stored_instances_are_drawn(service: ImportJobService) -> None:
    pytest.importorskip("numpy")
    series = next(scan(service).series())
    assert "in a data store, of which no pictures are drawn" in str(series.thumbnail())


@pytest.mark.parametrize(
    ("fault", "code", "disposition"),
    [
        ("not-gzip", "image-set.unreadable", Disposition.UNREADABLE),
        ("locked", "image-set.unreadable", Disposition.UNREADABLE),
        ("access-denied,operation=GetImageSetMetadata", "image-set.unreadable", Disposition.UNREADABLE),
        ("not-found,operation=GetImageSetMetadata", "image-set.unreadable", Disposition.UNREADABLE),
        ("not-json", "image-set.malformed", Disposition.MALFORMED),
        ("schema-version", "image-set.malformed", Disposition.MALFORMED),
    ],
)
def test_an_image_set_that_cannot_be_read_is_a_row_and_an_issue(
    service: ImportJobService, tmp_path: Path, fault: str, code: str, disposition: Disposition
) -> None:
    output = tmp_path / "stored.db"
    service.add_fault(Fault.parse(fault))
    with scan(service, output) as inventory:
        assert len(instance_rows(inventory)) == 6
        (issue,) = inventory.issues()
        assert issue.code == code
        (file,) = (file for file in inventory.files() if file.disposition is disposition)
        assert file.path == issue.location.path
        assert file.path.removeprefix("image-sets/") in {image_set.image_set_id for image_set in service.image_sets}
    service.clear_faults()
    with scan(service, output) as again:
        assert len(instance_rows(again)) == 8
        assert count_requests(again) == 1 + 1
        assert not list(again.issues())


def test_unknown_members_are_ignored(service: ImportJobService) -> None:
    expected = instance_rows(scan(service))
    service.add_fault(Fault.parse("unknown-members,times=always"))
    assert instance_rows(scan(service)) == expected


def test_a_missing_permission_ends_the_scan(service: ImportJobService, tmp_path: Path) -> None:
    import_files(service, small_tree(tmp_path / "more", studies=5))
    service.add_fault(Fault.parse("access-denied,operation=GetImageSetMetadata,times=always"))
    with pytest.raises(AwsError, match="GetImageSetMetadata") as raised:
        scan(service)
    assert raised.value.code == "AccessDeniedException"
    service.clear_faults()
    service.add_fault(Fault.parse("access-denied,operation=SearchImageSets,times=always"))
    with pytest.raises(AwsError, match="SearchImageSets"):
        scan(service)


def test_an_unknown_data_store(service: ImportJobService) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        dicommap.scan("healthimaging:" + "f" * 32, clients=clients_of(service))
    for name in ("healthimaging:", "healthimaging:X", "healthimaging://" + "f" * 32, "HealthImaging:" + "F" * 32):
        with pytest.raises(SourceError, match="does not name a data store") as raised:
            dicommap.scan(name)
        assert name in raised.value.message


def test_studies_select_what_is_scanned(service: ImportJobService) -> None:
    only = scan(service, studies=[uid(STUDY, 2), uid(STUDY, 2)])
    assert [study.study_instance_uid for study in only.studies()] == [uid(STUDY, 2)]
    assert count_requests(only) == 1 + 2
    assert not list(scan(service, studies="1.2.3").studies())
    with pytest.raises(UsageError, match=r"1\.x"):
        scan(service, studies="1.x")


@pytest.mark.parametrize(
    "options",
    [{"studies": "1.2"}, {"metadata_rate": 5}, {"search_rate": 5.5}],
)
def test_options_of_data_stores_are_refused_for_files(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="for a data store"):
        dicommap.scan(small_tree(tmp_path), **options)


@pytest.mark.parametrize(
    "options", [{"archives": True}, {"files": ["a"]}, {"s3_inventory": "manifest.json"}, {"trust_directories": True}]
)
def test_options_of_files_are_refused_for_data_stores(service: ImportJobService, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        scan(service, **options)


def test_a_data_store_is_the_only_source(service: ImportJobService, tmp_path: Path) -> None:
    for other in (tmp_path, root_of(service)):
        with pytest.raises(SourceError, match="together with other sources"):
            dicommap.scan(root_of(service), other, clients=clients_of(service))


def test_the_rates_limit_the_requests(service: ImportJobService, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(timing.Clock, "sleep", lambda _clock, seconds: pauses.append(seconds))
    scan(service, metadata_rate=0.5, search_rate=20)
    assert len(pauses) == 3  # four image sets, with a burst of one request below one request per second
    assert all(pause > 1 for pause in pauses)


def test_an_image_set_that_changes_while_it_is_read_has_the_listed_version(
    service: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = service.image_sets[0]
    search = ImageSets.search

    def search_and_change(self: Any, *arguments: Any, **options: Any) -> Any:
        summaries = list(search(self, *arguments, **options))
        latest = changed.latest.latest_instance
        service.import_instance(replace(latest, job_id="later"))
        return iter(summaries)

    monkeypatch.setattr(ImageSets, "search", search_and_change)
    inventory = scan(service)
    assert changed.version == 2
    assert {instance.etag for instance in inventory.instances()} == {"1-2"}
