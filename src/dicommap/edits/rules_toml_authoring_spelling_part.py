"""Numbers as a rules file spells them: 71.50 is not 71.5 where a value is a decimal string."""

from __future__ import annotations

import math
from typing import Any


class TomlFloat(float):
    """A number of a TOML document, and how it was written there."""

    text: str

    def __new__(cls, text: str) -> TomlFloat:
        """Take the number as TOML writes it; underscores between its digits are no part of it."""
        number = super().__new__(cls, text)
        number.text = text.replace("_", "")
        return number


def restore_number_texts(value: Any) -> Any:  # noqa: ANN401  TOML of any type
    """Return DICOM JSON in which each DS number whose spelling JSON would lose is the text that was written.

    Both forms are allowed (PS3.18 Table F.2.3-1), and only a text keeps the zeros at its end (PS3.5 section 6.2).
    """
    if isinstance(value, list):
        return [restore_number_texts(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("vr") == "DS" and isinstance(value.get("Value"), list):
        return value | {"Value": [_restore_number_text(one) for one in value["Value"]]}
    return {member: restore_number_texts(one) for member, one in value.items()}


def _restore_number_text(number: object) -> object:
    if isinstance(number, TomlFloat) and math.isfinite(number) and number.text != repr(float(number)):
        return number.text
    return number
