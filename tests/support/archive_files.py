"""Write archives for tests, and walk and read their members."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from dicommap.model.study import SourceFile
from dicommap.sources import LocalTree, Source

TAR_MODES = {"tar": "w", "tar.gz": "w:gz", "tgz": "w:gz", "tar.bz2": "w:bz2", "txz": "w:xz"}
ARCHIVE_SUFFIXES = ("zip", *TAR_MODES)


def write_archive(path: Path, members: Iterable[tuple[str, bytes]], *, form: int = tarfile.PAX_FORMAT) -> Path:
    """Write an archive in the format of its suffix, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.name.partition(".")[2]
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return path
    with tarfile.open(path, TAR_MODES[kind], format=form, encoding="utf-8", errors="surrogateescape") as tar:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def write_tree_archive(path: Path, tree: Path) -> Path:
    """Write an archive of all files of a tree, and return its path."""
    files = sorted(one for one in tree.rglob("*") if one.is_file())
    return write_archive(path, [(one.relative_to(tree).as_posix(), one.read_bytes()) for one in files])


def make_archive_source(root: Path) -> Source:
    return LocalTree(root).with_archives(lambda archive: None)


def walk_by_path(root: Path) -> dict[str, SourceFile]:
    found = list(make_archive_source(root).walk())
    assert len({file.path for file in found}) == len(found)
    return {file.path: file for file in found}


def read_members(root: Path) -> dict[str, bytes]:
    """Return the bytes of each path that a walk does not reject."""
    source = make_archive_source(root)
    files = [file for file in source.walk() if file.disposition is None]
    opener = source.opener.for_files(files)
    found = {}
    for file in files:
        with opener.open(file.path) as read:
            found[file.path] = read(0, file.size + 1)
    return found


def codes(file: SourceFile) -> list[str]:
    return [found.code for found in file.issues]


def advance_mtime(path: Path, *, seconds: int = 1) -> None:
    """Set a file's time of last change some seconds later."""
    moment = path.stat().st_mtime_ns + seconds * 10**9
    os.utime(path, ns=(moment, moment))
