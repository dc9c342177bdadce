"""The checks of a whole scan: each code of its family."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.limits import MAX_P10_BYTES
from dicommap.inventory import Inventory, whole_scan_checks
from dicommap.inventory.whole_scan_checks import FileIdentity
from dicommap.issues import CATALOGUE, Issue, Severity, make_issue
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from tests.support.filled_inventories import Added, added, inventory_of, refused
from tests.support.p10_files import EXPLICIT_LITTLE


def found_in(*files: Added, keywords: tuple[str, ...] = DEFAULT_KEYWORDS) -> list[Issue]:
    with inventory_of(*files, keywords=keywords) as inventory:
        return list(inventory.issues())


def dispositions(inventory: Inventory) -> dict[str, str]:
    return {file.path: file.disposition.value for file in inventory.files()}


CASES: dict[str, tuple[Added, ...]] = {
    "instance.duplicate": (added("a"), added("b")),
    "instance.unsupported-transfer-syntax": (added("a", syntax="1.2.3"),),
    "instance.too-large": (added("a", size=MAX_P10_BYTES + 1),),
    "series.in-two-studies": (added("a", "1.1 1.9 1.1.1"), added("b", "1.2 1.9 1.1.2")),
    "study.inconsistent-attribute": (added("a", PatientID="1"), added("b", "1.1 1.1.2 1.1.2.1", PatientID="2")),
    "study.invalid-date": (added("a", PatientBirthDate="19700229"),),
    "series.inconsistent-attribute": (added("a", Modality="CT"), added("b", "1.1 1.1.1 1.1.1.2", Modality="MR")),
}


@pytest.mark.parametrize("code", CASES)
def test_each_finding_comes_alone_with_the_catalogues_severity(code: str) -> None:
    (found,) = found_in(*CASES[code])
    assert found.code == code
    assert found.severity is CATALOGUE[code].severity


def test_every_code_of_this_family_has_a_case() -> None:
    family = {name for name in CATALOGUE if name.startswith(("instance.", "series.", "study."))}
    assert family - CASES.keys() == {"instance.conflict", "instance.in-two-image-sets"}


def test_different_files_of_one_instance_are_a_conflict() -> None:
    with inventory_of(added("a"), added("b"), same=lambda one, other: False) as inventory:
        (found,) = inventory.issues()
        assert (found.code, found.location.path, found.severity) == ("instance.conflict", "b", Severity.ERROR)
        assert found.message == make_issue("instance.conflict", other="a").message


def test_stored_instances_are_not_compared_and_the_primary_image_set_is_first() -> None:
    def same(one: FileIdentity, other: FileIdentity) -> bool:
        raise AssertionError("not reached")

    files = added("non-primary/a/1"), added("image-sets/z/1")
    with inventory_of(*files, same=same, roots=("healthimaging:" + "5" * 32,)) as inventory:
        (found,) = inventory.issues()
        assert (found.code, found.location.path) == ("instance.in-two-image-sets", "non-primary/a/1")
        assert found.message == make_issue("instance.in-two-image-sets", other="image-sets/z/1").message
        assert [file.disposition.value for file in inventory.files()] == ["instance", "duplicate"]


def test_the_first_path_stays_the_instance_whatever_the_order_of_adding() -> None:
    compared: list[tuple[FileIdentity, FileIdentity]] = []

    def same(one: FileIdentity, other: FileIdentity) -> bool:
        compared.append((one, other))
        return True

    files = [added("c"), added("a", source=1), added("b"), added("\udcff")]
    with inventory_of(*files, same=same) as inventory:
        assert [file.disposition.value for file in inventory.files()] == ["instance", *["duplicate"] * 3]
        others = [FileIdentity(0, "c", 10, 0), FileIdentity(0, "\udcff", 10, 0), FileIdentity(1, "a", 10, 0)]
        assert compared == [(FileIdentity(0, "b", 10, 0), place) for place in others]
        assert inventory.summary().instances == 1


def test_files_of_different_sizes_are_not_compared() -> None:
    def same(one: FileIdentity, other: FileIdentity) -> bool:
        raise AssertionError("not reached")

    with inventory_of(added("a"), added("b", size=11), same=same) as inventory:
        assert [issue.code for issue in inventory.issues()] == ["instance.conflict"]


def test_the_same_uid_in_two_series_is_still_one_instance() -> None:
    with inventory_of(added("a", "1.1 1.1.1 1.5"), added("b", "1.2 1.2.1 1.5")) as inventory:
        assert dispositions(inventory) == {"a": "instance", "b": "duplicate"}
        assert [(series.instances, series.files) for series in inventory.series()] == [(1, 1), (0, 1)]


def test_files_that_are_no_instances_have_no_duplicates() -> None:
    with inventory_of(refused("a"), refused("b"), added("c")) as inventory:
        assert dispositions(inventory) == {"a": "not-dicom", "b": "not-dicom", "c": "instance"}


def test_a_series_in_two_studies_is_named() -> None:
    (found,) = found_in(*CASES["series.in-two-studies"])
    assert found.location.series == "1.9"
    assert found.message == make_issue("series.in-two-studies", count=2).message


def test_an_inconsistent_attribute_is_named_with_its_study() -> None:
    (found,) = found_in(*CASES["study.inconsistent-attribute"])
    assert (found.location.keyword, found.location.study, found.location.series) == ("PatientID", "1.1", None)
    assert found.message == make_issue(found.code, keyword="PatientID", count=2).message


def test_an_inconsistent_attribute_is_named_with_its_series() -> None:
    (found,) = found_in(*CASES["series.inconsistent-attribute"])
    assert (found.location.keyword, found.location.study, found.location.series) == ("Modality", "1.1", "1.1.1")


@pytest.mark.parametrize("other", [added("b", "1.1 1.1.1 1.2"), added("b", "1.1 1.1.1 1.2", StudyID="")])
def test_an_absent_value_differs_from_a_present_one(other: Added) -> None:
    (found,) = found_in(added("a", StudyID="1"), other)
    assert found.location.keyword == "StudyID"


def test_an_absent_and_an_empty_value_are_the_same() -> None:
    assert found_in(added("a", StudyID=""), added("b", "1.1 1.1.1 1.1.1.2")) == []


def test_series_attributes_may_differ_between_series_and_instance_attributes_anywhere() -> None:
    keywords = (*DEFAULT_KEYWORDS, "Rows")
    files = [
        added("a", "1.1 1.1.1 1.1", Modality="CT", Rows="1"),
        added("b", "1.1 1.1.1 1.2", Modality="CT", Rows="2", InstanceNumber="2"),
        added("c", "1.1 1.1.2 1.3", Modality="MR", Rows="3"),
    ]
    assert found_in(*files, keywords=keywords) == []


def test_without_attributes_nothing_is_inconsistent() -> None:
    assert found_in(added("a"), added("b", "1.1 1.1.1 1.2"), keywords=()) == []


@pytest.mark.parametrize("syntax", ["", EXPLICIT_LITTLE, "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.90"])
def test_a_listed_or_absent_transfer_syntax_is_no_finding(syntax: str) -> None:
    assert found_in(added("a", syntax=syntax)) == []


def test_unlisted_transfer_syntaxes_are_counted_by_series() -> None:
    files = [added(f"{n}", f"1.1 1.1.{n % 2} 1.{n}", syntax="1.2.3") for n in range(5)]
    found = found_in(*files)
    code = "instance.unsupported-transfer-syntax"
    assert [(each.location.series, each.message) for each in found] == [
        ("1.1.0", make_issue(code, count=3).message),
        ("1.1.1", make_issue(code, count=2).message),
    ]


def test_a_file_of_the_largest_size_is_not_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_scan_checks, "MAX_P10_BYTES", 100)
    files = [added("a", size=100), added("b", "1.1 1.1.1 1.2", size=101)]
    (found,) = found_in(*files)
    assert (found.code, found.location.path) == ("instance.too-large", "b")
    assert found.message == make_issue("instance.too-large", size=101, limit=100).message
