"""Mutations of valid JSON documents."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

WRONG: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["", " ", "a\n", "1.2\n", "é", "٣", "\x7f", "1.2 ", " a", "a\tb", "\ud800", "1" * 513, "a" * 1025]),
    st.sampled_from([None, True, False, -1, 0, 1, 1.0, 1.5, 10**30, [], {}, ["1.2"], {"a": "b"}]),
    st.text(max_size=5),
).map(copy.deepcopy)
"""Values that are wrong for most members."""


@st.composite
def mutated(draw: st.DrawFn, documents: st.SearchStrategy[Any], names: tuple[str, ...]) -> Any:
    """Return a document that was valid before one or two things were done to it.

    `names` are members that may be added. Any text of a member may get a character more or less.
    """
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 2))):
        holder = draw(st.sampled_from(list(containers(document))))
        members = sorted(holder) if isinstance(holder, dict) else list(range(len(holder)))
        kind = draw(st.sampled_from(["drop", "rename", "replace", "change", "add", "wrap"]))
        member = draw(st.sampled_from(members)) if members else None
        if kind == "add" or member is None:
            _add(holder, draw(st.sampled_from(names)), draw(WRONG))
        elif kind == "drop":
            del holder[member]
        elif kind == "rename" and isinstance(holder, dict):
            holder[member + draw(st.sampled_from(["s", " ", "\n"]))] = holder.pop(member)
        elif kind == "wrap":
            holder[member] = [holder[member]]
        elif kind == "change" and isinstance(holder[member], str):
            at = draw(st.integers(0, len(holder[member])))
            holder[member] = holder[member][:at] + draw(st.text(max_size=1)) + holder[member][at + 1 :]
        else:
            holder[member] = draw(WRONG)
    return document


def containers(value: Any) -> list[Any]:
    """Return the objects and arrays in a JSON value, with the value itself if it is one."""
    members = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    inner = [container for member in members for container in containers(member)]
    return [value, *inner] if isinstance(value, dict | list) else inner


def _add(holder: Any, name: str, value: object) -> None:
    if isinstance(holder, dict):
        holder[name] = value
    else:
        holder.append(value)
