"""The database goes away, refuses, is full or is busy: what was answered stands, the rest is told so.

Real databases; the way to PostgreSQL leads through a proxy that can be cut.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import DiskFull
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from dispatch.models import SupportRequest
from server.app import create_app
from server.wiring import Wired, wire
from storage.clock import ManualClock, SystemClock
from storage.database import Database, Transaction
from tests.api import people
from tests.api.conftest import Api, make_settings
from tests.api.people import World
from tests.harness.databases import apply_migrations, open_database
from tests.harness.faultproxy import FaultProxy
from tests.harness.fulldisk import full_disk
from tests.harness.postgres import PostgresServer

ASK = {"modality": "in_person", "place": "Room 3", "language": "en", "consent": True}
ON_DUTY = {"on_duty": True, "modalities": ["in_person"]}
only_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def wired(db: Database, database_url: str, clock: ManualClock, tmp_path: Path) -> Iterator[Wired]:
    """The application's own database, with as few connections as possible."""
    plugged = wire(make_settings(database_url, tmp_path, database_pool_size=2), clock)
    yield plugged
    plugged.close()


@pytest.fixture
def world(db: Database) -> World:
    """Two networks."""
    return people.build(db)


def requests_of(db: Database) -> int:
    with db.read() as tx:
        return tx.session.scalars(select(func.count()).select_from(SupportRequest)).one()


@only_postgresql
def test_a_commit_whose_answer_was_lost_is_found_by_its_key(
    db: Database, database_url: str, world: World, clock: ManualClock, tmp_path: Path
) -> None:
    """The connection is cut after COMMIT was sent: nobody here knows, the key does."""
    port = int(database_url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    with FaultProxy(port) as proxy:
        url = database_url.replace(f":{port}/", f":{proxy.port}/")
        wired = wire(make_settings(url, tmp_path), clock)
        api = Api(create_app(wired))
        nurse = world.here.staff
        api.sign_in(nurse)
        key = {"Idempotency-Key": "once"}

        def cut(_tx: Transaction) -> None:
            # The last thing before COMMIT: it will arrive, and its answer will not.
            proxy.become(cut_after=0)

        wired.db.before_commit.append(cut)
        lost = api.post("/requests", nurse, json=ASK, headers=key)
        assert (lost.status_code, lost.get_json()["code"]) == (503, "database_unavailable")
        wired.db.before_commit.remove(cut)
        proxy.heal()
        assert requests_of(db) == 1, "it was committed all the same"
        again = api.post("/requests", nurse, json=ASK, headers=key)
        assert again.status_code == 201
        assert again.headers["Idempotency-Replayed"] == "true"
        assert requests_of(db) == 1
        wired.close()


def test_a_database_that_dies_in_mid_transaction_keeps_what_was_committed(tmp_path: Path) -> None:
    server = PostgresServer()
    try:
        server.start()
        apply_migrations(server.url())
        with open_database(server.url(), SystemClock()) as db:
            people.build(db)

            def rename() -> None:
                with db.transaction() as tx:
                    tx.session.execute(text("UPDATE networks SET name = name || '!'"))
                    server.stop()
                    tx.session.execute(text("SELECT 1"))

            with pytest.raises(DBAPIError):
                rename()
            with pytest.raises(DBAPIError), db.read() as tx:
                tx.session.execute(text("SELECT 1"))
            server.start()
            with db.read() as tx:
                names = tx.session.scalars(text("SELECT name FROM networks ORDER BY name")).all()
            assert names == ["Network here", "Network there"]
    finally:
        server.remove()


@only_postgresql
def test_a_serialization_error_is_a_503_and_the_next_try_works(
    db: Database, database_url: str, wired: Wired, world: World
) -> None:
    """An operator has made SERIALIZABLE the default: races end in errors, never in two visits."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(
            f"ALTER DATABASE {name} SET default_transaction_isolation = serializable"
        )
    try:
        wired.db.engine.dispose()
        app = create_app(wired)
        here = world.here
        for peer in here.peers:
            assert Api(app).call("PUT", "/duty", peer, json=ON_DUTY).status_code == 200
        nurse = Api(app)
        made = nurse.post("/requests", here.staff, json=ASK).get_json()
        phones = [Api(app) for _ in here.peers]
        offers = [
            phone.get("/offers", peer).get_json()["items"][0]["id"]
            for phone, peer in zip(phones, here.peers, strict=True)
        ]

        def yes(n: int) -> int:
            for _ in range(20):
                code = phones[n].post(f"/offers/{offers[n]}/accept", here.peers[n]).status_code
                if code != 503:
                    return code
            return 503

        with ThreadPoolExecutor(2) as pool:
            heard = Counter(pool.map(yes, range(2)))
        assert heard == {200: 1, 409: 1}
        assert nurse.get(f"/requests/{made['id']}", here.staff).get_json()["state"] == "accepted"
    finally:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")


@only_sqlite
def test_a_full_disk_refuses_what_is_new_shows_what_is_there_and_heals(
    db: Database, wired: Wired, world: World
) -> None:
    limit = "PRAGMA max_page_count = 1"  # SQLite takes the size it has when that is larger

    def full(connection: Any, _entry: Any) -> None:
        connection.execute(limit)

    here = world.here
    api = Api(create_app(wired))
    before = api.post("/requests", here.staff, json=ASK).get_json()
    event.listen(wired.db.engine, "connect", full)
    wired.db.engine.dispose()
    big = ASK | {"note": "x" * 200}
    answers = [api.post("/requests", here.staff, json=big) for _ in range(60)]
    codes = [answer.status_code for answer in answers]
    assert 503 in codes, "the disk never was full"
    first = codes.index(503)
    assert set(codes[:first]) <= {201}
    assert answers[first].get_json()["code"] == "database_unavailable"
    assert api.get(f"/requests/{before['id']}", here.staff).status_code == 200
    event.remove(wired.db.engine, "connect", full)
    wired.db.engine.dispose()
    assert api.post("/requests", here.staff, json=big).status_code == 201


def test_a_full_disk_under_postgresql_refuses_what_is_new_shows_what_is_there_and_heals(
    tmp_path: Path,
) -> None:
    """No row of a table that is empty so far finds room: the keys of calls are one of them."""
    server = PostgresServer()
    try:
        server.start()
        apply_migrations(server.url())
        wired = wire(make_settings(server.url(), tmp_path))
        nurse = people.build(wired.db).here.staff
        api = Api(create_app(wired))
        key = {"Idempotency-Key": "once"}
        before = api.post("/requests", nurse, json=ASK).get_json()
        with full_disk(server, "postgres") as tables:
            assert tables > 10
            for _ in range(3):
                refused = api.post("/requests", nurse, json=ASK, headers=key)
                assert (refused.status_code, refused.get_json()["code"]) == (
                    503,
                    "database_unavailable",
                )
            shown = api.get(f"/requests/{before['id']}", nurse)
            assert (shown.status_code, shown.get_json()["id"]) == (200, before["id"])
            with psycopg.connect(server.url()) as connection, pytest.raises(DiskFull):
                connection.execute(
                    "INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at)"
                    " VALUES (%s, 'x', 'x', now())",
                    [nurse.id],
                )
        made = api.post("/requests", nurse, json=ASK, headers=key)
        assert made.status_code == 201, made.get_json()
        assert requests_of(wired.db) == 2
        wired.close()
    finally:
        server.remove()


@only_sqlite
def test_eight_writers_at_once_hear_no_error(db: Database, wired: Wired, world: World) -> None:
    here, app = world.here, create_app(wired)
    together = threading.Barrier(8)

    def ask(_: int) -> list[int]:
        api = Api(app)
        api.sign_in(here.staff)
        together.wait(30)
        return [api.post("/requests", here.staff, json=ASK).status_code for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        heard = [code for codes in pool.map(ask, range(8)) for code in codes]
    assert heard == [201] * 40
    assert requests_of(db) == 40
