"""Manifests of import jobs that were downloaded: each job's folder, wherever it lies below a directory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError, reason_of
from dicommap.model.output_layout import MANIFEST, MANIFEST_LIMIT, job_id_in, kind_of_file
from dicommap.model.paths import printable
from dicommap.model.s3_uri import S3Uri
from dicommap.reading import open_regular_file
from dicommap.reconciliation.evidence import Evidence, RecordFile
from dicommap.reconciliation.job_manifest import read_job_manifest
from dicommap.reconciliation.record import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    path: Path
    job_ids: frozenset[str]
    input_s3_uri: S3Uri | None


class ManifestFolders:
    """The folders of jobs below a directory. Raises DocumentError where one cannot be read."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise DocumentError(f"{root} is no directory of manifests.", fix="Name the directory they were fetched to.")
        self._root = root
        self._folders = list(_folders(root))

    def evidence(self, input_s3_uri: str, job_id: str) -> Evidence | None:
        """Return what the job wrote; None where there is nothing of it.

        A job is known by its id; where that is not known, or no folder has it, by its inputS3Uri.
        """
        found = [one for one in self._folders if job_id and job_id in one.job_ids]
        if not found:
            uri = S3Uri.parse(input_s3_uri)
            found = [one for one in self._folders if one.input_s3_uri is not None and one.input_s3_uri == uri]
        if not found:
            return None
        folder = found[0].path
        place = printable(folder.relative_to(self._root).as_posix())
        if len(found) > 1:
            return Evidence(place=place, others=len(found) - 1)
        return Evidence(place=place, manifest=_manifest(folder), files=_record_files(folder, place))


def _folders(root: Path) -> Iterator[_Folder]:
    for path, directories, names in os.walk(root, onerror=_refuse):
        folder = root / os.path.relpath(path, root)
        kinds = {"SUCCESS", "FAILURE", "WARNING"} & set(directories)
        if MANIFEST in names or (kinds and job_id_in(folder.name)):
            manifest = read_job_manifest(_manifest(folder) or b"")
            ids = {job_id_in(folder.name), manifest.job_id if manifest else ""} - {""}
            uri = S3Uri.parse(manifest.input_s3_uri) if manifest else None
            yield _Folder(path=folder, job_ids=frozenset(ids), input_s3_uri=uri)
        directories[:] = sorted(set(directories) - kinds)


def _manifest(folder: Path) -> bytes | None:
    try:
        with open_regular_file(folder / MANIFEST) as file:
            return file.read(MANIFEST_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse(error)
        raise


def _record_files(folder: Path, place: str) -> Iterator[RecordFile]:
    for kind in Kind:
        try:
            names = sorted(os.listdir(folder / kind.value))
        except FileNotFoundError:
            continue
        except OSError as error:
            _refuse(error)
            raise
        for name in names:
            path = f"{kind.value}/{name}"
            if kind_of_file(path):
                yield RecordFile(kind=kind, path=printable(f"{place}/{path}"), pieces=_pieces(folder / path))


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with open_regular_file(path) as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> None:
    raise DocumentError(f"A manifest cannot be read: {reason_of(error)}.", fix="Check the rights on it.") from None
