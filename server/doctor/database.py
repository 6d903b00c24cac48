"""The database as a server: does it hold what is written, has it room for all of us, what time is it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from server.doctor.finding import Finding, warning
from server.health import DISPATCHER, FRESH_FOR
from server.models import Heartbeat
from server.settings import Settings
from server.wiring import Wired
from storage.database import Transaction
from storage.engine import parse_url

OLDEST = 140_000
"""PostgreSQL 14, as the server itself counts."""
SKEW_WARN_S = 1.0
SKEW_BAD_S = 5.0
"""Sign-ins, leases and waves go by the clock of the process that looks; two clocks must agree."""
ROOM_WARN_BYTES = 2_000_000_000
ROOM_BAD_BYTES = 200_000_000


def examine(wired: Wired) -> Iterator[Finding]:
    """Findings about whichever database the settings name."""
    if wired.settings.uses_sqlite:
        yield _file(wired)
        return
    try:
        with wired.db.read() as tx:
            yield _version(tx)
            yield _durability(tx)
            yield _clock(tx, wired)
            yield _connections(tx, wired.settings, _dispatchers(tx))
    except SQLAlchemyError as error:
        yield Finding("database", False, f"cannot be looked at: {type(error).__name__}")


def dispatchers(wired: Wired) -> Iterator[Finding]:
    """How many dispatchers are alive; that none is, readiness says."""
    try:
        with wired.db.read() as tx:
            alive = _dispatchers(tx)
    except SQLAlchemyError:
        return
    if alive == 1 and wired.settings.is_production:
        yield warning(
            "dispatchers", "one is alive; run two, on different hosts, so that one may die"
        )
    elif alive:
        yield Finding("dispatchers", True, f"{alive} alive")


def _dispatchers(tx: Transaction) -> int:
    return (
        tx.session.scalar(
            select(func.count())
            .select_from(Heartbeat)
            .where(Heartbeat.kind == DISPATCHER, Heartbeat.at >= tx.now - FRESH_FOR)
        )
        or 0
    )


def _show(tx: Transaction, name: str) -> str:
    return str(tx.session.scalar(text("SELECT current_setting(:name)"), {"name": name}))


def _version(tx: Transaction) -> Finding:
    number = int(_show(tx, "server_version_num"))
    said = f"PostgreSQL {_show(tx, 'server_version')}"
    if number < OLDEST:
        return warning("database", f"{said} is older than what the tests run on; take 14 or later")
    return Finding("database", True, said)


def _durability(tx: Transaction) -> Finding:
    if tx.session.scalar(text("SELECT pg_is_in_recovery()")):
        return Finding(
            "durability", False, "DATABASE_URL leads to a standby, which takes no writes"
        )
    for name in ("synchronous_commit", "fsync", "full_page_writes"):
        if _show(tx, name) == "off":
            return Finding(
                "durability",
                False,
                f"{name} is off: a yes that was answered can be lost; turn it on",
            )
    return Finding("durability", True, "a commit waits for the disk")


def _clock(tx: Transaction, wired: Wired) -> Finding:
    there = tx.session.scalar(text("SELECT clock_timestamp()"))
    assert there is not None
    skew_s = abs((wired.clock.now() - there).total_seconds())
    said = f"the database's clock and ours differ by {skew_s:.1f} s"
    if skew_s > SKEW_BAD_S:
        return Finding("clock", False, f"{said}: run a time service on both")
    if skew_s > SKEW_WARN_S:
        return warning("clock", f"{said}: run a time service on both")
    return Finding("clock", True, said)


def _connections(tx: Transaction, settings: Settings, alive: int) -> Finding:
    """As many as all processes may open in a rush, beside what the server lets in.

    Of web processes that are services of their own each knows of itself only: two are usual.
    """
    each = 2 * settings.database_pool_size
    webs = max(settings.web_concurrency, 2 if settings.redis_url is not None else 1)
    processes = webs + max(alive, 2)
    most = int(_show(tx, "max_connections")) - int(_show(tx, "superuser_reserved_connections"))
    said = (
        f"{webs} web processes and {max(alive, 2)} dispatchers may open "
        f"{processes * each} connections, {most} are let in"
    )
    if processes * each > most:
        return warning("connections", f"{said}: raise max_connections, or lower DATABASE_POOL_SIZE")
    return Finding("connections", True, said)


def _file(wired: Wired) -> Finding:
    """A file's enemy is a full disk."""
    name = parse_url(wired.settings.database_url).database
    folder = Path(name).resolve().parent if name else Path()
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("disk", False, f"cannot be looked at: {type(error).__name__}")
    said = f"{free / 1e9:.1f} GB are free where the database is"
    if free < ROOM_BAD_BYTES:
        return Finding("disk", False, f"{said}: make room, nothing can be written soon")
    if free < ROOM_WARN_BYTES:
        return warning("disk", f"{said}: make room")
    return Finding("disk", True, said)
