"""The processes of production's shape on this machine, started and ended.

PostgreSQL forces its log as in production, the settings are production's, the provider is a stand-in.
"""

import resource
import secrets
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks.load.plan import Plan
from server.auth.tokens import AccessTokens
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.harness.databases import apply_migrations
from tests.harness.fcm import FcmServer
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer
from tests.harness.servers import ServerProcess
from tests.harness.stacked import Stacked

ROOM = 1_000
"""Files and connections beside one for each phone: calls, the database, libraries."""


class TooManyPhones(Exception):
    """More than this machine lets one process hold; the message says how many that is."""


class Stage(Stacked):
    """Everything but the phones, from `__enter__` to `__exit__`."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        fcm: FcmServer | None = None,
        *,
        dates_commits: bool = False,
    ) -> None:
        self.fcm = fcm or FcmServer()
        self._dates_commits = dates_commits
        self._plan = plan
        self._folder = folder

    def _start(self, stack: ExitStack) -> None:
        raise_limit(held(self._plan))
        stack.enter_context(self.fcm)
        key = self.fcm.write_service_account(self._folder / "firebase.json")
        self.postgres = PostgresServer(
            durable=self._plan.forces_log, dates_commits=self._dates_commits
        )
        stack.callback(self.postgres.remove)
        self.postgres.start()
        self.postgres.create("load")
        url = self.postgres.url("load")
        self.redis = RedisServer(self._folder)
        stack.callback(self.redis.stop)
        self.redis.start()
        apply_migrations(url)
        self.db = Database(make_engine(url, pool_size=2), SystemClock())
        stack.callback(self.db.engine.dispose)
        secret = secrets.token_urlsafe(48)
        self.tokens = AccessTokens(secret, self.db.clock)
        settings = {
            "ALONGSIDE_ENV": "production",
            "DATABASE_URL": url,
            "REDIS_URL": self.redis.url,
            "SECRET_KEY": secret,
            "PUBLIC_URL": "https://alongside.example",
            "PUSH": "fcm",
            "FCM_BASE_URL": self.fcm.url,
            "FIREBASE_CREDENTIALS": str(key),
            "WEB_CONCURRENCY": str(self._plan.web),
            # The workers do not share evenly, and calls need room beside the sockets.
            "WEB_CONNECTIONS": str(held(self._plan)),
            "LOG_LEVEL": "WARNING",
        }
        self.web = ServerProcess("web", self._folder, **settings)
        stack.callback(self.web.kill)
        self.dispatcher = ServerProcess("dispatcher", self._folder, **settings)
        stack.callback(self.dispatcher.kill)
        self.web.until_answering("/readyz")

    def processes(self) -> dict[str, list[psutil.Process]]:
        """What runs, by name; web processes apart from each other, PostgreSQL's together."""
        workers = psutil.Process(self.web.process.pid).children()
        names = ["web"] if len(workers) == 1 else [f"web {n + 1}" for n in range(len(workers))]
        found = {name: [worker] for name, worker in zip(names, workers, strict=True)}
        found["dispatcher"] = [psutil.Process(self.dispatcher.process.pid)]
        root = psutil.Process(self.postgres.pid)
        found["PostgreSQL"] = [root, *root.children()]
        found["Redis"] = [psutil.Process(self.redis.pid)]
        found["phones (this process)"] = [psutil.Process()]
        return found

    def slow_readers(self) -> int:
        """How many clients were cut because they did not read, by the log: `/metrics` knows of one process."""
        return self.web.log.read_text(errors="replace").count("a client does not read")

    def complaints(self) -> list[str]:
        """Lines of the product's logs that speak of a mistake."""
        logs = (self.web.log, self.dispatcher.log)
        lines = (line for log in logs for line in log.read_text(errors="replace").splitlines())
        return [line for line in lines if '"level": "error"' in line or "Traceback" in line]


def held(plan: Plan) -> int:
    """Connections and files of one process: who comes back may be there before who left is missed."""
    return plan.phones + plan.reconnect + ROOM


def raise_limit(files: int) -> None:
    """Let this process and those it starts hold so many files. Raises `TooManyPhones`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        raise TooManyPhones(f"{files:,} files are needed, the hard limit (ulimit -Hn) is {hard:,}")
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
