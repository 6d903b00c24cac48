"""A migration is killed in the middle, or runs while others write: afterwards it is done or was never begun.

Real processes and both databases.
"""

import signal
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from storage import migrate
from storage.clock import SystemClock
from storage.engine import make_engine
from storage.failpoints import FOLDER
from tests.api import people
from tests.harness.databases import Backend, open_database
from tests.harness.servers import ServerProcess, on_database

pytestmark = pytest.mark.process


def tables(engine: Engine) -> set[str]:
    """The tables there are, but for the one that keeps the revision."""
    is_sqlite = engine.dialect.name == "sqlite"
    known = (
        "sqlite_master WHERE type = 'table'"
        if is_sqlite
        else "pg_tables WHERE schemaname = 'public'"
    )
    column = "name" if is_sqlite else "tablename"
    with engine.connect() as connection:
        names = connection.execute(text(f"SELECT {column} FROM {known}")).scalars()
        return set(names) - {"alembic_version"}


def test_killed_before_its_commit_nothing_is_begun_and_the_next_one_does_it(
    backend: Backend, tmp_path: Path
) -> None:
    url = backend.fresh()
    engine = make_engine(url)
    migrate.downgrade(engine, "base")
    assert tables(engine) == set()
    arms = tmp_path / "armed"
    arms.mkdir()
    (arms / "migration.before_commit").write_text("kill")
    settings = on_database(url) | {FOLDER: str(arms)}
    dying = ServerProcess("migrate", tmp_path, **settings)
    assert dying.until_ended() == -signal.SIGKILL
    assert migrate.current(engine) is None
    assert tables(engine) == set()
    assert ServerProcess("migrate", tmp_path, **settings).until_ended() == 0
    assert migrate.current(engine) == migrate.head()
    engine.dispose()
    backend.discard(url)


def test_while_others_write_it_waits_and_they_wait_and_nothing_is_lost(
    database_url: str,
) -> None:
    """Down one revision and up again, while four threads ask for peers."""
    engine = make_engine(database_url)
    with open_database(database_url, SystemClock()) as db:
        people.build(db)
        stop = threading.Event()
        written = [0] * 4
        refused: list[str] = []

        def write(n: int) -> None:
            while not stop.is_set():
                try:
                    with db.transaction() as tx:
                        tx.session.execute(
                            text("UPDATE networks SET name = name WHERE name LIKE 'Network%'")
                        )
                        tx.session.execute(text("INSERT INTO of_a_test VALUES (:n)"), {"n": n})
                except Exception as error:  # noqa: BLE001  # whatever it is fails the test
                    refused.append(repr(error)[:200])
                    return
                written[n] += 1

        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE of_a_test (n INTEGER)"))
        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        migrate.downgrade(engine, "-1")
        migrate.upgrade(engine)
        stop.set()
        for thread in threads:
            thread.join(30)
        assert refused == []
        assert migrate.current(engine) == migrate.head()
        with engine.begin() as connection:
            kept = connection.execute(text("SELECT count(*) FROM of_a_test")).scalar()
            connection.execute(text("DROP TABLE of_a_test"))
        assert kept == sum(written)
        assert all(written)
    engine.dispose()
