"""What a decision costs in CPU: 600 peers of a state in, whom to ask out, by each strategy.

And what its record adds, in bytes and CPU: only decisions that ask are recorded.

Pure code, so only this process is measured, and its own CPU time. No database, no network.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from benchmarks.table import percentile, show
from dispatch.deciding import next_move
from dispatch.geo import Point
from dispatch.knowledge import NOTHING
from dispatch.matching import Need, PeerView
from dispatch.policy import Policy
from dispatch.recorded import recording
from dispatch.states import Focus, Modality
from dispatch.travel.minutes import Density, travel_to
from dispatch.waves import Awaited, Decision, Search
from tests.harness.asking import OPEN, peer

PEERS = 600
DECISIONS = 600
NOW = datetime(2026, 3, 3, 20, tzinfo=UTC)
CITIES = (Point(41.5, -81.7), Point(39.96, -83.0), Point(39.1, -84.5), Point(41.65, -83.54))
BY_CALL = frozenset({Modality.VIDEO, Modality.PHONE, Modality.CHAT})
WAYS = (frozenset({Modality.IN_PERSON}), BY_CALL, frozenset(Modality), frozenset(Modality))


def main() -> None:
    """Print the table."""
    rows, records = [], []
    for strategy in ("waves", "simple", "priced"):
        kept: list[_Kept] = []
        took = list(_decisions(Policy.model_validate({"strategy": strategy}), kept))
        records += [_of_records(strategy, kept)]
        marks = (percentile(took, percent) for percent in (50, 90, 99))
        rows.append([strategy, *(f"{mark:.2f}" for mark in marks)])
    show(
        f"One decision over {PEERS} peers, milliseconds of CPU",
        ["strategy", "p50", "p90", "p99"],
        rows,
        f"{DECISIONS} decisions, 24 to 60 % of the peers on duty. Goal: p50 under 1, p99 under 5.",
    )
    show(
        f"The record of a decision about {PEERS} peers that asked",
        [
            "strategy",
            "ms CPU p50",
            "ms CPU p99",
            "inputs, bytes p50",
            "most",
            "who, bytes p50",
            "most",
        ],
        records,
        "The inputs are kept for 30 days, who was asked and why not the others with the request.",
    )


class _Kept(NamedTuple):
    """What one record took."""

    took_ms: float
    inputs_bytes: int
    who_bytes: int


def _of_records(strategy: str, kept: list[_Kept]) -> list[str]:
    took = [one.took_ms for one in kept]
    marks = [f"{percentile(took, percent):.2f}" for percent in (50, 99)]
    sizes = ([one.inputs_bytes for one in kept], [one.who_bytes for one in kept])
    bytes_ = [f"{size:,.0f}" for some in sizes for size in (percentile(some, 50), max(some))]
    return [strategy, *marks, *bytes_]


def _record(inputs: recording.Inputs, decision: Decision) -> _Kept:
    begun = time.process_time_ns()
    packed = recording.pack(inputs, decision)
    took_ms = (time.process_time_ns() - begun) / 1e6
    return _Kept(took_ms, len(packed.inputs), len(packed.who))


def _decisions(policy: Policy, kept: list[_Kept]) -> Iterator[float]:
    chance = Random(5)
    for number in range(DECISIONS):
        peers = [_peer(chance.uniform(0.24, 0.60), chance) for _ in range(PEERS)]
        need = Need(
            _near(chance.choice(CITIES), 0.15, chance),
            frozenset({Modality.IN_PERSON}),
            "en",
            chance.choice(list(Focus)),
            travel=travel_to("", Density.TOWN, NOW, policy),
        )
        search = _search(number % 3)
        begun = time.process_time_ns()
        decision = next_move(search, peers, need, NOW, policy)
        yield (time.process_time_ns() - begun) / 1e6
        if decision.ask:
            taken = recording.Inputs(search, peers, need, NOW, policy, NOTHING)
            kept.append(_record(taken, decision))
        # What it holds is given back here, and not while the next one is timed.
        del decision


def _search(asked: int) -> Search:
    """A search in which so many were asked half a minute ago."""
    began = NOW - timedelta(seconds=30 * bool(asked))
    offer = Awaited(Modality.IN_PERSON, NOW + timedelta(minutes=15), began)
    return replace(
        OPEN,
        started_at=began,
        quiet_since=began,
        asked=frozenset(f"a{number}" for number in range(asked)),
        awaited=(offer,) * asked,
        waves_used=bool(asked),
    )


def _peer(on_duty: float, chance: Random) -> PeerView:
    ways = chance.choice(WAYS)
    return peer(
        UUID(int=chance.getrandbits(128)).hex,
        on_duty=chance.random() < on_duty,
        until=NOW + timedelta(hours=chance.uniform(0.2, 10)),
        duty_modalities=ways,
        modalities=ways,
        focus=frozenset(chance.sample(list(Focus), 2)),
        certified_until=NOW + timedelta(days=90),
        badge_until=NOW + timedelta(days=90),
        position=_near(chance.choice(CITIES), 0.4, chance),
        recent_alerts=chance.choice((0, 0, 1, 2, 5)),
        recent_cases=chance.choice((0, 0, 0, 1)),
    )


def _near(middle: Point, degrees: float, chance: Random) -> Point:
    return Point(
        middle.latitude + chance.gauss(0.0, degrees), middle.longitude + chance.gauss(0.0, degrees)
    )
