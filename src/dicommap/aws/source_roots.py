"""Source roots: directories and S3 prefixes that a user allows. Only files below them may be sent to AWS."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UsageError, os_error_reason
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Location, make_issue
from dicommap.model.package_layout import PLAN_FILE
from dicommap.planning.source_prefixes import is_s3_root
from dicommap.planning.staging import OutsideRootsError
from dicommap.reading import open_descriptor
from dicommap.validation.plan_source_roots_check import check_plan_sources, describe_broad_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.issues import Issue


@dataclass(frozen=True, slots=True)
class SourceRoots:
    """Directories and S3 prefixes that a user named or confirmed. Only files below them may be sent to AWS."""

    folders: tuple[str, ...]
    """The directories, as absolute paths without symbolic links."""
    prefixes: tuple[S3Uri, ...]

    @classmethod
    def resolve(cls, named: Iterable[StrPath]) -> Self:
        """Return the source roots for paths of directories and for S3 URIs.

        Args:
            named: Paths and S3 URIs, as the user wrote them.

        Raises:
            UsageError: A directory does not exist, or an S3 URI is invalid.

        """
        folders, prefixes = [], []
        for root in named:
            name = os.fspath(root)
            if is_s3_root(name):
                prefixes.append(_parse_root_prefix(name))
            else:
                folders.append(_resolve_root_folder(name))
        return cls(tuple(folders), tuple(prefixes))

    def contains(self, source: str) -> bool:
        """Return whether a source of a plan (a path or an S3 URI) is one of the roots, or is below a root."""
        if is_s3_root(source):
            uri = S3Uri.parse(source)
            return uri is not None and self.contains_object(uri.bucket, uri.prefix)
        try:
            return os.path.isabs(source) and self._find_root_folder(os.path.realpath(source)) is not None
        except (OSError, ValueError):
            return False

    def contains_object(self, bucket: str, key: str) -> bool:
        """Return whether an S3 object is below one of the S3 prefixes."""
        return any(bucket == prefix.bucket and key.startswith(prefix.prefix) for prefix in self.prefixes)

    def open(self, path: str) -> int:
        """Open a regular file below a root and return its descriptor.

        Symbolic links in the path are resolved first. Then the resolved path is opened, starting at the root, without
        following links. So the file is below the root even if a directory was replaced by a link in the meantime.

        Raises:
            OutsideRootsError: The file is not below a root.
            OSError: The file cannot be opened, or is not a regular file.

        """
        try:
            real = os.path.realpath(path, strict=True)
        except ValueError:  # a NUL, or a character that no file name can have
            raise OSError(errno.EINVAL, "no file can have this name") from None
        folder = self._find_root_folder(real)
        if folder is None:
            raise OutsideRootsError(errno.EPERM, "it is outside the source roots")
        return open_descriptor(os.path.relpath(real, folder), beneath=folder)

    def _find_root_folder(self, real: str) -> str | None:
        """Return the root directory that contains a resolved path; None if no root contains it."""
        return next((folder for folder in self.folders if (real + "/").startswith(os.path.join(folder, ""))), None)


def _resolve_root_folder(name: str) -> str:
    """Return the absolute path of a directory, without symbolic links. Raises UsageError."""
    try:
        real = os.path.realpath(name, strict=True)
        is_folder = os.path.isdir(real)
    except (OSError, ValueError) as error:
        reason = os_error_reason(error) if isinstance(error, OSError) else "no file can have this name"
        raise UsageError(
            f"The source root {make_printable(name)} cannot be used: {reason}.", fix="Name a directory that exists."
        ) from None
    if not is_folder:
        raise UsageError(
            f"The source root {make_printable(name)} is not a directory.",
            fix="Name the directory that contains the file.",
        )
    return real


def _parse_root_prefix(name: str) -> S3Uri:
    uri = S3Uri.parse(name)
    if uri is None:
        raise UsageError(
            f"The source root {make_printable(name)} is not a valid S3 URI.", fix="Write it like s3://bucket/prefix/."
        )
    return uri


def find_plan_source_issues(sources: Sequence[str], named: Iterable[StrPath] | None) -> Iterator[Issue]:
    """Yield an issue for each source of a plan from which files should not be sent. No file is read.

    Args:
        sources: The sources of the plan.
        named: The source roots that the user named; None if the user named no root.

    """
    for issue in check_plan_sources(sources, os.path.expanduser("~")):
        yield issue.with_location(path=PLAN_FILE)
    if named is not None:
        yield from check_source_roots(dict(enumerate(sources)), SourceRoots.resolve(named))


def check_source_roots(sources: Mapping[int, str], roots: SourceRoots) -> Iterator[Issue]:
    """Yield an issue for each source of a plan that is outside the roots which the user named or confirmed.

    Args:
        sources: Index in the plan -> source.
        roots: The source roots that the user named or confirmed.

    """
    for index, source in sources.items():
        if not roots.contains(source):
            location = Location(path=PLAN_FILE, pointer=f"/sources/{index}")
            yield make_issue("package.source-not-named", location, source=make_printable(source))


def require_narrow_sources(sources: Iterable[str]) -> None:
    """Raise UsageError if a source is too broad: the root directory or a home directory, for example.

    `sources` are the sources of a plan that the user did not name.
    """
    home = os.path.expanduser("~")
    for source in sources:
        if is_s3_root(source):
            continue
        description = describe_broad_directory(source, home) or describe_broad_directory(os.path.realpath(source), home)
        if description is not None:
            raise UsageError(
                f"The plan's source {make_printable(source)} is {description}; a package may not name it.",
                fix=f"If you scanned it, name it: --source {make_printable(source)}",
            )
