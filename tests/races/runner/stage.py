"""What runs for those who come over HTTP and sockets: PostgreSQL, Redis, web processes, a dispatcher.

It starts them as production does and listens to their complaints. It refuses to know who comes.
"""

from contextlib import ExitStack
from pathlib import Path

from server.auth.tokens import AccessTokens
from storage.clock import SystemClock
from tests.harness.databases import apply_migrations, open_database
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer
from tests.harness.servers import SECRET, ServerProcess, on_database
from tests.harness.stacked import Stacked

START_S = 180.0
"""On a machine that is busy with other things a start may take its time."""

KEPT = {"GUNICORN_CMD_ARGS": "--keep-alive 600"}
"""By itself the server gives a connection up that was quiet for two seconds. A POST that meets it just
then is lost, at a busy time often: the proxy of an installation keeps none for that reason."""


class Stage(Stacked):
    """The processes, from `__enter__` to `__exit__`."""

    def __init__(
        self,
        folder: Path,
        *,
        webs: int = 1,
        workers: int = 1,
    ) -> None:
        self.folder = folder
        self._webs = webs
        self._workers = workers
        self._read: dict[Path, int] = {}
        """How much of each log was looked at."""

    def _start(self, stack: ExitStack) -> None:
        server = PostgresServer()
        stack.callback(server.remove)
        server.start()
        server.create("stage")
        url = server.url("stage")
        apply_migrations(url)
        redis = RedisServer(self.folder)
        stack.callback(redis.stop)
        redis.start()
        self.db = stack.enter_context(open_database(url, SystemClock()))
        # On the console everybody rings without a device, so that nobody counts as unreachable.
        settings = on_database(url) | {"PUSH": "console", "REDIS_URL": redis.url}
        settings |= {"PUBLIC_URL": "http://127.0.0.1", "WEB_CONCURRENCY": str(self._workers)}
        settings |= KEPT
        self.processes = []
        for command in [*["web"] * self._webs, "dispatcher"]:
            self.processes.append(ServerProcess(command, self.folder, **settings))
            stack.callback(self.processes[-1].kill)
        self.webs = self.processes[: self._webs]

    def until_ready(self) -> None:
        """Wait until every web process says that all is well."""
        for web in self.webs:
            web.until_answering("/readyz", within_s=START_S)

    def token(self, user_id: str, session_id: str) -> str:
        """A fresh access token: a long run outlives one."""
        tokens = AccessTokens(SECRET, self.db.clock)
        return tokens.issue(user_id, session_id, self.db.clock.now())[0]

    def complaints(self) -> list[str]:
        """A sentence for each process that has ended, or logged an error since the last look."""
        found = []
        for one in self.processes:
            if one.process.poll() is not None:
                found.append(f"{one.command} has ended with {one.process.returncode}")
            with one.log.open("rb") as log:
                log.seek(self._read.get(one.log, 0))
                said = log.read().decode(errors="replace")
                self._read[one.log] = log.tell()
            found += [
                f"{one.command} logged: {line[:300]}"
                for line in said.splitlines()
                if "Traceback" in line or '"level": "error"' in line
            ]
        return found
