"""The harness keeps its promises: fresh databases, real servers, invariants looked at."""

import signal

import psycopg
import redis
from sqlalchemy import text

from storage import migrate
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.databases import START, Backend, fresh_database
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer

COUNT = text("SELECT count(*) FROM networks")


def test_a_database_is_migrated_and_empty(db: Database, clock: ManualClock) -> None:
    assert migrate.current(db.engine) == migrate.head()
    with db.read() as tx:
        assert tx.now == clock.now() == START
        assert tx.session.execute(COUNT).scalar() == 0


def test_two_databases_share_nothing(backend: Backend, clock: ManualClock) -> None:
    with fresh_database(backend, clock) as one, fresh_database(backend, clock) as other:
        with one.transaction() as tx:
            tx.session.execute(text("CREATE TABLE only_here (n INTEGER)"))
        assert one.engine.url != other.engine.url
        with other.engine.connect() as connection:
            assert not other.engine.dialect.has_table(connection, "only_here")


def test_postgres_waits_for_its_log(postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.url()) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_a_crashed_postgres_comes_back_with_what_was_committed() -> None:
    server = PostgresServer()
    try:
        server.start()
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE kept (n INTEGER)")
        server.stop(signal.SIGQUIT)
        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        server.remove()


def test_a_redis_that_was_stopped_comes_back_empty(redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("here", "yes")
    redis_server.stop()
    redis_server.start()
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.get("here") is None
