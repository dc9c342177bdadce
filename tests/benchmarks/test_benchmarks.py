"""The benchmarks run: tiny corpora, no peers, and no time is judged."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

import pydicom
import pytest

import dicommap
from tests.benchmarks import archives, drafting, exporting, planning, s3, verifying
from tests.benchmarks.__main__ import SECTIONS
from tests.benchmarks.child_usage import CommandFailedError, usage_of
from tests.benchmarks.corpora import Corpus
from tests.benchmarks.header_reading import read_headers, timing_table
from tests.benchmarks.made.corpus import made_corpus
from tests.benchmarks.made.layouts import LAYOUTS
from tests.benchmarks.made.lying import LAYOUTS as WAYS_TO_LIE
from tests.benchmarks.made.series import MadeSeries
from tests.benchmarks.options import ROOT, Options
from tests.benchmarks.page import replace_section
from tests.benchmarks.reader_process import Reader
from tests.benchmarks.readers import FLOOR, OURS, OURS_USUAL, own_readers
from tests.benchmarks.rounds import Contestant, alternate
from tests.benchmarks.targets import Target

INSTANCES = 12

DYING = """
import os, sys
from tests.benchmarks.reading import one_by_one, run
run(one_by_one(lambda path: os.abort() if path == "bad" else [path]))
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus.of("made", made_corpus(200, tmp_path_factory.mktemp("bench")))


def made_series(number: int) -> MadeSeries:
    return MadeSeries(
        layout=LAYOUTS[number],
        seed="test",
        patient=1,
        study_instance_uid=f"{LAYOUTS[number].uid_root}.1",
        number=1,
        instances=INSTANCES,
    )


def test_the_made_corpus_has_all_files_and_is_not_made_twice(corpus: Corpus) -> None:
    before = corpus.tree.stat().st_mtime_ns
    assert len(corpus.paths) == 200
    assert made_corpus(200, corpus.tree.parents[1]) == corpus.tree
    assert corpus.tree.stat().st_mtime_ns == before


def test_the_made_corpus_is_instances_without_findings_but_those_of_real_files(corpus: Corpus) -> None:
    with dicommap.scan(corpus.tree) as inventory:
        counts = inventory.summary()
        assert counts.instances == counts.files == 200
        assert not list(inventory.issues())


@pytest.mark.parametrize("number", range(len(LAYOUTS)))
def test_pydicom_reads_each_layout_as_it_was_meant(tmp_path: Path, number: int) -> None:
    made, uids = made_series(number), set()
    for index, (uid, head, pixels, end) in enumerate(made.files()):
        path = tmp_path / "file"
        path.write_bytes(head + bytes(pixels) + end)
        found = pydicom.dcmread(path)
        assert found.SOPInstanceUID == found.file_meta.MediaStorageSOPInstanceUID == uid
        assert found.SOPInstanceUID.is_valid
        assert found.SeriesInstanceUID == made.series_instance_uid
        assert found.PatientName == made.layout.patient_name
        assert found.InstanceNumber == index + 1
        assert [element.tag for element in found] == sorted(element.tag for element in found)
        uids.add(uid)
    assert len(uids) == INSTANCES


def test_made_layouts_differ_within_a_series() -> None:
    lengths = {len(head) for number in range(len(LAYOUTS)) for _, head, _, _ in made_series(number).files()}
    assert len(lengths) > len(LAYOUTS)


def test_header_reading_makes_its_table(corpus: Corpus) -> None:
    few = Corpus(name=corpus.name, tree=corpus.tree, paths=corpus.paths[:20])
    timings = read_headers(few, own_readers(), rounds=1)
    assert set(timings) == {FLOOR, OURS, OURS_USUAL}
    assert all(timing.refused == timing.differing == timing.crashed == 0 for timing in timings.values())
    assert timing_table(timings).count("\n") == 5


def test_a_reader_that_dies_names_the_file_at_which_it_does(tmp_path: Path) -> None:
    script = tmp_path / "dying.sh"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{DYING}'\n", encoding="utf-8")
    script.chmod(0o755)
    reader = Reader(title="dying", python=script, module="none")
    assert reader.rows(["first", "second", "bad", "fourth"]) == {
        "first": ["first"],
        "second": ["second"],
        "fourth": ["fourth"],
    }


def test_the_memory_of_a_command_is_its_own() -> None:
    kept = bytearray(b"x" * 100_000_000)
    small = usage_of([sys.executable, "-c", "pass"])
    large = usage_of([sys.executable, "-c", "b'x' * 150_000_000"])
    assert small.peak < len(kept) < large.peak


BEHIND = """
import os
if not os.fork() and not os.fork():  # nobody waits for what follows
    b"x" * 150_000_000
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of what a command leaves behind")
def test_processes_that_a_command_leaves_behind_are_counted() -> None:
    assert usage_of([sys.executable, "-c", BEHIND]).peak >= 150_000_000


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(CommandFailedError):
        usage_of([sys.executable, "-c", "raise SystemExit(4)"])


def test_contestants_take_turns() -> None:
    turns: list[str] = []
    alternate({name: Contestant(partial(turns.append, name), rounds) for name, rounds in (("a", 3), ("b", 1))})
    assert turns == ["a", "b", "a", "a"]


def test_exporting_is_not_judged_by_few_rows() -> None:
    text = exporting.measure(Options(files=200))
    assert "| 200 |" in text
    assert "| 2,000 |" in text
    assert "not measured" in text


def test_drafting_is_measured_beside_another_checkout() -> None:
    text = drafting.measure(Options(before=ROOT), studies=2)
    assert "| this commit, 2 studies |" in text
    assert "| the commit before, 2 studies |" in text
    assert "| this commit, 20 studies |" in text
    assert "not measured" in text  # two studies do not judge a target


def test_every_layout_is_planned() -> None:
    text = planning.measure(Options(), studies=20)
    assert all(f"| {name} | " in text for name in WAYS_TO_LIE)
    assert "for 1,000 instances in 20 studies" in text


def test_a_scan_of_objects_and_bare_requests_meet_the_same_objects(corpus: Corpus) -> None:
    found = s3.beside(corpus.tree, 0.0, 1)
    assert {name: one.objects for name, one in found.items()} == {s3.GETS: 200, s3.SCAN: 200}


def test_a_section_of_the_page_replaces_only_itself(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for name, text in (("one", "first"), ("two", "second"), ("one", "third")):
        replace_section(name, text, page)
    text = page.read_text(encoding="utf-8")
    assert text.index("third") < text.index("second")
    assert "first" not in text
    assert text.startswith("# Benchmarks\n")


def test_targets_say_whether_they_are_met() -> None:
    assert Target(name="t", bound=4, at_least=False, measured=3.5).line() == ["t", "at most 4 ×", "3.5 ×", "yes"]
    assert Target(name="t", bound=4, measured=3.5).line()[-1] == "no"
    assert Target(name="t", bound=4, measured=None).line()[-2:] == ["not measured", ""]


def test_the_page_has_a_section_for_each_benchmark_and_no_path_of_a_machine() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert all(f"<!-- {name}: begin -->" in text for name in SECTIONS)
    assert str(ROOT) not in text


@pytest.mark.long
def test_verify_is_measured_beside_bare_requests() -> None:
    text = verifying.measure(Options(rounds=1), image_sets=8)
    assert "8 image sets" in text
    assert re.search(r"\| ratio \| [0-9.]+ \| [0-9.]+ \|", text)
    assert re.search(r"\| 32 \| [0-9.]+ \|", text)


@pytest.mark.long
def test_large_archives_are_measured_and_estimated() -> None:
    text = archives.measure(Options(files=200), counts=(8_000, 16_000))
    for command in ("show", "sheet", "draft", "validate"):
        assert text.count(f"| {command} |") == 2
    assert "### Estimates for 100,000,000 instances" in text
