"""A room that somebody left: wait, ask, end."""

from datetime import UTC, datetime, timedelta

from dispatch.policy import DEFAULT
from dispatch.room_clock import AGAIN, Verdict, look

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
ASK = timedelta(seconds=DEFAULT.room_ask_s)
END = timedelta(seconds=DEFAULT.room_end_s)


def looked(
    *, both: bool = False, empty: timedelta | None = None, asked: timedelta | None = None
) -> Verdict:
    """The verdict so long after the room became empty, and after the question."""
    return look(
        are_both_here=both,
        empty_at=None if empty is None else NOW - empty,
        asked_at=None if asked is None else NOW - asked,
        now=NOW,
        policy=DEFAULT,
    )


def test_with_both_there_all_is_well_whatever_was() -> None:
    well = Verdict(None, None, False, NOW + AGAIN)
    assert looked(both=True) == well
    assert looked(both=True, empty=ASK + END, asked=END) == well


def test_who_leaves_has_a_minute_before_anybody_is_asked() -> None:
    assert looked() == Verdict(NOW, None, False, NOW + AGAIN)
    almost = looked(empty=ASK - timedelta(seconds=1))
    assert (almost.asked_at, almost.look_at) == (None, NOW + timedelta(seconds=1))


def test_then_who_is_left_is_asked_once() -> None:
    assert looked(empty=ASK).asked_at == NOW
    again = looked(empty=ASK + timedelta(seconds=20), asked=timedelta(seconds=20))
    assert (again.asked_at, again.is_over) == (NOW - timedelta(seconds=20), False)


def test_and_without_an_answer_it_ends() -> None:
    assert not looked(empty=ASK + END, asked=END - timedelta(seconds=1)).is_over
    over = looked(empty=ASK + END, asked=END)
    assert (over.is_over, over.look_at) == (True, None)
