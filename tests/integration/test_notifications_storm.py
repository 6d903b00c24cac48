"""A storm in small: every kind of trouble, and not one delivery is lost or shown twice."""

import logging

import pytest

from notifications.models import DeliveryState
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.storm import TROUBLE, Storm, StormyChannel

DELIVERIES = 1500


def test_nothing_is_lost_and_nothing_is_shown_twice(
    db: Database, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    storm = Storm(db, clock, phones=300, offers=DELIVERIES // 2, sites=20)
    storm.fill()
    channel = StormyChannel(seed=11)
    told = storm.tally(channel, storm.ride_out(channel))
    assert told.deliveries == DELIVERIES
    assert told.unaccounted == 0, told
    assert told.doubled == 0, "what the provider took is never sent again"
    assert told.most_alerts == 1, "both rungs of an offer are one alert on the phone"
    assert set(told.answers) == {*TROUBLE, "taken"}, "every kind of trouble came"
    assert DeliveryState.PENDING.value not in told.states
    assert told.simulated_s < 3600, "it drains"
