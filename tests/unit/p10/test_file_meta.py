from __future__ import annotations

import pytest

from dicommap.p10.byte_window import ByteWindow, EndOfFile
from dicommap.p10.data_set_encoding import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    DataSetEncoding,
)
from dicommap.p10.file_meta import detect_encoding, read_file_meta
from dicommap.p10.structure_errors import MalformedError
from tests.support.p10_elements import content, element, meta
from tests.support.p10_files import EXPLICIT_LITTLE as SYNTAX


def window_on(file: bytes) -> ByteWindow:
    return ByteWindow(lambda offset, length: file[offset : offset + length], len(file))


def test_the_meta_has_its_uids_and_its_end() -> None:
    written = meta(SYNTAX, instance="1.2.3", sop_class="1.2.4")
    found = read_file_meta(window_on(written + content()), 0)
    assert found.transfer_syntax_uid == SYNTAX
    assert found.media_storage_sop_instance_uid == "1.2.3"
    assert found.media_storage_sop_class_uid == "1.2.4"
    assert found.end == len(written)


@pytest.mark.parametrize("said", [0, 1, 10_000, 2**32 - 1])
def test_a_wrong_group_length_does_not_matter(said: int) -> None:
    written = element(0x00020000, "UL", said.to_bytes(4, "little")) + element(0x00020010, "UI", SYNTAX + "\0")
    assert read_file_meta(window_on(written + content()), 0).end == len(written)


def test_the_group_length_may_be_absent() -> None:
    written = element(0x00020010, "UI", SYNTAX + "\0")
    assert read_file_meta(window_on(written + content()), 0).transfer_syntax_uid == SYNTAX


@pytest.mark.parametrize("padding", ["\0", " ", "\0\0", " \0"])
def test_padding_of_the_transfer_syntax_is_left_out(padding: str) -> None:
    written = element(0x00020010, "UI", SYNTAX + padding)
    assert read_file_meta(window_on(written + content()), 0).transfer_syntax_uid == SYNTAX


def test_a_meta_in_implicit_vr_is_read() -> None:
    written = element(0x00020000, "", bytes(4), IMPLICIT_LITTLE_ENDIAN) + element(
        0x00020010, "", SYNTAX, IMPLICIT_LITTLE_ENDIAN
    )
    found = read_file_meta(window_on(written + content()), 0)
    assert (found.transfer_syntax_uid, found.end) == (SYNTAX, len(written))


def test_no_meta_is_an_empty_one() -> None:
    found = read_file_meta(window_on(content()), 0)
    assert (found.transfer_syntax_uid, found.end) == ("", 0)


def test_a_meta_cut_inside_a_value_ends_the_file() -> None:
    with pytest.raises(EndOfFile):
        read_file_meta(window_on(meta(SYNTAX)[:-1]), 0)


def test_an_unknown_vr_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read_file_meta(window_on(b"\x02\0\x10\0??\x14\0" + bytes(100)), 0)


def test_a_uid_of_absurd_length_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read_file_meta(window_on(element(0x00020010, "UI", "1" * 1_026) + content()), 0)


@pytest.mark.parametrize(
    "written", [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN], ids=lambda found: found.name
)
@pytest.mark.parametrize("declared", ["1.2.840.10008.1.2", SYNTAX, "1.2.840.10008.1.2.2", ""])
def test_the_bytes_say_how_they_are_encoded_whatever_was_declared(written: DataSetEncoding, declared: str) -> None:
    assert detect_encoding(window_on(content(written)), 0, declared) is written


def test_bytes_that_begin_no_data_set_have_no_encoding() -> None:
    assert detect_encoding(window_on(bytes(100)), 0, SYNTAX) is None
