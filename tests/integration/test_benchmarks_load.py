"""The load generator in small: real processes, sixty phones, and nobody misses anything."""

from pathlib import Path

import pytest

from benchmarks.load.plan import Plan
from benchmarks.load.run import measure

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

SMALL = Plan(
    phones=60,
    minutes=0.25,
    requests_per_minute=90.0,
    reconnect=15,
    position_every_s=10.0,
    forces_log=False,
)


def test_sixty_phones_miss_nothing(tmp_path: Path) -> None:
    report = measure(SMALL, tmp_path)
    verdict, tally = report.verdict, report.tally
    assert report.course.connected == SMALL.phones + SMALL.sites + SMALL.networks
    assert verdict.requests > 5
    assert verdict.facts["live"] > 20
    assert verdict.offers["live"] > 10
    assert tally.calls["accept"]
    assert tally.positions["used"] > SMALL.phones // 2
    assert len(tally.back) == SMALL.reconnect
    assert verdict.facts["missed"] == 0, verdict.examples
    assert verdict.offers["missed"] == 0, verdict.examples
    assert verdict.ends["untold"] == 0, verdict.examples
    assert tally.answers["taken"] == tally.answers["meant"], tally.errors
    assert verdict.broken == []
    assert report.complaints == []
    assert report.slow_readers == 0
