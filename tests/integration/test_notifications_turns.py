"""Fair turns in the rows: a flood at one site does not stand before another site's first push."""

from collections.abc import Sequence

from sqlalchemy import Connection, event, text

from notifications.channels.memory import MemoryChannel
from notifications.models import Kind, Rung
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from storage.ids import new_id
from tests.harness.phones import Phones

FLOOD = 120


def flood(phones: Phones, site_id: str, number: int = FLOOD) -> None:
    """One site asks this many at once."""
    phones.site_id = site_id
    phones.offer(*[phones.person(f"{site_id}-{n}") for n in range(number)])


def ask(phones: Phones, site_id: str, address: str) -> None:
    phones.site_id = site_id
    phones.offer(phones.person(address))


def order(fcm: MemoryChannel) -> list[str]:
    return [envelope.address.value for envelope in fcm.tried if envelope.address]


def test_a_flood_delays_no_other_site(db: Database) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    relay = Relay(db, {Kind.FCM: fcm}, phones.directory)
    flood(phones, "flood")
    ask(phones, "quiet", "first")
    for _ in range(3):
        relay.tick(limit=20)
    ask(phones, "other", "second")
    ask(phones, "quiet", "third")
    relay.tick(limit=20)
    went = order(fcm)
    assert went.index("first") <= 1
    assert {"second", "third"} <= set(went[60:64]), "their turn is the round being served"
    assert went[0] == "flood-0", "and the flood itself goes on in order"
    own = [name for name in went if name.startswith("flood")]
    assert own == [f"flood-{n}" for n in range(len(own))]


def test_the_second_alerts_of_a_flood_stand_before_nobody(db: Database, clock: ManualClock) -> None:
    """Twenty seconds on, many "still open" fall due with what is left of the first ones."""
    phones, fcm = Phones(db), MemoryChannel()
    relay = Relay(db, {Kind.FCM: fcm}, phones.directory)
    flood(phones, "flood")
    relay.tick(limit=80)
    ask(phones, "before", "before")
    clock.advance(21)
    ask(phones, "quiet", "quiet")
    relay.tick(limit=10)
    assert {"before", "quiet"} <= set(order(fcm)[80:])


def test_what_waits_of_a_site_is_looked_up_once_for_a_wave(db: Database) -> None:
    phones = Phones(db)
    people = [phones.person(f"token-{n}") for n in range(4)]
    seen: list[str] = []

    def keep(_c: Connection, _cur: object, statement: str, *_rest: object) -> None:
        if "max(deliveries.turn)" in statement:
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", keep)
    phones.offer(*people)
    event.remove(db.engine, "before_cursor_execute", keep)
    assert len(seen) == 1
    turns = {rung: [row.turn for row in phones.rows(rung=rung)] for rung in Rung}
    assert sorted(turns[Rung.PUSH]) == [0, 3, 6, 9]
    assert sorted(turns[Rung.PUSH_AGAIN]) == [1, 4, 7, 10]


def plan(db: Database, statement: str) -> str:
    """How the database would answer."""
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            rows: Sequence[object] = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}"
            ).all()
        else:
            # A table this small would be read whole; what is asked is whether the index serves.
            connection.execute(text("SET enable_seqscan = off"))
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}").all()
    return "\n".join(str(row) for row in rows)


def test_claims_and_turns_are_answered_by_an_index(db: Database) -> None:
    phones = Phones(db)
    flood(phones, new_id())
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    claim = plan(
        db,
        "SELECT id FROM deliveries WHERE due_at <= '2026-03-03' AND channel = 'fcm'"
        " ORDER BY turn, due_at LIMIT 20",
    )
    last = plan(
        db,
        "SELECT max(turn) FROM deliveries WHERE site_id = 'a' AND channel = 'fcm'"
        " AND rung = 'push' AND due_at IS NOT NULL",
    )
    first = plan(
        db, "SELECT min(turn) FROM deliveries WHERE channel = 'fcm' AND due_at IS NOT NULL"
    )
    assert "ix_deliveries_due" in claim
    assert "Sort" not in claim
    assert "TEMP B-TREE" not in claim
    assert "ix_deliveries_turn" in last
    assert "ix_deliveries_due" in first
