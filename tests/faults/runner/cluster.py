"""What runs: the product's own processes behind proxies, looked after as a service manager does.

It starts, watches and heals. It refuses to know what is asked of the processes.
"""

import contextlib
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from storage.failpoints import FIRED, FOLDER
from tests.faults.runner.crew import Crew, board
from tests.harness.databases import apply_migrations
from tests.harness.faultproxy import FaultProxy
from tests.harness.fcm import FcmServer
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer
from tests.harness.servers import ServerProcess, on_database
from tests.harness.stacked import Stacked
from tests.harness.standby import Standby

WORKERS = 2
DISPATCHERS = 2
LOOK_S = 0.05


class Cluster(Stacked):
    """The product in one of its two shapes, from `__enter__` to `__exit__`."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.arms = folder / "armed"
        self.arms.mkdir(parents=True)
        self.restarts = 0

    def _start(self, stack: ExitStack) -> None:
        self.fcm = stack.enter_context(FcmServer())
        self.provider = stack.enter_context(FaultProxy(self.fcm.port))
        key = self.fcm.write_service_account(self.folder / "firebase.json")
        settings = {
            "PUSH": "fcm",
            "FCM_BASE_URL": self.provider_url,
            "FIREBASE_CREDENTIALS": str(key),
            "PUBLIC_URL": "http://127.0.0.1",
            FOLDER: str(self.arms),
        }
        self.postgres: PostgresServer | None = None
        self.standby: Standby | None = None
        self.redis: RedisServer | None = None
        self.way: FaultProxy | None = None
        self.redis_way: FaultProxy | None = None
        if self.database == "postgresql":
            self.postgres = PostgresServer()
            stack.callback(self.postgres.remove)
            self.postgres.start()
            self.postgres.create("faults")
            self.url = self.postgres.url("faults")
            self.way = stack.enter_context(FaultProxy(self.postgres.port))
            self.redis = RedisServer(self.folder)
            stack.callback(self.redis.stop)
            self.redis.start()
            self.redis_way = stack.enter_context(FaultProxy(self.redis.port))
            url = self.url.replace(f":{self.postgres.port}/", f":{self.way.port}/")
            settings |= {
                "REDIS_URL": f"redis://127.0.0.1:{self.redis_way.port}/0",
                "WEB_CONCURRENCY": str(WORKERS),
            }
        else:
            self.url = url = f"sqlite:///{self.folder / 'faults.sqlite3'}"
        apply_migrations(self.url)
        self.db = Database(make_engine(self.url, pool_size=2), SystemClock())
        stack.callback(self._look_away)
        self.crew: Crew = board(self.db)
        settings = on_database(url) | settings
        commands = ["web", *["dispatcher"] * DISPATCHERS] if self.postgres else ["run"]
        self.processes = []
        for command in commands:
            self.processes.append(ServerProcess(command, self.folder, **settings))
            stack.callback(self.processes[-1].kill)
        self.web = self.processes[0]
        self.door = stack.enter_context(FaultProxy(self.web.port))
        self.door_url = f"http://127.0.0.1:{self.door.port}"
        # On a machine that is busy with other things a start may take its time.
        self.web.until_answering("/readyz", within_s=180.0)

    @property
    def provider_url(self) -> str:
        """Where the product thinks the provider is."""
        return f"http://127.0.0.1:{self.provider.port}"

    @property
    def proxies(self) -> list[FaultProxy]:
        """Every way between processes."""
        ways = (self.door, self.provider, self.way, self.redis_way)
        return [way for way in ways if way is not None]

    # Failpoints

    def arm(self, point: str, act: str) -> None:
        """The next process that gets to the point does this."""
        written = self.arms / f".{point}"
        written.write_text(act, encoding="ascii")
        written.rename(self.arms / point)

    def disarm(self) -> None:
        """Nothing is armed and nothing is remembered."""
        for path in self.arms.iterdir():
            path.unlink(missing_ok=True)

    def fired(self, point: str) -> int | None:
        """The process that got there, once one has."""
        for path in self.arms.glob(f"{point}{FIRED}*"):
            return int(path.name.rsplit("-", 1)[1])
        return None

    # Processes

    def role(self, pid: int) -> str:
        """What this process is: web, dispatcher, run."""
        for one in self.processes:
            if one.process.pid == pid:
                return one.command
        return "web"

    def worker(self, number: int = 0) -> int:
        """A process that answers calls; the one process of the embedded shape."""
        children = psutil.Process(self.web.process.pid).children()
        return int(children[number % len(children)].pid) if children else self.web.process.pid

    def supervise(self) -> None:
        """What has ended is started again, as a service manager does."""
        for one in self.processes:
            if one.process.poll() is not None:
                one.start()
                self.restarts += 1

    def proceed(self) -> None:
        """Nobody stands still any longer."""
        for one in self.processes:
            with contextlib.suppress(psutil.Error):
                root = psutil.Process(one.process.pid)
                for each in (root, *root.children()):
                    if each.status() == psutil.STATUS_STOPPED:
                        each.send_signal(signal.SIGCONT)

    def cut_ways_of(self, pid: int) -> int:
        """Reset every connection of one process to a server; how many.

        An embedded database has no connection to cut: there it is those of the callers.
        """
        if self.way is None:
            return self.door.cut()
        with contextlib.suppress(psutil.Error):
            held = psutil.Process(pid).net_connections("tcp")
            ports = {one.laddr.port for one in held if one.laddr}
            return sum(way.cut(ports) for way in self.proxies if way is not self.door)
        return 0

    def add_standby(self) -> None:
        """From now on a commit is answered only once a second server has it."""
        assert self.postgres is not None
        self.standby = Standby(self.postgres)
        self._running.callback(self.standby.remove)
        self.standby.start()

    def fail_over(self, after_s: float) -> None:
        """The primary dies; so long after it somebody promotes the standby and turns the way to it."""
        assert self.postgres is not None
        assert self.standby is not None
        assert self.way is not None
        lost, self.postgres, self.standby = self.postgres, self.standby, None
        lost.die()
        self.wait(after_s)
        # Who comes now finds a server that only reads, as where the address moves first.
        self.way.target_port = self.postgres.port
        self.way.cut()
        self.wait(after_s)
        self.postgres.promote()
        lost.remove()
        # The runner's own look at the rows.
        self.url = self.postgres.url("faults")
        self._look_away()
        self.db = Database(make_engine(self.url, pool_size=2), self.db.clock)

    def _look_away(self) -> None:
        self.db.engine.dispose()

    def wait(self, seconds: float) -> None:
        """Look after the processes for so long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.supervise()
            time.sleep(LOOK_S)

    def heal(self, within_s: float = 60.0) -> None:
        """Everything is there again, and says that it is well."""
        self.disarm()
        for way in self.proxies:
            way.heal()
        self.proceed()
        if self.postgres is not None and not self.postgres.is_running:
            self.postgres.start()
        if self.redis is not None and not self.redis.is_running:
            self.redis.start()
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            self.supervise()
            with contextlib.suppress(OSError, AssertionError):
                self.web.until_answering("/readyz", is_well=False, within_s=1.0)
                if all(one.process.poll() is None for one in self.processes):
                    return
            time.sleep(LOOK_S)
        raise AssertionError(f"not well again: {self.web.log.read_text()[-2000:]}")


def is_stopped(pid: int) -> bool:
    """Whether this process stands still."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def send(pid: int, how: signal.Signals) -> None:
    """A signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)
