"""How long a start takes, a start after kill -9, and the change of a web service: limit 3 s each.

Real processes on databases that are there already. The peer, in the same run, is the bare libraries:
`python -c "import flask, sqlalchemy, gevent"`, which no program that uses them can beat. A start is
over when `/readyz` says 200, for a dispatcher when its first heartbeat is in the rows. A change is
SIGTERM of a web service with two processes, with callers who keep their connections and phones on
sockets, until the new one, started as soon as the old one has ended, answers.
"""

import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg

from benchmarks.table import percentile, show
from storage.clock import SystemClock
from tests.faults.runner.crew import Crew, board
from tests.harness.databases import apply_migrations, open_database
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer
from tests.harness.servers import ServerProcess, on_database
from tests.realtime.servers import Phone

TIMES = 5
LIMIT_S = 3.0
LOOK_S = 0.01
PATIENCE_S = 60.0
CALLERS = 20
PHONES = 10
PEER = "import flask, sqlalchemy, gevent"


def main() -> None:
    """Measure all and print the table."""
    rows = [_row(f'python -c "{PEER}"', [_peer() for _ in range(TIMES)], "the peer")]
    with TemporaryDirectory() as folder:
        rows += _embedded(Path(folder))
    with TemporaryDirectory() as folder:
        rows += _apart(Path(folder))
    show(
        "From the start of a process until it is ready, in seconds",
        ("what", "p50", "at most", "limit"),
        rows,
    )


def _row(what: str, took_s: list[float], limit: str = f"{LIMIT_S:.0f} s") -> tuple[str, ...]:
    return what, f"{percentile(took_s, 50):.2f}", f"{max(took_s):.2f}", limit


def _peer() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", PEER], check=True)
    return time.monotonic() - began


def _embedded(folder: Path) -> list[tuple[str, ...]]:
    url = f"sqlite:///{folder / 'start.sqlite3'}"
    apply_migrations(url)
    server = _process("run", folder, url)
    try:
        _until(lambda: _is_ready(server))
        starts = [_begun_again(server, None) for _ in range(TIMES)]
        resumes = [_begun_again(server, signal.SIGKILL) for _ in range(TIMES)]
        changes = [_begun_again(server, signal.SIGTERM) for _ in range(TIMES)]
    finally:
        server.kill()
    return [
        _row("`run` on SQLite", starts),
        _row("`run` on SQLite, kill -9 to ready", resumes),
        _row("`run` on SQLite, SIGTERM to ready", changes),
    ]


def _apart(folder: Path) -> list[tuple[str, ...]]:
    postgres, redis = PostgresServer(durable=True), RedisServer(folder)
    leaves, changes = [], []
    try:
        postgres.start()
        redis.start()
        url = postgres.url()
        apply_migrations(url)
        with open_database(url, SystemClock()) as db:
            crew = board(db)
        more = {"REDIS_URL": redis.url, "WEB_CONCURRENCY": "2", "PUBLIC_URL": "http://127.0.0.1"}
        dispatcher = _process("dispatcher", folder, url, **more)
        web = _process("web", folder, url, **more)
        try:
            _until(lambda: _is_ready(web))
            beats = [_begun_to_beat(dispatcher, url) for _ in range(TIMES)]
            starts = [_begun_again(web, None) for _ in range(TIMES)]
            resumes = [_begun_again(web, signal.SIGKILL) for _ in range(TIMES)]
            for _ in range(TIMES):
                with _company(web, crew):
                    began = time.monotonic()
                    web.end()
                    leaves.append(time.monotonic() - began)
                    web.start()
                    _until(lambda: _is_ready(web))
                    changes.append(time.monotonic() - began)
        finally:
            _kill(web)
            dispatcher.kill()
    finally:
        redis.stop()
        postgres.remove()
    return [
        _row("`dispatcher`, to its first heartbeat", beats),
        _row("`web`, two processes", starts),
        _row("`web`, kill -9 to ready", resumes),
        _row(f"`web`, SIGTERM to its end, {CALLERS} callers, {PHONES} phones", leaves, ""),
        _row(f"`web`, SIGTERM to ready, {CALLERS} callers, {PHONES} phones", changes),
    ]


def _process(command: str, folder: Path, url: str, **more: str) -> ServerProcess:
    return ServerProcess(command, folder, **on_database(url), **more)


def _begun_again(server: ServerProcess, how: signal.Signals | None) -> float:
    """Seconds until it is ready: from the signal; without one, from the start where nothing runs."""
    if how is None:
        _kill(server)
    began = time.monotonic()
    if how is signal.SIGKILL:
        _kill(server)
    elif how is not None:
        server.end(how)
    server.start()
    _until(lambda: _is_ready(server))
    return time.monotonic() - began


def _kill(server: ServerProcess) -> None:
    """The process and those that it started, as a service manager does."""
    family = psutil.Process(server.process.pid).children(recursive=True)
    server.kill()
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    # Dead is enough: who takes over orphans may look for them only now and then.
    _until(lambda: not any(_is_alive(one) for one in family))


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _begun_to_beat(dispatcher: ServerProcess, url: str) -> float:
    """Seconds from the start of another dispatcher until its heart has beaten."""
    dispatcher.kill()
    with psycopg.connect(url, autocommit=True) as connection:

        def hearts() -> int:
            found = connection.execute("SELECT count(*) FROM heartbeats").fetchone()
            return int(found[0]) if found else 0

        before = hearts()
        began = time.monotonic()
        dispatcher.start()
        _until(lambda: hearts() > before)
        return time.monotonic() - began


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not ready in {PATIENCE_S:.0f} s")
        time.sleep(LOOK_S)


def _is_ready(server: ServerProcess) -> bool:
    """One look; a connection of its own, that is not kept."""
    with suppress(OSError, http.client.HTTPException):
        asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=2)
        try:
            asked.request("GET", "/readyz", headers={"Connection": "close"})
            return asked.getresponse().status == 200
        finally:
            asked.close()
    return False


@contextmanager
def _company(web: ServerProcess, crew: Crew) -> Iterator[None]:
    """Callers whose connections wait for their next call, and phones that follow."""
    kept = [http.client.HTTPConnection("127.0.0.1", web.port, timeout=5) for _ in range(CALLERS)]
    phones = [
        Phone(web.url, crew.token(crew.peers[n % len(crew.peers)]), ["websocket"])
        for n in range(PHONES)
    ]
    try:
        for one in kept:
            one.request("GET", "/healthz")
            one.getresponse().read()
        yield
    finally:
        for phone in phones:
            phone.leave()
        for one in kept:
            one.close()


if __name__ == "__main__":
    main()
