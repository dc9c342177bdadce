"""Makes the archives of the cases: `python -m tests.cases.make_archives`. All are small, whatever they claim."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent
_MOMENT = (2026, 1, 2, 3, 4, 6)
_CLAIMED_AT = 24
"""Where an entry of a ZIP directory has the size that it unpacks to (APPNOTE.TXT section 4.3.12)."""


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED, link: bool = False) -> bytes:
    """Return a ZIP file of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, _MOMENT)
            info.create_system, info.external_attr = 3, (0o120777 if link else 0o100644) << 16
            info.compress_type = method
            archive.writestr(info, content)
    return buffer.getvalue()


def altered(content: bytes, offset: int, form: str, value: int) -> bytes:
    """Return a ZIP file with a number written into each entry of its directory."""
    changed = bytearray(content)
    place = changed.find(b"PK\x01\x02")
    while place >= 0:
        struct.pack_into(form, changed, place + offset, value)
        place = changed.find(b"PK\x01\x02", place + 4)
    return bytes(changed)


def tarred(*members: tuple[str, bytes]) -> bytes:
    """Return a tar file of these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def claiming(size: int, *, method: int) -> bytes:
    """Return a ZIP file whose one member claims to unpack to so many bytes, more than 32 bits can say."""
    whole = zipped(("IM1", b"x"), method=method)
    begin, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    extra = struct.pack("<HHQ", 1, 8, size)  # ZIP64 (section 4.5.3)
    entry = bytearray(whole[begin:end] + extra)
    struct.pack_into("<I", entry, _CLAIMED_AT, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(extra))
    return whole[:begin] + bytes(entry) + with_directory_of(whole[end:], len(entry))


def with_directory_of(end: bytes, size: int) -> bytes:
    """Return the end of a ZIP file, saying that its directory has so many bytes."""
    return end[:12] + struct.pack("<I", size) + end[16:]


def repeatable() -> bytes:
    """Return a ZIP file whose directory is whole when its 49 bytes from 35 on stand there 250,001 times."""
    whole = zipped(("IM1", b"text"))
    end = whole.index(b"PK\x05\x06")
    return whole[:end] + with_directory_of(whole[end:], 49 * 250_001)


FILES: dict[str, Callable[[], bytes]] = {
    "archive/broken/tree/study.zip": lambda: zipped(("IM1", b"text"))[:60],
    "archive/broken-tar/tree/study.tar": lambda: tarred(("IM1", b"text"), ("IM2", b"1" * 600))[:2100],
    "archive/no-end/tree/study.tar": lambda: tarred(("IM1", b"text"))[:1024],
    "archive/changed/tree/study.zip": lambda: zipped(("IM1", b"text")),
    "archive/ambiguous-path/tree/study.zip": lambda: zipped(("IM1", b"text")),
    "archive/too-many-entries/tree/study.zip": repeatable,
    "archive/ratio/tree/study.zip": lambda: altered(
        zipped(*((f"{n}", b"x") for n in range(3)), method=zipfile.ZIP_DEFLATED), _CLAIMED_AT, "<I", 100 * 2**20
    ),
    "archive/total-size/study.zip": lambda: claiming(2**41, method=zipfile.ZIP_DEFLATED),
    "archive/member-too-large/tree/study.zip": lambda: claiming(11 * 2**30, method=zipfile.ZIP_STORED),
    "archive/encrypted/tree/study.zip": lambda: altered(zipped(("IM1", b"text")), 8, "<H", 1),
    "archive/unsupported-member/tree/study.zip": lambda: altered(zipped(("IM1", b"text")), 10, "<H", 9),
    "archive/member-damaged/tree/study.zip": lambda: altered(zipped(("IM1", b"text")), 42, "<I", 3),
    "archive/nested/tree/study.tar": lambda: tarred(("disc1.zip", b"text")),
    "archive/link-not-followed/tree/study.zip": lambda: zipped(("IM1", b"../IM1"), link=True),
    "archive/unsafe-names/tree/study.zip": lambda: zipped(("../IM1", b"text"), ("/IM1", b"text")),
    "archive/duplicate-names/tree/study.tar": lambda: tarred(("IM1", b"text"), ("IM1", b"other")),
    "p10/not-dicom-archive/tree/study.zip": lambda: zipped(("IM1", b"text")),
}
"""The archives of the cases, by their paths."""


def main() -> None:
    """Write them all."""
    for name, make in FILES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make())


if __name__ == "__main__":
    main()
