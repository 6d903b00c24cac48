"""How Alembic runs a revision here: on the engine it is handed, in one transaction."""

from alembic import context
from sqlalchemy import Engine

from storage.failpoints import failpoint

engine: Engine | None = context.config.attributes.get("engine")
if engine is None:
    raise RuntimeError("run migrations through storage.migrate")

with engine.connect() as connection:
    is_sqlite = connection.dialect.name == "sqlite"
    raw = connection.connection.cursor()
    if is_sqlite:
        # A CHECK changes there by building the table anew, and the old one cannot be dropped while
        # rows refer to it. The switch works outside a transaction only, and is checked below.
        raw.execute("PRAGMA foreign_keys = OFF")
    # SQLite can take back a change of the schema; the library thinks not and would commit each step.
    context.configure(connection=connection, render_as_batch=is_sqlite, transactional_ddl=True)
    if not is_sqlite:
        # Two releases that start together must not migrate together (number chosen for this use).
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7240719)")
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("a migration left rows that refer to nothing; nothing was changed")
        failpoint("migration.before_commit")
    connection.commit()
    if is_sqlite:
        raw.execute("PRAGMA foreign_keys = ON")
    raw.close()
