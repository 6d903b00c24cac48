"""Another network's rows do not exist, and within a network everybody sees what is theirs."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import select

from dispatch import access
from dispatch.access import Actor
from dispatch.actions import managers, peers, people, staff, visits
from dispatch.actions.people import NewUser, Permission, Profile
from dispatch.errors import NotFound
from dispatch.models import SupportRequest
from dispatch.states import STEPS, Role, Step
from storage.database import Database
from tests.harness.traces import refused
from tests.integration.conftest import Ward


def every_action(
    ward: Ward, actor: Actor, request_id: str, offer_id: str, visit_id: str
) -> dict[str, Callable[[], Any]]:
    """Everything that takes the id of something, done by `actor`."""
    do = ward.world.do
    until = ward.world.clock.now()
    badge = Profile(badges=[Permission(ward.site, until)])
    found: dict[str, Callable[[], Any]] = {
        "ask": partial(ward.world.ask, actor, site_id=ward.site),
        "widen": partial(do, staff.widen, actor, request_id),
        "close": partial(do, staff.close, actor, request_id, None),
        "cancel": partial(do, staff.cancel, actor, request_id, "mistake"),
        "claim": partial(do, managers.claim, actor, request_id),
        "resume": partial(do, managers.resume, actor, request_id),
        "assign": partial(do, managers.assign, actor, request_id, ward.dana.id),
        "see": partial(do, peers.see, actor, offer_id),
        "accept": partial(do, peers.accept, actor, offer_id),
        "decline": partial(do, peers.decline, actor, offer_id),
        "undo": partial(do, visits.undo, actor, visit_id),
        "update_site": partial(do, people.update_site, actor, ward.site, {"name": "x"}),
        "update_user": partial(do, people.update_user, actor, ward.nurse.id, {"name": "x"}),
        "update_peer": partial(do, people.update_peer, actor, ward.marcus.id, Profile()),
        "load_peer": partial(do, people.load_peer, actor, ward.marcus.id),
        "own peer, foreign badge": partial(do, people.update_peer, actor, actor.id, badge),
        "staff of a foreign site": partial(
            do,
            people.create_user,
            actor,
            NewUser("spy@example.org", "S", Role.STAFF, site_id=ward.site),
        ),
        "move staff": partial(do, people.update_user, actor, actor.id, {"site_id": ward.site}),
    }
    for step in (visits.depart, visits.arrive, visits.start, visits.complete):
        found[step.__name__] = partial(do, step, actor, visit_id)
    for step in (visits.withdraw, visits.hand_over):
        found[step.__name__] = partial(do, step, actor, visit_id)
    return found


def test_for_another_network_nothing_exists(ward: Ward, db: Database) -> None:
    other = ward.world.network("Hocking Valley Peers")
    site = ward.world.site(other, "Hocking Valley Medical Center")
    strangers = [
        ward.world.user(other, "Nora S.", Role.STAFF, site),
        ward.world.user(other, "Otto M.", Role.MANAGER),
        ward.world.user(other, "Susan V.", Role.SUPERVISOR),
        ward.world.peer(other, "Pia P."),
        other,
    ]
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    visit_id = ward.world.accept(ward.marcus, request_id)
    for stranger in strangers:
        for name, action in every_action(ward, stranger, request_id, offer.id, visit_id).items():
            # A role that never takes this step is told so before anything is looked up.
            is_step = hasattr(visits, name) and name != "undo"
            never = is_step and stranger.role not in STEPS[Step(name)].who
            with refused(db, "forbidden" if never else "not_found"):
                action()


def test_an_unknown_id_and_a_foreign_one_sound_the_same(ward: Ward, db: Database) -> None:
    other = ward.world.network("Hocking Valley Peers")
    manager = ward.world.user(other, "Otto M.", Role.MANAGER)
    request_id = ward.world.ask(ward.nurse)
    said = set()
    for unknown in (request_id, "0" * 32, "x", ""):
        with refused(db, "not_found") as refusal:
            ward.world.do(managers.claim, manager, unknown)
        said.add(refusal.value.detail)
    assert said == {"No such request."}


def test_staff_see_their_own_site_only(ward: Ward, db: Database) -> None:
    second = ward.world.site(ward.admin, "Olentangy General")
    nadia = ward.world.user(ward.admin, "Nadia Q.", Role.STAFF, second)
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    for action in (
        partial(staff.cancel, actor=nadia, request_id=request_id, reason="mistake"),
        partial(visits.arrive, actor=nadia, visit_id=visit_id),
        partial(visits.withdraw, actor=nadia, visit_id=visit_id),
    ):
        with refused(db, "not_found"):
            ward.world.do(lambda tx, act=action: act(tx))
    with refused(db, "not_found"):
        ward.world.ask(nadia, site_id=ward.site)


def test_a_peer_sees_a_request_while_it_is_theirs(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse)

    def sees(actor: Actor) -> bool:
        with db.read() as tx:
            try:
                return access.request(tx, actor, request_id).id == request_id
            except NotFound:
                return False

    assert not sees(ward.marcus), "an offer is not the request: the room is in it"
    visit_id = ward.world.accept(ward.marcus, request_id)
    assert sees(ward.marcus)
    assert not sees(ward.dana)
    ward.world.do(visits.withdraw, ward.marcus, visit_id)
    assert not sees(ward.marcus)
    visit_id = ward.world.accept(ward.dana, request_id)
    for step in (visits.arrive, visits.start, visits.complete):
        ward.world.do(step, ward.dana, visit_id)
    assert sees(ward.dana), "what they finished stays readable"
    for manager in (ward.manager, ward.admin, ward.nurse):
        assert sees(manager)


def test_another_peer_can_do_nothing_with_an_offer_or_a_visit(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    for answer in (peers.accept, peers.decline, peers.see):
        with refused(db, "not_found"):
            ward.world.do(answer, ward.dana, offer.id)
    visit_id = ward.world.accept(ward.marcus, request_id)
    for step in (visits.depart, visits.arrive, visits.start, visits.withdraw, visits.undo):
        with refused(db, "not_found"):
            ward.world.do(step, ward.dana, visit_id)
    with db.read() as tx:
        assert access.open_offers(tx, ward.dana) == []


def test_staff_without_a_site_see_nothing(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse)
    nobody = Actor("0" * 32, ward.nurse.network_id, Role.STAFF, "Nobody")
    with refused(db, "not_found"):
        ward.world.do(staff.widen, nobody, request_id)
    with refused(db, "invalid"):
        ward.world.ask(nobody)


def test_asked_in_pairs_the_gate_is_the_same(ward: Ward, db: Database) -> None:
    other = ward.world.network("Hocking Valley Peers")
    stranger = ward.world.peer(other, "Pia P.")
    everybody = [ward.marcus, ward.dana, stranger]
    everybody += [replace(ward.marcus, network_id=other.network_id), ward.nurse, ward.manager]
    requests = ["0" * 32]

    def in_pairs() -> set[access.Pair]:
        """What they are let see, which is what the gate lets each see alone."""
        pairs = [(actor, request_id) for actor in everybody for request_id in requests]
        with db.read() as tx:
            seen = access.seen_by_peers(tx, pairs)
            for actor, request_id in pairs:
                gate = select(SupportRequest.id).where(
                    SupportRequest.id == request_id, access.may_see_request(actor)
                )
                passes = bool(tx.session.scalars(gate).all()) and actor.role is Role.PEER
                assert ((actor, request_id) in seen) is passes
            return seen

    requests += [ward.world.ask(ward.nurse)]
    first = requests[1]
    assert in_pairs() == set(), "an offer is not the request"
    visit_id = ward.world.accept(ward.marcus, first)
    assert in_pairs() == {(ward.marcus, first)}
    ward.world.do(visits.withdraw, ward.marcus, visit_id)
    assert in_pairs() == set()
    visit_id = ward.world.accept(ward.dana, first)
    requests += [ward.world.ask(ward.nurse)]
    ward.world.accept(ward.marcus, requests[2])
    for step in (visits.arrive, visits.start, visits.complete):
        ward.world.do(step, ward.dana, visit_id)
    assert in_pairs() == {(ward.dana, first), (ward.marcus, requests[2])}
