"""Previews of a policy, each played in a process of its own: it takes a processor for minutes.

The dispatcher's turn claims one, starts the process, holds the lease while it lives, and ends it when
it takes too long, when nobody wants it any more or when the dispatcher stops. The process stops by
itself when its dispatcher is gone: then the lease runs out, and another takes the preview.
"""

import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.actions import previews
from dispatch.actions.previews import Taken
from dispatch.previewing import trying
from dispatch.previewing.previews import PreviewError
from dispatch.previewing.trying import NotOurs
from server.settings import Settings
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine

log = logging.getLogger(__name__)

LOOK_S = 1.0
HOLD_S = 5.0
"""How often the lease is renewed."""

TOO_SLOW_S = 900.0
NICE = 15
"""Whatever else this machine does goes first."""


@dataclass
class _Under:
    """The preview that is being played, and by which process."""

    taken: Taken
    process: "subprocess.Popen[bytes]"
    began_s: float
    held_s: float


class Players:
    """Of one dispatcher: one preview at a time."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._under: _Under | None = None

    def tick(self) -> int:
        """Begin the next preview, or look after the one under way; how much there was to do."""
        under = self._under
        if under is None:
            return self._begin()
        status = under.process.poll()
        now_s = time.monotonic()
        if status is not None:
            self._let_go(under)
            if status != 0:
                log.warning("preview %s: its process ended with %s", under.taken.id, status)
                previews.give_back(self._db, under.taken)
            return 1
        if now_s - under.began_s > TOO_SLOW_S:
            self._end()
            previews.fail(self._db, under.taken, PreviewError.TOO_SLOW)
            return 1
        if now_s - under.held_s > HOLD_S:
            under.held_s = now_s
            if not previews.hold(self._db, under.taken):
                self._end()
        return 0

    @property
    def is_playing(self) -> bool:
        """Whether a preview is under way here."""
        return self._under is not None

    def close(self) -> None:
        """End what is under way, and leave it to the next dispatcher."""
        under = self._under
        if under is not None:
            self._end()
            previews.give_back(self._db, under.taken, counts=False)

    def _begin(self) -> int:
        taken = previews.begin(self._db)
        if taken is None:
            return 0
        now_s = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  # our own interpreter, no shell
            [sys.executable, "-m", "server", "preview", taken.id, taken.lease],
            env=_environment(self._settings),
            # It is never written to: its end tells the process that nobody is there any more.
            stdin=subprocess.PIPE,
        )
        self._under = _Under(taken, process, now_s, now_s)
        return 1

    def _end(self) -> None:
        """At once: the process holds nothing that must be finished."""
        under = self._under
        if under is not None:
            under.process.kill()
            under.process.wait()
            self._let_go(under)

    def _let_go(self, under: _Under) -> None:
        if under.process.stdin is not None:
            under.process.stdin.close()
        self._under = None


def _environment(settings: Settings) -> Mapping[str, str]:
    """This process's own, with what a test may have settled without it."""
    return {
        **os.environ,
        "ALONGSIDE_ENV": settings.alongside_env,
        "ALONGSIDE_DATA": str(settings.alongside_data),
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
    }


def play(settings: Settings, preview_id: str, lease: str) -> int:
    """The process itself; the exit status. It is polite, and it does not outlive its dispatcher."""
    os.nice(NICE)
    # The dispatcher blocks these for its threads, and a child inherits that. A Ctrl-C in the
    # terminal reaches this process too; the dispatcher ends it when it stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
    began_s = time.monotonic()

    def elapsed_s() -> float:
        if select.select([sys.stdin], [], [], 0.0)[0]:
            raise NotOurs
        return time.monotonic() - began_s

    db = Database(make_engine(settings.database_url, pool_size=1), SystemClock())
    try:
        trying.play(db, Taken(preview_id, lease), elapsed_s)
    except NotOurs:
        log.info("preview %s: no longer ours", preview_id)
    finally:
        db.engine.dispose()
    return 0
