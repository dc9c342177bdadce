"""Bytes that no UID has, in the UIDs of a file: one such file makes no inventory unreadable, and its bytes stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dicommap as library
from tests.cli.running import dicommap
from tests.support.p10_files import STUDY, p10, uid, write_tree

SYNTAX = b"1.2.840.10008.1.2.1\0"
OTHER_BYTES = [
    b"\xfc.2.840.10008.1.2.1\0",
    b"\xf6.2.840.10008.1.2.1\0",
    b"CANARY^HANS\xff\xfe.......",
    b"\x1b[31m.2.840.10008.1",
]
CLASS = b"1.2.840.10008.5.1.4.1.1.2\0"


def tree_of(root: Path) -> Path:
    """Write one whole file, files whose TransferSyntaxUID has other bytes, and files whose SOPClassUID has some."""
    files = {"whole": p10(SOPInstanceUID=uid(STUDY, 1, 9))}
    for number, other in enumerate(OTHER_BYTES):
        made = p10(SOPInstanceUID=uid(STUDY, 1, 20 + number))
        files[f"syntax{number}"] = made.replace(SYNTAX, other.ljust(len(SYNTAX), b"."))
        made = p10(SOPInstanceUID=uid(STUDY, 1, 40 + number))
        files[f"class{number}"] = made.replace(CLASS, other.ljust(len(CLASS), b"."))
    write_tree(root, files)
    return root


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    inventory = tmp_path / "i.db"
    ran = dicommap("scan", tree_of(tmp_path / "tree"), "-o", inventory)
    assert ran.status in (0, 1), ran.everything
    return inventory


@pytest.mark.parametrize("level", ["study", "series", "instance", "file", "issue"])
def test_every_level_is_shown_without_these_bytes(scanned: Path, level: str) -> None:
    for form in ("table", "json", "jsonl", "csv"):
        ran = dicommap("show", scanned, "--level", level, "--format", form)
        assert ran.status in (0, 1), ran.everything
        assert "CANARY" not in ran.everything
        assert "\x1b" not in ran.everything


def test_every_file_is_listed(scanned: Path) -> None:
    files = json.loads(dicommap("show", scanned, "--level", "file", "--format", "json").out)
    assert len(files) == 1 + 2 * len(OTHER_BYTES)
    listed = json.loads(dicommap("show", scanned, "--level", "instance", "--format", "json").out)
    assert {one["path"] for one in listed} >= {"whole", *(f"syntax{number}" for number in range(len(OTHER_BYTES)))}


def test_other_bytes_are_another_transfer_syntax(scanned: Path) -> None:
    with library.Inventory.open(scanned) as inventory:
        syntaxes = {one.path: one.transfer_syntax_uid for one in inventory.instances()}
        assert inventory.to_arrow("instance").num_rows == len(syntaxes)
    assert len(set(syntaxes.values())) == len(OTHER_BYTES) + 1


def test_the_next_scan_and_a_draft_read_the_inventory(scanned: Path, tmp_path: Path) -> None:
    with library.Inventory.open(scanned) as inventory:
        before = list(inventory.instances())
    ran = dicommap("scan", tmp_path / "tree", "-o", scanned)
    assert ran.status in (0, 1), ran.everything
    with library.Inventory.open(scanned) as inventory:
        assert list(inventory.instances()) == before
    rules = tmp_path / "r.toml"
    rules.write_text('[[rule]]\nname = "r"\nlevel = "study"\nset = { PatientID = "1" }\n', encoding="utf-8")
    drafted = dicommap("draft", scanned, "--rules", rules, "--input-s3-uri", "s3://bucket/in/", "-n")
    assert drafted.status in (0, 1), drafted.everything
    assert dicommap("fhir", scanned, "-o", tmp_path / "f.ndjson").status in (0, 1)
