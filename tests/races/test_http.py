"""The race for a yes as phones run it: real server processes, a connection each, one instant.

On SQLite everything is one process; on PostgreSQL two web workers share the calls, a dispatcher
works beside them, and Redis is there, as in production. Waves, pushes and sweeps go on meanwhile.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select, update

from dispatch import invariants
from dispatch.access import Actor
from dispatch.actions import duty
from dispatch.events import FactType
from dispatch.models import JournalEntry, Network, Offer, Peer, SupportRequest
from dispatch.states import Modality
from server.auth import sessions
from server.auth.tokens import AccessTokens
from server.models import SessionKind
from storage.clock import SystemClock
from storage.database import Database
from tests.api import people
from tests.api.people import Person, Tenant
from tests.harness.databases import Backend, open_database
from tests.harness.redis import RedisServer
from tests.harness.servers import SECRET, ServerProcess, on_database
from tests.races.start import ROUNDS
from tests.races.taps import OK, Tap, let_go

pytestmark = [pytest.mark.race, pytest.mark.process, pytest.mark.timeout(7200)]

log = logging.getLogger(__name__)

PEERS = 32
WORKERS = 2
EVERYBODY_AT_ONCE = {"waves": [{"after_s": 0, "size": None}]}


@dataclass
class Hospital:
    """The front door, and the people who come through it, all signed in."""

    db: Database
    door: ServerProcess
    tenant: Tenant
    open_sessions: dict[str, str]
    workers: set[int] = field(default_factory=set)
    """The processes that were seen to hold a tap."""
    together: int = 0
    """In how many rounds every call had left before the first answer came."""

    def token(self, who: Person) -> str:
        """An access token, fresh because a long race outlives one."""
        tokens = AccessTokens(SECRET, self.db.clock)
        return tokens.issue(who.id, self.open_sessions[who.id], self.db.clock.now())[0]

    def on_duty(self, number: int, *, open_offer_limit: int = 1) -> list[Person]:
        """So many peers become available."""
        chosen = list(self.tenant.peers[:number])
        with self.db.transaction() as tx:
            tx.session.execute(update(Peer).values(open_offer_limit=open_offer_limit))
            for one in chosen:
                actor = Actor(one.id, self.tenant.id, one.role, one.name)
                duty.set_duty(tx, actor, on_duty=True, modalities=[Modality.IN_PERSON])
        return chosen

    def ask(self, place: str = "Room 1") -> str:
        """The nurse asks; the request's id."""
        body = {"modality": "in_person", "place": place, "language": "en", "consent": True}
        made = self.door.call("POST", "/requests", self.token(self.tenant.staff), body)
        return str(made["id"])

    def look(self, request_id: str) -> tuple[str, str | None]:
        """State and owner's id, as the nurse is shown them."""
        shown = self.door.call("GET", f"/requests/{request_id}", self.token(self.tenant.staff))
        return shown["state"], (shown["owner"] or {}).get("id")

    def cancel(self, request_id: str) -> None:
        """The nurse ends it, so that everybody is free again."""
        token = self.token(self.tenant.staff)
        self.door.call("POST", f"/requests/{request_id}/cancel", token, {"reason": "left"})

    def yes(self, *taps: tuple[Person, str]) -> list[str]:
        """These people say yes to these requests at one instant; what they hear, in this order."""
        with self.db.read() as tx:
            rows = tx.session.execute(
                select(Offer.peer_id, Offer.request_id, Offer.id).where(
                    Offer.request_id.in_({request_id for _, request_id in taps})
                )
            )
            offers = {(peer_id, request_id): offer for peer_id, request_id, offer in rows}
        with ExitStack() as stack:
            written = [
                stack.enter_context(
                    Tap(self.door.port, f"/offers/{offers[who.id, about]}/accept", self.token(who))
                )
                for who, about in taps
            ]
            heard, left_together = let_go(written)
            self.together += left_together
            if len(self.workers) < WORKERS:
                self.workers |= holders(self.door)
        return heard

    def stories(self) -> dict[str, int]:
        """How many times somebody's yes was taken, for every request there ever was."""
        with self.db.read() as tx:
            rows = tx.session.execute(
                select(SupportRequest.id, func.count(JournalEntry.id))
                .outerjoin(
                    JournalEntry,
                    (JournalEntry.request_id == SupportRequest.id)
                    & (JournalEntry.type == FactType.OFFER_ACCEPTED),
                )
                .group_by(SupportRequest.id)
            )
            return {row[0]: row[1] for row in rows}


def holders(door: ServerProcess) -> set[int]:
    """The worker processes of `door` that hold a client's connection now."""
    return {
        child.pid
        for child in psutil.Process(door.process.pid).children()
        for held in child.net_connections("tcp")
        if held.status == psutil.CONN_ESTABLISHED and held.laddr.port == door.port
    }


@pytest.fixture
def hospital(backend: Backend, database_url: str, tmp_path: Path) -> Iterator[Hospital]:
    """The processes, started; afterwards they end in order and have had nothing to complain of."""
    # On the console everybody rings without a device, so that nobody counts as unreachable.
    settings = on_database(database_url) | {"PUSH": "console"}
    commands = ["run"]
    with ExitStack() as stack:
        if backend.name == "postgresql":
            redis = RedisServer(tmp_path)
            stack.callback(redis.stop)
            redis.start()
            settings |= {"REDIS_URL": redis.url, "WEB_CONCURRENCY": str(WORKERS)}
            commands = ["web", "dispatcher"]
        db = stack.enter_context(open_database(database_url, SystemClock()))
        tenant = people.build(db, PEERS).here
        with db.transaction() as tx:
            network = tx.session.get_one(Network, tenant.id)
            network.policy = EVERYBODY_AT_ONCE
            opened = {
                who.id: sessions.open_session(tx, who.id, SessionKind.BEARER).session_id
                for who in (tenant.staff, *tenant.peers)
            }
        running = [ServerProcess(command, tmp_path, **settings) for command in commands]
        for one in running:
            stack.callback(one.kill)
        running[0].until_ready()
        yield Hospital(db, running[0], tenant, opened)
        assert [one.end() for one in running] == [0] * len(running)
        for one in running:
            log = one.log.read_text()
            assert "Traceback" not in log
            assert '"level": "error"' not in log
        with db.read() as tx:
            assert invariants.check(tx) == []


def test_thirty_two_peers_say_yes_at_one_instant(hospital: Hospital, backend: Backend) -> None:
    everybody = hospital.on_duty(PEERS)
    wins: Counter[str] = Counter()
    for _ in range(ROUNDS):
        request = hospital.ask()
        heard = hospital.yes(*((peer, request) for peer in everybody))
        assert Counter(heard) == {OK: 1, "409 already_taken": PEERS - 1}
        winner = everybody[heard.index(OK)]
        assert hospital.look(request) == ("accepted", winner.id)
        wins[winner.id] += 1
        hospital.cancel(request)
    assert set(hospital.stories().values()) == {1}
    assert len(hospital.stories()) == ROUNDS
    assert hospital.together, "no round was a race"
    if backend.name == "postgresql":
        assert len(hospital.workers) == WORKERS, "one worker decided everything alone"
    log.info("%d rounds, together in %d: %d winners", ROUNDS, hospital.together, len(wins))


def test_one_peer_says_yes_to_two_requests(hospital: Hospital) -> None:
    """One is theirs and the other answers `busy`.

    The other offer stays open at that instant: a yes closes the offers of its own request alone.
    Within the sweeper's next turn the engine withdraws it, since its peer is with somebody. A
    second yes that comes after that finds a closed offer, and hears 410 for the same reason.
    """
    (marcus,) = hospital.on_duty(1, open_offer_limit=2)
    refusals: Counter[str] = Counter()
    for _ in range(ROUNDS):
        requests = [hospital.ask(place) for place in ("Room 1", "Room 2")]
        heard = hospital.yes(*((marcus, request) for request in requests))
        assert heard.count(OK) == 1, heard
        won = heard.index(OK)
        refusals[heard[1 - won]] += 1
        assert hospital.look(requests[won]) == ("accepted", marcus.id)
        assert hospital.look(requests[1 - won])[0] == "searching", "nothing of the yes is left"
        stories = hospital.stories()
        assert (stories[requests[won]], stories[requests[1 - won]]) == (1, 0)
        for request in requests:
            hospital.cancel(request)
    assert set(refusals) <= {"409 busy", "410 offer_closed"}
    assert refusals["409 busy"], "it was never close"
    assert hospital.together, "no round was a race"
    log.info("%d rounds, together in %d: %s", ROUNDS, hospital.together, dict(refusals))
