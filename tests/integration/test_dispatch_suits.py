"""Wishes, and peers met before, with rows: asked first, told to that peer alone, forgotten in time."""

import pytest

from dispatch import familiar, views
from dispatch.actions import own, people, visits
from dispatch.actions.people import Profile
from dispatch.matching import AS_WISHED, MET_BEFORE
from dispatch.policy import parse
from dispatch.recorded import decisions
from dispatch.states import Modality, Role, Trait
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.traces import refused
from tests.integration.conftest import Ward

DAY_S = 24 * 3600


def reasons(ward: Ward, name: str, request_id: str) -> set[str]:
    """Why this peer was asked, but for what holds of everybody."""
    offer = ward.world.offer_of(ward.world.actors[name], request_id)
    assert offer is not None
    return set(offer.reasons) - {"language_en", "badge"}


def met(ward: Ward, name: str = "Dana W.") -> str:
    """A visit of this peer, from the ask to the end; their id."""
    peer = ward.world.actors[name]
    request_id = ward.world.ask(ward.nurse, modality=Modality.VIDEO, place="Room 3")
    visit = ward.world.accept(peer, request_id)
    for step in (visits.start, visits.complete):
        ward.world.do(step, peer, visit)
    return peer.id


def first(ward: Ward, **policy: object) -> None:
    """From now on one peer at a time is asked."""
    alone = {"waves": [{"after_s": 0, "size": 1}, {"after_s": 90, "size": None}]}
    ward.world.do(people.set_policy, ward.admin, alone | policy)


def test_who_was_met_before_is_asked_first_and_told_so(ward: Ward) -> None:
    first(ward)
    assert ward.world.asked(ward.world.ask(ward.nurse)) == ["Marcus T."]
    dana = met(ward)
    ward.world.do(people.update_peer, ward.admin, ward.marcus.id, Profile(open_offer_limit=9))
    request_id = ward.world.ask(ward.nurse, place="Room 4", met=[dana])
    assert ward.world.asked(request_id) == ["Dana W."]
    assert reasons(ward, "Dana W.", request_id) == {MET_BEFORE}
    ward.world.forward(95)
    assert reasons(ward, "Marcus T.", request_id) == set()


@pytest.mark.parametrize("strategy", ["waves", "priced"])
def test_who_is_as_the_person_wished_is_asked_first(ward: Ward, strategy: str) -> None:
    first(ward, strategy=strategy, pricing={"at_once": 1})
    ward.world.do(own.say_of_myself, ward.dana, [Trait.VETERAN, Trait.WOMAN])
    assert ward.world.asked(ward.world.ask(ward.nurse, preferences=["veteran"])) == ["Dana W."]
    request_id = ward.world.ask(ward.nurse, place="Room 4", preferences=["man", "own words"])
    assert ward.world.asked(request_id) == ["Marcus T."]


def test_only_what_was_wished_for_reaches_a_decision(ward: Ward, db: Database) -> None:
    ward.world.do(own.say_of_myself, ward.dana, list(Trait))
    request_id = ward.world.ask(ward.nurse, preferences={"veteran": True, "man": False})
    plain = ward.world.ask(ward.nurse, place="Room 4")
    with db.read() as tx:
        for id_, said in ((request_id, {"veteran"}), (plain, set())):
            row = ward.world.request(id_)
            found = {one.id: one for one in views.peer_views(tx, row, parse(row.policy))}
            assert found[ward.dana.id].traits == said
            assert found[ward.marcus.id].traits == frozenset()


def test_a_word_is_taken_back_and_means_nothing_from_then_on(ward: Ward) -> None:
    first(ward)
    said = ward.world.do(own.say_of_myself, ward.dana, [Trait.PARENT, Trait.LGBTQ, Trait.PARENT])
    assert said == [Trait.LGBTQ, Trait.PARENT]
    assert ward.world.do(own.say_of_myself, ward.dana, [Trait.LGBTQ]) == [Trait.LGBTQ]
    assert ward.world.do(own.said_of_myself, ward.dana) == [Trait.LGBTQ]
    assert ward.world.asked(ward.world.ask(ward.nurse, preferences=["parent"])) == ["Marcus T."]


def test_nobody_but_a_peer_says_anything_of_themselves(ward: Ward, db: Database) -> None:
    with refused(db, "not_found"):
        ward.world.do(own.say_of_myself, ward.manager, [Trait.MAN])


def test_familiar_is_who_finished_a_visit_here_lately(ward: Ward, clock: ManualClock) -> None:
    assert ward.world.do(familiar.at_site, ward.nurse, ward.site) == []
    dana = met(ward)
    clock.advance(60)
    met(ward)
    request_id = ward.world.ask(ward.nurse)
    visit = ward.world.accept(ward.marcus, request_id)
    (one,) = ward.world.do(familiar.at_site, ward.manager, ward.site)
    assert (one.id, one.name, one.last_at) == (dana, "Dana W.", clock.now())
    for step in (visits.arrive, visits.start, visits.complete):
        ward.world.do(step, ward.marcus, visit)
        clock.advance(1)
    found = ward.world.do(familiar.at_site, ward.nurse, ward.site)
    assert [person.name for person in found] == ["Marcus T.", "Dana W."]
    ward.world.do(people.update_user, ward.admin, dana, {"is_active": False})
    clock.advance(179 * DAY_S)
    assert len(ward.world.do(familiar.at_site, ward.nurse, ward.site)) == 1
    clock.advance(2 * DAY_S)
    assert ward.world.do(familiar.at_site, ward.nurse, ward.site) == []


def test_only_who_was_here_can_be_asked_for_again(ward: Ward, db: Database) -> None:
    dana = met(ward)
    other = ward.world.site(ward.admin, "Other", km_north=3)
    there = ward.world.user(ward.admin, "Olga O.", Role.STAFF, other)
    for nurse, ids in (
        (ward.nurse, [ward.marcus.id]),
        (ward.nurse, [dana, "nobody"]),
        (there, [dana]),
    ):
        with refused(db, "invalid") as refusal:
            ward.world.ask(nurse, met=ids)
        assert refusal.value.field == "met"
    assert ward.world.request(ward.world.ask(ward.nurse, met=[dana, dana])).met == [dana, dana]


def test_it_is_forgotten_a_day_after_the_end(ward: Ward, clock: ManualClock, db: Database) -> None:
    dana = met(ward)
    ward.world.do(own.say_of_myself, ward.dana, [Trait.WOMAN])
    request_id = ward.world.ask(ward.nurse, met=[dana], preferences=["woman"])
    plain = ward.world.ask(ward.nurse, place="Room 5")
    assert ward.world.request(plain).met is None
    assert reasons(ward, "Dana W.", request_id) == {MET_BEFORE, AS_WISHED}
    visit = ward.world.accept(ward.dana, request_id)
    clock.advance(2 * DAY_S)
    assert familiar.forget(db) == 0, "not while it goes on"
    for step in (visits.arrive, visits.start, visits.complete):
        ward.world.do(step, ward.dana, visit)
    clock.advance(DAY_S - 1)
    assert familiar.forget(db) == 0
    clock.advance(1)
    assert (familiar.forget(db), familiar.forget(db)) == (1, 0)
    assert ward.world.request(request_id).met is None
    assert reasons(ward, "Dana W.", request_id) == set()
    with db.read() as tx:
        assert [made.inputs for made in decisions.of_request(tx, request_id)] == [None]
