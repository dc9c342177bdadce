"""A reconciliation that is killed at any step, and run again: the same results, and no half of a package."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import dicommap
from dicommap.errors import DicommapError
from dicommap.package.package_directory import PackageDirectory
from tests.cli.killing import Killer, killing, some_steps_or_all
from tests.support.p10_files import small_tree
from tests.support.reconciliation_packages import draft_package, keys_of, manifests, put, write_submission_state
from tests.support.s3_server import Bucket, environment
from tests.support.submission_packages import account


@pytest.fixture
def package(tmp_path: Path, bucket: Bucket) -> PackageDirectory:
    """Return a package whose only job has refused one instance of two."""
    tree = small_tree(tmp_path / "tree", studies=1, series=1)
    found = draft_package(tree, tmp_path / "package", f"{bucket.uri}in/")
    write_submission_state(found, f"{bucket.uri}out/")
    imported, refused = keys_of(found)
    put(bucket, manifests(found, [imported], [refused]))
    return found


@pytest.fixture
def killer(bucket: Bucket) -> Iterator[Killer]:
    with killing(environment(bucket.endpoint_url)) as found:
        yield found


def contents(root: Path) -> dict[str, bytes]:
    """Return the bytes of all files below a directory, by their paths. Events of audit.jsonl have times: left out."""
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    for name in (name for name in files if name.endswith("audit.jsonl")):
        lines = files[name].splitlines(keepends=True)
        files[name] = b"".join(line for line in lines if json.loads(line)["type"] == "change")
    return files


def is_taken(place: Path, bucket: Bucket) -> bool:
    """Say whether a submit would send what is there."""
    try:
        return dicommap.submit(place, **account(bucket), dry_run=True).ok
    except DicommapError:
        return False


@some_steps_or_all
def test_killed_at_every_step_and_run_again_the_results_are_the_same(
    package: PackageDirectory, bucket: Bucket, killer: Killer, tmp_path: Path, every: int
) -> None:
    objects = [(key, bucket.get(key)) for key in bucket.keys("")]
    of_package = contents(package.path)
    place = tmp_path / "place"
    place.mkdir()
    results, again = place / "results.json", place / "again"
    command = (
        *("reconcile", package.path, "--level", "instance", "--format", "json", "-o", results),
        *("--retry", again, "--stage-uri", f"{bucket.uri}again/"),
    )
    whole = killer.run(*command)
    assert whole.status == 1, whole.printed
    assert whole.steps.count("before rename") == 1
    assert len(json.loads(results.read_bytes())) == 2
    assert is_taken(again, bucket)
    expected = contents(place)
    # Between a step after one thing and the step before the next nothing changes.
    before = [number for number, step in enumerate(whole.steps, 1) if step.startswith("before")]
    for last in (*before[::every], len(whole.steps)):
        shutil.rmtree(place)
        place.mkdir()
        killer.killed(last, *command)
        for path in (one for one in place.iterdir() if one.is_dir()):
            # What is submitted is the whole of it.
            assert contents(path) == contents_below(expected, again) or not is_taken(path, bucket)
        if results.exists():
            assert results.read_bytes() == expected[results.name]
            results.unlink()
        if again.exists():
            assert contents(again) == contents_below(expected, again)
            shutil.rmtree(again)
        repeated = killer.run(*command)
        assert (repeated.status, repeated.printed) == (1, whole.printed), last
        assert contents(place) == expected
        assert contents(package.path) == of_package
    # What was finished before it was killed is never written over, and said to be there.
    for words in ("results.json exists already", "remove this one first"):
        refused = killer.run(*command)
        assert (refused.status, words in refused.printed) == (2, True), refused.printed
        results.unlink(missing_ok=True)
    assert contents(again) == contents_below(expected, again)
    assert [(key, bucket.get(key)) for key in bucket.keys("")] == objects


def contents_below(found: dict[str, bytes], place: Path) -> dict[str, bytes]:
    """Return the files of one directory of those that were found."""
    return {
        name.removeprefix(f"{place.name}/"): body for name, body in found.items() if name.startswith(f"{place.name}/")
    }
