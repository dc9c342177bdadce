"""An unknown word is refused, in the command line and in Python: the message repeats it and names the known ones."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.cli import show
from dicommap.cli.commands import RootParser
from dicommap.cli.options import FailOn, Format
from dicommap.cli.output import choose_exit_status, write_issues
from dicommap.cli.reconcile import ReconcileFormat, ReconcileLevel
from dicommap.cli.show import ShowLevel
from dicommap.dicom.choices import make_unknown_choice_error, to_choice
from dicommap.display.csv_json import RecordFormat, format_records
from dicommap.edits.csv_reader import require_delimiter
from dicommap.errors import UsageError
from dicommap.issues import Severity, make_issue
from dicommap.planning.inventory_jobs import _choose_staging_policy
from dicommap.planning.staging import StagingPolicy
from dicommap.testing import Behaviour, Fault

URI = "s3://bucket/in/"


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


def dicommap_inventory(directory: Path) -> Path:
    (directory / "tree").mkdir()
    path = directory / "i.db"
    dicommap.scan(directory / "tree", output=path).close()
    return path


def test_a_known_word_is_its_choice() -> None:
    assert to_choice(Fruit, "pear", "fruit") is Fruit.PEAR
    assert to_choice(Fruit, Fruit.APPLE, "fruit") is Fruit.APPLE


@pytest.mark.parametrize("word", ["plum", "", None, 7])
def test_an_unknown_word_is_echoed_with_the_known_ones(word: Any) -> None:
    with pytest.raises(UsageError) as refused:
        to_choice(Fruit, word, "fruit")
    assert str(refused.value) == f"Unknown fruit '{word}'. Known: apple, pear."


@pytest.mark.parametrize("word", ["PEAR", " pear", "peer"])
def test_a_similar_word_is_suggested(word: str) -> None:
    with pytest.raises(UsageError) as refused:
        to_choice(Fruit, word, "fruit")
    assert str(refused.value) == f"Unknown fruit '{word}'. Did you mean 'pear'? Known: apple, pear."


def test_an_echoed_word_is_short_and_printable() -> None:
    assert str(make_unknown_choice_error("fruit", "\x1b[2J" + "x" * 1_000, Fruit)).startswith(
        "Unknown fruit '\\x1b[2Jxxx"
    )
    assert len(str(make_unknown_choice_error("fruit", "x" * 1_000, Fruit))) < 150


REFUSALS: dict[str, tuple[Callable[[dicommap.Inventory], object], type[StrEnum] | tuple[str, ...]]] = {
    "format_records": (lambda _: format_records([{}], "wrong", record=dict, row=dict), RecordFormat),
    "write_issues": (lambda _: write_issues([make_issue("json.not-json", reason="x")], "wrong"), RecordFormat),  # type: ignore[arg-type]
    "exit_status": (lambda _: choose_exit_status([Severity.NOTE], "wrong"), FailOn),  # type: ignore[arg-type]
    "sheet level": (lambda inventory: dicommap.sheet(inventory, level="wrong"), ("study", "series")),  # type: ignore[arg-type]
    "sheet delimiter": (lambda inventory: dicommap.sheet(inventory, delimiter="wrong"), ("comma", "tab", "bar")),
    "delimiter": (lambda _: require_delimiter("wrong"), ("semicolon",)),
    "staging": (lambda _: _choose_staging_policy("wrong", URI), StagingPolicy),
    "assumptions": (
        lambda _: dicommap.Assumptions.from_settings(["wrong"]),
        ("strict", "dataSet=object", "dataSet=array"),
    ),
    "assumptions value": (lambda _: dicommap.Assumptions.from_settings(["dataSet=wrong"]), ("strict", "dataSet=array")),
    "quota": (
        lambda _: dicommap.Quotas.from_settings(["wrong=5"]),
        ("files", "bytes", "fileBytes", "folders", "mappings"),
    ),
    "to_arrow": (lambda inventory: inventory.to_arrow("wrong"), ("study", "series", "instance", "file", "issue")),
    "to_pandas": (lambda inventory: inventory.to_pandas("wrong"), ("study", "series", "instance", "file", "issue")),
    "to_parquet": (lambda inventory: inventory.to_parquet("/nowhere", "wrong"), ("instance", "file", "issue")),
    "advance": (lambda _: Behaviour(advance="wrong"), ("poll", "call")),  # type: ignore[arg-type]
    "number_padding": (lambda _: Behaviour(number_padding="wrong"), ("kept", "removed")),  # type: ignore[arg-type]
    "warned_files": (lambda _: Behaviour(warned_files="wrong"), ("both", "warning-only")),  # type: ignore[arg-type]
    "empty_manifests": (lambda _: Behaviour(empty_manifests="wrong"), ("left-out", "written")),  # type: ignore[arg-type]
    "fault": (lambda _: Fault(kind="wrong"), ("throttle", "answer-lost")),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_every_function_refuses_an_unknown_word(name: str, inventory: dicommap.Inventory) -> None:
    call, known = REFUSALS[name]
    with pytest.raises(UsageError) as refused:
        call(inventory)
    assert refused.value.message.startswith("Unknown ")
    assert "wrong'" in refused.value.message
    for word in known:
        assert word in refused.value.fix


@pytest.mark.parametrize("form", ["table", "html", "CSV", "xls", ""])
def test_issues_are_never_written_as_csv_instead(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=f"Unknown format '{form}'"):
        write_issues([make_issue("json.not-json", reason="x")], form)  # type: ignore[arg-type]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("level", ShowLevel)
def test_show_refuses_an_unknown_level_or_format(
    form: Format, level: ShowLevel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = dicommap_inventory(tmp_path)
    with pytest.raises(UsageError, match=r"Unknown format 'xls'. Known: table, json, jsonl, csv\."):
        show.run(Namespace(inventory=path, level=level, format="xls", show_values=False))
    with pytest.raises(UsageError, match=r"Unknown level 'frame'. Known: study, series, instance, file, issue\."):
        show.run(Namespace(inventory=path, level="frame", format=form, show_values=False))
    assert capsys.readouterr().out == ""


def test_reconcile_refuses_an_unknown_level_or_format_before_it_reads(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"Unknown value 'xls' for --format. Known: {', '.join(ReconcileFormat)}"):
        RootParser().parse_args(["reconcile", str(tmp_path), "--format", "xls"])
    with pytest.raises(UsageError, match=f"Unknown value 'file' for --level. Known: {', '.join(ReconcileLevel)}"):
        RootParser().parse_args(["reconcile", str(tmp_path), "--level", "file"])
