"""The schema: up, down and up again on both databases, and the same as the models say."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

import dispatch.calls  # registers its table
import dispatch.care  # registers its table
import dispatch.help_calls  # registers its tables
import dispatch.learning.versions  # registers its tables
import dispatch.models  # registers its tables
import dispatch.notes  # registers its tables
import dispatch.previewing.previews  # registers its tables
import dispatch.recorded.decisions  # registers its table
import dispatch.rooms  # registers its tables
import dispatch.spells  # registers its tables
import dispatch.talk.threads  # registers its tables
import dispatch.travel.roads  # noqa: F401  # registers its tables
import notifications.calls.models  # registers its tables
import notifications.models  # noqa: F401  # registers its tables
import server.auth.guests  # registers its table
import server.models  # noqa: F401  # registers its tables
from server.cli import main
from storage import migrate
from storage.base import Base
from storage.engine import make_engine
from tests.harness.databases import Backend


@pytest.fixture
def engine(backend: Backend) -> Iterator[Engine]:
    """An engine on a migrated database, without looking at invariants afterwards."""
    url = backend.fresh()
    made = make_engine(url)
    try:
        yield made
    finally:
        made.dispose()
        backend.discard(url)


def revisions() -> list[str]:
    """Every revision, oldest first."""
    folder = ScriptDirectory(str(migrate.HERE))
    return [script.revision for script in folder.walk_revisions()][::-1]


def tables(engine: Engine) -> set[str]:
    """The tables there are, but for the one of Alembic."""
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def schema(engine: Engine) -> dict[str, object]:
    """Columns and indexes by table, comparable before and after."""
    found = inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            sorted(str(index["name"]) for index in found.get_indexes(table)),
            sorted(str(key["name"]) for key in found.get_foreign_keys(table)),
            sorted(str(check["name"]) for check in found.get_check_constraints(table)),
        )
        for table in sorted(tables(engine))
    }


def test_a_fresh_database_is_at_the_head(engine: Engine) -> None:
    assert migrate.current(engine) == migrate.head() == revisions()[-1]
    assert tables(engine) == set(Base.metadata.tables)


def test_every_revision_goes_down_and_up_again(engine: Engine) -> None:
    whole = schema(engine)
    chain = revisions()
    for below in [*chain[:-1][::-1], "base"]:
        migrate.downgrade(engine, below)
        assert migrate.current(engine) == (None if below == "base" else below)
    assert tables(engine) == set()
    for revision in chain:
        migrate.upgrade(engine, revision)
        assert migrate.current(engine) == revision
    assert schema(engine) == whole


def test_upgrading_what_is_up_to_date_does_nothing(engine: Engine) -> None:
    whole = schema(engine)
    migrate.upgrade(engine)
    assert schema(engine) == whole


def test_the_models_and_the_schema_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def predicates(connection: Connection) -> dict[str, str]:
    """The WHERE of every partial index, in lower case without brackets and casts."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '% WHERE %'"
    rows = connection.execute(text(query))
    return {str(name): str(sql).split(" WHERE ", 1)[1] for name, sql in rows}


def test_the_partial_indexes_behind_the_invariants_are_there(engine: Engine) -> None:
    with engine.connect() as connection:
        found = predicates(connection)
    live = ("accepted", "arrived", "en_route", "in_session")
    for name in ("uq_visits_live_request", "uq_visits_live_peer"):
        assert all(state in found[name] for state in live), found[name]
        assert "completed" not in found[name]
    assert {"ix_support_requests_due", "ix_deliveries_due", "uq_offers_live"} <= found.keys()
    declared = {
        str(index.name)
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is not None
    }
    assert declared == found.keys()


def test_the_schema_goes_back_to_older_code_and_forward_again(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = backend.fresh()
    engine = make_engine(url)
    monkeypatch.setenv("DATABASE_URL", url)
    older, newest = revisions()[-2:]
    try:
        assert main(["migrate", "--to", older]) == 0
        assert migrate.current(engine) == older
        assert main(["migrate", "--to", "9999"]) == 2
        assert "0001 to " + newest in capsys.readouterr().err
        assert migrate.current(engine) == older
        assert main(["migrate"]) == 0
        assert migrate.current(engine) == newest
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert main(["migrate"]) == 2
        assert "does not know" in capsys.readouterr().err
    finally:
        engine.dispose()
        backend.discard(url)
