"""How each database is opened: SQLite with a log and writers that queue, PostgreSQL in UTC."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from storage import engine as engine_module
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.harness.databases import Backend, open_database

ONLY_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ONLY_POSTGRES = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@ONLY_SQLITE
def test_sqlite_has_a_write_ahead_log_and_foreign_keys(db: Database) -> None:
    with db.read() as tx:
        settings = {
            name: tx.session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert settings == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "synchronous": 1,
    }


@ONLY_SQLITE
def test_sqlite_readers_do_not_wait_for_a_writer(db: Database) -> None:
    with db.transaction() as writer:
        writer.session.execute(text("SELECT 1"))  # BEGIN IMMEDIATE: the write lock is held
        with db.read() as reader:
            assert reader.session.execute(text("SELECT count(*) FROM users")).scalar() == 0


@ONLY_POSTGRES
def test_postgres_speaks_utc(db: Database) -> None:
    with db.read() as tx:
        assert tx.session.execute(text("SHOW timezone")).scalar() == "UTC"
        isolation = tx.session.execute(text("SHOW transaction_isolation")).scalar()
        assert isolation == "repeatable read"
    with db.transaction() as tx:
        isolation = tx.session.execute(text("SHOW transaction_isolation")).scalar()
        assert isolation == "read committed"


def test_writers_that_read_first_never_lose_an_update(backend: Backend) -> None:
    url = backend.fresh()
    workers, rounds = 8, 25
    with open_database(url, SystemClock()) as db:
        with db.transaction() as tx:
            tx.session.execute(text("CREATE TABLE counter (n INTEGER)"))
            tx.session.execute(text("INSERT INTO counter VALUES (0)"))
        together = threading.Barrier(workers)

        def work(_: int) -> None:
            together.wait()
            for _ in range(rounds):
                with db.transaction() as tx:
                    query = "SELECT n FROM counter"
                    if db.engine.dialect.name == "postgresql":
                        query += " FOR UPDATE"
                    n = tx.session.execute(text(query)).scalar_one()
                    tx.session.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(workers)))
        with db.read() as tx:
            assert tx.session.execute(text("SELECT n FROM counter")).scalar() == workers * rounds
    backend.discard(url)


def test_a_read_engine_and_a_write_engine_share_the_pool(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=2)
    try:
        db = Database(engine, SystemClock())
        for _ in range(20):
            with db.transaction() as tx:
                tx.session.execute(text("SELECT 1"))
            with db.read() as tx:
                tx.session.execute(text("SELECT 1"))
        assert engine.pool.status().count("Connections in pool: 1") == 1
    finally:
        engine.dispose()


def say_one(db: Database) -> None:
    """The shortest transaction there is."""
    with db.transaction() as tx:
        assert tx.session.execute(text("SELECT 1")).scalar() == 1


def cut_others(db: Database) -> int:
    """Let the server end every other connection to this database; how many there were."""
    with db.transaction() as tx:
        return len(
            tx.session.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            ).all()
        )


@ONLY_POSTGRES
@pytest.mark.parametrize("asked_after", [timedelta(hours=1), timedelta(0)])
def test_a_connection_that_was_cut_is_noticed_before_it_is_used(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, asked_after: timedelta
) -> None:
    """Whether it was used just now, and its socket knows, or has lain idle and is asked."""
    monkeypatch.setattr(engine_module, "ASKED_AFTER", asked_after)
    with open_database(database_url, SystemClock()) as other:
        for _ in range(3):
            say_one(other)
            assert cut_others(db) >= 1
            say_one(other)


@ONLY_POSTGRES
def test_a_connection_that_was_used_just_now_is_not_asked(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(db.engine.dialect, "do_ping", asked.append)
    say_one(db)
    say_one(db)
    assert not asked
    monkeypatch.setattr(engine_module, "ASKED_AFTER", timedelta(0))
    say_one(db)
    assert len(asked) == 1
