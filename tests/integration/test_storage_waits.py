"""How a greenlet waits for PostgreSQL: in place while that pays, beside everybody else when it does not.

The database is real, and so are the greenlets: both are in a process of their own, as in production.
"""

import json
import subprocess
import sys
from textwrap import dedent

import pytest

from tests.harness.postgres import PostgresServer
from tests.house.repository import ROOT

WORKER = dedent(
    """
    from gevent import monkey
    monkey.patch_all()
    import json, sys, time
    import gevent
    import psycopg
    from gevent.monkey import get_original
    from psycopg import waiting
    from storage import waits

    beside = [0]
    stock = waiting.wait_poll
    def counted(*arguments):
        beside[0] += 1
        return stock(*arguments)
    waiting.wait_poll = counted
    waits.wait_in_place_first(get_original("select", "poll"))
    url = sys.argv[1]
    turns = [0]
    def others():
        while True:
            turns[0] += 1
            gevent.sleep(0.001)
    gevent.spawn(others)
    said = {}
    with psycopg.connect(url, autocommit=True) as connection:
        # However busy the machine is: what is asked here is who waits where, not how long.
        waits.IN_PLACE_MS = 5_000
        for _ in range(3 * waits.IN_A_ROW):
            assert connection.execute("SELECT 1").fetchone() == (1,)
        said["quick"], beside[0] = beside[0], 0
        waits.IN_PLACE_MS = 1
        before = turns[0]
        assert connection.execute("SELECT pg_sleep(0.3), 7").fetchone()[1] == 7
        said["turns while slow"] = turns[0] - before
        for _ in range(3 * waits.AGAIN):
            connection.execute("SELECT pg_sleep(0.005)")
        beside[0] = 0
        for _ in range(waits.AGAIN):
            connection.execute("SELECT pg_sleep(0.005)")
        said["slow"] = beside[0]
        try:
            connection.execute("SELECT 1 / 0")
        except psycopg.errors.DivisionByZero:
            said["error"] = True
        pid = connection.info.backend_pid
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        try:
            for _ in range(3):
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            said["cut"] = True
    print(json.dumps(said))
    """
)


@pytest.fixture(scope="module")
def said(postgres_server: PostgresServer) -> dict[str, int]:
    """What the process found."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WORKER,
            f"postgresql://postgres@127.0.0.1:{postgres_server.port}/postgres",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_what_is_answered_at_once_is_waited_for_in_place(said: dict[str, int]) -> None:
    """All but those after which everybody else has a turn."""
    assert 0 < said["quick"] < 10


def test_while_a_slow_answer_is_awaited_others_run(said: dict[str, int]) -> None:
    assert said["turns while slow"] > 20


def test_where_answers_are_slow_it_is_not_tried_each_time(said: dict[str, int]) -> None:
    assert said["slow"] >= 49


def test_errors_and_a_cut_connection_come_through(said: dict[str, int]) -> None:
    assert said["error"]
    assert said["cut"]
