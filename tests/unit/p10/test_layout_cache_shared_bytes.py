"""Files of one layout are told by what they have had in common."""

from __future__ import annotations

from dicommap.p10.layout_cache import SharedBytes
from tests.support import p10_files
from tests.unit.p10.test_layout_cache import file_of, layout

FILE = file_of(p10_files.EXPLICIT_LITTLE)
NAME = FILE.index(b"Doe^Jane")


def test_a_file_differs_until_it_was_taken_in() -> None:
    other = FILE.replace(b"Doe^Jane", b"Roe^John")
    shared = SharedBytes(layout(FILE), ())
    assert shared.matches(FILE)
    assert not shared.matches(other)
    assert shared.try_add_differing_spans(other)
    assert shared.differing_spans == ((NAME, NAME + 8),)
    assert shared.matches(other)
    assert shared.matches(FILE.replace(b"Doe^Jane", b"Poe^Joan"))
    assert not shared.matches(FILE.replace(b"ISO_IR 100", b"ISO_IR 101"))


def test_what_is_sure_to_differ_need_not_be_learned() -> None:
    shared = SharedBytes(layout(FILE), [(NAME, NAME + 8)])
    assert shared.matches(FILE.replace(b"Doe^Jane", b"Roe^John"))


def test_a_file_of_another_layout_is_not_taken_in() -> None:
    shared = SharedBytes(layout(FILE), ())
    for other in (FILE[: NAME + 4], FILE.replace(b"PN", b"LO"), FILE.replace(b"Doe^Jane", b"Doe^Janette ")):
        assert not shared.matches(other)
        assert not shared.try_add_differing_spans(other)
    assert shared.differing_spans == ()


def test_a_file_that_ends_before_the_layout_does_not_hold() -> None:
    found = layout(FILE)
    shared = SharedBytes(found, ())
    assert shared.matches(FILE[: len(found.head)])
    assert not any(shared.matches(FILE[:end]) for end in range(len(found.head)))
