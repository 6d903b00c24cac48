"""What a race needs: a shot that many threads hear, and a course that is clean after each round."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sqlalchemy import func, select

from dispatch import invariants
from dispatch.access import Actor
from dispatch.actions import peers, staff
from dispatch.errors import Conflict, DomainError
from dispatch.models import Offer, SupportRequest, Visit
from dispatch.states import FINAL, LIVE_VISIT, OfferState
from tests.harness.world import World

ROUNDS = int(os.environ.get("ALONGSIDE_RACE_ROUNDS", "10"))

WON = "won"
"""What a call that was not refused is counted as."""


class StartLine:
    """A pool of threads; `shoot` lets them run one call each, all from the same instant."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def shoot(self, *calls: Callable[[], Any]) -> list[str]:
        """For each call in order `won`, or the code of its refusal. Any other error is raised."""
        together = threading.Barrier(len(calls))

        def run(call: Callable[[], Any]) -> str:
            together.wait(timeout=30)
            try:
                call()
            except DomainError as refusal:
                return refusal.refusal
            return WON

        return [future.result(timeout=60) for future in [self._pool.submit(run, c) for c in calls]]


@dataclass
class Course:
    """A hospital and its people, between rounds without anybody under way."""

    world: World
    admin: Actor
    nurse: Actor
    manager: Actor

    def peers(self, number: int, **profile: Any) -> list[Actor]:
        """So many peers on duty, each 100 m further away than the one before."""
        return [
            self.world.peer(self.admin, f"P{n:02} P.", km_north=1 + n / 10, **profile)
            for n in range(number)
        ]

    def yes(self, peer: Actor, request_id: str) -> Callable[[], Any]:
        """The peer's tap on yes, ready to be let go."""
        return self._answer(peers.accept, peer, request_id)

    def no(self, peer: Actor, request_id: str) -> Callable[[], Any]:
        """The peer's tap on no; unlike a yes it reads before it writes."""
        return self._answer(peers.decline, peer, request_id)

    def _answer(
        self, answer: Callable[..., Any], peer: Actor, request_id: str
    ) -> Callable[[], Any]:
        offer = self.world.offer_of(peer, request_id)
        assert offer is not None, f"{peer.name} was not asked"
        return lambda: self.world.do(answer, peer, offer.id)

    def rounds(self) -> Iterator[int]:
        """Numbers of rounds; after each the invariants are looked at and everything is ended."""
        for number in range(ROUNDS):
            yield number
            self.look()
            self.clear()

    def look(self) -> None:
        """What must never be true is not true now."""
        with self.world.db.read() as tx:
            broken = invariants.check(tx)
        assert not broken, broken

    def clear(self) -> None:
        """End every open request."""
        with self.world.db.read() as tx:
            open_ids = tx.session.scalars(
                select(SupportRequest.id).where(SupportRequest.state.not_in(sorted(FINAL)))
            ).all()
        for request_id in open_ids:
            try:
                self.world.do(staff.cancel, self.manager, request_id, "round over")
            except Conflict:
                raise AssertionError(f"{request_id} could not be ended") from None

    def live_visits(self, *request_ids: str) -> int:
        """How many visits live for these requests."""
        with self.world.db.read() as tx:
            return tx.session.scalars(
                select(func.count())
                .select_from(Visit)
                .where(Visit.request_id.in_(request_ids), Visit.state.in_(sorted(LIVE_VISIT)))
            ).one()

    def offers(self, request_id: str) -> Counter[OfferState]:
        """How many offers of a request are in each state."""
        with self.world.db.read() as tx:
            rows: Sequence[OfferState] = tx.session.scalars(
                select(Offer.state).where(Offer.request_id == request_id)
            ).all()
        return Counter(rows)
