"""A look at a running instance from outside: it reads, it changes nothing, it says what it found."""

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from dispatch import invariants
from server import health
from server.settings import unsafe
from server.wiring import Wired
from storage import migrate


@dataclass(frozen=True)
class Finding:
    """One sentence about one thing."""

    name: str
    is_well: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'ok ' if self.is_well else 'BAD'}  {self.name:<11} {self.sentence}"


def examine(wired: Wired) -> list[Finding]:
    """Settings, then readiness, then the invariants over all rows."""
    settings = wired.settings
    problems = unsafe(settings)
    kind = "SQLite" if settings.uses_sqlite else "PostgreSQL"
    redis = "with Redis" if settings.redis_url else "without Redis"
    found = [Finding("settings", False, problem) for problem in problems] or [
        Finding(
            "settings", True, f"{settings.alongside_env}, {kind}, {redis}, push {settings.push}"
        )
    ]
    checks = health.check(wired, migrate.head())
    found += [Finding(each.name, not each.problem, each.problem or "well") for each in checks]
    if all(not each.problem for each in checks if each.name != "dispatcher"):
        found += _broken_invariants(wired)
    return found


def _broken_invariants(wired: Wired) -> list[Finding]:
    try:
        with wired.db.read() as tx:
            broken = invariants.check(tx)
    except SQLAlchemyError as error:
        return [Finding("invariants", False, f"cannot be checked: {type(error).__name__}")]
    if not broken:
        return [Finding("invariants", True, "all hold")]
    return [Finding("invariant", False, sentence) for sentence in broken]
