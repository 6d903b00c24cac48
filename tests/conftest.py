"""Fixtures that every test may use: a clock moved by hand, and a database on both backends.

- `clock`         a `ManualClock` at `START`
- `db`            a fresh, migrated `Database` without hooks; the test runs once per backend
- `database_url`  the address of that database, for tests that start processes
- `backend`       hands out more fresh databases (`fresh_database(backend, clock)`)
- `postgres_server`  the one real PostgreSQL of the session; to stop or crash one, start your own
- `redis_server`  a real, empty Redis of this test alone, which may stop it

A test for one backend only says so:
`@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)`.

After every test the invariants are checked on what it left behind. A test that breaks one on
purpose carries `@pytest.mark.unchecked("why")`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.clock import Clock, ManualClock, SystemClock
from storage.database import Database
from tests.harness.databases import (
    BACKENDS,
    START,
    Backend,
    PostgresBackend,
    SqliteBackend,
    assert_invariants,
    open_database,
)
from tests.harness.postgres import PostgresServer
from tests.harness.redis import RedisServer

HERE = Path(__file__).parent
LONGEST = frozenset(
    {
        "properties/test_dispatch.py",
        "integration/test_simulator_world.py",
        "browser/test_video.py",
        "faults/test_runner.py",
    }
)
"""Files that take a minute or two: the last to end, whenever they begin."""
WAITING = ("browser/", "faults/", "races/", "realtime/")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at `START` until the test moves it."""
    return ManualClock(START)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The one PostgreSQL server of this test run."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """An empty Redis of this test's own."""
    server = RedisServer(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgresql_backend(postgres_server: PostgresServer) -> PostgresBackend:
    """Fresh PostgreSQL databases."""
    return PostgresBackend(postgres_server)


@pytest.fixture(scope="session")
def sqlite_backend(tmp_path_factory: pytest.TempPathFactory) -> SqliteBackend:
    """Fresh SQLite files."""
    return SqliteBackend(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """SQLite, then PostgreSQL."""
    chosen: Backend = request.getfixturevalue(f"{request.param}_backend")
    return chosen


@pytest.fixture
def database_url(backend: Backend, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database; afterwards what is in it must keep every invariant.

    Its rows are judged at the test's own time when it has a `db`, else at the system's.
    """
    uses_clock = "db" in request.fixturenames
    judge: Clock = request.getfixturevalue("clock") if uses_clock else SystemClock()
    url = backend.fresh()
    try:
        yield url
        if request.node.get_closest_marker("unchecked") is None:
            assert_invariants(url, judge)
    finally:
        backend.discard(url)


@pytest.fixture
def db(database_url: str, clock: ManualClock) -> Iterator[Database]:
    """A fresh `Database` on the clock of the test; add hooks to its lists where wanted."""
    with open_database(database_url, clock) as database:
        yield database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in an order in which several workers end at about the same time.

    The longest begin first. Those that start browsers and servers, and wait for them, are spread
    among those that only compute: otherwise they would all meet at the end of the run.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    names = {path: path.relative_to(HERE).as_posix() for path in files}
    waiting = [path for path in files if names[path].startswith(WAITING)]
    computing = [path for path in files if path not in waiting]
    places = {
        path: (names[path] not in LONGEST, (number + 0.5) / len(kind))
        for kind in (waiting, computing)
        for number, path in enumerate(kind)
    }
    items[:] = [item for path in sorted(files, key=places.__getitem__) for item in files[path]]


def _not_run(reporter: pytest.TerminalReporter) -> list[str]:
    """One line for every test that was skipped; the product's suite has none by intention."""
    return [f"{report.nodeid}: {report.longrepr}" for report in reporter.stats.get("skipped", [])]


def _why(report: pytest.TestReport) -> str:
    """The line that failed, as short as it can be told."""
    lines = [line for line in report.longreprtext.splitlines() if line.startswith(("E ", ">"))]
    return " | ".join(line[1:].strip() for line in lines[:4])[:400]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Just above the closing line: what was tried again, and what could not be run."""
    terminalreporter.section("summary", sep="=")
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.line(f"failed once, tried again: {report.nodeid}: {_why(report)}")
    for line in _not_run(terminalreporter) or ["nothing"]:
        terminalreporter.line(f"could not be run: {line}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A suite of which a part was not run has not passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter is not None and _not_run(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
