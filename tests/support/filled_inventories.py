"""Inventories that tests fill without files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.inventory import Inventory
from dicommap.inventory.rows import HeaderRow, make_file_row
from dicommap.inventory.whole_scan_checks import FileIdentity
from dicommap.inventory.writer import InventoryWriter
from dicommap.issues import make_issue
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from dicommap.model.study import Disposition, SourceFile
from dicommap.p10 import Header, RejectedFile
from tests.support.p10_files import CT_IMAGE_STORAGE, EXPLICIT_LITTLE

if TYPE_CHECKING:
    from collections.abc import Iterator

Added = tuple[int, SourceFile, Header | RejectedFile]


def added(
    path: str,
    uids: str = "1.1 1.1.1 1.1.1.1",
    *,
    source: int = 0,
    size: int = 10,
    syntax: str = EXPLICIT_LITTLE,
    **values: str,
) -> Added:
    """Return an instance as a scan adds it; `uids` are the study, series and instance UID, separated by spaces."""
    study, series, instance = uids.split()
    identity = {
        "StudyInstanceUID": study,
        "SeriesInstanceUID": series,
        "SOPInstanceUID": instance,
        "SOPClassUID": CT_IMAGE_STORAGE,
    }
    header = Header(disposition=Disposition.INSTANCE, transfer_syntax_uid=syntax, values={**identity, **values})
    return source, SourceFile(path=path, size=size, mtime_ns=0), header


def refused(path: str, code: str = "p10.not-dicom", disposition: Disposition = Disposition.NOT_DICOM) -> Added:
    """Return a rejected file as a scan adds it."""
    refusal = RejectedFile(disposition=disposition, issues=(make_issue(code),))
    return 0, SourceFile(path=path, size=1, mtime_ns=0), refusal


def put(writer: InventoryWriter, *files: Added, keywords: tuple[str, ...] = DEFAULT_KEYWORDS) -> None:
    """Add files to an inventory, each as its own batch."""
    for source, file, found in files:
        digests: dict[HeaderRow, bytes] = {}
        row = make_file_row(found, keywords, writer.make_path_label(source, file.path), digests)
        writer.add_batch(source, [file], [row], {digest: header for header, digest in digests.items()})


@contextmanager
def inventory_of(
    *files: Added,
    path: Path | None = None,
    keywords: tuple[str, ...] = DEFAULT_KEYWORDS,
    same: Callable[[FileIdentity, FileIdentity], bool] = lambda one, other: True,
    roots: Sequence[str] = ("/one", "/two"),
) -> Iterator[Inventory]:
    """Write an inventory of files and open it; there is a second root if a file has source 1."""
    roots = roots[: 1 + max((file[0] for file in files), default=0)]
    with InventoryWriter(path, keywords, roots) as writer:
        put(writer, *files, keywords=keywords)
        with Inventory.from_connection(writer.finish(same)) as inventory:
            yield inventory
