"""From the commit of a request to the offer on a peer's socket and to the push at the provider.

Twice: in production's shape (PostgreSQL with a forced log, Redis, one web process, one dispatcher), and
all in one process on SQLite. The real Firebase SDK talks to a stand-in on loopback, and 1,000 phones are
connected. A request is made five times a second; each asks a few peers. PostgreSQL says when each
transaction committed. `begin` is the offer's `asked_at`, the moment its transaction began: with the
decision and the commit in it.

The peer in the same run is a bare announcement to one phone at the same moments: published in Redis by
another process, as a dispatcher does it; without Redis an acknowledgement that touches no row.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, literal_column, select

from benchmarks.lines import Switchboard
from benchmarks.load.calls import call
from benchmarks.load.country import Country, Person, settle
from benchmarks.load.line import Hear, Line
from benchmarks.load.plan import Plan
from benchmarks.load.stage import ROOM, Stage, raise_limit
from benchmarks.table import percentile, show
from dispatch.events import FactType
from dispatch.models import JournalEntry
from server.auth.tokens import AccessTokens
from server.realtime import rooms
from server.realtime.fanout import Fanout
from server.realtime.outlets import SocketOutlet
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from storage.ids import new_id
from tests.harness.databases import apply_migrations
from tests.harness.fcm import Answer, FcmServer
from tests.harness.servers import SECRET, ServerProcess, on_database

PHONES = 1_000
REQUESTS = 150
INTERVAL_S = 0.2
CANCEL_S = 2.0
"""How long a request stays open; then its peers are free again."""
CALM_S = 3.0
SOCKET_LIMIT_MS = 50.0
SOCKET_RATIO_LIMIT = 3.0
PUSH_LIMIT_MS = 250.0
CLOCK = SystemClock()
Json = dict[str, Any]
Bare = Callable[[Person, Line], None]


class TimedFcm(FcmServer):
    """The stand-in, remembering when the first push of each offer arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: dict[str, float] = {}

    def send(self, authorization: str, body: bytes) -> tuple[Answer, bytes]:
        """Note the time, then do what the stand-in does."""
        at = CLOCK.now().timestamp()
        offer_id = json.loads(body)["message"].get("data", {}).get("offer_id")
        if offer_id is not None:
            self.arrived.setdefault(offer_id, at)
        return super().send(authorization, body)


@dataclass
class Heard:
    """What the phones of one run heard, in seconds since 1970, and how long things took in ms."""

    offers: dict[str, tuple[str, float]] = field(default_factory=dict)
    """By offer: `asked_at`, and when it was on the socket."""
    bare: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    """From sending a request to its 201."""
    refused: int = 0
    lost: int = 0

    def hear(self, _who: Person) -> Hear:
        """One phone's ear."""

        def hear(event: str, data: Json) -> None:
            at = CLOCK.now().timestamp()
            if event == "offer":
                self.offers[data["id"]] = (data["asked_at"], at)
            elif event == "resync" and "said_at" in data:
                self.bare.append((at - data["said_at"]) * 1000.0)

        return hear


def main() -> None:
    """Run both and print their tables."""
    plan = Plan(phones=PHONES, reconnect=0, web=1)
    with (
        tempfile.TemporaryDirectory() as folder,
        Stage(plan, Path(folder), fcm := TimedFcm(), dates_commits=True) as stage,
    ):
        country = settle(stage.db, plan, stage.tokens)
        heard = asyncio.run(_run(country, stage.web.port, _by_redis(stage.redis.url)))
        commits = _commits(stage.db)
        rows = _rows("web and dispatcher", heard, fcm, "bare announcement", commits)
    with tempfile.TemporaryDirectory() as folder, _embedded(plan, Path(folder)) as (one, fcm):
        country, port = one
        heard = asyncio.run(_run(country, port, None))
        rows += _rows("one process", heard, fcm, "bare acknowledgement", {})
    show(
        f"A request is made; {PHONES:,} phones connected, {1 / INTERVAL_S:.0f} requests a second",
        ("processes", "what", "measured", "p50 ms", "p99 ms", "limit (p99)"),
        rows,
    )


@contextmanager
def _embedded(plan: Plan, folder: Path) -> Iterator[tuple[tuple[Country, int], TimedFcm]]:
    """`python -m server run` with the same people."""
    with ExitStack() as stack:
        raise_limit(plan.phones + ROOM)
        fcm = stack.enter_context(TimedFcm())
        url = f"sqlite:///{folder / 'ring.sqlite3'}"
        apply_migrations(url)
        db = Database(make_engine(url, pool_size=2), SystemClock())
        stack.callback(db.engine.dispose)
        country = settle(db, plan, AccessTokens(SECRET, db.clock))
        key = fcm.write_service_account(folder / "firebase.json")
        push = {"PUSH": "fcm", "FCM_BASE_URL": fcm.url, "FIREBASE_CREDENTIALS": str(key)}
        more = {"ALONGSIDE_ENV": "demo", "LOG_LEVEL": "WARNING"}
        server = ServerProcess("run", folder, **on_database(url) | push | more)
        stack.callback(server.kill)
        server.until_ready()
        yield (country, server.port), fcm


def _by_redis(url: str) -> Bare:
    """Announce to one phone through Redis, as a process without sockets does."""
    outlet = SocketOutlet(Fanout(url, write_only=True))

    def bare(who: Person, _line: Line) -> None:
        said = {"spread_s": 0, "said_at": CLOCK.now().timestamp()}
        outlet.emit("resync", said, [rooms.peer(who.id)])

    return bare


async def _run(country: Country, port: int, bare: Bare | None) -> Heard:
    heard = Heard()
    board = Switchboard(port, country)
    lines = await board.all(country.peers, heard.hear)
    await asyncio.sleep(CALM_S)

    def acknowledged(_who: Person, line: Line) -> None:
        line.say(
            "unfollow",
            {"request_id": "0" * 32},
            lambda _answer, seconds: heard.bare.append(seconds * 1000.0),
        )

    say = bare or acknowledged

    async def one(number: int) -> None:
        nurse = country.nurses[number % len(country.nurses)]
        token = country.token(nurse, CLOCK.now())
        ask = {
            "modality": "in_person",
            "place": f"Room {number}",
            "language": "en",
            "consent": True,
        }
        made = await call(port, token, "POST", "/requests", ask, key=new_id())
        if not made.is_ok:
            heard.refused += 1
            return
        heard.answered.append(made.seconds * 1000.0)
        await asyncio.sleep(CANCEL_S)
        path = f"/requests/{made.body['id']}/cancel"
        await call(port, token, "POST", path, {"reason": "mistake"}, key=new_id())

    asking = []
    for number in range(REQUESTS):
        asking.append(asyncio.create_task(one(number)))
        # The bare one half an interval later: not before, not behind, but in the same minute.
        await asyncio.sleep(INTERVAL_S / 2)
        who = country.peers[number * 7 % len(country.peers)]
        say(who, lines[who.id])
        await asyncio.sleep(INTERVAL_S / 2)
    await asyncio.gather(*asking)
    heard.lost = board.lost
    return heard


def _commits(db: Database) -> dict[str, float]:
    """By offer, when the transaction that made it committed, in seconds since 1970."""
    made = select(
        JournalEntry.data, func.pg_xact_commit_timestamp(literal_column("facts.xmin"))
    ).where(JournalEntry.type == FactType.OFFER_MADE.value)
    with db.read() as tx:
        return {data["offer"]["id"]: at.timestamp() for data, at in tx.session.execute(made)}


def _rows(
    where: str, heard: Heard, fcm: TimedFcm, peer: str, commits: dict[str, float]
) -> list[tuple[str, ...]]:
    """The rows of one shape. Without commits that are dated, all counts from the beginning."""
    begun = {name: _at(asked_at) for name, (asked_at, _) in heard.offers.items()}
    ended = commits or begun
    sockets = [(at - ended[name]) * 1000.0 for name, (_, at) in heard.offers.items()]
    whole = [(at - begun[name]) * 1000.0 for name, (_, at) in heard.offers.items()]
    pushes = [(at - ended[name]) * 1000.0 for name, at in fcm.arrived.items() if name in begun]
    ratio = percentile(sockets, 99) / max(percentile(heard.bare, 99), 0.001) if sockets else 0.0
    told = f"{SOCKET_LIMIT_MS:.0f} ms and {SOCKET_RATIO_LIMIT:.0f} x bare: {ratio:.1f} x"
    since = "commit" if commits else "begin"
    odd = f"refused {heard.refused}, lines lost {heard.lost}"

    def row(what: str, values: list[float], limit: str) -> tuple[str, ...]:
        middle, most = (
            (f"{percentile(values, percent):.1f}" for percent in (50, 99)) if values else ("", "")
        )
        return where, what, f"{len(values):,}", middle, most, limit

    return [
        row(peer, heard.bare, "the peer"),
        row(f"{since} to offer on the socket", sockets, told),
        *([row("begin to offer on the socket", whole, "")] if commits else []),
        row(f"{since} to push at the provider", pushes, f"{PUSH_LIMIT_MS:.0f} ms"),
        row("the call itself, to its 201", heard.answered, odd),
    ]


def _at(asked_at: str) -> float:
    return datetime.fromisoformat(asked_at.replace("Z", "+00:00")).timestamp()


if __name__ == "__main__":
    main()
