"""A sending process that kills itself at a named point: `python -m tests.harness.mortal`.

It is the product's relay on the product's channels, in a process of its own. The product has no
points to fail at; here the channel is wrapped, or the loop is stopped, and the process sends itself
SIGKILL: nothing is finished, flushed or given back. Without a point it goes on until nothing is due.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from notifications.channels.base import Channel, Envelope, Outcome
from notifications.models import Kind
from notifications.relay import Relay
from server import channels
from server.settings import Settings
from server.wiring import Wired, wire
from tests.harness.postgres import die_with_parent
from tests.house.repository import ROOT

POINTS = ("claimed", "begun", "sent", "never")
"""After the claim; after the row says that it is being sent, before a byte leaves; after the
provider took it, before that is recorded."""
LEASE_S = 3.0
"""Long enough for a send on loopback, short enough to be waited for."""
DRAINED_S = 90.0


def die() -> NoReturn:
    """End this process as the machine's owner would: at once."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


class Mortal:
    """A channel whose first send is this process's last."""

    def __init__(self, channel: Channel, point: str) -> None:
        self.kind = channel.kind
        self.workers = channel.workers
        self.deadline_s = channel.deadline_s
        self._channel = channel
        self._point = point

    def send(self, envelope: Envelope) -> Outcome:
        """Die before or after the real send."""
        if self._point == "begun":
            die()
        self._channel.send(envelope)
        die()

    def close(self) -> None:
        """It never comes to that."""


def run(wired: Wired, kind: Kind, point: str, lease_s: float) -> int:
    """Send by one channel until the process dies, or until nothing is due."""
    real = channels.make_one(wired.settings, wired.db, kind)
    channel: Channel = Mortal(real, point) if point in ("begun", "sent") else real
    by_kind: Mapping[Kind, Channel] = {kind: channel}
    relay = Relay(wired.db, by_kind, wired.directory, lease_s=lease_s, patience_s=0.2)
    until = time.monotonic() + DRAINED_S
    while time.monotonic() < until:
        if point == "claimed":
            if relay.claim():
                die()
        elif relay.tick() == 0 and relay.in_flight == 0 and not _waits(wired, kind):
            relay.close()
            return 0
        time.sleep(0.02)
    return 1


def _waits(wired: Wired, kind: Kind) -> bool:
    from notifications import history

    with wired.db.read() as tx:
        return kind in history.oldest_due(tx)


def start(kind: Kind, point: str, folder: Path, **environment: str) -> int:
    """Run it as a process of its own until it ends; the exit status (-9: killed)."""
    inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "tests.harness.mortal", kind.value, point],
        cwd=ROOT,
        env={**inherited, "ALONGSIDE_ENV": "test", "ALONGSIDE_DATA": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        timeout=2 * DRAINED_S,
        check=False,
        preexec_fn=die_with_parent,  # one call into libc, no lock taken
    )
    return done.returncode


def main() -> int:
    """Read the point from the command line, the rest from the environment."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.mortal")
    parser.add_argument("kind", type=Kind)
    parser.add_argument("point", choices=POINTS)
    asked = parser.parse_args()
    wired = wire(Settings())
    return run(wired, asked.kind, asked.point, LEASE_S)


if __name__ == "__main__":
    sys.exit(main())
