"""Many peers' positions in one look and one write.

Each peer's readings are judged one after another, as one by one they would be, and the last that is
used is written. It knows rows; it refuses to follow a visit: whoever is on one goes by themselves
(`duty.record_position`), because there a position can be news. Nor does it wait for anybody: a row that
somebody else holds is left for the next time, so that a crowd of positions holds up nothing and is
held up by nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from json import dumps
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    DateTime,
    Float,
    String,
    bindparam,
    cast,
    column,
    exists,
    func,
    select,
    update,
)

from dispatch.actions.duty import Position, Used, judge
from dispatch.cells import cell_of
from dispatch.geo import Point, place
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
    before: Point | None
    """Where the row said they were; None for nowhere."""


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


class _Kept(NamedTuple):
    """What is known of a peer, a row that is ours now."""

    peer_id: str
    network_id: str
    on_duty: bool
    is_visiting: bool
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    position_at: datetime | None


def record_many(tx: Transaction, readings: Mapping[str, Sequence[Position]]) -> Many:
    """Keep the newest position of each peer that is on duty. The readings have been checked
    (`duty.check_position`); three statements at most, whatever their number.

    Takes the duty rows that are free and waits for none.
    """
    done = Many()
    dialect = tx.session.get_bind().dialect.name
    asked = {"ids": as_one(dialect, sorted(readings))}
    kept = {row[0]: _Kept(*row) for row in tx.session.execute(_free(dialect), asked)}
    missing = [peer_id for peer_id in readings if peer_id not in kept]
    if missing:
        asked = {"ids": as_one(dialect, missing)}
        done.held = set(tx.session.scalars(_known(dialect), asked))
        for peer_id in missing:
            if peer_id not in done.held:
                done.used[peer_id] = [Used.OFF_DUTY] * len(readings[peer_id])
    written: list[dict[str, Any]] = []
    for peer_id, row in kept.items():
        if row.is_visiting:
            done.visiting.add(peer_id)
        elif not row.on_duty:
            done.used[peer_id] = [Used.OFF_DUTY] * len(readings[peer_id])
        else:
            done.used[peer_id], found = _judged(row, readings[peer_id])
            # Also what is not used is a sign of life.
            written.append(_values(found))
            if found is not row and found.latitude is not None and found.longitude is not None:
                here = Point(found.latitude, found.longitude)
                done.moved[peer_id] = Moved(
                    row.network_id, here, place(row.latitude, row.longitude)
                )
    _write(tx, dialect, written)
    return done


def _judged(row: _Kept, readings: Sequence[Position]) -> tuple[list[Used], _Kept]:
    """What becomes of each, and the row after them; the same row when nothing was used."""
    found, judged = row, []
    for one in readings:
        judged.append(judge(one, found.latitude, found.longitude, found.position_at))
        if judged[-1] is Used.USED:
            here = one.latitude, one.longitude, one.accuracy_m, one.recorded_at
            found = _Kept(row.peer_id, row.network_id, row.on_duty, row.is_visiting, *here)
    return judged, found


def _values(found: _Kept) -> dict[str, Any]:
    return {
        "one": found.peer_id,
        "to_latitude": found.latitude,
        "to_longitude": found.longitude,
        "to_accuracy_m": found.accuracy_m,
        "to_position_at": found.position_at,
        "to_cell": cell_of(found.latitude, found.longitude),
    }


def _write(tx: Transaction, dialect: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    connection = tx.session.connection()
    if dialect == "postgresql":
        # One text: the driver takes five times as long over six arrays.
        connection.execute(_one_update(), {"rows": dumps(rows, default=str), "now": tx.now})
    else:
        connection.execute(_an_update(), [row | {"now": tx.now} for row in rows])


# Built once: building a statement takes as long as running it.
@cache
def _free(dialect: str) -> Any:
    """Of `ids`, the rows that nobody holds; they are held by us until the transaction ends."""
    is_visiting = exists().where(Visit.peer_id == Duty.peer_id, Visit.state.in_(sorted(LIVE_VISIT)))
    return (
        select(
            Duty.peer_id,
            Duty.network_id,
            Duty.on_duty,
            is_visiting,
            Duty.latitude,
            Duty.longitude,
            Duty.accuracy_m,
            Duty.position_at,
        )
        .where(one_of(dialect, Duty.peer_id, "ids"))
        .with_for_update(of=Duty, skip_locked=True, key_share=True)
    )


@cache
def _known(dialect: str) -> Any:
    """Of `ids`, who has a row at all."""
    return select(Duty.peer_id).where(one_of(dialect, Duty.peer_id, "ids"))


_duty: Any = Duty.__table__
_MOMENT = DateTime(timezone=True)


@cache
def _one_update() -> Any:
    """PostgreSQL: all rows in one statement."""
    named = (
        column("one", String()),
        column("to_latitude", Float()),
        column("to_longitude", Float()),
        column("to_accuracy_m", Float()),
        column("to_position_at", _MOMENT),
        column("to_cell", String()),
    )
    rows = cast(bindparam("rows", type_=String()), JSON)
    new = func.json_to_recordset(rows).table_valued(*named)
    new = new.render_derived(name="new", with_types=True)
    return _set(new.c.one, new.c, bindparam("now", type_=UTCDateTime()))


@cache
def _an_update() -> Any:
    """SQLite: the same for one row, prepared once and run for each."""
    names = ("to_latitude", "to_longitude", "to_accuracy_m", "to_position_at", "to_cell")
    given: dict[str, Any] = {name: bindparam(name) for name in names}
    return _set(bindparam("one"), given, bindparam("now"))


def _set(one: Any, to: Any, now: Any) -> Any:
    return (
        update(_duty)
        .where(_duty.c.peer_id == one)
        .values(
            latitude=to["to_latitude"],
            longitude=to["to_longitude"],
            accuracy_m=to["to_accuracy_m"],
            position_at=to["to_position_at"],
            cell=to["to_cell"],
            contact_at=now,
        )
    )
