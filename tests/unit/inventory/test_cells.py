from __future__ import annotations

import os

import pytest

from dicommap.inventory.cells import decode_path, encode_path


@pytest.mark.parametrize("name", [b"plain", "ünï/日本".encode(), b"\xff\xfe", b"mixed-\xc3\xa9-\xc3", b"a\nb", b""])
def test_every_path_comes_back_as_it_was(name: bytes) -> None:
    path = os.fsdecode(name)
    assert decode_path(encode_path(path)) == path


def test_only_a_path_that_is_no_text_is_stored_as_bytes() -> None:
    assert encode_path("ünï") == "ünï"
    assert encode_path("\udcff") == b"\xff"
