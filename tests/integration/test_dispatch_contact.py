"""Signs of life of many together: who was not just heard of is written down, and nobody is waited for."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, update

from dispatch.actions import contact
from dispatch.models import Duty, Peer
from storage.clock import ManualClock
from storage.database import Database
from tests.integration.conftest import Ward


def heard_at(db: Database) -> dict[str, datetime | None]:
    """When each peer was last heard of, by id."""
    with db.read() as tx:
        return {row[0]: row[1] for row in tx.session.execute(select(Duty.peer_id, Duty.contact_at))}


def test_who_was_just_heard_of_is_left_and_the_others_are_written(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    with db.transaction() as tx:
        tx.session.execute(update(Duty).where(Duty.peer_id == ward.dana.id).values(contact_at=None))
    before = heard_at(db)
    clock.advance(contact.JUST_HEARD_S - 1)
    ward.world.do(contact.heard_from_many, [ward.marcus.id, ward.dana.id])
    assert heard_at(db) == before | {ward.dana.id: clock.now()}
    clock.advance(1)
    ward.world.do(contact.heard_from_many, [ward.marcus.id, ward.dana.id])
    just = clock.now() - timedelta(seconds=1)
    assert heard_at(db) == before | {ward.marcus.id: clock.now(), ward.dana.id: just}


def test_who_could_not_be_reached_is_found_again_however_lately_they_were_heard_of(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    with db.transaction() as tx:
        tx.session.get_one(Peer, ward.dana.id).is_reachable = False
    request_id = ward.world.ask(ward.nurse)
    ward.world.tick()
    assert "Dana W." not in ward.world.asked(request_id)
    ward.world.do(contact.heard_from_many, [ward.dana.id, ward.marcus.id])
    ward.world.forward(120)
    assert "Dana W." in ward.world.asked(request_id)


def test_a_thousand_are_as_many_statements_as_one(ward: Ward, db: Database) -> None:
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *about: said.append(about[2]))
    with db.transaction() as tx:
        contact.heard_from_many(tx, [ward.dana.id])
    of_one = len(said)
    with db.transaction() as tx:
        contact.heard_from_many(tx, [ward.dana.id, *(f"nobody {n}" for n in range(999))])
    assert len(said) == 2 * of_one


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_row_that_somebody_holds_is_not_waited_for(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    before = heard_at(db)
    clock.advance(60)
    with db.transaction() as other:
        other.session.scalars(
            select(Duty).where(Duty.peer_id == ward.marcus.id).with_for_update()
        ).one()
        with db.transaction() as tx:
            contact.heard_from_many(tx, [ward.marcus.id, ward.dana.id])
    assert heard_at(db) == before | {ward.dana.id: clock.now()}
