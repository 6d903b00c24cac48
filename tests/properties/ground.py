"""The ground a machine stands on: two networks with their people, and attempts that leave no trace.

It knows how to do something and how to pick somebody; it refuses to know what is right.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
)
from sqlalchemy import select, text

from dispatch.access import Actor
from dispatch.actions import managers, peers, visits
from dispatch.errors import DomainError
from dispatch.models import Offer, SupportRequest, Visit
from dispatch.states import LIVE_VISIT, OfferState, RequestState, Role
from storage.clock import ManualClock
from tests.harness.databases import START, Backend, assert_invariants, open_database
from tests.harness.world import World

TABLES = (
    "support_requests",
    "offers",
    "visits",
    "facts",
    "duty",
    "peers",
    "exclusions",
    "help_calls",
)


BRIDGES = ("none", "connected", "accepted", "connected", "asked", "connected")
"""How far a bridge has come when an example begins."""


class Ground(RuleBasedStateMachine):
    """Two networks: one with two sites and five peers, one with one site and two peers."""

    backend: Backend
    start_again: Callable[[], None]
    """Both set by the test that runs it; the second makes the ids of every example the same."""

    def __init__(self) -> None:
        super().__init__()
        self.start_again()
        self.url = self.backend.fresh()
        self.clock = ManualClock(START)
        self._open = open_database(self.url, self.clock)
        self.db = self._open.__enter__()
        self.world = World(self.db, self.clock)
        self.seen: dict[str, dict[str, Any]] = {}
        self.judged: set[str] = set()

    def teardown(self) -> None:
        """What is left behind keeps every invariant."""
        try:
            self._open.__exit__(None, None, None)
            assert_invariants(self.url, self.clock)
        finally:
            self.backend.discard(self.url)

    @initialize(bridge=st.sampled_from(BRIDGES))
    def people(self, bridge: str) -> None:
        """Everybody; the clock of both networks is quick, so that a few steps see all of it."""
        world = self.world
        self.nurses, self.managers, self.peers = [], [], []
        for network, sites, names in (
            ("Scioto", ["Scioto Ridge", "Olentangy General"], "ABCDE"),
            ("Hocking", ["Hocking Valley"], "YZ"),
        ):
            waves = [{"after_s": 0, "size": 2}, {"after_s": 30, "size": 1}, {"after_s": 60}]
            strategy = "waves" if network == "Scioto" else "priced"
            admin = world.network(
                network,
                waves=waves,
                alarm_after_s=90,
                escalate_after_s=120,
                strategy=strategy,
                bridge="automatic",
                bridge_eta_s=600,
                bridge_stop_s=60,
                bridge_size=1,
            )
            for number, name in enumerate(sites):
                site = world.site(admin, name, km_north=5.0 * number)
                self.nurses.append(world.user(admin, f"Nurse {name}", Role.STAFF, site))
            self.managers.append(world.user(admin, f"Manager {network}", Role.MANAGER))
            for number, name in enumerate(names):
                self.peers.append(
                    world.peer(admin, name, km_north=3.0 * number, open_offer_limit=1 + number % 2)
                )

        self.begin(bridge)

    def begin(self, bridge: str) -> None:
        """Three requests before anything is drawn, so that no example is about nothing.

        In the first, somebody far may be awaited and another be there by video until then.
        """
        requests = [
            self.world.ask(nurse, video_fallback=video)
            for nurse, video in zip(self.nurses, (True, False, False), strict=True)
        ]
        if bridge != "none":
            self.bridge_to_the_farthest(requests[0], bridge)
        self.remember()

    def bridge_to_the_farthest(self, request_id: str, bridge: str) -> None:
        """The peer of the first network who lives farthest is sent, and a bridge is looked for."""
        world, farthest = self.world, self.peers[4]
        # Who was asked before somebody became busy was asked rightly: a second earlier.
        self.clock.advance(1)
        world.do(managers.assign, self.managers[0], request_id, farthest.id)
        world.tick()
        with self.db.read() as tx:
            [offer, *_] = tx.session.scalars(
                select(Offer).where(Offer.is_bridge, Offer.state == OfferState.OPEN)
            ).all()
        if bridge == "asked":
            return
        self.clock.advance(1)
        peer = self.peer_of(offer.peer_id)
        _, visit = world.do(peers.accept, peer, offer.id)
        if bridge == "connected":
            world.do(visits.start, peer, visit.id)

    # Small helpers.

    def attempt(self, action: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Do it, or be refused without any trace."""
        before = self.dump()
        try:
            self.world.do(action, *args, **kwargs)
        except DomainError:
            assert self.dump() == before, "a refusal changed something"
            return False
        return True

    def dump(self) -> list[Any]:
        """Every row that an action can change."""
        with self.db.read() as tx:
            return [
                sorted(map(repr, tx.session.execute(text(f"SELECT * FROM {table}"))))
                for table in TABLES
            ]

    def remember(self) -> None:
        """What there is to act upon; the rules that need something are drawn only when it is."""
        self.offers_open = self.ids(
            Offer.id, Offer.state.in_((OfferState.OPEN, OfferState.DECLINED))
        )
        self.visits_live = self.ids(Visit.id, Visit.state.in_(sorted(LIVE_VISIT)))
        coming = (RequestState.ACCEPTED, RequestState.EN_ROUTE)
        self.requests_awaiting = self.ids(SupportRequest.id, SupportRequest.state.in_(coming))
        is_bridge = Visit.is_bridge & Visit.state.in_(sorted(LIVE_VISIT))
        self.requests_bridged = self.ids(Visit.request_id, is_bridge)
        escalated = SupportRequest.state == RequestState.ESCALATED
        self.requests_escalated = self.ids(SupportRequest.id, escalated)
        self.visits_any = self.ids(Visit.id)
        self.requests_calling = self.ids(SupportRequest.id, SupportRequest.help.is_not(None))
        self.requests_open = self.ids(SupportRequest.id, SupportRequest.closed_at.is_(None))

    def ids(self, column: Any, *where: Any) -> list[str]:
        """Some ids, in the order in which they were made."""
        with self.db.read() as tx:
            query = select(column).where(*where).order_by(column)
            return list(tx.session.scalars(query))

    def a_request(self, number: int) -> str:
        """An open one, unless the number says otherwise."""
        ids = self.ids(SupportRequest.id) if number % 10 == 9 else self.requests_open
        return ids[number % len(ids)]

    def an_offer(self, number: int) -> Offer:
        """An open or declined one, unless the number says otherwise."""
        ids = self.ids(Offer.id) if number % 10 == 9 else self.offers_open
        with self.db.read() as tx:
            return tx.session.get_one(Offer, ids[number % len(ids)])

    def a_visit(self, number: int) -> Visit:
        """A live one, unless the number says otherwise."""
        ids = self.ids(Visit.id) if number % 10 == 9 else self.visits_live
        with self.db.read() as tx:
            return tx.session.get_one(Visit, ids[number % len(ids)])

    def any_visit(self, number: int) -> Visit:
        """Live or over."""
        with self.db.read() as tx:
            return tx.session.get_one(Visit, self.visits_any[number % len(self.visits_any)])

    def peer_of(self, peer_id: str) -> Actor:
        """The actor of a peer's id."""
        return next(peer for peer in self.peers if peer.id == peer_id)

    def mostly_own(self, group: list[Actor], request_id: str, number: int) -> Actor:
        """Somebody of the request's own network, unless the number says otherwise."""
        network_id = self.network_of(request_id)
        own = [one for one in group if one.network_id == network_id or number % 5 == 4]
        return own[number % len(own)]

    def network_of(self, request_id: str) -> str:
        """Whose request it is."""
        return self.world.request(request_id).network_id
