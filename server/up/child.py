"""One process of ours: started, its lines passed on under its name, told to stop."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from server.up import procfile

Say = Callable[[str, bytes], None]

_PR_SET_PDEATHSIG = 1
# Looked up before any fork: afterwards nothing may be loaded.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _prepare() -> None:
    """In the child, before its program: signals are heard, and it ends with whoever started it."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One line of the Procfile, running or waiting for its next try."""

    def __init__(
        self, name: str, command: str, environment: Mapping[str, str], folder: Path, say: Say
    ) -> None:
        self.name = name
        self.due_at: float | None = 0.0
        """When it is to be started, in monotonic seconds; None while it runs."""
        self.status: int | None = None
        """How it ended the last time."""
        self._command = command
        self._environment = environment
        self._folder = folder
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._began = 0.0
        self._failures = 0

    @property
    def is_running(self) -> bool:
        """Whether there is a process that has not been seen to end."""
        return self._process is not None

    def start(self, now: float) -> None:
        """Start it. A shell reads the line, as every runner of Procfiles does, and is replaced."""
        self._began, self.due_at, self.status = now, None, None
        self._process = subprocess.Popen(  # noqa: S603  # a line of our own Procfile
            ["/bin/sh", "-c", f"exec {self._command}"],
            cwd=self._folder,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we tell the others, in order
            preexec_fn=_prepare,  # noqa: PLW1509  # two system calls, no lock taken
        )
        self._reader = threading.Thread(target=self._pass_on, name=self.name, daemon=True)
        self._reader.start()

    def _pass_on(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._say(self.name, line.rstrip(b"\r\n"))

    def look(self, now: float) -> bool:
        """Whether it has ended since the last look; then `due_at` says when it is tried again."""
        if self._process is None:
            return False
        status = self._process.poll()
        if status is None:
            return False
        if self._reader is not None:
            # What it said last; a process of its own that lives on may still hold the pipe.
            self._reader.join(1.0)
        self._process, self.status = None, status
        self._failures = 1 if now - self._began >= procfile.SETTLED_S else self._failures + 1
        self.due_at = now + procfile.wait_s(self._failures)
        return True

    def tell(self, how: signal.Signals) -> None:
        """Send it a signal. It alone: its own processes are its own affair."""
        if self._process is not None:
            self._process.send_signal(how)

    def kill(self) -> None:
        """End it and whatever it started, now."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
