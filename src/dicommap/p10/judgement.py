"""From the parts of a header to its values and findings, whichever way the parts were found."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dicommap.issues import Issue, Location, issue
from dicommap.model.attributes import IDENTIFYING, SPECIFIC_CHARACTER_SET
from dicommap.model.hierarchy import Disposition
from dicommap.model.tags import vrs_of
from dicommap.model.uid import conformance_problem, mapping_problem
from dicommap.p10.encoding import Encoding, encoding_of
from dicommap.p10.header import Header, Refusal, Wanted
from dicommap.p10.meta import DICOMDIR_SOP_CLASS, Meta
from dicommap.p10.text import decode, encodings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.p10.walk import Walked

_REMEMBERED = 4_096
"""Values whose text is remembered: neighbours share most of theirs."""
_REMEMBERED_LENGTH = 256
"""Bytes of a value that is remembered at most, so that memory is bounded."""


class Parts(NamedTuple):
    """A header as it stands in the file: nothing is decoded, nothing is judged."""

    meta: Meta
    encoding: Encoding
    walked: Walked


def judged(parts: Parts, wanted: Wanted) -> Header | Refusal:
    """Return the values of a header, or why the file is no instance that can be named."""
    meta, encoding, walked = parts
    values, undecodable = _decoded(walked, encoding, wanted)
    issues = [*_encoding_issues(meta.transfer_syntax_uid, encoding)]
    if walked.unordered_at is not None:
        issues.append(issue("p10.unordered", offset=walked.unordered_at))
    issues += [issue("p10.undecodable-text", Location(keyword=name), keyword=name) for name in undecodable]
    stored, used = meta.media_storage_sop_instance_uid, values.get("SOPInstanceUID", "")
    if stored and used and stored != used:
        issues.append(issue("p10.sop-instance-uid-mismatch"))
    if not walked.passed_last:
        issues.append(issue("p10.ends-early", offset=walked.end))
    return _identified(meta.transfer_syntax_uid, values, issues)


def refused_dicomdir(meta: Meta) -> Refusal | None:
    """Return the refusal of a DICOMDIR, or None where the meta names another SOP class."""
    if meta.media_storage_sop_class_uid != DICOMDIR_SOP_CLASS:
        return None
    return Refusal(disposition=Disposition.DICOMDIR, issues=(issue("p10.dicomdir"),))


def _decoded(walked: Walked, encoding: Encoding, wanted: Wanted) -> tuple[dict[str, str], list[str]]:
    found = walked.values
    character_set = found[SPECIFIC_CHARACTER_SET][2] if SPECIFIC_CHARACTER_SET in found else b""
    encodings = encodings_of(character_set.decode("ascii", "replace").strip(" \0"))
    order, keywords = encoding.order, wanted.tags
    values: dict[str, str] = {}
    undecodable: list[str] = []
    for tag, (vr, _, raw) in found.items():
        text_of = _remembered_text_of if len(raw) <= _REMEMBERED_LENGTH else _text_of
        keyword = keywords[tag]
        values[keyword], clean = text_of(tag, vr, raw, encodings, order)
        if not clean:
            undecodable.append(keyword)
    return values, undecodable


def _text_of(tag: int, written_vr: bytes, raw: bytes, encodings: tuple[str, ...], order: str) -> tuple[str, bool]:
    if written_vr in (b"", b"UN"):
        return decode(vrs_of(tag)[0], raw, encodings, order if written_vr == b"" else "<")
    return decode(written_vr.decode(), raw, encodings, order)


_remembered_text_of = lru_cache(_REMEMBERED)(_text_of)


def _encoding_issues(declared: str, encoding: Encoding) -> Iterator[Issue]:
    if not declared:
        yield issue("p10.missing-transfer-syntax", encoding=encoding.name)
    elif (expected := encoding_of(declared)) is not encoding:
        yield issue("p10.encoding-mismatch", declared=expected.name, found=encoding.name)


def _identified(declared: str, values: dict[str, str], issues: list[Issue]) -> Header | Refusal:
    """Judge the UIDs: an instance has all four, and mappings can name them."""
    missing = [keyword for keyword in IDENTIFYING if not values.get(keyword)]
    if missing:
        issues += [issue("p10.missing-uid", Location(keyword=name), keyword=name) for name in missing]
        return Refusal(disposition=Disposition.MISSING_UID, issues=tuple(issues))
    problems = [_uid_problems(values[name]) for name in IDENTIFYING]
    if problems != _NO_PROBLEMS:
        pairs = list(zip(IDENTIFYING, problems, strict=True))
        invalid = _uid_issues("p10.invalid-uid", ((name, mapping) for name, (mapping, _) in pairs))
        if invalid:
            return Refusal(disposition=Disposition.INVALID_UID, issues=(*issues, *invalid))
        issues += _uid_issues("p10.nonconformant-uid", ((name, conformance) for name, (_, conformance) in pairs))
    return Header(disposition=Disposition.INSTANCE, transfer_syntax_uid=declared, values=values, issues=tuple(issues))


@lru_cache(_REMEMBERED)
def _uid_problems(uid: str) -> tuple[str | None, str | None]:
    return mapping_problem(uid), conformance_problem(uid)


_NO_PROBLEMS = [(None, None)] * len(IDENTIFYING)


def _uid_issues(code: str, problems: Iterator[tuple[str, str | None]]) -> list[Issue]:
    return [issue(code, Location(keyword=name), keyword=name, problem=text) for name, text in problems if text]
