"""Alive, and ready: what a supervisor and a load balancer ask.

`/healthz` says that this process answers. `/readyz` says whether requests sent here would be
dispatched: database, schema revision, a dispatcher's fresh heartbeat, and alerts that go out.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, Response, json
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from notifications import history
from server.models import Heartbeat
from server.wiring import Wired
from storage import migrate
from storage.database import Transaction
from storage.gate import urgent

log = logging.getLogger(__name__)

DISPATCHER = "dispatcher"
FRESH_FOR = timedelta(seconds=30)
STALLED_S = 60


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `problem` is empty when it is well."""

    name: str
    problem: str = ""


def check(wired: Wired, head: str) -> list[Check]:
    """Every check, in order. The later ones need the database and are left out without it."""
    try:
        # A rush is no reason to be taken out of service: that would make it worse elsewhere.
        with urgent(), wired.db.read() as tx:
            tx.session.execute(text("SELECT 1"))
            found = [Check("database"), _revision(tx, head)]
            if not found[-1].problem:
                found += [_dispatcher(tx), _outbox(tx)]
            return found
    except SQLAlchemyError as error:
        log.warning("not ready: database unavailable: %s", type(error).__name__)
        return [Check("database", "cannot be reached")]


def _revision(tx: Transaction, head: str) -> Check:
    try:
        current = tx.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        current = None
    if current != head:
        return Check("revision", f"database is at {current or 'none'}, this code needs {head}")
    return Check("revision")


def _dispatcher(tx: Transaction) -> Check:
    at = tx.session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.kind == DISPATCHER))
    if at is None:
        return Check("dispatcher", "has never run")
    age_s = int((tx.now - at).total_seconds())
    if tx.now - at > FRESH_FOR:
        return Check("dispatcher", f"was last heard of {age_s} s ago")
    return Check("dispatcher")


def _outbox(tx: Transaction) -> Check:
    """The heart of a dispatcher beats in another loop than the one that sends."""
    if history.is_stalled(tx, STALLED_S):
        return Check("outbox", f"alerts have been due for {STALLED_S} s and nothing is sent")
    return Check("outbox")


def install(app: Flask, wired: Wired) -> None:
    """Answer `/healthz` and `/readyz`."""
    head = migrate.head()

    def healthz() -> Response:
        return _answer(200, {"status": "ok"})

    def readyz() -> Response:
        checks = check(wired, head)
        shown = {each.name: each.problem or "ok" for each in checks}
        is_ready = not any(each.problem for each in checks)
        status = "ok" if is_ready else "not ready"
        response = _answer(200 if is_ready else 503, {"status": status, "checks": shown})
        if not is_ready:
            response.headers["Retry-After"] = "5"
        return response

    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def _answer(status: int, body: dict[str, object]) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")
