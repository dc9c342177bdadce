"""Changes of valid documents that a hostile writer may make: of JSON, TOML, tables, inventories and bytes."""

from __future__ import annotations

import copy
import json
import random
import re
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

DIGITS = "@digits@"
"""Stands for a number of 5,000 digits, which Python cannot write as JSON."""

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 2.0, 1e308, -0.0, float("nan"), float("inf"), 2**31, 2**63, 2**64, 10**400),
    *("", " ", "0", "1", "-1", "\0", "a\0b", "\ud800", "\udc80", "\u202e", "\x1b[31m", "\r\n", "\\", "^", "=", "=1+1"),
    *("..", "../../x", "/", "/dev/zero", "/etc/passwd", "a//b", "s3://", "s3://b", "s3://bucket/", "s3://bucket/in/"),
    *("0001-01-01T00:00:00Z", "1600-02-29T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T10:00:00Z", "99991231"),
    *("00010101", "1.2", "1." * 300, "x" * 5_000, "^" * 5_000, "\\" * 5_000, "{PatientID}" * 300, "9" * 5_000, DIGITS),
    *("inf", "nan", "1e400", "*" * 300, "[" * 300, "(" * 300, "(a?)" * 1_000, "\\9", "PatientID", "(0010,0020)"),
    *([], {}, [[]], [{}], {"": ""}, {"\ud800": 1}, [None] * 300),
]
"""What a member is given."""

_TOML = [
    *(
        "1.0",
        "1e400",
        "nan",
        "inf",
        "9223372036854775808",
        "9" * 5_000,
        "1979-05-27",
        "0001-01-01T00:00:00Z",
        "07:32:00",
    ),
    *("true", "[]", "{}", "[[]]", "{a.b.c = 1}", "[" * 200 + "]" * 200, '"\\u0000"', '"\\\\"', '"{PatientID}"', '"("'),
    *('"' + "x" * 5_000 + '"', '"' + "{PatientName}" * 300 + '"', '"' + "(a?)" * 1_000 + '"', '["*a*a*a*a*b"]', '""'),
    *('"PatientID"', '["PatientID", "PatientID"]', "{PatientID = 1}", '{PatientID = "x"}', "-9999999", "99999999999"),
]


def changed_json(chance: random.Random, data: bytes) -> bytes:
    """Return a JSON document with one to three members that are hostile, missing, repeated or new."""
    document = json.loads(data)
    for _ in range(chance.randint(1, 3)):
        document = _changed(chance, document)
    text = json.dumps(document, indent=chance.choice([None, 2])).replace(f'"{DIGITS}"', "9" * 5_000)
    if chance.random() < 0.05:  # a member twice, which no dict has
        text = re.sub(r'("[^"]+": )', r"\1null, \1", text, count=1)
    return text.encode()


def _changed(chance: random.Random, document: Any) -> Any:
    places = list(_places(document))
    if not places or chance.random() < 0.02:
        return copy.deepcopy(chance.choice(VALUES))
    holder, key = chance.choice(places)
    kind = chance.randrange(7)
    value = copy.deepcopy(chance.choice(VALUES))
    if kind < 4:
        holder[key] = value
    elif kind == 4:
        del holder[key]
    elif kind == 5 and isinstance(holder, list):
        holder.extend(copy.deepcopy([holder[key]] * chance.choice([1, 2, 50])))
    elif isinstance(holder, dict):
        holder[chance.choice(["x", "", "vr", "Value", "00100010", "constructor", str(key)])] = value
    else:
        holder[key] = copy.deepcopy(document) if len(json.dumps(document)) < 10_000 else value
    return document


def _places(document: Any) -> Any:
    if not isinstance(document, dict | list):
        return
    members = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(members):
        yield document, key
        yield from _places(value) if isinstance(value, dict | list) else ()


def changed_lines(chance: random.Random, data: bytes) -> bytes:
    """Return lines of JSON of which one is changed, repeated or missing."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at:at] = [lines[at]] * chance.choice([1, 100])
    elif lines[at].strip().startswith(b"{"):
        lines[at] = changed_json(chance, lines[at])
    else:
        lines[at] = json.dumps(chance.choice(VALUES)).encode()
    return b"\n".join(lines)


def changed_toml(chance: random.Random, data: bytes) -> bytes:
    """Return TOML with a value, a name or a whole line that is hostile."""
    text = data.decode()
    kind = chance.randrange(4)
    if kind < 2:
        values = list(re.finditer(r"= *([^\n,}]+)", text))
        match = chance.choice(values)
        return (text[: match.start(1)] + chance.choice(_TOML) + text[match.end(1) :]).encode()
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    if kind == 2:
        lines[at] = chance.choice(["", lines[at] * 2, "[[rule]]\n", "a" + ".a" * 300 + " = 1\n", lines[at].upper()])
    else:
        lines[at] = re.sub(
            r"[A-Z][A-Za-z]+", chance.choice(["StudyDate", "PatientName", "Nobody", "00100010"]), lines[at]
        )
    return "".join(lines).encode()


def changed_table(chance: random.Random, data: bytes) -> bytes:
    """Return a CSV with a cell, a row or its text that is hostile."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    cells = lines[at].split(b",")
    kind = chance.randrange(8)
    if kind < 4:
        value = chance.choice([one for one in VALUES if isinstance(one, str | int)])
        cells[chance.randrange(len(cells))] = str(value).encode("utf-8", "surrogatepass")
        lines[at] = b",".join(cells)
    elif kind == 4:
        lines[at] = b",".join(cells * chance.choice([2, 300]))
    elif kind == 5:
        lines[at:at] = [lines[at]] * chance.choice([1, 300])
    elif kind == 6:
        del lines[at]
    else:
        return b"\n".join(lines).decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-8-sig", "utf-32"]))
    return b"\n".join(lines)


def changed_database(chance: random.Random, data: bytes) -> bytes:
    """Return an SQLite database of which a cell, a table or the version is another."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "inventory.db")
        path.write_bytes(data)
        connection = sqlite3.connect(path)
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        table = chance.choice(sorted(name for (name,) in names))
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        value = chance.choice(
            [None, -1, 0, 2**63 - 1, 1.5, "", "x", "1.2.3", "\0", b"\xff", "[1]", '{"a": 1}', "x" * 9_999]
        )
        calls: list[tuple[str, tuple[object, ...]]] = [
            (f'UPDATE {table} SET "{chance.choice(columns)}" = ?', (value,)),
            (f"DELETE FROM {table}", ()),
            (f"DROP TABLE {table}", ()),
            (f"PRAGMA user_version = {chance.choice([0, 1, 2, 3, 4, 99, -1])}", ()),
            (f"ALTER TABLE {table} RENAME TO other", ()),
        ]
        call, values = calls[0] if chance.random() < 0.8 else chance.choice(calls)
        try:
            with connection:
                connection.execute(call, values)
        except sqlite3.Error:
            pass  # what the schema forbids
        connection.close()
        return path.read_bytes()


def changed_bytes(chance: random.Random, data: bytes) -> bytes:
    """Return bytes of which up to four places are others, missing or new, or the end is missing."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[at : at + chance.choice([1, 3, 100])]
        elif kind == 2:
            changed[at:at] = chance.choice(
                [b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"[", b"{", b"\xef\xbb\xbf", b"\n", b"9"]
            )
        elif kind == 3:
            start = chance.randrange(len(changed) + 1)
            changed[at:at] = changed[start : start + chance.randint(1, 200)]
        else:
            del changed[at if chance.random() < 0.3 else len(changed) :]
    return bytes(changed)
