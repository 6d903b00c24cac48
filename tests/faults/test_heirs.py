"""A dispatcher that dies leaves its claims to the others at once; one that lives keeps them.

No time passes in these tests: what is taken over is taken over before its lease ends.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from dispatch import engine
from dispatch.models import SupportRequest
from dispatch.states import Role
from notifications.channels.memory import MemoryChannel
from notifications.models import DeliveryState, Kind, Rung
from server.heirs import Heirs
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.databases import open_database
from tests.harness.phones import Phones
from tests.harness.world import World
from tests.house.repository import ROOT
from tests.integration.test_notifications_relay import relay

DYING = """
import os, signal
from notifications.channels.memory import MemoryChannel
from notifications.models import Kind
from notifications.relay import Relay
from server.heirs import Heirs
from server.settings import Settings
from server.wiring import wire

wired = wire(Settings())
Heirs(wired.db).look()
assert Relay(wired.db, {Kind.FCM: MemoryChannel()}, wired.directory).claim()
os.kill(os.getpid(), signal.SIGKILL)
"""
only_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@pytest.fixture
def elsewhere(db: Database, database_url: str, clock: ManualClock) -> Iterator[Database]:
    """The same rows, as another process has them."""
    with open_database(database_url, clock) as other:
        yield other


def looks(heirs: Heirs, times: int = 2) -> int:
    """So many looks; how many rows were taken over."""
    return sum(heirs.look() for _ in range(times))


def taken_over(heirs: Heirs, within_s: float = 10.0) -> int:
    """How many rows are taken over as soon as any are: a server needs a moment to see a line end."""
    until = time.monotonic() + within_s
    while (found := looks(heirs)) == 0 and time.monotonic() < until:
        time.sleep(0.02)
    return found


def test_a_push_that_was_claimed_by_a_process_that_was_killed_goes_out_at_once(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    phones.offer(phones.person("token-a"))
    killed = subprocess.run(
        [sys.executable, "-c", DYING],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "ALONGSIDE_ENV": "test",
            "ALONGSIDE_DATA": str(tmp_path),
            "DATABASE_URL": database_url,
            "PUSH": "memory",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    one = relay(phones, fcm)
    assert one.tick() == 0, "it is leased still"
    heirs = Heirs(db)
    assert taken_over(heirs) > 0
    assert one.tick() > 0
    assert fcm.rang("token-a")
    assert phones.row(rung=Rung.PUSH).state is DeliveryState.SENT
    heirs.close()


def test_a_search_goes_on_when_its_dispatcher_has_gone(
    db: Database, elsewhere: Database, clock: ManualClock
) -> None:
    world = World(db, clock)
    admin = world.network()
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    request_id = world.ask(nurse)
    world.peer(admin, "Marcus T.")
    with db.transaction() as tx:
        tx.session.execute(update(SupportRequest).values(next_action_at=tx.now))
    gone = Heirs(elsewhere)
    gone.look()
    mark = elsewhere.mark
    assert mark
    with elsewhere.transaction() as tx:
        tx.session.execute(
            update(SupportRequest).values(
                lease=f"{mark}{'0' * 24}", leased_until=clock.now().replace(year=2030)
            )
        )
    gone.close()
    assert engine.tick(db) == 0
    heirs = Heirs(db)
    assert taken_over(heirs) == 1
    assert engine.tick(db) == 1
    assert world.asked(request_id) == ["Marcus T."]
    heirs.close()


def test_who_lives_keeps_what_it_claimed(db: Database, elsewhere: Database) -> None:
    phones = Phones(db)
    phones.offer(phones.person("token-a"))
    theirs, ours = Heirs(elsewhere), Heirs(db)
    theirs.look()
    phones.db = elsewhere
    claims = relay(phones, MemoryChannel()).claim()
    assert [claim.lease[:8] for claim in claims] == [elsewhere.mark]
    assert looks(ours, 5) == 0
    assert phones.row(rung=Rung.PUSH).lease == claims[0].lease
    theirs.close()
    ours.close()


def test_who_is_found_gone_and_is_not_stands_back(db: Database, elsewhere: Database) -> None:
    """Its connection was cut for a while: what it holds is another's now, and it sends nothing."""
    phones, first, second = Phones(db), MemoryChannel(), MemoryChannel()
    phones.offer(phones.person("token-a"))
    theirs, ours = Heirs(elsewhere), Heirs(db)
    theirs.look()
    awake = relay(phones, second)
    phones.db = elsewhere
    cut_off = relay(phones, first)
    claims = cut_off.claim()
    theirs.close()
    assert taken_over(ours) == 1
    assert awake.tick() > 0
    assert cut_off.send(claims) == (0, 1)
    assert (len(first.sent), len(second.sent)) == (0, 1)
    ours.close()


def test_a_text_stays_with_whoever_may_be_sending_it(
    db: Database, elsewhere: Database, clock: ManualClock
) -> None:
    """Two texts do not replace each other: only its lease says when another may begin."""
    phones = Phones(db, kinds=(Kind.FCM, Kind.SMS))
    peer = phones.person("token-a")
    phones.device(peer, "+15550100", kind=Kind.SMS)
    phones.offer(peer)
    clock.advance(60)
    theirs, ours = Heirs(elsewhere), Heirs(db)
    theirs.look()
    phones.db = elsewhere
    relay(phones, MemoryChannel(), MemoryChannel(Kind.SMS)).claim()
    text_lease = phones.row(rung=Rung.SMS).lease
    assert text_lease is not None
    assert text_lease.startswith(elsewhere.mark)
    assert phones.row(rung=Rung.PUSH).lease is not None
    theirs.close()
    assert taken_over(ours) > 0
    assert phones.row(rung=Rung.PUSH).lease is None
    assert phones.row(rung=Rung.SMS).lease == text_lease
    ours.close()


@only_postgresql
def test_a_connection_that_was_cut_for_a_moment_is_no_death(
    db: Database, elsewhere: Database
) -> None:
    phones = Phones(db)
    phones.offer(phones.person("token-a"))
    theirs, ours = Heirs(elsewhere), Heirs(db)
    theirs.look()
    phones.db = elsewhere
    assert relay(phones, MemoryChannel()).claim()
    ours.look()
    with db.transaction() as tx:
        tx.session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND objid = :number"
            ),
            {"number": int(elsewhere.mark[1:], 16)},
        )
    assert ours.look() == 0
    theirs.look()
    assert looks(ours, 5) == 0
    theirs.close()
    ours.close()
