"""Find the output of import jobs in a directory of downloaded job manifests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DocumentError, os_error_reason
from dicommap.healthimaging.job_output import JOB_MANIFEST_BYTES_LIMIT, JOB_MANIFEST_NAME, parse_job_id, record_kind_of
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.reading import FileTooLargeError, open_regular_file, read_regular_file
from dicommap.reconciliation.job_manifest import JobOutput, RecordFile, read_job_manifest
from dicommap.reconciliation.manifest_records import RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _JobFolder:
    path: Path
    job_ids: frozenset[str]
    input_s3_uri: S3Uri | None


class JobManifestFolders:
    """The output folders of import jobs below a directory. Raises DocumentError if a folder cannot be read."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise DocumentError(
                f"{root} is no directory of manifests.", fix="Name the directory with the downloaded manifests."
            )
        self._root = root
        self._folders = list(_find_job_folders(root))

    def find_job_output(self, input_s3_uri: str, job_id: str) -> JobOutput | None:
        """Return the output files of a job. Return None if the job has no folder.

        A folder belongs to a job if it has the job's ID. If no folder has the ID, or the ID is not known, a folder with
        the job's inputS3Uri is used. If several folders match, it is not known which of them is right. The result then
        names the first folder and the number of others, and has no files.

        Args:
            input_s3_uri: The inputS3Uri of the job.
            job_id: The ID that AWS gave the job; empty if it is not known.

        Raises:
            DocumentError: A file cannot be read.
        """
        folders = [job_folder for job_folder in self._folders if job_id and job_id in job_folder.job_ids]
        if not folders:
            uri = S3Uri.parse(input_s3_uri)
            folders = [
                job_folder
                for job_folder in self._folders
                if job_folder.input_s3_uri is not None and job_folder.input_s3_uri == uri
            ]
        if not folders:
            return None
        folder = folders[0].path
        place = make_printable(folder.relative_to(self._root).as_posix())
        if len(folders) > 1:
            return JobOutput(folder=place, others=len(folders) - 1)
        return JobOutput(
            folder=place, manifest=_read_job_manifest_bytes(folder), files=_list_record_files(folder, place)
        )


def _find_job_folders(root: Path) -> Iterator[_JobFolder]:
    """Yield the folders that contain the output of an import job."""
    for path, directories, names in os.walk(root, onerror=_raise_document_error):
        folder = root / os.path.relpath(path, root)
        kinds = {"SUCCESS", "FAILURE", "WARNING"} & set(directories)
        if JOB_MANIFEST_NAME in names or (kinds and parse_job_id(folder.name)):
            manifest = read_job_manifest(_read_job_manifest_bytes(folder) or b"")
            ids = {parse_job_id(folder.name), manifest.job_id if manifest else ""} - {""}
            uri = S3Uri.parse(manifest.input_s3_uri) if manifest else None
            yield _JobFolder(path=folder, job_ids=frozenset(ids), input_s3_uri=uri)
        directories[:] = sorted(set(directories) - kinds)


def _read_job_manifest_bytes(folder: Path) -> bytes | None:
    try:
        return read_regular_file(folder / JOB_MANIFEST_NAME, JOB_MANIFEST_BYTES_LIMIT)
    except FileNotFoundError:
        return None
    except FileTooLargeError:
        return b""  # is reported as a job manifest that cannot be read
    except OSError as error:
        _raise_document_error(error)
        raise


def _list_record_files(folder: Path, place: str) -> Iterator[RecordFile]:
    """Yield the success, failure and warning files in a job's output folder. In each kind, they are sorted by name.

    `place` is the folder's path in messages.
    """
    for kind in RecordKind:
        try:
            names = sorted(os.listdir(folder / kind.value))
        except FileNotFoundError:
            continue
        except OSError as error:
            _raise_document_error(error)
            raise
        for name in names:
            path = f"{kind.value}/{name}"
            if record_kind_of(path):
                yield RecordFile(
                    kind=kind, path=make_printable(f"{place}/{path}"), pieces=_read_file_in_pieces(folder / path)
                )


def _read_file_in_pieces(path: Path) -> Iterator[bytes]:
    try:
        with open_regular_file(path) as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        _raise_document_error(error)


def _raise_document_error(error: OSError) -> None:
    raise DocumentError(
        f"A manifest cannot be read: {os_error_reason(error)}.", fix="Check the rights on it."
    ) from None
