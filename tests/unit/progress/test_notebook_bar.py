"""When bars are drawn, by a clock that is set."""

from __future__ import annotations

import pytest

from dicommap.progress.notebook_bar import FIRST_DRAW_DELAY, RedrawTimer, estimate_remaining_seconds, format_duration


def test_work_of_a_moment_is_never_due_and_other_work_a_few_times_a_second() -> None:
    now = [100.0]
    pace = RedrawTimer(clock=lambda: now[0])
    assert not pace.take_redraw_turn()
    now[0] += FIRST_DRAW_DELAY
    assert pace.take_redraw_turn()
    assert not pace.take_redraw_turn()
    now[0] += 1
    assert pace.take_redraw_turn()
    assert pace.elapsed == pytest.approx(FIRST_DRAW_DELAY + 1)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min")]
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


def test_what_is_left_is_as_what_was() -> None:
    assert estimate_remaining_seconds(1, 4, 10) == 30
    assert estimate_remaining_seconds(0, 4, 10) is None
