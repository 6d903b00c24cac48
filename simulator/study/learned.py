"""The policy `learned`: the product by price, with chances learned in the same world on other days.

Before a seed is played, the product asks by its own numbers in a world of the same peers and sites,
with other requests and other draws; from those answers it learns by its own code. It knows no more of
a peer than their answers, as in a network.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from dispatch.deciding import next_move
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.learning.answers import Asked, learn
from dispatch.learning.model import Learned, Model
from dispatch.policy import Policy
from dispatch.states import REMOTE
from dispatch.waves import Decision
from dispatch.whatif.log import End, Log
from dispatch.whatif.loop import MEMORY_S, Run
from dispatch.whatif.strategy import Product, Seen
from simulator.study.people import People
from simulator.study.world import HOUR_S, World, build

OTHER_LOAD = 1.0001
"""The load has a stream of requests of its own: almost the same load, entirely other requests."""

OTHER_DRAWS = 1_000_000
"""Draws belong to a request's number: no answer is seen twice."""


class Learner:
    """Learns before each seed; `in_world` is who then decides."""

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.policy = policy

    def in_world(self, world: World) -> "Knowing":
        """The product with what it has learned of this world's peers."""
        other = build(replace(world.plan, load=world.plan.load * OTHER_LOAD))
        other = replace(
            other,
            requests=tuple(replace(one, number=one.number + OTHER_DRAWS) for one in other.requests),
        )
        people = People(other)
        log = Run(other, people, Product(self.name, self.policy)).play()
        return Knowing(
            self.name, self.policy, learn(list(_asked(other, people, log)), self.policy.pricing)
        )

    def look(self, seen: Seen) -> Decision:
        """Without a world nothing is learned: by the policy's own numbers."""
        return next_move(seen.search, seen.peers, seen.need, seen.now, self.policy)


class Knowing(Learner):
    """The product with a model, or without one where there was too little to learn from."""

    def __init__(self, name: str, policy: Policy, model: Model | None) -> None:
        super().__init__(name, policy)
        self.model = model

    def look(self, seen: Seen) -> Decision:
        """As the engine decides it; the study's sites have the study's clock."""
        known, now = NOTHING, seen.now
        if self.model is not None and self.model.is_better:
            known = Knowledge(Learned(self.model, now.hour + now.minute / 60.0, now), 1)
        return next_move(seen.search, seen.peers, seen.need, now, self.policy, known)


def _asked(world: World, people: People, log: Log) -> Iterator[Asked]:
    """What happened, as `dispatch.learning.history` reads it from rows."""
    requests = {one.number: one for one in world.requests}
    lately: dict[int, deque[float]] = {}
    for ask in sorted(log.asks, key=lambda one: one.at_s):
        alerts = lately.setdefault(ask.peer, deque())
        while alerts and alerts[0] <= ask.at_s - MEMORY_S:
            alerts.popleft()
        peer = world.peers[ask.peer]
        is_remote = ask.modality in REMOTE
        if ask.end is not End.OPEN:
            yield Asked(
                peer_id=peer.id,
                km=None if is_remote else people.metres(peer, requests[ask.request].site) / 1000.0,
                alerts=len(alerts),
                hour=ask.at_s / HOUR_S % 24.0,
                is_yes=ask.end is End.ACCEPTED,
                is_no=ask.end is End.DECLINED,
                after_s=max(ask.ended_at_s - ask.at_s, 0.0),
            )
        if ask.end is not End.ACCEPTED:
            alerts.append(ask.at_s)
