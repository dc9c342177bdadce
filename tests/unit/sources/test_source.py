"""A new kind of source is one class: a source of this file is scanned like a tree, and no other room asks its kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import dicommap
from dicommap import sources
from dicommap.errors import SourceError, UsageError
from dicommap.issues import make_issue
from dicommap.model.study import SourceFile
from dicommap.p10 import ReadAt
from dicommap.scanning import pipeline
from dicommap.sources import FileError, Opener, Source
from tests.support.p10_files import p10, uid, write_tree

SRC = Path(dicommap.__file__).parent

FILES = {
    "a/1": p10(SOPInstanceUID=uid("1.9", 1)),
    "a/2": p10(SOPInstanceUID=uid("1.9", 2), PatientName="Roe^Richard"),
    "b/copy": p10(SOPInstanceUID=uid("1.9", 1)),
    "b/conflict": p10(SOPInstanceUID=uid("1.9", 2), Rows=2),
    "c/cut": p10()[:300],
    "c/empty": b"",
    "c/text": b"hello",
    **{f"d/{number:02}": p10(SOPInstanceUID=uid("1.8", number), PatientID=f"P{number}") for number in range(20)},
}


@dataclass
class DictSource(Source, Opener):
    """Files in memory, by their paths. It is pickled, and opens its files itself."""

    files: dict[str, bytes]
    unreadable: frozenset[str] = frozenset()
    root: str = "memory"
    opened: list[str] = field(default_factory=list)

    @property
    def opener(self) -> Opener:
        return self

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        for path, content in sorted(self.files.items()):
            yield SourceFile(path=path, size=len(content), mtime_ns=1)

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        self.opened.append(path)
        if path in self.unreadable:
            raise FileError(make_issue("source.unreadable", reason="it is locked"))
        yield lambda offset, length: self.files[path][offset : offset + length]


Content = tuple[list[object], list[tuple[str, str]]]


def content(inventory: dicommap.Inventory, root: str) -> Content:
    """Return what an inventory has of files, instances, series and issues, without the root and the times."""
    files = [(one.path, one.size, one.disposition) for one in inventory.files()]
    instances = [
        (one.path, one.disposition, one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid)
        for one in inventory.instances()
    ]
    studies = [(study.study_instance_uid, study.values, len(study.series)) for study in inventory.studies()]
    assert {one.source for one in inventory.files()} == {root}
    return [files, instances, studies], [(one.code, one.location.path or "") for one in inventory.issues()]


@pytest.fixture
def expected(tmp_path: Path) -> Content:
    write_tree(tmp_path / "tree", FILES)
    with dicommap.scan(tmp_path / "tree") as inventory:
        return content(inventory, str(tmp_path / "tree"))


def test_a_source_object_is_scanned_like_the_same_files_in_a_tree(expected: Content) -> None:
    with dicommap.scan(DictSource(FILES)) as inventory:
        assert content(inventory, "memory") == expected
        assert inventory.summary().dispositions["duplicate"] == 2
        assert {code for code, _ in expected[1]} >= {"p10.truncated"}


@pytest.mark.usefixtures("others_read")
def test_workers_read_a_source_object(expected: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 5)
    source = DictSource(FILES)
    with dicommap.scan(source, jobs=2) as inventory:
        assert content(inventory, "memory") == expected
    assert not [path for path in source.opened if path.startswith("d/")]  # others are opened to compare duplicates


def test_unchanged_files_of_a_source_object_are_not_read_again(expected: Content, tmp_path: Path) -> None:
    output = tmp_path / "i.db"
    dicommap.scan(DictSource(FILES), output=output).close()
    again = DictSource(FILES)
    with dicommap.scan(again, output=output) as inventory:
        assert content(inventory, "memory") == expected
        assert (inventory.summary().read, inventory.summary().unchanged) == (0, len(FILES))
    assert again.opened == []
    changed = DictSource({**FILES, "d/00": p10(SOPInstanceUID="1.7", PatientID="a longer one")})
    with dicommap.scan(changed, output=output) as inventory:
        assert inventory.summary().read == 1
    assert changed.opened == ["d/00"]
    with pytest.raises(SourceError, match="no files now"):
        dicommap.scan(DictSource({}), output=output)


def test_an_error_that_names_an_issue_is_an_issue_of_the_file() -> None:
    with dicommap.scan(DictSource(FILES, unreadable=frozenset({"a/1"}))) as inventory:
        assert ("source.unreadable", "a/1") in [(one.code, one.location.path) for one in inventory.issues()]
        assert inventory.summary().dispositions["unreadable"] == 1


def test_a_source_object_and_a_tree_are_one_inventory(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", {"x": p10(SOPInstanceUID="1.6")})
    with dicommap.scan(tmp_path / "tree", DictSource(FILES)) as inventory:
        assert inventory.summary().files == len(FILES) + 1


def test_what_a_minimal_source_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="Archives in memory cannot be scanned"):
        dicommap.scan(DictSource(FILES), archives=True)
    with pytest.raises(SourceError, match="overlap"):
        dicommap.scan(DictSource(FILES), DictSource(FILES))


def source_classes() -> set[str]:
    """Return the names of all source, opener and file error classes, and of their base classes."""
    for module in walk_packages(sources.__path__, "dicommap.sources."):
        import_module(module.name)
    names, left = set(), [Source, Opener, FileError]
    while left:
        one = left.pop()
        names.add(one.__name__)
        left += one.__subclasses__()
    return names


def kinds_asked_for(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a module uses in `isinstance`, `issubclass`, `type(x) is` and class patterns."""
    for node in ast.walk(tree):
        asked: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asked = node.args[1:] if node.func.id in ("isinstance", "issubclass") else []
        elif isinstance(node, ast.MatchClass):
            asked = [node.cls]
        elif isinstance(node, ast.Compare) and "type(" in ast.unparse(node.left):
            asked = node.comparators
        for name in (part for one in asked for part in ast.walk(one)):
            if isinstance(name, ast.Name | ast.Attribute):
                yield name.id if isinstance(name, ast.Name) else name.attr


def test_no_other_room_asks_for_the_kind_of_a_source() -> None:
    classes = source_classes()
    assert classes >= {"LocalTree", "FileList", "ArchiveSource", "S3Prefix", "ArchiveOpener", "S3Opener", "ObjectError"}
    modules = [path for path in SRC.rglob("*.py") if SRC / "sources" not in path.parents]
    assert len(modules) > 100
    asked = {
        f"{path.relative_to(SRC)}: {name}"
        for path in modules
        for name in kinds_asked_for(ast.parse(path.read_text(encoding="utf-8")))
        if name in classes
    }
    assert not asked
