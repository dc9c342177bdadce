"""Mistakes in a class of source of one's own are errors that name the source, or issues that name the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import SourceError
from dicommap.model.study import SourceFile
from dicommap.p10 import ReadAt
from dicommap.sources import LocalTree, Opener, Source
from dicommap.sources.checked_source import make_checked_source
from tests.support.p10_files import p10, uid

FILES = {path: p10(SOPInstanceUID=uid("1.9", number)) for number, path in enumerate("ab", start=1)}


class OwnSource(Source, Opener):
    """Two files in memory. Tests replace its methods."""

    root = "pacs://archive"

    @property
    def opener(self) -> Opener:
        return self

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        for path in FILES:
            yield file(path)

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        yield lambda offset, length: FILES[path][offset : offset + length]


def file(path: Any = "a", **members: Any) -> SourceFile:
    return SourceFile(**{"path": path, "size": len(FILES["a"]), "mtime_ns": 1, **members})


def own(**members: Any) -> Source:
    """Return a source of a class with these members."""
    source: Source = type("Zyzzyva", (OwnSource,), members)()
    return source


def walking(*files: object) -> Source:
    return own(walk=lambda self, *, exclude: iter(files))


def fail(*_: object, **__: object) -> Any:
    raise ValueError("Zyzzyva")


def reading(read: object) -> Source:
    @contextmanager
    def open_file(self: Source, path: str) -> Iterator[object]:
        yield read

    return own(open=open_file)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (walking(file(), file("b"), file()), "yielded a path twice: a."),
        (walking("a"), "yielded a value of type str."),
        (walking(None), "yielded None."),
        (walking(file(b"a")), "yielded a file whose path is a value of type bytes."),
        (walking(file("")), "yielded a file whose path is the empty text."),
        (walking(file(size=-1)), "yielded the file a whose size is -1."),
        (walking(file(size="9")), "yielded the file a whose size is a value of type str."),
        (walking(file(size=2**63)), "yielded the file a whose size is a value of type int."),
        (walking(file(mtime_ns=1.5)), "yielded the file a whose mtime_ns is a value of type float."),
        (walking(file(etag=None)), "yielded a file whose etag is None."),
        (own(walk=fail), "cannot be listed: it raised ValueError."),
        (own(walk=lambda self, *, exclude: None), "cannot be listed: it raised TypeError."),
        (own(walk=lambda self: iter(())), "cannot be listed: it raised TypeError."),
        (own(opener=None), "has an opener that is None."),
    ],
)
def test_a_wrong_walk_is_an_error_that_names_the_source(source: Source, message: str) -> None:
    with pytest.raises(SourceError) as raised:
        dicommap.scan(source)
    assert raised.value.message == f"The source pacs://archive {message}"
    assert "Correct" in raised.value.fix
    assert "Zyzzyva" not in str(raised.value)


def test_a_path_that_comes_again_in_a_later_batch_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.scanning.pipeline.FILES_PER_BATCH", 1)
    with pytest.raises(SourceError, match="yielded a path twice: a"):
        dicommap.scan(walking(file(), file("b"), file()))


@pytest.mark.parametrize("root", [5, None, "", b"x"])
def test_a_root_is_a_text(root: object) -> None:
    with pytest.raises(SourceError, match="The root of a source is"):
        dicommap.scan(own(root=root))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (walking(file(size=10)), "its size is not that of the walk, which is 10 bytes"),
        (walking(file(size=10**6)), "its size is not that of the walk, which is 1,000,000 bytes"),
        (own(open=fail), "its source raised ValueError"),
        (reading(fail), "its source raised ValueError"),
        (reading(None), "its source opened it as None instead of a function that reads"),
        (reading(lambda offset, length: "text"), "its source read a value of type str instead of bytes"),
        (reading(lambda offset, length: FILES["a"]), "its source read more bytes than it was asked for"),
    ],
)
def test_a_file_that_is_read_wrongly_is_an_issue_of_the_file(source: Source, reason: str) -> None:
    with dicommap.scan(source) as inventory:
        first = next(iter(inventory.issues()))
        assert (first.code, first.location.path) == ("source.unreadable", "a")
        assert first.message == f"The file cannot be read: {reason}."


def test_a_right_source_is_scanned_and_one_of_dicommap_is_not_wrapped(tmp_path: Path) -> None:
    with dicommap.scan(own()) as inventory:
        assert inventory.summary().instances == 2
        assert not list(inventory.issues())
    tree = LocalTree(tmp_path)
    assert make_checked_source(tree) is tree


def test_a_root_that_is_no_place_of_files_is_refused_by_the_draft() -> None:
    with dicommap.scan(own()) as inventory:
        uri = "s3://bucket/in/"
        draft = dicommap.draft(inventory, by_study=lambda _: {"PatientID": "P-1"}, input_s3_uri=uri)
    (error,) = draft.issues.errors
    assert (error.code, error.location.path, error.location.pointer) == (
        "package.source-path",
        "plan.json",
        "/sources/0",
    )


@pytest.mark.parametrize("text", ["s3:/", "s3:/bucket/prefix"])
def test_an_s3_uri_with_one_slash_is_named(text: str) -> None:
    for source in (text, Path(text)):
        with pytest.raises(SourceError) as raised:
            dicommap.scan(source)
        assert "has one slash after s3:" in raised.value.message
