"""Lists and dicts in a temporary database: equal to those in memory, private, and gone with their draft."""

from __future__ import annotations

import gc
import os
import sqlite3
import stat
from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import PackageError
from dicommap.model.item_store import ItemList
from dicommap.model.study import Target
from dicommap.package.temporary_store import TemporaryStore
from tests.support.filled_inventories import added, inventory_of


def open_databases() -> list[str]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("the system does not list open files")
    return [link for name in os.listdir(folder) if "draft.sqlite" in (link := _read_link(folder / name))]


def _read_link(path: Path) -> str:
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_the_database_is_private_and_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: int) -> None:
    gc.collect()  # a draft of an earlier test may still have its database open
    modes: list[int] = []
    connect: Any = sqlite3.connect

    def watched(path: Path, **options: Any) -> object:
        modes.extend(stat.S_IMODE(os.stat(place).st_mode) for place in (path, path.parent))
        return connect(path, **options)

    monkeypatch.setattr(sqlite3, "connect", watched)
    monkeypatch.setenv("DICOMMAP_GROUP_READABLE", "1")
    before = os.umask(mask)
    try:
        store = TemporaryStore(tmp_path / "package")
    finally:
        os.umask(before)
    assert modes[0] == 0o600
    assert not modes[1] & 0o007
    assert list(tmp_path.iterdir()) == []
    items: ItemList[Any] = store.make_list()
    items.extend(["x" * 1000] * 20_000)  # more than the cache
    assert len(open_databases()) == 1
    assert list(tmp_path.iterdir()) == []
    del store
    assert items[19_999] == "x" * 1000
    del items
    gc.collect()
    assert open_databases() == []


def test_a_draft_leaves_only_its_package(tmp_path: Path) -> None:
    with inventory_of(added("1", PatientID="P1")) as inventory:
        drafted = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda study: {"PatientID": "P2"},
            output=tmp_path / "package",
        )
    assert [path.name for path in tmp_path.iterdir()] == ["package"]
    (change,) = drafted.changes
    assert change.after == {"vr": "LO", "Value": ["P2"]}
    assert repr(drafted.changes) == f"[{change!r}]"


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="temporary file of the draft cannot be written"):
        TemporaryStore(tmp_path / "missing" / "package")


def test_a_full_disk_ends_the_draft(tmp_path: Path) -> None:
    store = TemporaryStore(tmp_path / "package", items_in_memory=0)
    store.execute("PRAGMA max_page_count = 10")
    items: ItemList[Any] = store.make_list()
    with pytest.raises(PackageError, match="database or disk is full") as caught:
        items.extend(str(number) * 100 for number in range(10_000))
    assert "SQLITE_TMPDIR" in caught.value.fix


def test_items_of_a_list(tmp_path: Path) -> None:
    store = TemporaryStore(items_in_memory=2)
    items: ItemList[Any] = store.make_list()
    items.extend(range(1, 251))
    numbers = list(range(1, 251))
    assert items == numbers
    assert numbers != items[:-1]
    assert [items[0], items[-1], items[99], items[100], items[199], items[200]] == [1, 250, 100, 101, 200, 201]
    assert (items[90:210], items[::-50], len(items)) == (numbers[90:210], numbers[::-50], 250)
    with pytest.raises(IndexError):
        items[250]
    assert repr(items).endswith("20, and 230 more]")


def test_values_of_a_dict() -> None:
    store = TemporaryStore(items_in_memory=2)
    values: MutableMapping[Any, Any] = store.make_dict()
    series = Target(study_instance_uid="1.2", series_instance_uid="1.2.1")
    keys = ["b", "a", "\udc80", series, replace(series, sop_instance_uid="1.3"), 2**64 - 1, 2]
    for number, key in enumerate(keys):
        values[key] = number
    values["a"] = 7
    assert list(values) == keys
    assert dict(values.items()) == {**dict(zip(keys, range(7), strict=True)), "a": 7}
    assert (len(values), "c" in values, values.get("c"), 2**64 - 1 in values) == (7, False, None, True)
    del values["b"]
    assert (len(values), next(iter(values))) == (6, "a")
    with pytest.raises(KeyError):
        values["b"]
    with pytest.raises(KeyError):
        del values["b"]


def test_the_default_of_a_key_that_is_new() -> None:
    values: MutableMapping[Any, Any] = TemporaryStore(items_in_memory=2).make_dict()
    for key in "abcd":
        default = [key]
        assert values.setdefault(key, default) is default
    assert [values.setdefault(key, []) for key in "abcd"] == [["a"], ["b"], ["c"], ["d"]]
    assert list(values) == ["a", "b", "c", "d"]


def test_a_value_that_is_assigned_during_an_iteration() -> None:
    values: MutableMapping[Any, Any] = TemporaryStore(items_in_memory=2).make_dict()
    for number in range(250):
        values[number] = number
    for key, value in values.items():
        values[key] = value + 1
    assert list(values.items()) == [(number, number + 1) for number in range(250)]


def test_sorted_keys() -> None:
    store = TemporaryStore(items_in_memory=2)
    values: MutableMapping[Any, Any] = store.make_dict()
    names = [f"{number:03}/é\U0001f600" for number in range(250)] + ["z", "\ue000", "a/b", "a.b"]
    for name in reversed(names):
        values[name] = None
    assert list(store.iterate_sorted_keys(values)) == sorted(names)
    assert list(store.iterate_sorted_keys({"b": 1, "a": 2})) == ["a", "b"]
