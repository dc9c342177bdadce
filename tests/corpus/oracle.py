"""What pydicom reads from the whole file: the judge of what dicommap reads from its beginning."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.multival import MultiValue

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT_VRS = {"LT", "ST", "UT"}


def pydicom_values(file: bytes, keywords: Iterable[str]) -> dict[str, str]:
    """Return the values of the keywords that the file has, as text without padding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(io.BytesIO(file), force=True)
        return {keyword: as_text(data[keyword].VR, data[keyword].value) for keyword in keywords if keyword in data}


def transfer_syntax(file: bytes) -> str:
    """Return the Transfer Syntax UID of the file meta, or nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(pydicom.dcmread(io.BytesIO(file), force=True).file_meta.get("TransferSyntaxUID", ""))


def as_text(vr: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (MultiValue, list)):
        return "\\".join(as_text(vr, part) for part in value)
    if vr == "PN":
        return str(value).rstrip(" \0=")
    return str(value).rstrip(" \0") if vr in _TEXT_VRS else str(value).rstrip(" \0").lstrip(" ")


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Return the keywords whose values differ, or that only one has, with both values."""
    keywords = sorted({*ours, *theirs})
    return {name: (ours.get(name), theirs.get(name)) for name in keywords if ours.get(name) != theirs.get(name)}
