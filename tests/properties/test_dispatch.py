"""Anything, in any order, on both databases: every invariant holds after every step."""

import logging
from collections.abc import Iterator
from itertools import count
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.harness.databases import Backend
from tests.properties.machine import Hospitals

EXAMPLES = {"sqlite": 24, "postgresql": 5}
"""Bounded, and always the same: what is found here is found by everybody."""


@pytest.fixture(autouse=True)
def no_turn_failed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An engine logs a turn that failed and goes on; here that is no better than an exception."""
    yield
    failed = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not failed, [record.getMessage() for record in failed]


class CountedIds:
    """Stands in for clock and chance in new ids: an example that is run again makes the same ones."""

    def __init__(self) -> None:
        self._milliseconds = count(1_770_000_000_000)
        self._chance = Random(7)

    def time_ns(self) -> int:
        """A millisecond later each time, so that ids are in the order of their making."""
        return next(self._milliseconds) * 1_000_000

    def randbits(self, bits: int) -> int:
        """The same bits in every run."""
        return self._chance.getrandbits(bits)


@pytest.mark.timeout(600)
def test_anything_in_any_order(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    def start_again() -> None:
        ids = CountedIds()
        monkeypatch.setattr("storage.ids.time", ids)
        monkeypatch.setattr("storage.ids.secrets", ids)

    machine = type(
        "Hospitals", (Hospitals,), {"backend": backend, "start_again": staticmethod(start_again)}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[backend.name],
            stateful_step_count=40,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
