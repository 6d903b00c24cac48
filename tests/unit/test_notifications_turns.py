"""Turns: one of each site a round, first pushes before later rungs before notices."""

from dataclasses import dataclass

from notifications.models import Kind, Rung
from notifications.turns import CLASSES, WIDTH, Flow, assign


@dataclass(frozen=True)
class Draft:
    """What a turn is given to."""

    channel: Kind
    site_id: str | None
    rung: Rung


def pushes(site: str, number: int) -> list[Draft]:
    return [Draft(Kind.FCM, site, Rung.PUSH)] * number


def test_every_rung_has_its_class_and_no_class_spills_into_the_next_round() -> None:
    assert set(CLASSES) == set(Rung)
    assert set(CLASSES.values()) == set(range(WIDTH))


def test_an_idle_channel_starts_at_the_beginning() -> None:
    assert assign(pushes("a", 3), {}, {}) == [0, 3, 6]


def test_two_sites_take_turns() -> None:
    assert assign([*pushes("a", 2), *pushes("b", 2)], {}, {}) == [0, 3, 0, 3]


def test_a_new_site_starts_in_the_round_that_is_being_served() -> None:
    flooded = Flow(Kind.FCM, "a", Rung.PUSH)
    lasts, starts = {flooded: 30_000}, {Kind.FCM: 15_001}
    assert assign([*pushes("a", 1), *pushes("b", 1)], lasts, starts) == [30_003, 15_000]


def test_a_site_that_was_served_long_ago_has_nothing_saved_up() -> None:
    """What still waits of it is from a round that is over: it goes on with the others."""
    assert assign(pushes("a", 1), {Flow(Kind.FCM, "a", Rung.PUSH): 3}, {Kind.FCM: 900}) == [900]


def test_the_ladders_of_one_wave_do_not_stand_before_its_first_pushes() -> None:
    wave = [Draft(Kind.FCM, "a", rung) for _ in range(3) for rung in (Rung.PUSH, Rung.PUSH_AGAIN)]
    assert assign(wave, {}, {}) == [0, 1, 3, 4, 6, 7]
    notice = Draft(Kind.FCM, "a", Rung.NOTICE)
    assert assign([notice, *pushes("a", 1)], {}, {}) == [2, 0]


def test_channels_do_not_count_each_other() -> None:
    sms = Draft(Kind.SMS, "a", Rung.SMS)
    assert assign([*pushes("a", 2), sms, sms], {}, {Kind.FCM: 0}) == [0, 3, 1, 4]
