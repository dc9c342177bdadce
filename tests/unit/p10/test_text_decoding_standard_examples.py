"""The examples of PS3.5 Annexes H to K: bytes, and the code points that they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dicommap.dicom.character_sets import find_unencodable_characters, parse_specific_character_set
from dicommap.issues import Issue
from dicommap.p10.header_decoding import find_text_issues
from dicommap.p10.text_decoding import decode_value

EXAMPLES = sorted((Path(__file__).parent / "standard_examples").glob("*.json"))


def example(path: Path) -> tuple[dict[str, Any], bytes, str]:
    content = json.loads(path.read_text(encoding="utf-8"))
    text = "".join(chr(int(point, 16)) for point in content["code_points"].split())
    return content, bytes.fromhex(content["bytes"]), text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_bytes_are_these_characters(path: Path) -> None:
    content, value, text = example(path)
    assert text == content["text"]
    charset = parse_specific_character_set(content["specific_character_set"])
    assert decode_value(content["vr"], value, charset, "<") == text
    found: list[Issue] = list(find_text_issues("PatientName", content["vr"], text, charset))
    assert found == []
    assert find_unencodable_characters(text, content["specific_character_set"]) == frozenset()


def test_each_annex_is_there() -> None:
    assert {path.stem[0] for path in EXAMPLES} == set("hijk")


ESCAPED = [path for path in EXAMPLES if b"\x1b" in example(path)[1]]


@pytest.mark.parametrize("path", ESCAPED, ids=lambda path: path.stem)
def test_without_the_declaration_they_are_undecodable(path: Path) -> None:
    content, value, _ = example(path)
    charset = parse_specific_character_set("")
    (found,) = find_text_issues("PatientName", content["vr"], decode_value(content["vr"], value, charset, "<"), charset)
    assert found.code == "p10.undecodable-text"
