"""The values of attributes in audit.jsonl: left out, as keyed hashes, or plain.

A hash without a key is not safe: an attacker can hash all names of a list and compare the hashes. So values are hashed
with a secret key (HMAC-SHA-256). The hash also covers the study, series, instance and attribute. So equal values of two
studies have different hashes, and nobody without the key can count how often a value occurs.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of
from dicommap.dicom.json_model import text_or_json_from_attribute
from dicommap.dicom.printable_text import make_printable

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.model.study import Target, ValueCounts

MIN_KEY_BYTES = 32
"""Minimum length of a key. An attacker could find a shorter key, such as a password, from its id."""

MAX_VALUES = 100
"""Maximum number of values before a change that a line lists. Other values are only counted."""


class AuditValueMode(StrEnum):
    """The forms in which audit.jsonl can store values: left out, as keyed hashes, or as plain text."""

    NONE = "none"
    HASHED = "hashed"
    PLAIN = "plain"


@dataclass(frozen=True)
class AuditKey:
    """The secret key of hashed values."""

    secret: bytes = field(repr=False)

    @cached_property
    def id(self) -> str:
        """Return 16 hexadecimal digits that name the key without revealing it."""
        return hmac.digest(self.secret, b"dicommap audit key id", "sha256").hex()[:16]

    def hash_value(self, target: Target, tag: int, text: str) -> str:
        """Return the hash of a value of an attribute in a study, series or instance, as 64 hexadecimal digits."""
        return hmac.digest(self.secret, _encode_for_hash(target, tag, text), "sha256").hex()


def _encode_for_hash(target: Target, tag: int, text: str) -> bytes:
    """Return the bytes that are hashed: a JSON array in ASCII, so that no two different inputs have the same bytes."""
    members = [target.study_instance_uid, target.series_instance_uid, target.sop_instance_uid, hex_of(tag), text]
    return json.dumps(members, separators=(",", ":")).encode()


@dataclass(frozen=True, kw_only=True)
class AuditValueForm:
    """The form in which audit.jsonl stores values, and the secret key for hashed values."""

    mode: AuditValueMode = AuditValueMode.NONE
    key: AuditKey | None = None
    """The key. It is set if the values are hashed, else None."""

    def make_values_before(
        self, target: Target, tag: int, counts: ValueCounts
    ) -> tuple[list[dict[str, object]], int | None]:
        """Return the values before a change, the most frequent first, and the number of values that are left out.

        The number is None if no value is left out.
        """
        ranked = sorted(counts.items(), key=_value_sort_key) if len(counts) > 1 else list(counts.items())
        values = [self._make_value(target, tag, text) | {"files": files} for text, files in ranked[:MAX_VALUES]]
        return values, len(ranked) - MAX_VALUES if len(ranked) > MAX_VALUES else None

    def make_value_after(self, target: Target, tag: int, attribute: Attribute) -> dict[str, object]:
        """Return the value after a change."""
        return self._make_value(target, tag, text_or_json_from_attribute(attribute))

    def _make_value(self, target: Target, tag: int, text: str) -> dict[str, object]:
        """Return the JSON object of a value: its text, its hash, or an empty object."""
        if self.mode is AuditValueMode.PLAIN:
            return {"value": make_printable(text)}
        return {} if self.key is None else {"hash": self.key.hash_value(target, tag, text)}


def _value_sort_key(item: tuple[str, int]) -> tuple[int, str]:
    """Return the sort key of a value and its number of files: the most frequent value is first."""
    return -item[1], item[0]
