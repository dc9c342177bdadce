"""The screens of a draft and its plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from dicommap.model.package_layout import PLAN_FILE
from tests.support.displayed_objects import remove_plots
from tests.support.filled_inventories import added, inventory_of

URI = "s3://bucket/in/"


def test_a_draft_says_what_it_changes_and_where_it_is(
    inventory: dicommap.Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would be shortened
    draft = dicommap.draft(
        inventory,
        input_s3_uri=URI,
        output="package",
        by_series=lambda series: {"Modality": "MR"},
        harmonize=["StudyID"],
    )
    text = str(draft)
    assert text.startswith("Draft: 4 changes, 4 overrides (4 of a series)")
    assert f"package, {len(draft.documents)} documents" in text
    assert "function <lambda>: applied to 2 studies" in text
    assert "Modality 00080060  CT      <Modality 1>  function <lambda>" in text
    html = draft._repr_html_()
    assert "<del>CT</del>" in html
    assert "&lt;Modality 1&gt;" in html
    assert html.count("<details open>") == 3


def test_a_draft_without_output_or_with_an_error_says_so(inventory: dicommap.Inventory) -> None:
    draft = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"StudyID": "NEW"})
    assert "not written: no output was named" in str(draft)
    failed = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"StudyDate": "NEW"})
    assert "none, because of an error" in str(failed)
    assert "No changes." in str(failed)
    assert failed.plan is None
    nothing = dicommap.draft(inventory, input_s3_uri=URI)
    assert "No changes." in nothing._repr_html_()


def test_a_large_draft_is_one_screen() -> None:
    files = [added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1") for n in range(50)]
    with inventory_of(*files) as inventory:
        draft = dicommap.draft(
            inventory, input_s3_uri=URI, by_study=lambda _: {"StudyDescription": "d"}, harmonize=DEFAULT_KEYWORDS[:14]
        )
        assert "and 30 more overrides" in draft._repr_html_()
        assert "and 40 more overrides" in str(draft)
        assert "and 5 more" in str(draft)
        assert len(draft._repr_html_()) < 50_000
        assert draft.preview_html(show_values=True).count("<td><ins>") == 50


def test_long_values_are_cut_on_the_screen_and_whole_on_the_page() -> None:
    long = "d" * 1_000
    with inventory_of(added("a")) as inventory:
        draft = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"PatientComments": long})
        dicommap.show_values(True)
        try:
            assert long not in draft._repr_html_()
            assert "d" * 100 in draft._repr_html_()
        finally:
            dicommap.show_values(False)
        assert long in draft.preview_html(show_values=True)


def test_a_plan_lists_its_jobs(inventory: dicommap.Inventory) -> None:
    assumptions = dicommap.Assumptions(dataSet="array")
    draft = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"StudyID": "NEW"}, assumptions=assumptions)
    assert draft.plan is not None
    assert draft.plan.model_dump_json(exclude_none=True) in draft.documents[PLAN_FILE].replace("\n", "").replace(
        " ", ""
    )
    text = str(draft.plan)
    assert text.startswith("Plan: 1 job, 2 studies, 0 series")
    assert "dataSet=array" in text
    assert "0001  s3://bucket/in/         2          2          8" in text
    assert repr(draft.plan) == text


def test_a_plan_says_what_is_staged_and_what_is_in_no_job(inventory: dicommap.Inventory) -> None:
    def planned(**options: Any) -> str:
        drafted = dicommap.draft(inventory, input_s3_uri=URI, by_study=lambda _: {"StudyID": "NEW"}, **options)
        return str(drafted.plan)

    left = planned(quotas=dicommap.Quotas(files=3), leave_out=True)
    assert "Plan: 4 jobs" in left
    assert "in no job" not in left
    staged = planned(quotas=dicommap.Quotas(files=6), staging="all", stage_uri="s3://bucket/staged/")
    assert "s3://bucket/staged/0002/" in staged
    assert staged.count(" staged\n") == 2
    assert "files=6" in staged


def test_a_plan_says_what_is_in_no_job() -> None:
    files = [added(f"b/{n}", f"1.2 1.2.1 1.2.1.{n}") for n in range(3)]
    with inventory_of(added("a/1"), *files) as inventory:
        draft = dicommap.draft(
            inventory,
            input_s3_uri=URI,
            by_study=lambda _: {"StudyDescription": "d"},
            quotas=dicommap.Quotas(files=3),
            leave_out=True,
        )
        assert "3 files, 3 instances among them" in str(draft.plan)


def test_a_plan_of_many_jobs_is_one_screen() -> None:
    files = [added(f"{n}/a", f"1.{n} 1.{n}.1 1.{n}.1.1") for n in range(50)]
    with inventory_of(*files) as inventory:
        draft = dicommap.draft(
            inventory,
            input_s3_uri=URI,
            by_study=lambda _: {"StudyDescription": "d"},
            quotas=dicommap.Quotas(files=4),
        )
        assert draft.plan is not None
        assert "and 40 more jobs" in str(draft.plan)
        assert "and 30 more jobs" in draft.plan._repr_html_()
        assert len(remove_plots(draft.plan._repr_html_())) < 20_000
        assert len(draft.plan._repr_html_()) < 200_000
