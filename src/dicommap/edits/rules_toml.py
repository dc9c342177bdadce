"""Parse the TOML of a rules file within limits, and keep the texts of its numbers.

Python's TOML parser needs a time that grows with the square of the number of parts in a dotted key such as `a.b.c`. A
key of 80,000 parts (160 kB) takes minutes. So this module counts the parts of keys before it parses the file.
"""

from __future__ import annotations

import math
import re
import tomllib
from typing import Any

from dicommap.dicom.printable_text import MASK
from dicommap.issues import Issue, Location, make_issue
from dicommap.reading.document_limits import DEPTH_LIMIT, RULES_LIMIT, has_more_json_values


class TomlFloat(float):
    """A float from a TOML document that keeps its text in the document, such as `1.50`."""

    text: str

    def __new__(cls, text: str) -> TomlFloat:
        """Parse a TOML number, and keep its text without the underscores between digits."""
        number = super().__new__(cls, text)
        number.text = text.replace("_", "")
        return number


def restore_number_texts(value: Any) -> Any:  # noqa: ANN401  TOML of any type
    """Return DICOM JSON in which numbers of DS attributes are replaced by their texts in the TOML file.

    A number is replaced only if JSON would write it differently. DICOM JSON allows both numbers and texts for DS
    (PS3.18 Table F.2.3-1), but only a text keeps zeros at its end (PS3.5 section 6.2).
    """
    if isinstance(value, list):
        return [restore_number_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("vr") == "DS" and isinstance(value.get("Value"), list):
        return value | {"Value": [_restore_number_text(item) for item in value["Value"]]}
    return {member: restore_number_texts(member_value) for member, member_value in value.items()}


def _restore_number_text(number: object) -> object:
    if isinstance(number, TomlFloat) and math.isfinite(number) and number.text != repr(float(number)):
        return number.text
    return number


_KEY_PARTS = r"(?<![A-Za-z0-9_{quotes}-])(?:[A-Za-z0-9_{quotes}-]++[ \t]*+\.[ \t]*+){{{count}}}"
_LONG_KEY = re.compile(_KEY_PARTS.format(quotes="", count=DEPTH_LIMIT))
_MAY_BE_LONG_KEY = re.compile(_KEY_PARTS.format(quotes="\"'", count=DEPTH_LIMIT))
_MULTILINE_TEXT = re.compile(
    r"\"\"\"(?:[^\"\\]++|\\.|\"(?!\"\"))*+(?:\"\"\"|\Z)|'{3}(?:[^']++|'(?!''))*+(?:'{3}|\Z)"
    r"|\"(?:[^\"\\\n]++|\\.)*+\"?|'[^'\n]*+'?|\#[^\n]*+",
    re.DOTALL,
)
_QUOTED_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def parse_rules_toml(name: str, data: bytes) -> tuple[dict[str, Any] | None, list[Issue]]:
    """Parse the TOML of a rules file. The schema of the document is not checked.

    Args:
        name: The file name for messages.
        data: The bytes of the file.

    Returns:
        The document and an empty list; or None and the issues.

    """
    if has_more_json_values(data, RULES_LIMIT.values):
        return None, [make_issue("document.too-many-values", Location(path=name), limit=f"{RULES_LIMIT.values:,}")]
    try:
        text = data.decode("utf-8-sig")
        if _has_too_long_key(text):
            return None, [make_issue("json.too-deep", Location(path=name, pointer=""), limit=DEPTH_LIMIT)]
        return tomllib.loads(text, parse_float=TomlFloat), []
    except UnicodeDecodeError:
        return None, _build_toml_issues(name, "it is not UTF-8")
    except tomllib.TOMLDecodeError as error:
        reason = str(error).rstrip(".)").replace("(at ", "at ")
        return None, _build_toml_issues(name, _QUOTED_TEXT.sub(_mask_unless_sign, reason))
    except RecursionError:
        return None, _build_toml_issues(name, "it is nested too deep")
    except ValueError:  # Python does not parse integers of more than 4,300 digits
        return None, _build_toml_issues(name, "a number has too many digits")


def _mask_unless_sign(quoted: re.Match[str]) -> str:
    """Return a quoted text for a message: unchanged if it is one sign such as '='; else the mask `***`.

    A single sign cannot be a patient's value.
    """
    text = quoted[0][1:-1]
    return quoted[0] if len(text) == 1 and text.isascii() and text.isprintable() and not text.isalnum() else MASK


def _build_toml_issues(name: str, reason: str) -> list[Issue]:
    return [make_issue("rules.not-toml", Location(path=name), reason=reason)]


def _has_too_long_key(text: str) -> bool:
    """Return whether a dotted key has more parts than DEPTH_LIMIT. Dots inside texts and comments are ignored."""
    return bool(_MAY_BE_LONG_KEY.search(text)) and bool(_LONG_KEY.search(_MULTILINE_TEXT.sub("k", text)))
