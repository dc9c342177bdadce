"""Fixtures that several rooms' tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from hypothesis import settings

import dicommap
from tests.support.example_counts import PERCENT
from tests.support.memory_directory import use_memory_directory
from tests.support.needed_tools import pytest_sessionfinish
from tests.support.p10_files import small_tree
from tests.support.s3_server import bucket, s3_endpoint, s3_environment, share_botocore_models
from tests.support.stand_in import import_jobs

__all__ = ["bucket", "import_jobs", "pytest_sessionfinish", "s3_endpoint", "s3_environment"]

use_memory_directory()

# Where others wait for the result the examples are the same each time; elsewhere new ones are looked for.
settings.register_profile("tests", max_examples=max(5, PERCENT), derandomize=bool(os.environ.get("CI")))
settings.load_profile("tests")


_counting: dict[str, str] = {}
"""What in the environment makes a process count its lines."""


def pytest_collection() -> None:
    """Let processes that tests start count no lines, which takes them long: see `counted`."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_PROCESS_")]:
        _counting[name] = os.environ.pop(name)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its argument: archives hold the time at which they were made, and names must not."""
    return argname if isinstance(val, bytes) and len(val) > 16 else None


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes count their lines: for tests of what runs in no other way."""
    for name, value in _counting.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session", autouse=True)
def quick_sessions_of_botocore() -> Iterator[None]:
    with share_botocore_models():
        yield


@pytest.fixture(scope="session")
def pydicom_files() -> Iterator[Path]:
    """Return the directory of data files inside the pydicom wheel."""
    with as_file(files("pydicom").joinpath("data")) as directory:
        yield directory


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a tree of two studies, each of two series of two instances."""
    return small_tree(tmp_path / "tree")


@pytest.fixture
def inventory(tree: Path) -> Iterator[dicommap.Inventory]:
    """Return the inventory of `tree`, in memory."""
    with dicommap.scan(tree) as scanned:
        yield scanned
