"""The primary's machine is gone and a standby takes its place: what was answered is there.

Two real servers that follow each other. In one test the product runs as in production and nobody
restarts it; in the others a commit is held where it is known what the standby has heard.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from dispatch.models import SupportRequest
from server.app import create_app
from server.wiring import wire
from storage.clock import SystemClock
from storage.database import Database
from tests.api import people
from tests.api.conftest import Api, make_settings
from tests.api.people import Tenant
from tests.faults.runner.cluster import Cluster
from tests.faults.runner.episode import play
from tests.faults.runner.faults import FAILED_OVER, Fault
from tests.harness.databases import apply_migrations, open_database
from tests.harness.faultproxy import FaultProxy
from tests.harness.postgres import PostgresServer
from tests.harness.standby import Standby

pytestmark = pytest.mark.process

ASK = {"modality": "in_person", "place": "Room 3", "language": "en", "consent": True}
KEY = {"Idempotency-Key": "once"}
SOON_S = 30.0


class Pair:
    """A primary, its standby, and one way to whoever takes writes."""

    def __init__(self, primary: PostgresServer, standby: Standby, way: FaultProxy) -> None:
        self.primary = primary
        self.standby = standby
        self.way = way

    @property
    def url(self) -> str:
        """The one address that the product knows."""
        return self.primary.url().replace(f":{self.primary.port}/", f":{self.way.port}/")

    def until_waiting(self) -> None:
        """Until a commit on the primary waits for the standby."""
        question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        deadline = time.monotonic() + SOON_S
        with psycopg.connect(self.primary.url(), autocommit=True) as connection:
            while connection.execute(question).fetchone() == (0,):
                assert time.monotonic() < deadline, "no commit waits"
                time.sleep(0.02)

    def turn(self) -> None:
        """The primary is gone; the way leads to the standby, which nobody has promoted yet."""
        self.primary.die()
        self.way.target_port = self.standby.port
        self.way.cut()


@contextmanager
def a_pair(*, is_synchronous: bool) -> Iterator[tuple[Pair, Tenant]]:
    """Both servers, with everybody's rows on both."""
    primary = PostgresServer()
    standby = Standby(primary, is_synchronous=is_synchronous)
    try:
        primary.start()
        apply_migrations(primary.url())
        with open_database(primary.url(), SystemClock()) as db:
            here = people.build(db).here
        standby.start()
        with FaultProxy(primary.port) as way:
            yield Pair(primary, standby, way), here
    finally:
        standby.remove()
        primary.remove()


def requests_of(db: Database) -> int:
    with db.read() as tx:
        return tx.session.scalars(select(func.count()).select_from(SupportRequest)).one()


@pytest.mark.timeout(240)
def test_a_standby_takes_over_and_every_promise_is_there(tmp_path: Path) -> None:
    with Cluster("postgresql", tmp_path) as cluster:
        episode = play(cluster, Fault("~postgres", FAILED_OVER, "postgresql"), 1)
        assert episode.broken == [], episode
        assert episode.promises > episode.requests > 0
        assert cluster.restarts == 0, "the product goes on by itself"
        assert cluster.postgres is not None
        with psycopg.connect(cluster.postgres.url("faults")) as connection:
            assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)


def test_nothing_is_promised_that_a_synchronous_standby_has_not_heard(tmp_path: Path) -> None:
    with a_pair(is_synchronous=True) as (pair, here):
        wired = wire(make_settings(pair.url, tmp_path))
        api, nurse = Api(create_app(wired)), here.staff
        api.sign_in(nurse)
        pair.standby.stop_hearing()
        heard = []

        def ask() -> None:
            heard.append(api.post("/requests", nurse, json=ASK, headers=KEY))

        asking = threading.Thread(target=ask)
        asking.start()
        pair.until_waiting()
        pair.turn()
        asking.join(SOON_S)
        assert [(one.status_code, one.get_json()["code"]) for one in heard] == [
            (503, "database_unavailable")
        ]
        # A server that only reads: what is there is shown, what is new is refused, and not as a
        # mistake of ours.
        assert api.get("/requests", nurse).get_json()["items"] == []
        refused = api.post("/requests", nurse, json=ASK, headers=KEY)
        assert (refused.status_code, refused.get_json()["code"]) == (503, "database_unavailable")
        pair.standby.promote()
        again = api.post("/requests", nurse, json=ASK, headers=KEY)
        assert again.status_code == 201, again.get_json()
        assert requests_of(wired.db) == 1
        wired.close()


def test_an_asynchronous_standby_has_lost_what_it_had_not_heard(tmp_path: Path) -> None:
    """The control: it is the waiting for the standby that keeps the promise."""
    with a_pair(is_synchronous=False) as (pair, here):
        wired = wire(make_settings(pair.url, tmp_path))
        api = Api(create_app(wired))
        api.sign_in(here.staff)
        pair.standby.stop_hearing()
        assert api.post("/requests", here.staff, json=ASK, headers=KEY).status_code == 201
        assert requests_of(wired.db) == 1
        pair.turn()
        pair.standby.promote()
        assert requests_of(wired.db) == 0
        wired.close()
