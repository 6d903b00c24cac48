"""Two servers for the same clients: ours as in production, and a plain Socket.IO server on Node.

Node's package is installed into a folder that ends with the run; the rest of the world needs neither.
Where there is no Node, or the package cannot be had, ours stands alone and the table says so.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from benchmarks.lines import Switchboard
from benchmarks.load.country import Country, settle
from benchmarks.load.line import Hear
from benchmarks.load.plan import Plan
from benchmarks.load.stage import ROOM, raise_limit
from server.auth.tokens import AccessTokens
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.harness.databases import apply_migrations
from tests.harness.postgres import PostgresServer, die_with_parent, free_port
from tests.harness.redis import RedisServer
from tests.harness.servers import SECRET
from tests.house.repository import ROOT

PACKAGE = "socket.io@4.8.1"
INSTALL_S = 90.0
START_S = 60.0
CALL_S = 60.0


class NoPeer(Exception):
    """There is no Node, or no package for it; the message says which."""


@dataclass(frozen=True)
class Speaker:
    """A server that can be told to speak."""

    name: str
    port: int
    process: psutil.Process
    """The one that holds the sockets."""

    def tell(self, path: str) -> int:
        """Ask it to do something; the number that it answers."""
        answer = requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=CALL_S)
        answer.raise_for_status()
        return int(answer.text)

    async def asked(self, path: str) -> int:
        """The same, while this process goes on listening."""
        return await asyncio.to_thread(self.tell, path)

    def longest_pause_ms(self) -> float | None:
        """The longest stop by a full collection; None from who does not say."""
        answer = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=CALL_S)
        found = re.search(r"^alongside_gc_longest_pause_seconds (\S+)$", answer.text, re.MULTILINE)
        return float(found[1]) * 1000.0 if found else None

    def memory_kb(self) -> float:
        """What is its own alone."""
        return float(self.process.memory_full_info().uss) / 1024.0


@contextmanager
def everybody(phones: int, folder: Path) -> Iterator[tuple[Country, dict[str, str]]]:
    """So many phones' people in a PostgreSQL, and the environment of a server on it."""
    with ExitStack() as stack:
        raise_limit(phones + ROOM)
        postgres = PostgresServer()
        stack.callback(postgres.remove)
        postgres.start()
        postgres.create("phones")
        url = postgres.url("phones")
        redis = RedisServer(folder)
        stack.callback(redis.stop)
        redis.start()
        apply_migrations(url)
        db = Database(make_engine(url, pool_size=2), SystemClock())
        stack.callback(db.engine.dispose)
        country = settle(db, Plan(phones=phones), AccessTokens(SECRET, db.clock))
        yield (
            country,
            {
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "ALONGSIDE_DATA": str(folder),
                "DATABASE_URL": url,
                "REDIS_URL": redis.url,
                "SECRET_KEY": SECRET,
                "PUSH": "memory",
                "LOG_LEVEL": "WARNING",
            },
        )


@contextmanager
def ours(phones: int, folder: Path, environment: dict[str, str]) -> Iterator[Speaker]:
    """One gunicorn worker, started as `python -m server web` starts it."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--worker-class", "server.worker.Worker"),
        *("--workers", "1", "--worker-connections", str(phones + ROOM)),
        *("--graceful-timeout", "5", "--no-control-socket"),
        *("--bind", f"127.0.0.1:{port}", "benchmarks.speaker:app"),
    ]
    with _running(command, port, ROOT, environment, folder / "ours.log") as master:
        [worker] = psutil.Process(master.pid).children()
        yield Speaker("ours", port, worker)


@contextmanager
def node(folder: Path) -> Iterator[Speaker]:
    """Node's own. Raises `NoPeer`."""
    programs = shutil.which("node"), shutil.which("npm")
    if None in programs:
        raise NoPeer("node or npm is not on this machine")
    home = folder / "node"
    home.mkdir()
    install = [str(programs[1]), "install", "--no-audit", "--no-fund", "--silent", PACKAGE]
    try:
        subprocess.run(
            install, cwd=home, check=True, timeout=INSTALL_S, capture_output=True
        )  # a pinned package
    except (subprocess.SubprocessError, OSError) as error:
        raise NoPeer(f"{PACKAGE} could not be installed: {type(error).__name__}") from None
    port = free_port()
    script = Path(__file__).with_name("speaker.js")
    command = [str(programs[0]), "--expose-gc", str(script), str(port)]
    environment = {"PATH": os.environ["PATH"]}
    with _running(command, port, home, environment, folder / "node.log") as process:
        yield Speaker(f"Node, {PACKAGE}", port, psutil.Process(process.pid))


@contextmanager
def _running(
    command: list[str], port: int, folder: Path, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(  # our own command, no shell
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # one call into libc, no lock taken
        )
    try:
        _until_up(process, port, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"did not start: {log.read_text(errors='replace')[-2000:]}")


async def connected(speaker: Speaker, country: Country, hear: Hear) -> Switchboard:
    """All phones of the country on one server."""
    board = Switchboard(speaker.port, country)
    await board.all(country.peers, lambda _who: hear)
    return board
