"""How many pushes a second one dispatcher sends through the real Firebase SDK, and how soon it looks.

A real dispatcher process on PostgreSQL (with a forced log) and Redis; the provider is a stand-in in
a process of its own, on loopback. Beside it, in the same run: the SDK alone with as many threads and
no database; and how soon Redis alone brings a poke across.
"""

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.table import percentile, show
from notifications import outbox
from notifications.channels.base import Address, Envelope
from notifications.channels.fcm import FcmChannel
from notifications.compose import render
from notifications.models import Delivery, Kind, Rung
from notifications.outbox import Draft
from server.dispatcher import POLL_S
from server.wake import RedisWake
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from storage.ids import new_id
from tests.harness.databases import apply_migrations, open_database
from tests.harness.fcm import FcmServer
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer
from tests.harness.servers import ServerProcess, on_database
from tests.harness.storm import Storm

PHONES = 2000
PUSHES = 6000
AT_ONCE = 500
GOAL_PER_S = 700
PROBES = 200
EVERY_S = 0.05
POKED_LIMIT_MS = 10.0
TEXT = "test_quiet"
PATIENCE_S = 120.0


def main() -> None:
    """Run everything and print two tables."""
    with tempfile.TemporaryDirectory() as name, _stand_in(Path(name)) as (url, key):
        folder = Path(name)
        server, redis = PostgresServer(durable=True), RedisServer(folder)
        try:
            server.start()
            redis.start()
            apply_migrations(server.url())
            with open_database(server.url(), SystemClock()) as db:
                storm = Storm(db, ManualClock(SystemClock().now()), phones=PHONES, offers=0)
                storm.fill()
                sdk = _sdk_alone(url, key, storm)
                ours, claimed = _dispatched(db, storm, folder, server, redis, url, key)
            bare = _redis_alone(redis)
        finally:
            redis.stop()
            server.remove()
    show(
        "Pushes a second through firebase-admin, one dispatcher",
        ("what", "pushes", "per second", "of the SDK alone", "goal"),
        [
            ("one dispatcher", f"{PUSHES:,}", f"{ours:,.0f}", f"{ours / sdk:.0%}", f"{GOAL_PER_S}"),
            ("the SDK alone, as many threads", f"{PUSHES:,}", f"{sdk:,.0f}", "100%", ""),
        ],
    )
    show(
        "From the commit of a push to its claim by the dispatcher",
        ("what", "measured", "p50 ms", "p99 ms", "limit (p99)"),
        [
            _row("Redis alone: published to heard", bare, "the peer"),
            _row("poked", claimed["poked"], f"{POKED_LIMIT_MS:.0f} ms"),
            _row("not poked", claimed["not poked"], f"two polls: {2 * POLL_S * 1000:.0f} ms"),
        ],
    )


@contextmanager
def _stand_in(folder: Path) -> Iterator[tuple[str, str]]:
    """The provider in a process of its own: its address, and the path of a key it knows."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_provide, args=(theirs, folder), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(10)


def _provide(pipe: Connection, folder: Path) -> None:
    with FcmServer() as fcm:
        pipe.send((fcm.url, str(fcm.write_service_account(folder / "firebase.json"))))
        pipe.recv()


def _draft(storm: Storm, number: int) -> Draft:
    """A notice: nothing has to be open for it to be sent."""
    now, user = SystemClock().now(), storm.users[number % PHONES]
    return Draft(
        network_id=storm.network_id,
        site_id=f"site-{number % 50}",
        user_id=user,
        device_id=user,
        channel=Kind.FCM,
        once=new_id(),
        key=TEXT,
        rung=Rung.NOTICE,
        locale="en",
        collapse_id=new_id(),
        due_at=now,
        expires_at=now + timedelta(minutes=10),
    )


def _sdk_alone(url: str, key: str, storm: Storm) -> float:
    """Pushes per second of our channel, which is the SDK and nothing else."""
    channel = FcmChannel(key, base_url=url)
    expires_at = SystemClock().now() + timedelta(minutes=10)
    words = render(TEXT, {}, locale="en", is_private=False)

    def send(number: int) -> bool:
        envelope = Envelope(
            delivery_id=new_id(),
            user_id=storm.users[0],
            address=Address(Kind.FCM, storm.tokens[number % PHONES], platform="android"),
            words=words,
            data={},
            collapse_id=new_id(),
            ttl_s=600,
            expires_at=expires_at,
        )
        return channel.send(envelope).result.value == "delivered"

    with ThreadPoolExecutor(channel.workers) as pool:
        list(pool.map(send, range(200)))  # connections and the grant are not counted
        began = time.perf_counter()
        delivered = sum(pool.map(send, range(PUSHES)))
        took_s = time.perf_counter() - began
    channel.close()
    if delivered != PUSHES:
        raise RuntimeError(f"{delivered} of {PUSHES} pushes were taken")
    return PUSHES / took_s


def _dispatched(
    db: Database,
    storm: Storm,
    folder: Path,
    server: PostgresServer,
    redis: RedisServer,
    url: str,
    key: str,
) -> tuple[float, dict[str, list[float]]]:
    """Pushes per second of a dispatcher process, and ms from commit to claim, poked and not."""
    settings = on_database(server.url()) | {
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        "PUSH": "fcm",
        "FCM_BASE_URL": url,
        "FIREBASE_CREDENTIALS": key,
        "PUBLIC_URL": "http://127.0.0.1",
        "LOG_LEVEL": "WARNING",
    }
    wake = RedisWake(f"redis://127.0.0.1:{redis.port}/0")
    dispatcher = ServerProcess("dispatcher", folder, **settings)
    try:
        _write(db, [_draft(storm, number) for number in range(200)])
        _until_sent(db, 200)
        claimed = {
            "not poked": _claims(db, storm, None),
            "poked": _claims(db, storm, wake),
        }
        before = 200 + 2 * PROBES
        began = time.perf_counter()
        with ThreadPoolExecutor(1) as pool:  # as fast as a web process would write them
            writing = pool.submit(_flood, db, storm, wake)
            _until_sent(db, before + PUSHES)
            writing.result()
        return PUSHES / (time.perf_counter() - began), claimed
    finally:
        dispatcher.end()


def _flood(db: Database, storm: Storm, wake: RedisWake) -> None:
    for start in range(0, PUSHES, AT_ONCE):
        _write(db, [_draft(storm, number) for number in range(start, start + AT_ONCE)])
        wake.poke()


def _write(db: Database, drafts: list[Draft]) -> None:
    with db.transaction() as tx:
        outbox.write(tx, drafts)


def _until_sent(db: Database, number: int) -> None:
    until, sent = time.monotonic() + PATIENCE_S, None
    while time.monotonic() < until:
        with db.read() as tx:
            sent = tx.session.scalar(select(func.count()).where(Delivery.sent_at.is_not(None)))
        if (sent or 0) >= number:
            return
        time.sleep(0.05)
    raise TimeoutError(f"{sent} of {number} pushes were sent")


def _claims(db: Database, storm: Storm, wake: RedisWake | None) -> list[float]:
    """Milliseconds from a commit to the moment that its claim began."""
    committed: dict[str, float] = {}
    for number in range(PROBES):
        draft = _draft(storm, number)
        _write(db, [draft])
        committed[draft.id] = SystemClock().now().timestamp()
        if wake is not None:
            wake.poke()
        time.sleep(EVERY_S if wake is not None else EVERY_S + POLL_S * (number % 7) / 7)
    time.sleep(4 * POLL_S)
    with db.read() as tx:
        rows = tx.session.execute(
            select(Delivery.id, Delivery.attempted_at).where(Delivery.id.in_(committed))
        ).all()
    return [max(0.0, (row.attempted_at.timestamp() - committed[row.id]) * 1000) for row in rows]


def _redis_alone(redis: RedisServer) -> list[float]:
    """Milliseconds from a bare poke to its ear in another thread."""
    wake = RedisWake(f"redis://127.0.0.1:{redis.port}/0")
    ear, heard, stop = wake.waiter(), threading.Event(), threading.Event()

    def listen() -> None:
        while not stop.is_set():
            if ear.wait(POLL_S):
                heard.set()

    thread = threading.Thread(target=listen)
    thread.start()
    heard.wait(5)  # a fresh subscription counts as a poke
    took = []
    for _ in range(PROBES):
        heard.clear()
        began = time.perf_counter()
        wake.poke()
        heard.wait(5)
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(EVERY_S)
    stop.set()
    thread.join()
    return took


def _row(what: str, values: list[float], limit: str) -> tuple[str, ...]:
    p50, p99 = percentile(values, 50), percentile(values, 99)
    return (what, str(len(values)), f"{p50:.1f}", f"{p99:.1f}", limit)


if __name__ == "__main__":
    main()
