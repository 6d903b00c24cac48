"""The outbox in a storm, in a flood, and beside a provider that hangs.

- storm: 100,000 deliveries through the real relay to a provider in memory that fails 30 % of its
  sends in every way there is, by a seed; and a smaller one through the real Firebase SDK to a
  stand-in on loopback. Time is moved by hand, nothing waits. All must be accounted for.
- flood: one site has 10,000 alerts; how long does the first push of another site take from its
  commit to the provider, beside the same without a flood in the same run?
- hang: every push hangs; how long do texts take, beside the same with pushes that work?
"""

import logging
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

from benchmarks.table import percentile, show
from notifications import outbox
from notifications.channels.base import Channel, Envelope, Outcome, Result
from notifications.channels.fcm import FcmChannel
from notifications.models import Kind, Rung
from notifications.outbox import Draft
from notifications.relay import Relay
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from storage.ids import new_id
from tests.harness.databases import START, apply_migrations, open_database
from tests.harness.fcm import (
    INVALID_MESSAGE,
    QUOTA_EXCEEDED,
    RESET,
    RESET_AFTER_TAKING,
    UNAVAILABLE,
    UNREGISTERED,
    Answer,
    FcmServer,
)
from tests.harness.postgres import PostgresServer
from tests.harness.storm import Storm, StormyChannel

DELIVERIES = 100_000
THROUGH_THE_SDK = 2_000
FLOOD = 10_000
PROBES = 150
EVERY_S = 0.03
WORKERS = 16
PROVIDER_S = 0.005
HANGS_S = 2.0
SEED = 20261126
REAL_TROUBLE = (UNAVAILABLE, QUOTA_EXCEEDED, RESET, RESET_AFTER_TAKING, INVALID_MESSAGE)
Row = tuple[str, ...]


def main() -> None:
    """Run everything on both databases and print three tables."""
    logging.disable(logging.CRITICAL)
    storms: list[Row] = []
    floods: list[Row] = []
    hangs: list[Row] = []
    with _sqlite() as url:
        storms.append(_storm("SQLite", url))
    with _sqlite() as url:
        storms.append(_through_the_sdk("SQLite, real SDK", url))
    with _sqlite() as url:
        floods += _flood("SQLite", url)
    with _sqlite() as url:
        hangs += _hang("SQLite", url)
    with _postgres() as fresh:
        storms.append(_storm("PostgreSQL", fresh()))
        storms.append(_through_the_sdk("PostgreSQL, real SDK", fresh()))
        floods += _flood("PostgreSQL", fresh())
        hangs += _hang("PostgreSQL", fresh())
    show(
        "The outbox in a storm: 30 % of all sends fail, in every way",
        ("on", "deliveries", "sends", "minutes", "per second", "unaccounted", "shown twice"),
        storms,
        "Unaccounted: still due at the end, or called sent without the provider having said so. "
        "Shown twice: more than one alert on a phone for the rungs of one offer. Goal: none.",
    )
    show(
        f"First push of a quiet site, beside {FLOOD:,} alerts of another",
        ("on", "measured", "p50 ms", "p99 ms", "goal"),
        floods,
    )
    show(
        "A text, while every push hangs",
        ("on", "measured", "p50 ms", "p99 ms", "goal"),
        hangs,
    )


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'outbox.sqlite3'}"
        apply_migrations(url)
        yield url


@contextmanager
def _postgres() -> Iterator[Callable[[], str]]:
    """Fresh databases of one durable server."""
    server = PostgresServer(durable=True)
    server.start()

    def fresh() -> str:
        name = f"bench_{new_id()[-8:]}"
        server.create(name)
        apply_migrations(server.url(name))
        return server.url(name)

    try:
        yield fresh
    finally:
        server.remove()


def _storm(on: str, url: str) -> Row:
    clock = ManualClock(START)
    with open_database(url, clock) as db:
        storm = Storm(db, clock, phones=DELIVERIES // 5, offers=DELIVERIES // 2)
        storm.fill()
        channel = StormyChannel(SEED)
        told = storm.tally(channel, storm.ride_out(channel))
    return (
        on,
        f"{told.deliveries:,}",
        f"{told.sends:,}",
        f"{told.seconds / 60:.1f}",
        f"{told.deliveries / told.seconds:,.0f}",
        str(told.unaccounted),
        str(told.doubled + max(0, told.most_alerts - 1)),
    )


def _through_the_sdk(on: str, url: str) -> Row:
    """The same people, a real channel, a stand-in that is scripted for each phone."""
    clock, rng = ManualClock(START), Random(SEED)
    with open_database(url, clock) as db, FcmServer() as fcm:
        storm = Storm(db, clock, phones=THROUGH_THE_SDK // 5, offers=THROUGH_THE_SDK // 2)
        storm.fill()
        for token in storm.tokens:
            fcm.script(token, *[_answer(rng) for _ in range(8)])
        channel = FcmChannel(fcm.service_account(), base_url=fcm.url, workers=WORKERS)
        seconds, _ = storm.ride_out(channel)
        shown: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for message in fcm.messages:
            tag = message["android"]["notification"]["tag"]
            shown[message["data"]["offer_id"]].add((message["token"], tag))
        left, deliveries = storm.still_due(), storm.count()
    return (
        on,
        f"{deliveries:,}",
        f"{len(fcm.tried):,}",
        f"{seconds / 60:.1f}",
        f"{deliveries / seconds:,.0f}",
        str(left + abs(THROUGH_THE_SDK - deliveries) + len(fcm.refused)),
        str(sum(len(alerts) - 1 for alerts in shown.values())),
    )


def _answer(rng: Random) -> Answer:
    if rng.random() < 0.01:
        return UNREGISTERED
    return rng.choice(REAL_TROUBLE) if rng.random() < 0.29 else Answer(200)


class Timed:
    """A provider that takes a moment, and notes when each send reached it."""

    deadline_s = 30.0
    workers = WORKERS

    def __init__(self, kind: Kind, takes_s: float) -> None:
        self.kind = kind
        self.takes_s = takes_s
        self.at: dict[str, float] = {}

    def send(self, envelope: Envelope) -> Outcome:
        """Note the moment, then take the time that a provider takes."""
        self.at[envelope.delivery_id] = time.perf_counter()
        time.sleep(self.takes_s)
        return Outcome(Result.DELIVERED)

    def close(self) -> None:
        """Nothing is open."""


def _draft(storm: Storm, kind: Kind, site: str, rung: Rung = Rung.PUSH) -> Draft:
    now = SystemClock().now()
    offer_id = new_id()
    return Draft(
        network_id=storm.network_id,
        site_id=site,
        user_id=storm.users[0],
        device_id=None,
        channel=kind,
        once=new_id(),
        key="offer.in_person_near",
        args={"modality": "in_person"},
        rung=rung,
        locale="en",
        collapse_id=offer_id,
        due_at=now,
        expires_at=now + timedelta(seconds=600),
        request_id=offer_id,
        offer_id=offer_id,
    )


def _write(db: Database, drafts: list[Draft]) -> float:
    """Commit; the moment at which that was done."""
    with db.transaction() as tx:
        outbox.write(tx, drafts)
    return time.perf_counter()


@contextmanager
def _relaying(db: Database, storm: Storm, *channels: Channel) -> Iterator[threading.Event]:
    """A relay at work in a thread of its own, woken by the event."""
    wake, stop = threading.Event(), threading.Event()
    by_kind = {channel.kind: channel for channel in channels}
    relay = Relay(db, by_kind, storm.directory, wake=wake.set, patience_s=0.0)

    def work() -> None:
        while not stop.is_set():
            if relay.tick() == 0:
                wake.wait(0.05)
                wake.clear()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield wake
    finally:
        stop.set()
        thread.join()


def _probe(
    db: Database, storm: Storm, channel: Timed, wake: threading.Event, number: int, rung: Rung
) -> list[float]:
    """Milliseconds from the commit of a quiet site's delivery to the provider."""
    began: dict[str, float] = {}
    for _ in range(number):
        draft = _draft(storm, channel.kind, "quiet", rung)
        began[draft.id] = _write(db, [draft])
        wake.set()
        time.sleep(EVERY_S)
    until = time.perf_counter() + 60
    while not began.keys() <= channel.at.keys() and time.perf_counter() < until:
        time.sleep(0.01)
    late = time.perf_counter()
    return [max(0.0, (channel.at.get(one, late) - at) * 1000) for one, at in began.items()]


def _flood(on: str, url: str) -> list[Row]:
    with open_database(url, SystemClock()) as db:
        storm = Storm(db, ManualClock(SystemClock().now()), phones=1, offers=0)
        storm.fill()
        channel = Timed(Kind.FCM, PROVIDER_S)
        with _relaying(db, storm, channel) as wake:
            idle = _probe(db, storm, channel, wake, PROBES, Rung.PUSH)
            for _ in range(FLOOD // 500):
                _write(db, [_draft(storm, Kind.FCM, "flood") for _ in range(500)])
            flooded = _probe(db, storm, channel, wake, PROBES, Rung.PUSH)
            lasted = len(channel.at) < 2 * PROBES + FLOOD
    more = "" if lasted else " (the flood ended before)"
    return [
        _row(f"{on}, idle", idle, "the peer"),
        _row(f"{on}, in the flood{more}", flooded, "as soon as idle, but for one round"),
    ]


def _hang(on: str, url: str) -> list[Row]:
    with open_database(url, SystemClock()) as db:
        storm = Storm(db, ManualClock(SystemClock().now()), phones=1, offers=0)
        storm.fill()
        push, texts = Timed(Kind.FCM, PROVIDER_S), Timed(Kind.SMS, PROVIDER_S)
        with _relaying(db, storm, push, texts) as wake:
            works = _probe(db, storm, texts, wake, PROBES, Rung.SMS)
            push.takes_s = HANGS_S
            _write(db, [_draft(storm, Kind.FCM, f"site-{n}") for n in range(4 * WORKERS)])
            hung = _probe(db, storm, texts, wake, PROBES, Rung.SMS)
    return [
        _row(f"{on}, pushes work", works, "the peer"),
        _row(f"{on}, pushes hang", hung, "as soon"),
    ]


def _row(on: str, values: list[float], goal: str) -> Row:
    return (
        on,
        str(len(values)),
        f"{percentile(values, 50):.1f}",
        f"{percentile(values, 99):.1f}",
        goal,
    )


if __name__ == "__main__":
    main()
