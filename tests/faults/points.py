"""Every failpoint of the product: what has just happened there, who gets there, what may be done.

A house test holds this list to the code: each name is reached at one place, and each place is named.
"""

from dataclasses import dataclass

KILL, STOP, RAISE, HANG, DROP = "kill", "stop", "raise", "hang", "drop"
ACTS = (KILL, RAISE, HANG, DROP, STOP)
"""SIGKILL; an exception; the thread stands still for a while; every connection of the process is
cut while it stands at the point; SIGSTOP until past its leases, then SIGCONT."""


@dataclass(frozen=True)
class Point:
    """One place at which a process may be made to fail."""

    name: str
    after: str
    """What has happened when it gets there."""
    acts: tuple[str, ...] = ACTS
    only: str | None = None
    """The one database it is reached with, where that matters."""


_NO_RAISE = (KILL, HANG, DROP, STOP)
"""In a thread that only ever meets its library's own errors."""

_LISTED = (
    Point("commit.before", "everything is written and nothing committed"),
    Point("commit.after", "committed; nobody was told"),
    Point("lease.taken", "due rows carry a lease, not committed"),
    Point("migration.before_commit", "all steps are done, not committed", (KILL, RAISE)),
    Point("request.created", "a request is inserted, its first wave not yet"),
    Point("key.taken", "an idempotency key is inserted, its work not begun"),
    Point("key.answered", "the work and its answer are written, not committed"),
    Point("reply.before", "committed; the caller has no answer"),
    Point("accept.guarded", "the request has taken a yes; offers still stand"),
    Point("accept.closed", "every other offer is closed; there is no visit"),
    Point("accept.visit", "the visit is inserted; no fact says so"),
    Point("accept.journaled", "the facts are inserted; the request has its old number"),
    Point("accept.numbered", "the yes is complete, not committed"),
    Point("step.taken", "a request has taken a step; no fact says so"),
    Point("journal.appended", "a fact is journaled, not committed"),
    Point("wave.offers", "a wave's offers are inserted; no fact says so"),
    Point("wave.journaled", "a wave is complete, not committed"),
    Point("engine.claimed", "due requests are leased and nobody has looked at them"),
    Point("engine.held", "a request is held under its lease, not looked at"),
    Point("engine.decided", "a turn is done, not committed"),
    Point("sweep.duties", "stale duties have ended"),
    Point("sweep.woken", "searches with lost offers are woken"),
    Point("outbox.written", "alerts are written beside their offers, not committed"),
    Point("outbox.stopped", "ladders of ended offers are stopped, not committed"),
    Point("outbox.claimed", "alerts are leased and called unknown; no byte has left"),
    Point("lease.renewed", "leases of sends under way are renewed, not committed"),
    Point("outbox.sending", "a send is about to begin"),
    Point("outbox.sent", "the provider has answered; nothing is recorded"),
    Point("outbox.ended", "outcomes wait to be recorded"),
    Point("outbox.recording", "outcomes are written, not committed"),
    Point("outbox.recorded", "outcomes are committed"),
    Point("announce.begun", "committed; sockets are about to be told"),
    Point("redis.publish", "announcements are about to be published", _NO_RAISE, "postgresql"),
    Point("redis.poke", "the dispatchers are about to be poked", _NO_RAISE, "postgresql"),
    Point("dispatcher.beat", "a dispatcher is about to say that it lives"),
)

POINTS = {point.name: point for point in _LISTED}
