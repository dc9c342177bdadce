"""All reprs together: masked, escaped, standing alone, on one screen, in text as in HTML."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from IPython.lib.pretty import RepresentationPrinter

import dicommap
from dicommap.errors import UsageError
from dicommap.model.displayable import Displayable
from dicommap.model.masking import show_values
from tests.support.displayed_objects import DESCRIPTION, KANJI, SECRET, files, make_displayed_objects, remove_plots
from tests.support.filled_inventories import added, inventory_of
from tests.support.p10_files import small_tree

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b[31m\u202e\x00"


MASKED = {"inventory", "draft", "preview", "found", "inconsistencies", "sheet of studies"}
"""Names of displayed objects that have masked values and say so."""


@pytest.fixture(autouse=True)
def _masked_afterwards() -> Iterator[None]:
    yield
    show_values(False)


def forms(one: Displayable) -> tuple[str, str, str]:
    return one._repr_html_(), str(one), repr(one)


def test_no_patient_value_is_in_any_form() -> None:
    with make_displayed_objects(*files(), value=SECRET) as every:
        for name, one in every.items():
            for form in forms(one):
                assert SECRET not in form, name
                assert KANJI not in form, name
            if name in MASKED:
                assert "equal marks such as" in one._repr_html_(), name
                assert "equal marks such as" in str(one), name
        for name in ("inventory", "study 1.1", "series 1.1.1", "found"):
            assert DESCRIPTION in every[name]._repr_html_(), name


def test_all_reprs_show_values_when_they_are_told_to_and_no_longer() -> None:
    with make_displayed_objects(*files(), value=SECRET) as every:
        dicommap.show_values(True)
        for name in (
            "inventory",
            "study 1.1",
            "series 1.1.1",
            "draft",
            "preview",
            "found",
            "inconsistencies",
            "sheet of studies",
        ):
            assert SECRET in every[name]._repr_html_()
            assert SECRET in str(every[name])
        # Those of a line are for logs, and never hold any.
        assert not any(SECRET in repr(every[name]) for name in ("study 1.1", "series 1.1.1"))
        dicommap.show_values(False)
        assert not any(SECRET in form for one in every.values() for form in forms(one))


@pytest.mark.parametrize("wrong", ["no", 0, None])
def test_showing_values_takes_no_guess(wrong: bool) -> None:
    with pytest.raises(UsageError, match="True or False"):
        dicommap.show_values(wrong)


def test_one_inventory_can_be_seen_unmasked_and_what_it_yields() -> None:
    with inventory_of(*files()) as inventory:
        view = inventory.unmasked()
        for one in (view, next(view.studies()), next(view.series())):
            assert SECRET in one._repr_html_()
            assert KANJI in str(one) or one is view
        assert SECRET not in inventory._repr_html_()
        assert SECRET not in str(next(inventory.studies()))
        assert list(view.studies()) == list(inventory.studies())


def test_nothing_of_the_data_is_markup_or_moves_a_terminal() -> None:
    show_values(True)
    with make_displayed_objects(*files(EVIL), value="<script>alert(1)</script>") as every:
        for name, one in every.items():
            html, text, line = forms(one)
            assert "<script" not in html, name
            assert "<img" not in remove_plots(html), name
            assert "\x1b" not in text + line, name
            assert "\u202e" not in text + line, name
        assert "&lt;script&gt;" in every["inventory"]._repr_html_()
        assert "&lt;script&gt;" in every["draft"]._repr_html_()


def test_html_asks_for_nothing_and_hides_nothing() -> None:
    show_values(True)
    with make_displayed_objects(*files()) as every:
        for name, one in every.items():
            html = remove_plots(one._repr_html_())
            tags = re.findall(r"<[a-z][^>]*>", html)
            attributes = {word for tag in tags for word in re.findall(r"\s([a-z-]+)=", tag)}
            assert attributes <= {"class", "style", "scope", "colspan"}, name
            assert not re.search(r"url\(|@import|<link|<script|javascript:", html), name
            assert all(SECRET not in tag for tag in tags), name


def test_kanji_are_aligned_by_what_they_take_of_a_terminal() -> None:
    same: dict[str, Any] = {"StudyDate": "20260102", "PatientID": "1"}
    kanji = added("a", StudyDescription="脳", **same)
    latin = added("b", "1.2 1.2.1 1.2.1.1", StudyDescription="ab", **same)
    with inventory_of(kanji, latin) as inventory:
        lines = str(inventory.unmasked()).split("\n")
    of = {uid: next(line for line in lines if line.startswith(f"  {uid} ")) for uid in ("1.1", "1.2")}
    assert of["1.1"].replace("脳", "ab").replace("1.1", "1.2", 1) == of["1.2"]


def test_an_empty_inventory_says_what_to_do() -> None:
    with inventory_of() as inventory:
        for form in forms(inventory):
            assert "0 studies" in form
            assert "no files" in form
            assert "another source" in form


def test_a_repr_reads_no_file_so_that_they_may_have_moved(tmp_path: Path) -> None:
    tree = small_tree(tmp_path / "tree")
    with dicommap.scan(tree) as inventory:
        before = forms(inventory.unmasked()), forms(next(inventory.studies()))
        shutil.rmtree(tree)
        assert (forms(inventory.unmasked()), forms(next(inventory.studies()))) == before


def test_an_inventory_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with inventory_of(*files(), path=tmp_path / "i.db"):
        pass
    with dicommap.Inventory.open(tmp_path / "i.db") as inventory:
        pass
    assert all("is closed" in form for form in forms(inventory))
    with dicommap.Inventory.open(tmp_path / "i.db") as inventory:
        content = bytearray((tmp_path / "i.db").read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        (tmp_path / "i.db").write_bytes(content)
        assert all(
            "The inventory is damaged, or was altered after the scan. Scan again." in form for form in forms(inventory)
        )


def pretty(one: object) -> str:
    out = StringIO()
    printer: Any = RepresentationPrinter(out)  # type: ignore[no-untyped-call]
    printer.pretty(one)
    printer.flush()
    return out.getvalue()


def test_ipython_shows_the_screen_alone_and_the_line_in_a_list() -> None:
    with inventory_of(*files()) as inventory:
        study = next(inventory.studies())
        assert pretty(study) == str(study)
        assert pretty([study]) == f"[{study!r}]"
        assert pretty(inventory) == repr(inventory) == str(inventory)


def test_studies_series_and_instances_have_a_line_for_lists() -> None:
    with inventory_of(*files()) as inventory:
        (study, _), series = inventory.studies(), next(inventory.series())
        assert repr(study) == "<Study 1.1: (none), CT, 2 series, 2 instances, 1 duplicate, 30 B>"
        assert repr(series) == "<Series 1.1.1: CT, 1 instance, 1 duplicate, 20 B>"
        assert repr(next(inventory.instances())) == "<Instance 1.1.1.1: instance, a>"
