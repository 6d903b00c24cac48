"""Release first; then every process is kept running until somebody says stop; then all is finished.

Exit status: 0 when a stop was asked for and everything ended well; 2 when a process refused its
settings, which another try would not mend; else 1, or the status of the release.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from server.up import procfile
from server.up.child import Child

STOP_S = 35.0
"""How long processes may take to finish: longer than each of them takes by itself."""
LOOK_S = 0.5
NEVER = frozenset({2, 126, 127})
"""Ends that another try would not mend: settings that are refused, a program that is not there."""

_ASKED = {signal.SIGTERM, signal.SIGINT}
_HEARD = _ASKED | {signal.SIGCHLD}


class Supervisor:
    """The processes of one machine."""

    def __init__(
        self,
        commands: Mapping[str, str],
        formation: Mapping[str, int],
        folder: Path,
        environment: Mapping[str, str],
        port: int,
    ) -> None:
        self._lock = threading.Lock()
        # Programs are those of this interpreter's environment, whoever calls from wherever.
        programs = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
        self._environment = {**environment, "PATH": programs, "PYTHONUNBUFFERED": "1"}
        release = commands.get(procfile.RELEASE)
        self._release = (
            Child(procfile.RELEASE, release, self._environment, folder, self._say)
            if release is not None
            else None
        )
        self._children = [
            # Several of a kind listen side by side.
            Child(
                f"{name}.{number + 1}",
                commands[name],
                {**self._environment, "PORT": str(port + number)},
                folder,
                self._say,
            )
            for name, many in formation.items()
            for number in range(many)
        ]
        names = [child.name for child in self._children] + [procfile.RELEASE]
        self._width = max(len(name) for name in names)

    def _say(self, name: str, line: bytes) -> None:
        """One line of a process, under its name; never two lines in one."""
        with self._lock:
            out = sys.stdout.buffer
            out.write(name.ljust(self._width).encode() + b" | " + line + b"\n")
            out.flush()

    def _note(self, child: Child, what: str) -> None:
        self._say(child.name, f"-- {what}".encode())

    def run(self) -> int:
        """Until SIGTERM or SIGINT; the exit status."""
        # Blocked, so that they wait until they are looked at; the children hear theirs.
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        if self._release is not None and (status := self._run_release(self._release)) != 0:
            return status
        while True:
            now = time.monotonic()
            for child in self._children:
                if child.look(now) and child.status in NEVER:
                    self._note(child, f"ended with {child.status}, and would again: all is stopped")
                    self._stop()
                    return 2
                if child.status is not None and child.due_at is not None and child.due_at > now:
                    continue
                if not child.is_running:
                    self._start(child, now)
            if self._is_asked(LOOK_S):
                return self._stop()

    def _start(self, child: Child, now: float) -> None:
        if child.status is not None:
            self._note(child, f"ended with {child.status}; started again")
        child.start(now)

    def _run_release(self, release: Child) -> int:
        """What must be done before anything runs; how it went. Asked to stop, it is told so."""
        release.start(time.monotonic())
        while not release.look(time.monotonic()):
            if self._is_asked(LOOK_S):
                release.tell(signal.SIGTERM)
        status = release.status
        assert status is not None
        if status != 0:
            self._note(release, f"ended with {status}: nothing is started")
        return status if status >= 0 else 1

    def _is_asked(self, within_s: float) -> bool:
        """Wait a little, less when a process ends; whether a stop was asked for."""
        heard = signal.sigtimedwait(_HEARD, within_s)
        return heard is not None and heard.si_signo in _ASKED

    def _stop(self) -> int:
        """Tell all, wait for all; asked again, or too late, there is no more waiting."""
        deadline = time.monotonic() + STOP_S
        running = [child for child in self._children if child.is_running]
        told = list(running)
        for child in running:
            child.tell(signal.SIGTERM)
        while running:
            running = [child for child in running if not child.look(time.monotonic())]
            if running and (self._is_asked(0.1) or time.monotonic() > deadline):
                for child in running:
                    self._note(child, "has not finished, and is killed")
                    child.kill()
                deadline = time.monotonic() + STOP_S
        # Who was told while it still started had nothing to finish, and ends by the signal itself.
        late = [child for child in told if child.status not in (0, -signal.SIGTERM)]
        for child in late:
            self._note(child, f"ended with {child.status}")
        return 1 if late else 0
