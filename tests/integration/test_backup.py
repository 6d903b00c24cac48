"""A backup is made while people work, restored into a new database, and the doctor finds it whole."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, func, select

from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine, parse_url
from tests.api.people import build
from tests.harness.databases import assert_invariants
from tests.harness.postgres import PROGRAMS, PostgresServer
from tests.harness.servers import ServerProcess, on_database
from tests.house.repository import ROOT

pytestmark = pytest.mark.process


def run(script: str, database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the scripts, on a database."""
    return run_with({"PYTHON": sys.executable, "DATABASE_URL": database_url}, script, *arguments)


def run_with(
    environment: dict[str, str], script: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """One of the scripts, told the database in whichever way."""
    # pg_dump must be of the server's version or newer, as in production.
    return subprocess.run(
        [ROOT / "deploy" / script, *arguments],
        env=environment | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def rows(database_url: str) -> dict[str, int]:
    """How many rows each table has."""
    engine = make_engine(database_url, pool_size=1)
    meta = MetaData()
    with engine.connect() as connection:
        meta.reflect(connection)
        counted = {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in meta.tables.items()
        }
    engine.dispose()
    return counted


@pytest.fixture
def empty(database_url: str, postgres_server: PostgresServer, tmp_path: Path) -> Iterator[str]:
    """The address of a database that has nothing in it yet."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/restored.sqlite3"
        return
    postgres_server.create("restored")
    yield postgres_server.url("restored")
    postgres_server.drop("restored")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_container_that_has_no_python_backs_up_and_restores(
    db: Database, database_url: str, empty: str, tmp_path: Path
) -> None:
    build(db)

    def done(url: str, script: str, *arguments: str) -> str:
        where = parse_url(url)
        told = {
            "PGHOST": where.host,
            "PGPORT": where.port,
            "PGUSER": where.username,
            "PGPASSWORD": where.password,
            "PGDATABASE": where.database,
        }
        named = {name: str(value) for name, value in told.items() if value is not None}
        ended = run_with(named | {"PYTHON": "/nowhere"}, script, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    made = done(database_url, "backup.sh", str(tmp_path))
    done(empty, "restore.sh", made)
    assert rows(empty) == rows(database_url)


def test_what_is_backed_up_can_be_restored(
    db: Database, database_url: str, empty: str, tmp_path: Path
) -> None:
    build(db)
    before = rows(database_url)
    assert before["users"] > 5
    folder = tmp_path / "backups"
    with db.transaction() as tx:
        # Somebody is in the middle of something; it is not in the backup, and nobody waits.
        tx.session.connection()
        made = run("backup.sh", database_url, str(folder))
    assert made.returncode == 0, made.stderr
    [backup] = folder.iterdir()
    assert made.stdout.strip() == str(backup)
    assert backup.stat().st_mode & 0o077 == 0

    restored = run("restore.sh", empty, str(backup))
    assert restored.returncode == 0, restored.stderr
    assert rows(empty) == before
    assert_invariants(empty, SystemClock())
    again = run("restore.sh", empty, str(backup))
    assert again.returncode == 1
    assert "nothing was changed" in again.stderr

    # Nothing is wrong with it but that nobody dispatches yet, and how the tests' server is set.
    doctor = ServerProcess("doctor", tmp_path, BACKUP_FOLDER=str(folder), **on_database(empty))
    doctor.until_ended()
    told = doctor.log.read_text()
    bad = {line.split()[1] for line in told.splitlines() if line.startswith("BAD")}
    assert bad <= {"dispatcher", "durability"}, told
    assert "the newest of 1 is 0 h old" in told
    assert "invariants  all hold" in told


def test_what_cannot_be_backed_up_leaves_nothing_behind(tmp_path: Path) -> None:
    for url, said in (
        ("", "must be set"),
        ("nonsense", "cannot be read"),
        (f"sqlite:///{tmp_path}/none.sqlite3", "unable to open"),
        ("postgresql://postgres@127.0.0.1:9/none", "refused"),
    ):
        failed = run("backup.sh", url, str(tmp_path / "backups"))
        assert failed.returncode != 0
        assert said in failed.stderr
        assert not [*(tmp_path / "backups").glob("*[!t]")], "a backup that is none"
