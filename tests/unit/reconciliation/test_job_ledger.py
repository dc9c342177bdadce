"""Every planned instance has exactly one outcome, whatever the records say, in whichever order."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.model.study import Disposition
from dicommap.planning.planned_objects import PlannedObject
from dicommap.reconciliation.job_ledger import JobLedger
from dicommap.reconciliation.manifest_records import ObjectRecord, RecordKind
from dicommap.reconciliation.outcomes import ImportOutcome, InstanceOutcome

URI = S3Uri(bucket="bucket", prefix="in/")
OVERRIDE = "dicommap-overrides/1.2.json"


def planned(key: str, disposition: Disposition = Disposition.INSTANCE) -> PlannedObject:
    return PlannedObject(
        key=key,
        size=1,
        disposition=disposition,
        study_instance_uid="1.2",
        series_instance_uid="1.2.1",
        sop_instance_uid=f"1.2.1.{key}",
        root=0,
        source=key,
    )


def success(name: str, *, primary: bool | None = True, image_set: str = "a") -> ObjectRecord:
    return ObjectRecord(kind=RecordKind.SUCCESS, input_file=name, image_set_id=image_set, is_primary=primary)


def warning(name: str, *, primary: bool | None = True, warnings: tuple[str, ...] = ("OTHER",)) -> ObjectRecord:
    return ObjectRecord(
        kind=RecordKind.WARNING, input_file=name, image_set_id="a", is_primary=primary, warnings=warnings
    )


def failure(name: str) -> ObjectRecord:
    return ObjectRecord(kind=RecordKind.FAILURE, input_file=name, exception_type="ValidationException", message="m")


def account(
    *records: ObjectRecord, keys: Iterable[str] = ("x",), uri: S3Uri = URI, primary: dict[str, bool] | None = None
) -> JobLedger:
    opened = JobLedger([planned(key) for key in keys], uri, {OVERRIDE}, "jobs/0001")
    for record in records:
        opened.add_record(record)
    opened.finish(primary or {})
    return opened


def outcome(*records: ObjectRecord, primary: dict[str, bool] | None = None) -> InstanceOutcome:
    (found,) = account(*records, primary=primary).outcomes()
    return found


def codes(closed: JobLedger) -> list[str]:
    return [found.code for found in closed.issues]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], ImportOutcome.NOT_REPORTED),
        ([success("in/x")], ImportOutcome.PRIMARY),
        ([success("in/x", primary=False)], ImportOutcome.NON_PRIMARY),
        ([success("in/x", primary=None)], ImportOutcome.IMPORTED),
        ([warning("in/x")], ImportOutcome.WARNINGS),
        ([success("in/x"), warning("in/x")], ImportOutcome.WARNINGS),
        ([warning("in/x", warnings=())], ImportOutcome.WARNINGS),
        ([warning("in/x", primary=False)], ImportOutcome.NON_PRIMARY),
        ([success("in/x", primary=None), warning("in/x", primary=False)], ImportOutcome.NON_PRIMARY),
        ([failure("in/x")], ImportOutcome.FAILED),
        ([failure("in/x"), success("in/x")], ImportOutcome.FAILED),
        ([success("in/x"), success("in/x")], ImportOutcome.PRIMARY),
        ([success("in/x"), success("in/x", primary=False, image_set="b")], ImportOutcome.NON_PRIMARY),
    ],
)
def test_an_instance_has_one_outcome(records: list[ObjectRecord], expected: ImportOutcome) -> None:
    assert outcome(*records).outcome is expected
    assert outcome(*reversed(records)).outcome is expected


def test_the_summary_tells_whether_an_image_set_is_primary_where_the_record_does_not() -> None:
    assert outcome(success("in/x", primary=None), primary={"a": True}).outcome is ImportOutcome.PRIMARY
    assert outcome(success("in/x", primary=None), primary={"a": False}).outcome is ImportOutcome.NON_PRIMARY
    assert outcome(success("in/x", primary=None), primary={"b": True}).outcome is ImportOutcome.IMPORTED
    assert outcome(success("in/x", primary=True), primary={"a": False}).outcome is ImportOutcome.PRIMARY


def test_a_contradiction_is_failed_and_told() -> None:
    closed = account(success("in/x"), failure("in/x"))
    (found,) = closed.outcomes()
    assert (found.outcome, found.reported_imported, found.message) == (ImportOutcome.FAILED, True, "m")
    assert codes(closed) == ["manifest.contradiction"]


def test_two_image_sets_of_one_object_are_told() -> None:
    assert codes(account(success("in/x"), success("in/x", image_set="b"))) == ["manifest.two-image-sets"]
    assert codes(account(success("in/x"), success("in/x"))) == []


@pytest.mark.parametrize("name", ["in/x", "x", "/x", "/in/x", "bucket/in/x", "/bucket/in/x", "s3://bucket/in/x"])
def test_an_object_is_known_by_as_much_of_its_key_as_is_named(name: str) -> None:
    assert outcome(success(name)).outcome is ImportOutcome.PRIMARY


@pytest.mark.parametrize("name", ["y", "in/y", "s3://other/in/x", "IN/x", "in/x/", "sub/in/x"])
def test_another_object_is_not_taken_for_it(name: str) -> None:
    closed = account(success(name))
    assert [one.outcome for one in closed.outcomes()] == [ImportOutcome.NOT_REPORTED]
    assert codes(closed) == ["reconcile.unplanned-import"]


@pytest.mark.parametrize("relative", [False, True])
def test_a_key_that_can_be_read_in_two_ways_is_read_as_the_others_are(relative: bool) -> None:
    # `in/a` is the object `a` by its full key, and `in/a` by its path relative to inputS3Uri.
    start = "" if relative else "in/"
    closed = account(success("in/a"), success(f"{start}b"), keys=("a", "b", "in/a"))
    found = {one.planned.key: one.outcome for one in closed.outcomes()}
    expected = "in/a" if relative else "a"
    assert found[expected] is ImportOutcome.PRIMARY
    assert [key for key, one in found.items() if one is ImportOutcome.NOT_REPORTED] == [
        key for key in ("a", "in/a") if key != expected
    ]


def test_a_whole_bucket_has_no_prefix_to_take_off() -> None:
    (found,) = account(success("x"), uri=S3Uri(bucket="bucket", prefix="")).outcomes()
    assert found.outcome is ImportOutcome.PRIMARY


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (success("in/y"), "reconcile.unplanned-import"),
        (failure("in/y"), "reconcile.unplanned-failure"),
        (failure(f"in/{OVERRIDE}"), "reconcile.override-refused"),
        (failure(OVERRIDE), "reconcile.override-refused"),
        (success(f"in/{OVERRIDE}"), "reconcile.override-imported"),
    ],
)
def test_what_nobody_planned_is_told_once(record: ObjectRecord, code: str) -> None:
    closed = account(success("in/x"), record, record)
    assert codes(closed) == [code]
    assert closed.record_counts.others == 1


def test_objects_that_are_no_instances_have_no_outcome() -> None:
    opened = JobLedger(
        [planned("d", Disposition.DUPLICATE), planned("n", Disposition.NOT_DICOM)], URI, set(), "jobs/0001"
    )
    for record in (success("in/d"), failure("in/n")):
        opened.add_record(record)
    opened.finish({})
    assert [one.planned.key for one in opened.outcomes()] == ["d"]
    assert codes(opened) == []


def test_an_object_that_was_imported_and_is_no_instance_is_told() -> None:
    opened = JobLedger([planned("n", Disposition.NOT_DICOM)], URI, set(), "jobs/0001")
    opened.add_record(success("in/n"))
    opened.finish({})
    assert codes(opened) == ["reconcile.unexpected-import"]


def test_findings_are_bounded_and_counted() -> None:
    closed = account(*(failure(f"in/{number}") for number in range(1_000)))
    found = list(closed.issues)
    assert len(found) == 21
    assert found[-1].code == "document.more-issues"
    assert "980" in found[-1].message
    assert closed.issues.count == 1_000


def test_a_warning_that_is_not_listed_is_told() -> None:
    assert codes(account(warning("in/x", warnings=("SomethingNew",)))) == ["manifest.unknown-warning"]


names = st.sampled_from(["in/x", "x", "in/y", "in/z", "z", OVERRIDE, f"in/{OVERRIDE}", "s3://bucket/in/y"])
records = st.lists(
    st.one_of(
        st.builds(success, names, primary=st.sampled_from([True, False, None]), image_set=st.sampled_from("ab")),
        st.builds(warning, names, primary=st.sampled_from([True, False, None])),
        st.builds(failure, names),
    )
)


@given(records, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(found: list[ObjectRecord], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = account(*found, keys="xy"), account(*shuffled, keys="xy")
    assert [item.outcome for item in one.outcomes()] == [item.outcome for item in other.outcomes()]
    assert sorted(codes(one)) == sorted(codes(other))
    assert len(list(one.outcomes())) == 2
    imported = {item.planned.key for item in one.outcomes() if item.outcome.is_imported}
    assert all(
        any(record.input_file.endswith(key) and record.kind is not RecordKind.FAILURE for record in found)
        for key in imported
    )
