"""What managers see of what is learned and of how asks are spread; what a peer sees and corrects."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from dispatch.access import Actor
from dispatch.learning import training
from dispatch.models import Network, Offer, Peer
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api import people
from tests.api.conftest import Api, problem
from tests.api.people import Person, Tenant, World
from tests.harness.past import past


@pytest.fixture
def world(wired: Wired) -> World:
    """Two networks, with six peers each: enough for a group to be shown."""
    return people.build(wired.db, peers=6)


def actors(tenant: Tenant) -> tuple[Actor, list[Actor]]:
    """The staff of the first site and the peers, as dispatch knows them."""

    def actor(person: Person, site_id: str | None = None) -> Actor:
        return Actor(person.id, tenant.id, person.role, person.name, site_id)

    return actor(tenant.staff, tenant.site_id), [actor(one) for one in tenant.peers]


def answered(
    wired: Wired, clock: ManualClock, tenant: Tenant, ends: list[str], **more: Any
) -> None:
    """The peers of a network have answered so, in turn, until an hour ago."""
    nurse, peers = actors(tenant)
    past(wired.db, nurse, peers, ends, until=clock.now() - timedelta(hours=1), **more)


def priced(wired: Wired, tenant: Tenant) -> None:
    """The network asks by price."""
    with wired.db.transaction() as tx:
        tx.session.execute(
            update(Network).where(Network.id == tenant.id).values(policy={"strategy": "priced"})
        )


def got(api: Api, path: str, by: Person) -> dict[str, Any]:
    """What a GET answers."""
    answer = api.get(path, by)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def test_before_anything_is_learned_it_says_so(api: Api, world: World) -> None:
    for person in (world.here.manager, world.here.supervisor, world.here.admin):
        found = got(api, "/matching/learned", person)
        assert (found["is_used"], found["why_not"], found["version"]) == (False, "not_priced", None)
        assert (found["least"], found["offers"], found["said"]) == (200, 0, [])
    empty = got(api, "/matching/load", world.here.manager)
    assert (empty["peers"], empty["asks"], empty["gini_asks"]) == (0, 0, None)
    assert (empty["groups"], empty["hidden"]) == ([], 0)


def test_what_is_learned_is_shown_with_its_check_and_no_name(
    api: Api, wired: Wired, world: World, clock: ManualClock
) -> None:
    answered(wired, clock, world.here, ["yes", "no", "silent", "no", "yes"] * 60, chance=0.4)
    assert training.learn(wired.db) == 1
    assert got(api, "/matching/learned", world.here.manager)["why_not"] == "not_priced"
    priced(wired, world.here)
    answer = api.get("/matching/learned", world.here.manager)
    found = answer.get_json()
    assert found["is_used"] == (found["why_not"] is None)
    assert (found["version"], found["rows"], found["offers"]) == (1, 300, 300)
    assert (found["yes"], found["no"]) == (120, 120)
    assert {one["code"] for one in found["examples"]} == {"near", "far", "night", "remote", "tired"}
    assert sum(one["asked"] for one in found["check"]["bins"]) == 60
    [said] = found["said"]
    assert said["version"] is None
    [bin_] = said["bins"]
    assert (bin_["asked"], bin_["chance"], bin_["came"]) == (300, 0.4, 120)
    assert 60 < bin_["expected"] < 180
    assert not [one for one in world.here.peers if one.id in answer.text or one.name in answer.text]
    assert got(api, "/matching/learned", world.there.manager)["version"] is None


def test_the_load_is_shown_by_group_and_small_groups_are_not(
    api: Api, wired: Wired, world: World, clock: ManualClock
) -> None:
    with wired.db.transaction() as tx:
        tx.session.execute(
            update(Peer).where(Peer.id == world.here.peers[0].id).values(languages=["en", "es"])
        )
    # The first is asked twice as often as the others.
    nurse, peers = actors(world.here)
    until = clock.now() - timedelta(hours=1)
    past(wired.db, nurse, [*peers, peers[0]], ["yes", "no"] * 21, until=until, chance=0.5)
    found = got(api, "/matching/load?days=30", world.here.supervisor)
    assert (found["peers"], found["asks"], found["said"], found["came"]) == (6, 42, 42, 21)
    assert 0.1 < found["gini_asks"] < 0.2
    groups = {(one["kind"], one["name"]): one for one in found["groups"]}
    assert groups["language", "en"]["peers"] == 6
    assert ("language", "es") not in groups, "one person cannot hide there"
    assert groups["area", "Near town"]["asks"] == 42
    assert found["hidden"] >= 1
    assert found["least_shown"] == 5
    assert got(api, "/matching/load?days=1", world.here.manager)["asks"] < 42
    assert got(api, "/matching/load", world.there.manager)["asks"] == 0
    for odd in ("0", "91", "x", "1.5"):
        problem(api.get(f"/matching/load?days={odd}", world.here.manager), 422, "invalid")


def test_a_peer_sees_what_is_kept_about_them_and_no_rate(
    api: Api, wired: Wired, world: World, clock: ManualClock
) -> None:
    nurse, peers = actors(world.here)
    until = clock.now() - timedelta(minutes=5)
    past(wired.db, nurse, peers[:1], ["yes", "no", "silent", "short"], until=until)
    me = world.here.peers[0]
    answer = api.get("/me/kept", me)
    found = answer.get_json()
    assert [one["counts"] for one in found["items"]] == ["not", "silent", "no", "yes"]
    assert (found["asked_day"], found["asked_month"], found["visits_month"]) == (4, 4, 0)
    assert found["area"] != {"latitude": 39.99, "longitude": -82.99}, "an area, no address"
    assert not [word for word in ("rate", "ratio", "chance", "likely") if word in answer.text]
    assert got(api, "/me/kept", world.here.peers[1])["items"] == []


def test_a_peer_takes_an_offer_out_and_back_in_and_nobody_elses(
    api: Api, wired: Wired, world: World, clock: ManualClock
) -> None:
    answered(wired, clock, world.here, ["no"] * 12)
    me, other = world.here.peers[:2]
    mine = got(api, "/me/kept", me)["items"]
    path = f"/me/kept/offers/{mine[0]['id']}"
    for _ in range(2):
        answer = api.call("PUT", path, me, json={"counts": False})
        assert answer.status_code == 200
        first, second = answer.get_json()["items"]
        assert (first["counts"], first["is_uncounted"]) == ("not", True)
        assert (second["counts"], second["is_uncounted"]) == ("no", False)
    problem(api.call("PUT", path, other, json={"counts": False}), 404, "not_found")
    problem(api.call("PUT", path, world.there.peers[0], json={"counts": False}), 404, "not_found")
    problem(api.call("PUT", path, me, json={"counts": "no"}), 422, "invalid")
    back = api.call("PUT", path, me, json={"counts": True}).get_json()["items"]
    assert [one["counts"] for one in back] == ["no", "no"]
    with wired.db.read() as tx:
        assert not tx.session.scalars(select(Offer.id).where(Offer.uncounted_at.is_not(None))).all()


def test_a_peer_begins_anew(api: Api, wired: Wired, world: World, clock: ManualClock) -> None:
    answered(wired, clock, world.here, ["no"] * 12)
    me = world.here.peers[0]
    assert got(api, "/me/kept", me)["counted_from"] is None
    answer = api.post("/me/kept/restart", me)
    assert answer.status_code == 200
    found = answer.get_json()
    assert found["counted_from"] is not None
    assert [one["counts"] for one in found["items"]] == ["not", "not"]
    assert [one["counts"] for one in got(api, "/me/kept", world.here.peers[1])["items"]] == [
        "no"
    ] * 2
