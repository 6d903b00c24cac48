"""What a preview of a policy costs: a month of a network, played as it is and as it would be.

Pure code, so only this process is measured, and its own CPU time. No database, no network.
"""

import time
from datetime import UTC, datetime
from random import Random

from benchmarks.table import show
from dispatch.geo import Point
from dispatch.policy import Policy
from dispatch.states import Focus, Modality
from dispatch.whatif.measures import DAY_S
from dispatch.whatif.past import Past
from dispatch.whatif.replay import DRAWS, Asked, replay
from dispatch.whatif.world import Peer, Request, Shift, Site, World

SITES, PEERS, DAYS, A_DAY = 40, 200, 30, 80
HOURS_S = 10 * 3600.0
WAYS = (frozenset({Modality.IN_PERSON}), frozenset(Modality))


def main() -> None:
    """Print the table."""
    past = Past(world=_world(Random(1)), zones=("America/New_York",) * SITES)
    usual = Policy()
    rows = []
    for strategy in ("waves", "simple", "priced"):
        changed = Policy.model_validate({"strategy": strategy})
        began_s = time.process_time()
        # The draws cost the same: one is measured and counted for all.
        replay(past, Asked([usual] * SITES, [changed] * SITES), draws=1)
        taken_s = time.process_time() - began_s
        rows.append([strategy, f"{taken_s:.0f}", f"{taken_s * DRAWS:.0f}"])
    show(
        f"A preview: {DAYS} days of {SITES} sites and {PEERS} peers, seconds of CPU",
        ["beside the policy of now", "one draw", f"{DRAWS} draws"],
        rows,
        f"{len(past.world.requests)} requests, each played twice in every draw.",
    )


def _world(chance: Random) -> World:
    """Sites and peers over 200 kilometres of Ohio; a shift of ten hours a day for each peer."""

    def place() -> Point:
        return Point(chance.uniform(39.2, 41.0), chance.uniform(-84.2, -82.0))

    return World(
        start=datetime(2026, 3, 2, tzinfo=UTC),
        days=DAYS,
        sites=tuple(Site(at=place()) for _ in range(SITES)),
        peers=tuple(
            Peer(
                number=number,
                home=place(),
                modalities=(ways := chance.choice(WAYS)),
                languages=frozenset({"en"}),
                focus=frozenset({chance.choice(list(Focus))}),
                travel_limit_m=None,
                shifts=tuple(
                    Shift(begins_s, begins_s + HOURS_S, ways, begins_s + HOURS_S)
                    for begins_s in _mornings(chance.uniform(0.0, DAY_S))
                ),
            )
            for number in range(PEERS)
        ),
        requests=tuple(
            Request(
                number=number,
                site=chance.randrange(SITES),
                at_s=(number + chance.random()) * DAY_S / A_DAY,
                modality=chance.choice((Modality.IN_PERSON,) * 4 + (Modality.VIDEO,)),
                language="en",
                focus=chance.choice(list(Focus)),
            )
            for number in range(A_DAY * DAYS)
        ),
    )


def _mornings(first_s: float) -> list[float]:
    return [first_s + day * DAY_S for day in range(DAYS)]
