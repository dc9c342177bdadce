"""Files of one layout are told by what they have had in common."""

from __future__ import annotations

from dicommap.p10.layout_cache import SharedBytes
from tests.support import p10_files
from tests.unit.p10.test_layout_cache import file_of, layout

FILE = file_of(p10_files.EXPLICIT_LITTLE)
NAME = FILE.index(b"Doe^Jane")


def test_a_file_differs_until_it_was_taken_in() -> None:
    other = FILE.replace(b"Doe^Jane", b"Roe^John")
    likeness = SharedBytes(layout(FILE), ())
    assert likeness.holds(FILE)
    assert not likeness.holds(other)
    assert likeness.widen(other)
    assert likeness.differing == ((NAME, NAME + 8),)
    assert likeness.holds(other)
    assert likeness.holds(FILE.replace(b"Doe^Jane", b"Poe^Joan"))
    assert not likeness.holds(FILE.replace(b"ISO_IR 100", b"ISO_IR 101"))


def test_what_is_sure_to_differ_need_not_be_learned() -> None:
    likeness = SharedBytes(layout(FILE), [(NAME, NAME + 8)])
    assert likeness.holds(FILE.replace(b"Doe^Jane", b"Roe^John"))


def test_a_file_of_another_layout_is_not_taken_in() -> None:
    likeness = SharedBytes(layout(FILE), ())
    for other in (FILE[: NAME + 4], FILE.replace(b"PN", b"LO"), FILE.replace(b"Doe^Jane", b"Doe^Janette ")):
        assert not likeness.holds(other)
        assert not likeness.widen(other)
    assert likeness.differing == ()


def test_a_file_that_ends_before_the_layout_does_not_hold() -> None:
    found = layout(FILE)
    likeness = SharedBytes(found, ())
    assert likeness.holds(FILE[: len(found.head)])
    assert not any(likeness.holds(FILE[:end]) for end in range(len(found.head)))
