"""Who of very many on duty is nearest to a place: by index, without looking at all of them.

It knows duty, badges and cells, and refuses to know requests. It looks at the cells around the place, as
far as what was found so far says is needed. Rows are read as plain tuples: there may be thousands.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from heapq import nsmallest
from json import dumps
from math import inf, sqrt
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session

from dispatch import cells
from dispatch.geo import METRES_A_DEGREE, Point, distance_m
from dispatch.models import Badge, Duty, Peer

FIRST_M = 6_000.0
"""So far is looked at first: how many are found there says how far to look next."""

AT_MOST = 2.5
"""A step goes at most so many times as far as the one before: beyond it there may be a town."""

FAR = 1000
"""Up to so many whose own limit is wider than the network's are looked at one by one."""

BADGES = 5000
"""Up to so many who have a site's badge are read at once: sooner than to ask for some hundreds by name."""

Place = tuple[float, str]


@dataclass(frozen=True)
class Asked:
    """Whom a search near a place is about: who speaks the language, and may come in."""

    network_id: str
    language: str
    fresh_since: datetime
    """A position that is older gives way to the home area."""
    badge_of: str | None = None
    """The site whose badge they need; None: no badge is asked for."""
    valid_at: datetime | None = None
    """The badge is valid after this moment."""


def nearest(
    session: Session, asked: Asked, here: Point, limit_m: float, wanted: int
) -> list[Place]:
    """The nearest so many who would go there, as metres and id, the nearest first.

    Everybody goes as far as their own limit says; whoever has none, as far as `limit_m`.
    """
    middle = cells.cell_of(here.latitude, here.longitude)
    if middle is None:
        return []
    _alone(session)
    look = _Look(session, asked, here, middle, limit_m, wanted)
    look.read_badges()
    look.as_far_as(limit_m)
    if len(look.found) < wanted:
        far = look.with_a_wider_limit()
        if len(far) <= FAR:
            look.take(far)
            look.let_in(inf)
        else:
            look.as_far_as(float(far[0][3]))
    return nsmallest(wanted, ((metres, peer_id) for peer_id, metres in look.found.items()))


@dataclass
class _Look:
    """One search: how far it has looked, and who was found at how many metres.

    Where a badge is held by very many, it is asked for by name, of those alone who may be needed.
    """

    session: Session
    asked: Asked
    here: Point
    middle: str
    limit_m: float
    wanted: int
    found: dict[str, float] = field(default_factory=dict)
    unsure: list[Place] = field(default_factory=list)
    """Who would go there, but may be without a badge, and beyond others who are not seen yet."""
    badged: frozenset[str] | None = None
    """Who has the badge, where not too many have it to read them all at once."""
    seen: frozenset[str] = frozenset()

    def as_far_as(self, end_m: float) -> None:
        """Find everybody within `end_m`, or the nearest so many as are wanted."""
        next_m = min(FIRST_M, end_m)
        while True:
            rings = cells.rings(self.middle, next_m)
            disk = cells.disk(self.middle, rings)
            self.take(self._within(disk - self.seen))
            self.seen |= disk
            sure_m = cells.sure_m(self.middle, rings)
            self.let_in(sure_m)
            sure = len(self.found)
            if sure >= self.wanted or sure_m >= end_m:
                return
            # As many a square kilometre as here, and somewhat further for being wrong.
            factor = sqrt(1.2 * self.wanted / max(sure, 1))
            next_m = min(sure_m * min(max(factor, 1.3), AT_MOST), end_m)

    def take(self, rows: Iterable[Any]) -> None:
        """Whoever of these would go so far is found."""
        here, limit_m, unsure, badged = self.here, self.limit_m, self.unsure, self.badged
        for peer_id, latitude, longitude, own_m in rows:
            if badged is not None and peer_id not in badged:
                continue
            most_m = limit_m if own_m is None else own_m
            if abs(latitude - here.latitude) * METRES_A_DEGREE > most_m:
                continue  # The latitudes alone are too far apart.
            metres = distance_m(Point(latitude, longitude), here)
            if metres <= most_m:
                unsure.append((metres, peer_id))

    def let_in(self, sure_m: float) -> None:
        """Those who are not further away are found, when the site lets them in."""
        sure = {peer_id: metres for metres, peer_id in self.unsure if metres <= sure_m}
        self.unsure = [one for one in self.unsure if one[0] > sure_m]
        if self.asked.badge_of is None or self.badged is not None or not sure:
            self.found |= sure
            return
        dialect = dialect_of(self.session)
        values = {**self._badge(), "ids": as_one(dialect, sure)}
        for (peer_id,) in self.session.connection().execute(_badges(dialect), values):
            self.found[peer_id] = sure[peer_id]

    def read_badges(self) -> None:
        """Read who has the site's badge, when they are not too many."""
        if self.asked.badge_of is not None:
            rows = self.session.connection().execute(_ALL_BADGES, self._badge()).all()
            if len(rows) <= BADGES:
                self.badged = frozenset(peer_id for (peer_id,) in rows)

    def _badge(self) -> dict[str, Any]:
        return {"site": self.asked.badge_of, "valid": self.asked.valid_at}

    def with_a_wider_limit(self) -> list[Any]:
        """Some more than `FAR` of those whose own limit is wider, the widest first."""
        return self._rows(_WIDER, {"limit": self.limit_m})

    def _within(self, disk: Collection[str]) -> list[Any]:
        dialect = dialect_of(self.session)
        statement = _in_cells(dialect)
        return self._rows(statement, {"cells": as_one(dialect, disk)})

    def _rows(self, statement: Any, more: dict[str, Any]) -> list[Any]:
        values = {
            "network": self.asked.network_id,
            "fresh": self.asked.fresh_since,
            "speaks": listed(self.asked.language),
            **more,
        }
        # Not through the session: it would look at every row for objects that it keeps.
        return list(self.session.connection().execute(statement, values).all())


def _alone(session: Session) -> None:
    """PostgreSQL, which cannot know how few will be left, plans for many: with processes beside its
    own, and to start them takes longer than the query. What follows in this transaction has none.
    """
    if dialect_of(session) == "postgresql":
        session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))


def listed(word: str) -> str:
    """What a JSON list with this word looks like, on both databases: the words hold no quotes."""
    return f'%"{word}"%'


def dialect_of(session: Session) -> str:
    """Which database this is."""
    return session.get_bind().dialect.name


def one_of(dialect: str, word: Any, parameter: str) -> ColumnElement[bool]:
    """Whether a word is among those of one parameter (`as_one`), however many they are.

    So the statement is the same for any number of them, and is prepared once.
    """
    if dialect == "postgresql":
        return word == any_(bindparam(parameter, type_=ARRAY(String)))  # type: ignore[no-any-return]
    each = func.json_each(bindparam(parameter, type_=String)).table_valued("value")
    return word.in_(select(each.c.value))  # type: ignore[no-any-return]


def as_one(dialect: str, words: Collection[str]) -> Any:
    """All the words as the value of one parameter."""
    return list(words) if dialect == "postgresql" else dumps(list(words))


ON_DUTY = and_(Duty.network_id == bindparam("network"), literal_column("duty.on_duty"))
"""In the words of the partial indexes: SQLite uses none for `on_duty = 1`."""

_SPEAKS = cast(Duty.languages, String).like(bindparam("speaks"))
_IS_FRESH = Duty.position_at >= bindparam("fresh")


# Built once: building a statement takes as long as running it.
@cache
def _in_cells(dialect: str) -> Any:
    """Id, latitude, longitude and own limit of those in `cells`, by fresh position, then by home."""
    which = (ON_DUTY, _SPEAKS)
    by_position = select(Duty.peer_id, Duty.latitude, Duty.longitude, Duty.travel_limit_m).where(
        *which, one_of(dialect, Duty.cell, "cells"), _IS_FRESH
    )
    by_home = (
        select(Duty.peer_id, Peer.home_latitude, Peer.home_longitude, Duty.travel_limit_m)
        .join(Peer, Peer.id == Duty.peer_id)
        .where(
            *which,
            one_of(dialect, Duty.home_cell, "cells"),
            or_(Duty.position_at.is_(None), Duty.position_at < bindparam("fresh")),
        )
    )
    return union_all(by_position, by_home)


@cache
def _badges(dialect: str) -> Select[str]:
    """Who of `ids` has the badge of the site."""
    return select(Badge.peer_id).where(
        one_of(dialect, Badge.peer_id, "ids"),
        Badge.site_id == bindparam("site"),
        Badge.expires_at > bindparam("valid"),
    )


_ALL_BADGES = (
    select(Badge.peer_id)
    .where(Badge.site_id == bindparam("site"), Badge.expires_at > bindparam("valid"))
    .limit(BADGES + 1)
)
_LATITUDE = case((_IS_FRESH, Duty.latitude), else_=Peer.home_latitude)
_LONGITUDE = case((_IS_FRESH, Duty.longitude), else_=Peer.home_longitude)
_WIDER = (
    select(Duty.peer_id, _LATITUDE, _LONGITUDE, Duty.travel_limit_m)
    .join(Peer, Peer.id == Duty.peer_id)
    .where(
        ON_DUTY,
        _SPEAKS,
        Duty.travel_limit_m > bindparam("limit"),
        _LATITUDE.is_not(None),
        _LONGITUDE.is_not(None),
    )
    .order_by(Duty.travel_limit_m.desc())
    .limit(FAR + 1)
)
