"""Yeses over HTTP a second, beside pgbench sending what such a yes sends to the database.

The server is `python -m server web` with production's settings: two gunicorn workers, PostgreSQL
(durable) and Redis. Each client is a process with one connection that stays open, and does no more
than write bytes and read them; each yes is another peer's, signed in, to another request, with an
idempotency key, and stops a ladder. The statements are recorded from one such call in process,
through the same wiring. Goal: at least 35 % of pgbench.
"""

import multiprocessing
import os
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from unittest.mock import patch

import psutil

from benchmarks import pgbench
from benchmarks.table import percentile, show
from benchmarks.yeses import NETWORK_IN_SQL, fill, network_of
from server.app import create_app
from server.auth.tokens import AccessTokens
from server.settings import load
from server.wiring import wire
from storage import migrate
from storage.clock import SystemClock
from storage.engine import make_engine
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer
from tests.harness.servers import SECRET, ServerProcess

ROUNDS = 2000
CLIENTS = 8
WORKERS = 2
WARM = 25
"""So many yeses of each client come first and are not counted."""
GOAL = 0.35
SAMPLE = 10**9
"""The number of the request whose yes is recorded; the one before it is said to get warm."""
MOST_TRIES = 200
END_OF_HEAD = b"\r\n\r\n"
STILL_HERE = b"GET /healthz HTTP/1.1\r\nHost: alongside.example" + END_OF_HEAD
"""A connection on which nothing is said for two seconds is closed."""
LENGTH = b"content-length: "
CLOCK = SystemClock()


def main() -> None:
    """Run both and print the table."""
    server = PostgresServer(durable=True)
    with ExitStack() as stack:
        stack.callback(server.remove)
        server.start()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = RedisServer(folder)
        stack.callback(redis.stop)
        redis.start()
        settings = _settings(server, redis)
        # In turn, so that what happens at one time happens in one network or two.
        end = 1 + CLIENTS * WARM + ROUNDS
        ours = [range(1 + n, end, CLIENTS) for n in range(CLIENTS)]
        theirs = range(end, end + ROUNDS)
        engine = make_engine(server.url(), pool_size=1)
        migrate.upgrade(engine)
        fill(engine, [*range(1, theirs.stop), SAMPLE - 1, SAMPLE], signed_in=True)
        engine.dispose()
        script = _record(settings)
        door = ServerProcess("web", folder, **settings)
        stack.callback(door.kill)
        door.until_answering()
        product, latencies = _product(door, ours)
        door.end()
        peer, peer_ms = pgbench.run(server, script, theirs, CLIENTS)
    show(
        f"Yeses over HTTP per second, {CLIENTS} clients, {WORKERS} web processes, "
        f"{pgbench.statements(script)} statements",
        ("what", "per second", "p50 ms", "p99 ms", "of pgbench", "goal"),
        [
            (
                "accept over HTTP",
                f"{product:,.0f}",
                f"{percentile(latencies, 50) * 1000:.1f}",
                f"{percentile(latencies, 99) * 1000:.1f}",
                f"{product / peer:.0%}",
                f"{GOAL:.0%}",
            ),
            ("pgbench, the same SQL", f"{peer:,.0f}", f"{peer_ms:.1f} (mean)", "", "", ""),
        ],
    )


def _settings(server: PostgresServer, redis: RedisServer) -> dict[str, str]:
    """Those of a web process in production; it reaches no phone here, that is the dispatcher's."""
    return {
        "ALONGSIDE_ENV": "production",
        "DATABASE_URL": server.url(),
        "REDIS_URL": redis.url,
        "SECRET_KEY": SECRET,
        "PUBLIC_URL": "https://alongside.example",
        "PUSH": "webpush",
        "WEB_CONCURRENCY": str(WORKERS),
    }


def _product(door: ServerProcess, shares: list[range]) -> tuple[float, list[float]]:
    """Yeses a second of a client for each share, and the time of each yes in seconds."""
    # Forked: a client needs nothing but its socket and the bytes that are ready for it.
    forked = multiprocessing.get_context("fork")
    go = forked.Event()
    ends, clients = [], []
    for held, numbers in zip(_connections(door), shares, strict=False):
        ours, theirs = forked.Pipe()
        calls = [_call(n) for n in numbers]
        clients.append(forked.Process(target=_say, args=(held, calls, go, theirs)))
        clients[-1].start()
        held.close()
        theirs.close()
        ends.append(ours)
    for end in ends:
        end.recv()
    began = time.perf_counter()
    go.set()
    latencies = [taken for end in ends for taken in end.recv()]
    elapsed_s = time.perf_counter() - began
    for client in clients:
        client.join()
    return len(latencies) / elapsed_s, latencies


def _connections(door: ServerProcess) -> Iterator[socket.socket]:
    """A connection for each client, as many to one worker as to another.

    Which of them takes one is the kernel's to say, so it is asked again until it is as it should.
    """
    held: Counter[int] = Counter()
    for _ in range(MOST_TRIES):
        one = socket.create_connection(("127.0.0.1", door.port), timeout=30)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        worker = _holder(door, one.getsockname()[1])
        if held[worker] == CLIENTS // WORKERS:
            one.close()
            continue
        held[worker] += 1
        yield one
        if held.total() == CLIENTS:
            return
    raise RuntimeError("one worker took every connection")


def _holder(door: ServerProcess, port: int) -> int:
    """The worker that has taken the connection from `port`."""
    for _ in range(MOST_TRIES):
        for worker in psutil.Process(door.process.pid).children():
            if any(one.raddr and one.raddr.port == port for one in worker.net_connections("tcp")):
                return int(worker.pid)
        time.sleep(0.01)
    raise RuntimeError("no worker took the connection")


def _head(n: int) -> dict[str, str]:
    """The headers of one yes."""
    token = AccessTokens(SECRET, CLOCK).issue(str(n), str(n), CLOCK.now())[0]
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(n), "Content-Length": "0"}


def _path(n: int) -> str:
    return f"/api/v1/offers/{n}/accept"


def _call(n: int) -> bytes:
    """One yes, as it travels."""
    head = {"Host": "alongside.example"} | _head(n)
    lines = [f"POST {_path(n)} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join(lines).encode() + END_OF_HEAD


def _say(held: socket.socket, calls: list[bytes], go: Event, end: Connection) -> None:
    """A client: get warm, say so, wait for the word, send all, tell how long each took."""
    for one in calls[:WARM]:
        _answer(held, one)
    end.send("warm")
    while not go.wait(0.5):
        _answer(held, STILL_HERE)
    took = []
    for one in calls[WARM:]:
        began = time.perf_counter()
        _answer(held, one)
        took.append(time.perf_counter() - began)
    end.send(took)


def _answer(held: socket.socket, call: bytes) -> None:
    """Send one call and read the whole answer, which must be 200."""
    held.sendall(call)
    heard = b""
    while END_OF_HEAD not in heard:
        heard += _some(held)
    head, _, body = heard.partition(END_OF_HEAD)
    if b" 200 " not in head[:16]:
        raise RuntimeError(f"a yes was refused: {heard!r}")
    length = int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0])
    missing = length - len(body)
    while missing > 0:
        missing -= len(_some(held))


def _some(held: socket.socket) -> bytes:
    heard = held.recv(65_536)
    if not heard:
        raise RuntimeError("the server hung up")
    return heard


def _record(settings: dict[str, str]) -> list[str]:
    """The statements of one yes, through the wiring of a web process."""
    with patch.dict(os.environ, settings):
        wired = wire(load())
    app = create_app(wired)
    # What a board shows is read beside it, for all that happened in a moment.
    wired.publisher.board.gather_s = 3600.0
    also = {network_of(SAMPLE): NETWORK_IN_SQL}
    client = app.test_client()
    client.post(_path(SAMPLE - 1), headers=_head(SAMPLE - 1))
    with pgbench.recorded(wired.db.engine, str(SAMPLE), also) as script:
        answer = client.post(_path(SAMPLE), headers=_head(SAMPLE))
    if answer.status_code != 200:
        raise RuntimeError(f"a yes was refused: {answer.get_data(as_text=True)}")
    wired.close()
    return script


if __name__ == "__main__":
    main()
