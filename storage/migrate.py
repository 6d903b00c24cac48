"""The schema's revisions, up and down, from Python: there is no ini file to find.

The revisions themselves are written by hand in `storage/migrations/versions` and import no model,
so an old revision still runs when the models have moved on.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

HERE = Path(__file__).parent / "migrations"


def _config(engine: Engine | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to `revision`. On PostgreSQL all steps are one transaction."""
    command.upgrade(_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema down to `revision` (`base` for an empty database)."""
    command.downgrade(_config(engine), revision)


def move(engine: Engine, revision: str) -> None:
    """Bring the schema to a revision that this code knows, up or down. `ValueError` for another one.

    Down, what was written since in what is taken away is lost.
    """
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    known = [script.revision for script in scripts][::-1]
    if revision not in known:
        raise ValueError(f"there is no revision {revision}: {known[0]} to {known[-1]}")
    here = current(engine)
    if here is not None and here not in known:
        raise ValueError(f"the schema is at {here}, which this code does not know")
    if here is None or known.index(here) <= known.index(revision):
        upgrade(engine, revision)
    else:
        downgrade(engine, revision)


def current(engine: Engine) -> str | None:
    """The revision the database is at, or None before the first."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The revision this code was built for."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("no schema revision is shipped with this code")
    return revision
