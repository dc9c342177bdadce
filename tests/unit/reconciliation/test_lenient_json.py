"""Lines come out whole whatever the pieces are, and none fills the memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dicommap.reconciliation import lenient_json
from dicommap.reconciliation.lenient_json import LINE_BYTES_LIMIT, read_numbered_lines


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line)), st.integers(1, 7))
def test_pieces_of_any_size_make_the_same_lines(texts: list[bytes], size: int) -> None:
    data = b"\n".join(texts)
    found = list(read_numbered_lines(data[at : at + size] for at in range(0, len(data), size)))
    assert found == [(number, text) for number, text in enumerate(data.split(b"\n"), 1) if text.strip()]


def test_the_last_line_need_not_end() -> None:
    assert list(read_numbered_lines([b"a\n\r\n", b"b"])) == [(1, b"a"), (3, b"b")]
    assert list(read_numbered_lines([])) == []


def test_a_line_without_end_is_told_of_and_not_kept() -> None:
    def endless() -> object:
        yield b"a\n"
        for _ in range(40):
            yield b"x" * (LINE_BYTES_LIMIT // 10)
        yield b"y\nb\n"

    assert list(read_numbered_lines(endless())) == [(1, b"a"), (2, None), (3, b"b")]  # type: ignore[arg-type]
    assert list(read_numbered_lines([b"x" * (LINE_BYTES_LIMIT + 1)])) == [(1, None)]
    assert list(read_numbered_lines([b"x" * (LINE_BYTES_LIMIT + 1) + b"\nb"])) == [(1, None), (2, b"b")]


def test_a_line_of_the_limit_is_kept() -> None:
    assert lenient_json.LINE_BYTES_LIMIT > 100_000
    assert list(read_numbered_lines([b"x" * LINE_BYTES_LIMIT, b"\n"])) == [(1, b"x" * LINE_BYTES_LIMIT)]
