"""Asks an OSRM server for times on the road, behind the back of every decision.

Only middles of cells of about a kilometre and the sites' own positions leave the house: no exact
position, no name, no id. A server that is away is left alone, longer each time; what makes no sense
is not kept. Whatever happens here, decisions go on with what they have.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

import requests

from dispatch.geo import MAX_SPEED_KMH, Point, distance_m
from dispatch.travel import roads
from dispatch.travel.roads import Told, Wanted
from storage.database import Database

log = logging.getLogger(__name__)

LOOK_S = 10.0
CELLS_A_TURN = 20
SITES_AT_ONCE = 90
"""OSRM answers for at most 100 places at once, as it comes."""

TIMEOUT_S = (3.0, 10.0)
"""To connect, and between two bytes."""

LONGEST_BODY = 1_000_000
BACK_OFF_S = 30.0
LONGEST_BACK_OFF_S = 1800.0
SLOWEST_KMH = 1.0
NO_WAY = frozenset({"NoTable", "NoSegment", "NoRoute"})
"""Answers of a server that is well and knows no roads there."""


class NoAnswer(Exception):
    """The server is away, or what answers is none. The code says how, without any place."""


@dataclass
class _Rest:
    """How long a server that failed is left alone."""

    failures: int = 0
    until: datetime | None = None


class Roads:
    """The turn of one dispatcher."""

    def __init__(self, db: Database, url: str) -> None:
        self._db = db
        self._url = url.rstrip("/")
        self._rest = _Rest()
        self._session = requests.Session()
        self._session.trust_env = False

    def turn(self) -> int:
        """Ask for ways that are wanted; how many cells were answered. No transaction waits."""
        with self._db.read() as tx:
            if self._rest.until is not None and tx.now < self._rest.until:
                return 0
            asked = roads.wanted(tx, CELLS_A_TURN)
            now = tx.now
        done = 0
        for one in asked:
            try:
                told = self._ways(one)
            except NoAnswer as failure:
                self._failed(now, str(failure))
                break
            with self._db.transaction() as tx:
                roads.keep(tx, one.cell, told)
            done += 1
            self._answered()
        with self._db.transaction() as tx:
            roads.forget(tx)
        return done

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def _ways(self, one: Wanted) -> dict[str, Told]:
        told: dict[str, Told] = {}
        for begin in range(0, len(one.sites), SITES_AT_ONCE):
            part = one.sites[begin : begin + SITES_AT_ONCE]
            ways = table(self._session, self._url, one.middle, [point for _, point in part])
            told |= {site_id: way for (site_id, _), way in zip(part, ways, strict=True) if way}
        return told

    def _failed(self, now: datetime, code: str) -> None:
        rest_s = min(BACK_OFF_S * 2**self._rest.failures, LONGEST_BACK_OFF_S)
        if not self._rest.failures:
            log.warning("no times on the road: %s; the model answers meanwhile", code)
        self._rest = _Rest(self._rest.failures + 1, now + timedelta(seconds=rest_s))

    def _answered(self) -> None:
        if self._rest.failures:
            log.info("times on the road come again")
        self._rest = _Rest()


def table(
    session: requests.Session, url: str, start: Point, ends: Sequence[Point]
) -> list[Told | None]:
    """The ways from one place to others; None where what came cannot be true.

    Raises `NoAnswer` when nobody answers in time, or what answers is no OSRM.
    """
    places = ";".join(f"{place.longitude:.5f},{place.latitude:.5f}" for place in (start, *ends))
    query = {
        "sources": "0",
        "destinations": ";".join(str(number) for number in range(1, len(ends) + 1)),
        "annotations": "duration,distance",
    }
    status, body = _get(session, f"{url}/table/v1/driving/{places}", query)
    code = body.get("code")
    if status == 400 and code in NO_WAY:
        return [Told(None) for _ in ends]
    if status != 200 or code != "Ok":
        raise NoAnswer(f"HTTP_{status}")
    durations, distances = _row(body.get("durations"), ends), _row(body.get("distances"), ends)
    if durations is None:
        raise NoAnswer("NO_TABLE")
    return [
        _sane(duration, distance, distance_m(start, end))
        for duration, distance, end in zip(
            durations, distances or [None] * len(ends), ends, strict=True
        )
    ]


def _get(session: requests.Session, url: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and JSON. No error text is passed on: it would quote the places."""
    try:
        with session.get(
            url, params=query, timeout=TIMEOUT_S, allow_redirects=False, stream=True
        ) as answer:
            content = answer.raw.read(LONGEST_BODY + 1, decode_content=True)
            if len(content) > LONGEST_BODY:
                raise NoAnswer("TOO_LONG")
            answer._content = content
            found = answer.json()
            status = answer.status_code
    except requests.Timeout:
        raise NoAnswer("TIMEOUT") from None
    except ValueError:
        raise NoAnswer("NO_JSON") from None
    except (requests.RequestException, OSError):
        raise NoAnswer("NO_CONNECTION") from None
    if not isinstance(found, dict):
        raise NoAnswer("NO_JSON")
    return status, found


def _row(rows: Any, ends: Sequence[Point]) -> list[Any] | None:
    """The one row of a table, when it has the right form."""
    if not isinstance(rows, list) or len(rows) != 1:
        return None
    row = rows[0]
    return row if isinstance(row, list) and len(row) == len(ends) else None


def _sane(seconds: Any, metres: Any, away_m: float) -> Told | None:
    """A way that somebody can drive; `Told(None)` when there is none; None for nonsense."""
    if seconds is None:
        return Told(None)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not isfinite(seconds):
        return None
    kmh = away_m / max(seconds, 0.001) * 3.6
    if not SLOWEST_KMH <= kmh <= MAX_SPEED_KMH:
        return None
    is_number = isinstance(metres, int | float) and not isinstance(metres, bool)
    is_length = is_number and isfinite(metres) and 0 <= metres <= 1e7
    return Told(float(seconds), float(metres) if is_length else None)
