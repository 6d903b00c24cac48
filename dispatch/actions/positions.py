"""Many peers' positions in one look and one write.

Each peer's readings are judged one after another, as one by one they would be, and the last that is
used is written. It knows rows; it refuses to follow a visit: whoever is on one goes by themselves
(`duty.record_position`), because there a position can be news. Nor does it wait for anybody: a row that
somebody else holds is left for the next time, so that a crowd of positions holds up nothing and is
held up by nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Float, String, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from dispatch.actions.duty import Position, Used, judge
from dispatch.cells import cell_of
from dispatch.geo import Point
from dispatch.models import Duty, Visit
from dispatch.near import as_one, one_of
from dispatch.states import LIVE_VISIT
from storage.base import UTCDateTime
from storage.database import Transaction


@dataclass(frozen=True)
class Moved:
    """Where a peer who is on no visit is now, and whose boards show the area."""

    network_id: str
    here: Point


@dataclass
class Many:
    """What became of the readings of many peers. Each peer is in one of the three."""

    used: dict[str, list[Used]] = field(default_factory=dict)
    """By peer, one for each reading, in their order."""
    visiting: set[str] = field(default_factory=set)
    """Nothing was done: they are on a visit."""
    held: set[str] = field(default_factory=set)
    """Nothing was done: somebody else is writing their row."""
    moved: dict[str, Moved] = field(default_factory=dict)


@dataclass(frozen=True)
class _Kept:
    """What a duty row says of a position."""

    network_id: str
    on_duty: bool
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    position_at: datetime | None


def record_many(tx: Transaction, readings: Mapping[str, Sequence[Position]]) -> Many:
    """Keep the newest position of each peer that is on duty. The readings have been checked
    (`duty.check_position`); four statements at most, whatever their number.

    Takes the duty rows that are free and waits for none.
    """
    done = Many()
    dialect = tx.session.get_bind().dialect.name
    peer_ids = sorted(readings)
    kept = {
        row[0]: _Kept(*row[1:])
        for row in tx.session.execute(_free(dialect), {"ids": as_one(dialect, peer_ids)})
    }
    missing = [peer_id for peer_id in peer_ids if peer_id not in kept]
    if missing:
        asked = {"ids": as_one(dialect, missing)}
        done.held = set(tx.session.scalars(_known(dialect), asked))
        for peer_id in missing:
            if peer_id not in done.held:
                done.used[peer_id] = [Used.OFF_DUTY] * len(readings[peer_id])
    asked = {"ids": as_one(dialect, list(kept))}
    done.visiting = set(tx.session.scalars(_visiting(dialect), asked))
    written: list[dict[str, Any]] = []
    for peer_id, row in kept.items():
        if peer_id in done.visiting:
            continue
        if not row.on_duty:
            done.used[peer_id] = [Used.OFF_DUTY] * len(readings[peer_id])
            continue
        found = row
        done.used[peer_id] = []
        for reading in readings[peer_id]:
            used = judge(reading, found.latitude, found.longitude, found.position_at)
            done.used[peer_id].append(used)
            if used is Used.USED:
                found = replace(
                    found,
                    latitude=reading.latitude,
                    longitude=reading.longitude,
                    accuracy_m=reading.accuracy_m,
                    position_at=reading.recorded_at,
                )
        # Also what is not used is a sign of life.
        written.append(_values(peer_id, found))
        if found is not row and found.latitude is not None and found.longitude is not None:
            done.moved[peer_id] = Moved(row.network_id, Point(found.latitude, found.longitude))
    _write(tx, dialect, written)
    return done


def _values(peer_id: str, found: _Kept) -> dict[str, Any]:
    return {
        "ids": peer_id,
        "latitudes": found.latitude,
        "longitudes": found.longitude,
        "accuracies": found.accuracy_m,
        "moments": found.position_at,
        "new_cells": cell_of(found.latitude, found.longitude),
    }


def _write(tx: Transaction, dialect: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    if dialect == "postgresql":
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        tx.session.connection().execute(_one_update(), columns | {"now": tx.now})
    else:
        tx.session.connection().execute(_an_update(), [row | {"now": tx.now} for row in rows])


# Built once: building a statement takes as long as running it.
@cache
def _free(dialect: str) -> Any:
    """Of `ids`, the rows that nobody holds; they are held by us until the transaction ends."""
    return (
        select(
            Duty.peer_id,
            Duty.network_id,
            Duty.on_duty,
            Duty.latitude,
            Duty.longitude,
            Duty.accuracy_m,
            Duty.position_at,
        )
        .where(one_of(dialect, Duty.peer_id, "ids"))
        .with_for_update(skip_locked=True, key_share=True)
    )


@cache
def _known(dialect: str) -> Any:
    """Of `ids`, who has a row at all."""
    return select(Duty.peer_id).where(one_of(dialect, Duty.peer_id, "ids"))


@cache
def _visiting(dialect: str) -> Any:
    """Of `ids`, who is on a visit."""
    return select(Visit.peer_id).where(
        one_of(dialect, Visit.peer_id, "ids"), Visit.state.in_(sorted(LIVE_VISIT))
    )


_duty: Any = Duty.__table__


@cache
def _one_update() -> Any:
    """PostgreSQL: all rows in one statement, from one array a column."""
    kinds: dict[str, Any] = {
        "ids": String(),
        "latitudes": Float(),
        "longitudes": Float(),
        "accuracies": Float(),
        "moments": UTCDateTime(),
        "new_cells": String(),
    }
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()]
    named = [column(name, kind) for name, kind in kinds.items()]
    new = func.unnest(*arrays).table_valued(*named).render_derived(name="new")
    return (
        update(_duty)
        .where(_duty.c.peer_id == new.c.ids)
        .values(
            latitude=new.c.latitudes,
            longitude=new.c.longitudes,
            accuracy_m=new.c.accuracies,
            position_at=new.c.moments,
            cell=new.c.new_cells,
            contact_at=bindparam("now", type_=UTCDateTime()),
        )
    )


@cache
def _an_update() -> Any:
    """SQLite: the same for one row, prepared once and run for each."""
    return (
        update(_duty)
        .where(_duty.c.peer_id == bindparam("ids"))
        .values(
            latitude=bindparam("latitudes"),
            longitude=bindparam("longitudes"),
            accuracy_m=bindparam("accuracies"),
            position_at=bindparam("moments"),
            cell=bindparam("new_cells"),
            contact_at=bindparam("now"),
        )
    )
