"""Bytes that could not be decoded stay apart from each other, and from every value."""

from __future__ import annotations

import pytest

from dicommap.dicom.printable_text import KEEP_BYTES_HANDLER, convert_bytes_to_surrogates, is_undecodable


def test_each_undecodable_byte_is_kept_as_a_surrogate() -> None:
    assert convert_bytes_to_surrogates(b"\x1b\xfc") == "\udc1b\udcfc"


@pytest.mark.parametrize("codec", ["ascii", "utf-8", "euc_kr", "shift_jis", "gb18030", "gb2312"])
def test_different_undecodable_bytes_stay_different(codec: str) -> None:
    first, second = (value.decode(codec, KEEP_BYTES_HANDLER) for value in (b"M\xff", b"M\xfe"))

    assert first != second
    assert is_undecodable(first)
    assert is_undecodable(second)


@pytest.mark.parametrize("text", ["", "Müller", "張^小東", "plain"])
def test_a_decoded_text_is_not_undecodable(text: str) -> None:
    assert not is_undecodable(text)


def test_the_replacement_of_another_program_is_undecodable() -> None:
    assert is_undecodable("M\ufffdller")


def test_text_that_cannot_be_encoded_is_not_this_handler_s_business() -> None:
    with pytest.raises(UnicodeEncodeError):
        "ü".encode("ascii", KEEP_BYTES_HANDLER)
