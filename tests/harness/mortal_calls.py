"""A process that rings for bridged calls and kills itself at a named point.

`python -m tests.harness.mortal_calls POINT`: the product's caller on the product's line. Without a point
it goes on until nothing is due soon.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import select

from notifications.calls.caller import Caller
from notifications.calls.line import Line
from notifications.calls.models import CallJob, JobState
from notifications.channels.base import Outcome
from notifications.models import Kind
from server.settings import Settings
from server.switchboard import VisitSwitch
from server.telephony import calling
from server.wiring import Wired, wire
from tests.harness.mortal import die
from tests.harness.postgres import die_with_parent
from tests.house.repository import ROOT

POINTS = ("claimed", "begun", "sent", "never")
LEASE_S = 4.0
LIMIT_S = 60.0


class MortalLine(Line):
    """A line whose first call is this process's last."""

    point = "never"

    def place(self, call_id: str, number: str, limit_s: int) -> Outcome:
        """Die before or after the real one."""
        if self.point == "begun":
            die()
        outcome = super().place(call_id, number, limit_s)
        if self.point == "sent":
            die()
        return outcome


def run(wired: Wired, point: str) -> int:
    """Ring until the process dies, or until every call is with the provider or over."""
    account = calling(wired.settings)
    assert account is not None
    line = MortalLine(account)
    line.point = point
    caller = Caller(wired.db, line, VisitSwitch(), wired.directory, {Kind.VOICE}, lease_s=LEASE_S)
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        if point == "claimed":
            if caller.claim():
                die()
        else:
            caller.tick()
            if not _waits(wired):
                return 0
        time.sleep(0.05)
    return 1


def _waits(wired: Wired) -> bool:
    with wired.db.read() as tx:
        open_ = (JobState.PENDING, JobState.UNKNOWN, JobState.CLOSING)
        return tx.session.scalar(select(CallJob.id).where(CallJob.state.in_(open_))) is not None


def start(point: str, folder: Path, **environment: str) -> int:
    """Run it as a process of its own until it ends; the exit status (-9: killed)."""
    inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "tests.harness.mortal_calls", point],
        cwd=ROOT,
        env={**inherited, "ALONGSIDE_ENV": "test", "ALONGSIDE_DATA": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        timeout=2 * LIMIT_S,
        check=False,
        preexec_fn=die_with_parent,  # one call into libc, no lock taken
    ).returncode


if __name__ == "__main__":
    sys.exit(run(wire(Settings()), sys.argv[1]))
