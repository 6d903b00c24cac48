"""The alarms of a visit: raised once when due, ended by an event, by contact, or by a manager."""

from datetime import timedelta

import pytest

from dispatch.actions import duty, managers, visits
from dispatch.actions.duty import Position
from dispatch.states import Modality
from storage.clock import ManualClock
from tests.harness.world import COLUMBUS, KM_NORTH
from tests.integration.conftest import Ward


class Visit:
    """Marcus said yes; short words for what happens to him then."""

    def __init__(self, ward: Ward, modality: Modality = Modality.IN_PERSON) -> None:
        self.ward, self.clock = ward, ward.world.clock
        self.request_id = ward.world.ask(ward.nurse, modality=modality)
        self.id = ward.world.accept(ward.marcus, self.request_id)

    def after(self, minutes: float) -> None:
        """Time passes without a word, and the engine looks at the end."""
        self.clock.advance(minutes * 60)
        self.ward.world.tick()

    def heard(self) -> None:
        """The app is heard of."""
        self.ward.world.do(lambda tx: duty.heard_from(tx, self.ward.marcus.id))

    def reports(self, km_north: float) -> None:
        """A position arrives."""
        here = COLUMBUS[0] + km_north * KM_NORTH
        reading = Position(here, COLUMBUS[1], 10.0, self.clock.now())
        self.ward.world.do(duty.record_position, self.ward.marcus, reading)

    def alarm(self) -> str | None:
        """The alarm that stands."""
        alarm = self.ward.world.snapshot(self.request_id)["alarm"]
        assert alarm is None or isinstance(alarm, str)
        return alarm

    def count(self, kind: str) -> int:
        """How many facts of a kind there are."""
        return self.ward.world.facts(self.request_id).count(kind)


def test_not_leaving_is_an_alarm_until_they_leave(ward: Ward) -> None:
    visit = Visit(ward)
    visit.after(4.9)
    assert visit.alarm() is None
    visit.after(0.1)
    assert visit.alarm() == "not_moving"
    visit.after(5)
    assert visit.count("alarm_raised") == 1
    ward.world.do(visits.depart, ward.marcus, visit.id)
    assert visit.alarm() is None
    assert visit.count("alarm_ended") == 1


@pytest.mark.parametrize("modality", [Modality.VIDEO, Modality.PHONE, Modality.CHAT])
def test_who_said_yes_from_afar_and_never_connects_is_an_alarm(
    ward: Ward, modality: Modality
) -> None:
    visit = Visit(ward, modality)
    visit.after(4.9)
    assert visit.alarm() is None
    visit.after(0.1)
    assert visit.alarm() == "not_connected"
    visit.after(25)
    assert visit.alarm() == "not_connected", "and nobody expects them to move"
    ward.world.do(visits.start, ward.marcus, visit.id)
    assert (visit.alarm(), visit.count("alarm_raised"), visit.count("alarm_ended")) == (None, 1, 1)


def test_leaving_in_time_raises_none(ward: Ward) -> None:
    visit = Visit(ward)
    visit.after(4)
    ward.world.do(visits.depart, ward.marcus, visit.id)
    visit.after(10)
    assert (visit.alarm(), visit.count("alarm_raised")) == (None, 0)


def test_an_arrival_that_slips_by_ten_minutes_is_an_alarm_and_recovers(ward: Ward) -> None:
    visit = Visit(ward)
    ward.world.do(visits.depart, ward.marcus, visit.id)
    for km in (5.0, 7.0, 9.0, 11.0):  # the wrong way
        visit.after(1.5)
        visit.reports(km)
    ward.world.tick()
    assert visit.alarm() == "not_moving"
    visit.clock.advance(240)
    visit.reports(1.0)
    ward.world.tick()
    assert visit.alarm() is None, "the arrival is near what was promised again"
    assert visit.count("alarm_raised") == visit.count("alarm_ended") == 1


def test_no_sign_of_life_after_the_arrival_was_due(ward: Ward) -> None:
    visit = Visit(ward)
    ward.world.do(visits.depart, ward.marcus, visit.id)
    eta_at = ward.world.snapshot(visit.request_id)["visit"]["eta_at"]
    assert eta_at == "2026-03-03T02:53:28.000000Z"
    visit.after(33.4)
    assert visit.alarm() is None
    visit.after(0.2)
    assert visit.alarm() == "sign_of_life_lost"
    visit.heard()
    ward.world.tick()
    visit.after(5)
    assert visit.alarm() is None, "the app was heard of"
    visit.after(20)
    assert visit.alarm() == "sign_of_life_lost", "and fell silent again"
    visit.reports(4.0)
    assert visit.alarm() == "not_moving", "alive, but the arrival has slipped"
    ward.world.do(visits.arrive, ward.nurse, visit.id)
    visit.after(60)
    assert visit.alarm() is None, "who is at the desk is not lost"


@pytest.mark.parametrize("modality", [Modality.IN_PERSON, Modality.PHONE])
def test_no_sign_of_life_in_a_long_conversation(ward: Ward, modality: Modality) -> None:
    visit = Visit(ward, modality)
    if modality is Modality.IN_PERSON:
        ward.world.do(visits.arrive, ward.marcus, visit.id)
    ward.world.do(visits.start, ward.marcus, visit.id)
    visit.after(60)
    visit.heard()
    visit.after(89.9)
    assert visit.alarm() is None
    visit.after(0.1)
    assert visit.alarm() == "sign_of_life_lost"
    ward.world.do(visits.complete, ward.nurse, visit.id)
    assert visit.alarm() is None
    assert visit.count("alarm_ended") == 1


def test_a_manager_who_has_it_ends_the_alarm_and_it_does_not_come_back(ward: Ward) -> None:
    visit = Visit(ward)
    visit.after(6)
    ward.world.do(managers.claim, ward.manager, visit.request_id)
    visit.after(6)
    assert (visit.alarm(), visit.count("alarm_raised")) == (None, 1)
    assert ward.world.snapshot(visit.request_id)["owner"]["name"] == "Marcus T."


def test_a_new_visit_has_alarms_of_its_own(ward: Ward) -> None:
    visit = Visit(ward)
    visit.after(6)
    ward.world.do(visits.withdraw, ward.manager, visit.id)
    assert visit.alarm() is None
    ward.world.accept(ward.dana, visit.request_id)
    visit.after(6)
    assert visit.count("alarm_raised") == 2


def test_every_alarm_has_its_time_in_the_row(ward: Ward, clock: ManualClock) -> None:
    visit = Visit(ward)
    ward.world.tick()
    assert ward.world.request(visit.request_id).next_action_at == clock.now() + timedelta(minutes=5)
    visit.after(5)
    ward.world.do(visits.depart, ward.marcus, visit.id)
    next_at = ward.world.request(visit.request_id).next_action_at
    assert next_at is not None
    assert next_at <= clock.now() + timedelta(minutes=5), "looked at every five minutes at least"
