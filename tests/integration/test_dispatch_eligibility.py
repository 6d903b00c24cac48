"""A right that is lost after the offer: the offer ends, the peer is told, the search goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from dispatch import sweeper
from dispatch.actions import duty, people, visits
from dispatch.actions.people import Permission, Profile
from dispatch.models import Badge, Certificate, Duty, Offer, User
from dispatch.spells import DutySpell
from dispatch.states import Modality, OfferState
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.traces import refused
from tests.integration.conftest import Ward

Change = Callable[[Ward], Any]
SOON = timedelta(minutes=3)


def profile(**values: Any) -> Change:
    """A manager changes Marcus' profile."""
    return lambda ward: ward.world.do(
        people.update_peer, ward.manager, ward.marcus.id, Profile(**values)
    )


def inactive(ward: Ward) -> None:
    """Marcus' account is switched off."""
    ward.world.do(people.update_user, ward.manager, ward.marcus.id, {"is_active": False})


def busy_elsewhere(ward: Ward) -> None:
    """Marcus says yes to another request."""
    ward.world.clock.advance(181)
    other = ward.world.ask(ward.nurse, modality=Modality.VIDEO)
    ward.world.accept(ward.marcus, other)


CHANGES: dict[str, Change] = {
    "off duty": lambda ward: ward.world.off_duty(ward.marcus),
    "other ways only": lambda ward: ward.world.on_duty(ward.marcus, modalities=[Modality.VIDEO]),
    "no certificate": profile(certificates=[]),
    "no badge": profile(badges=[]),
    "not in person any more": profile(modalities=["video"]),
    "switched off": inactive,
    "busy elsewhere": busy_elsewhere,
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_offer_ends_and_the_peer_hears(ward: Ward, db: Database, name: str) -> None:
    request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]
    CHANGES[name](ward)
    ward.world.tick()
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert offer.state is OfferState.WITHDRAWN
    assert offer.closed_at == ward.world.clock.now()
    assert ward.world.asked(request_id) == ["Dana W."]
    assert "offers_closed" in ward.world.facts(request_id)
    with refused(db, "offer_closed"):
        ward.world.accept(ward.marcus, request_id)


def test_do_not_pair_ends_an_open_offer_too(ward: Ward) -> None:
    request_id = ward.world.ask(ward.nurse)
    profile(do_not_pair=[ward.site])(ward)
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Dana W."]


@pytest.mark.parametrize("ends", ["certificate", "badge", "duty"])
def test_what_ends_by_itself_ends_the_offer(
    ward: Ward, db: Database, clock: ManualClock, ends: str
) -> None:
    until = clock.now() + SOON
    if ends == "duty":
        ward.world.on_duty(ward.marcus, until=until + timedelta(minutes=30))
        clock.advance(28 * 60)
    elif ends == "badge":
        profile(badges=[Permission(ward.site, until)])(ward)
    else:
        profile(certificates=[Permission("Certified Peer Supporter", until)])(ward)
    with db.read() as tx:
        until = tx.session.get_one(Duty, ward.marcus.id).until or until
    if ends == "duty":
        # The shift must outlast the arrival, so the offer is made in another way.
        request_id = ward.world.ask(ward.nurse, modality=Modality.VIDEO)
    else:
        request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]
    clock.set(until)
    if ends != "duty":
        with refused(db, "offer_closed"):
            ward.world.accept(ward.marcus, request_id)  # before any sweep has looked
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Dana W."]


def test_an_offer_by_video_outlives_the_badge(ward: Ward) -> None:
    request_id = ward.world.ask(ward.nurse, modality=Modality.VIDEO)
    profile(badges=[])(ward)
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]
    ward.world.accept(ward.marcus, request_id)


def test_when_the_only_one_asked_is_lost_the_next_wave_goes_at_once(ward: Ward) -> None:
    names = [f"P{n} P." for n in range(3)]
    near = [ward.world.peer(ward.admin, name, km_north=1.0) for name in names]
    request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == names
    for one in near[:2]:
        ward.world.decline(one, request_id)
    ward.world.off_duty(near[2])
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]


def test_the_sweeper_ends_duties_whose_time_has_come(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    ward.world.on_duty(ward.marcus, until=clock.now() + timedelta(hours=1))
    assert sweeper.sweep(db) == 0
    clock.advance(3600)
    assert sweeper.sweep(db) == 1
    assert sweeper.sweep(db) == 0
    with db.read() as tx:
        row = tx.session.get_one(Duty, ward.marcus.id)
        assert (row.on_duty, row.until, row.modalities) == (False, None, [])
        assert tx.session.get_one(Duty, ward.dana.id).on_duty


def test_the_sweeper_ends_duties_of_apps_that_fell_silent(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    clock.advance(12 * 3600 - 1)
    ward.world.do(lambda tx: duty.heard_from(tx, ward.dana.id))
    clock.advance(1)
    assert sweeper.sweep(db) == 1
    with db.read() as tx:
        assert not tx.session.get_one(Duty, ward.marcus.id).on_duty
        assert tx.session.get_one(Duty, ward.dana.id).on_duty


@pytest.mark.parametrize("row, value", [(Duty, {"on_duty": False}), (User, {"is_active": False})])
def test_what_fell_between_two_transactions_is_found_by_the_sweeper(
    ward: Ward, db: Database, row: type[Any], value: dict[str, Any]
) -> None:
    request_id = ward.world.ask(ward.nurse)
    with db.transaction() as tx:
        # As if the peer had gone while the wave was on its way: nobody has seen the offer.
        key = row.peer_id if row is Duty else row.id
        tx.session.execute(update(row).where(key == ward.marcus.id).values(value))
        if row is User:
            tx.session.execute(
                update(Duty).where(Duty.peer_id == ward.marcus.id).values(on_duty=False)
            )
        tx.session.execute(
            update(DutySpell).where(DutySpell.peer_id == ward.marcus.id).values(ended_at=tx.now)
        )
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Dana W."]
    assert sweeper.sweep(db) == 0


def test_the_sweeper_leaves_healthy_searches_alone(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse)
    before = ward.world.request(request_id).next_action_at
    assert sweeper.sweep(db) == 0
    assert ward.world.request(request_id).next_action_at == before


def test_a_visit_goes_on_when_the_shift_ends(ward: Ward, clock: ManualClock) -> None:
    ward.world.on_duty(ward.marcus, until=clock.now() + timedelta(minutes=30))
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    clock.advance(31 * 60)
    ward.world.tick()
    ward.world.do(visits.arrive, ward.marcus, visit_id)
    assert ward.world.request(request_id).state == "arrived"


def test_nothing_of_a_profile_is_left_behind_when_lists_are_replaced(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    later = clock.now() + timedelta(days=9)
    profile(certificates=[Permission("New", later)], badges=[])(ward)
    with db.read() as tx:
        mine = Certificate.peer_id == ward.marcus.id
        assert tx.session.scalars(select(Certificate.name).where(mine)).all() == ["New"]
        assert tx.session.scalars(select(Badge).where(Badge.peer_id == ward.marcus.id)).all() == []
        assert tx.session.scalars(select(Offer)).all() == []
