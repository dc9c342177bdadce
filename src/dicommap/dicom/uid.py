"""Unique identifiers (UIDs): the rules of PS3.5 section 9, and the root of a UID."""

from __future__ import annotations

import re

UID_LENGTH_LIMIT = 64
"""Maximum number of characters of a UID (PS3.5 section 9.1)."""

UID_PATTERN = r"(?:[01]\.[1-3]?[0-9]|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))*"
"""The pattern of a UID. It does not limit the length (PS3.5 sections 9 and 9.1, ISO/IEC 8824).

Components have no leading zeros. The first component is 0 to 2. If it is 0 or 1, the second component is 0 to 39.
"""

_ROOT_COMPONENTS = 4
_ROOT_DIGITS = 10

_CONFORMANT = re.compile(UID_PATTERN)


def describe_uid_violation(uid: str) -> str | None:
    """Return a text for the first rule of PS3.5 section 9.1 that a UID violates; None if the UID is valid.

    An example is `has one component only`. The text is the end of a sentence that begins with the UID.
    """
    if len(uid) > UID_LENGTH_LIMIT:
        return f"has more than {UID_LENGTH_LIMIT} characters"
    if _CONFORMANT.fullmatch(uid) is not None:
        return None
    components = uid.split(".")
    if len(components) == 1:
        return "has one component only"
    for number, component in enumerate(components, 1):
        if component.startswith("0") and component != "0":
            return f"has a leading zero in component {number}"
    first, second = components[:2]
    if first not in ("0", "1", "2"):
        return f"has the first component {_shorten_component(first)}, which is over 2"
    if first != "2" and len(second) > 1 and (len(second) > 2 or second > "39"):
        return f"has the second component {_shorten_component(second)}, which is over 39 below {first}"
    return "has an empty component or characters other than digits and dots"


def uid_root_of(uid: str) -> str:
    """Return the root of a UID: its first components, at most four, which the UIDs of one organization usually share.

    The root ends before a component of more than 10 digits. Such a component is a serial number, a date or a UUID, and
    does not identify an organization.
    """
    first, *others = uid.split(".")[:_ROOT_COMPONENTS]
    root = _shorten_component(first)
    for component in others:
        if len(component) > _ROOT_DIGITS:
            break
        root += f".{component}"
    return root


def _shorten_component(component: str) -> str:
    """Return a component of a UID. If it has more than 10 digits, the others are replaced by three points."""
    return component if len(component) <= _ROOT_DIGITS else f"{component[:_ROOT_DIGITS]}..."
