"""The composition root: the only place where the floors are plugged into one another.

One process or many, SQLite or PostgreSQL, Redis or not: it is decided here from the settings, and
nothing below asks again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_limiter import Limiter
from sqlalchemy import func, select

from dispatch import engine, sweeper
from dispatch.models import IS_OPEN_REQUEST, SupportRequest
from server.auth.limits import LoginLimits, make_limiter
from server.auth.tokens import AccessTokens
from server.metrics import Metrics
from server.settings import Settings
from server.turns import CHORES_S, SWEEP_S, Turn, chores
from server.wake import LocalWake, RedisWake, Wake
from storage.clock import Clock, SystemClock
from storage.database import Database, Transaction
from storage.engine import make_engine


@dataclass(frozen=True)
class Wired:
    """What an entry point needs, plugged together."""

    settings: Settings
    clock: Clock
    db: Database
    wake: Wake
    metrics: Metrics
    limiter: Limiter
    logins: LoginLimits
    tokens: AccessTokens
    loops: Mapping[str, Sequence[Turn]]
    """What a dispatcher does, by loop. Loops do not hold each other up; `engine` has the heart."""

    def close(self) -> None:
        """Give back the connections of this process."""
        self.db.engine.dispose()


def wire(settings: Settings, clock: Clock | None = None) -> Wired:
    """Plug the floors together as `settings` say. Opens no connection yet."""
    clock = clock or SystemClock()
    wake: Wake = RedisWake(settings.redis_url) if settings.redis_url else LocalWake()
    metrics = Metrics()
    limiter = make_limiter(settings)
    db = Database(make_engine(settings.database_url, pool_size=settings.database_pool_size), clock)

    def poke(tx: Transaction) -> None:
        if tx.facts:
            wake.poke()

    db.after_commit += [metrics.count_facts, poke]
    metrics.watch_rows(
        db, "alongside_open_requests", "Open support requests, by state.", "state", _open_requests
    )
    return Wired(
        settings=settings,
        clock=clock,
        db=db,
        wake=wake,
        metrics=metrics,
        limiter=limiter,
        logins=LoginLimits(limiter, settings),
        tokens=AccessTokens(settings.secret_key.get_secret_value(), clock),
        loops={
            "engine": [
                Turn("engine", lambda: engine.tick(db)),
                Turn("sweeper", lambda: sweeper.sweep(db), SWEEP_S),
                Turn("chores", lambda: chores(db), CHORES_S),
            ],
        },
    )


def _open_requests(tx: Transaction) -> Mapping[str, int]:
    rows = tx.session.execute(
        select(SupportRequest.state, func.count())
        .where(IS_OPEN_REQUEST)
        .group_by(SupportRequest.state)
    )
    return {state.value: number for state, number in rows}
