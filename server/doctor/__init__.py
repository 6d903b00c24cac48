"""A look at a running instance from outside: it reads, it changes nothing, it says what it found.

- `finding`    one sentence about one thing
- `database`   does it hold what is written, has it room for all of us, are there dispatchers
- `live`       Redis: reachable, heard, and what it throws away first
- `host`       open files, and backups
- `front`      PUBLIC_URL from outside: certificate, headers, websockets
- `outbox`     do alerts go out, which providers are left alone, which alerts need a person
- `video`      STUN servers and relays are asked as browsers ask them
- `phone`      can a peer and an ED be put through to each other
- `meetings`   the service in whose rooms calls happen, when they are not our own
- `providers`  each outside service is asked whether it knows us; nobody's phone rings for it
- `roads`      does the server of roads answer
- `learned`    is what was learned of answers used, and if not, why
"""

from sqlalchemy.exc import SQLAlchemyError

from dispatch import invariants
from server import health
from server.doctor import (
    database,
    front,
    host,
    learned,
    live,
    meetings,
    outbox,
    phone,
    providers,
    roads,
    video,
)
from server.doctor.finding import Finding
from server.settings import unsafe
from server.wiring import Wired
from storage import migrate


def examine(wired: Wired) -> list[Finding]:
    """Settings, readiness, the invariants over all rows, then every provider of the settings."""
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
    if checks[0].problem == "":
        found += database.examine(wired)
    found += live.examine(wired)
    found += host.examine(wired)
    found += front.examine(wired)
    if all(not each.problem for each in checks if each.name not in ("dispatcher", "outbox")):
        found += _broken_invariants(wired)
        found += database.dispatchers(wired)
        found += outbox.examine(wired)
        found += learned.examine(wired)
        found += providers.examine(wired)
        found += phone.examine(wired)
        found += roads.examine(wired)
        found += video.examine(wired)
        found += meetings.examine(wired)
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
