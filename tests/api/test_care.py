"""Care for peers: who asked, whose work is worth a word, and what nobody is told."""

from datetime import timedelta

from sqlalchemy import select

from dispatch.care import WINDOW, CareCall
from server import turns
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import World
from tests.api.test_phone import TO_THE_END, visited
from tests.api.test_walk import step

KEYS = {"peer", "why", "visits", "last_at", "called_at", "called_by", "phone"}


def later(api: Api, world: World, clock: ManualClock, seconds: float) -> None:
    """Time passes; who is needed afterwards signs in again."""
    clock.advance(seconds)
    for person in (world.here.supervisor, world.here.staff, world.here.peers[0]):
        api.sign_in(person)


def load(api: Api, world: World) -> list[tuple[str, str, int]]:
    """Who is worth a word: name, rule, visits."""
    items = api.get("/care/load", world.here.supervisor).get_json()["items"]
    assert all(set(one) == KEYS for one in items)
    return [(one["peer"]["name"], one["why"], one["visits"]) for one in items]


def test_the_first_person_met_alone_is_worth_a_word_for_a_week(
    api: Api, world: World, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    assert load(api, world) == []
    visited(api, world, *TO_THE_END)
    assert load(api, world) == [(peer.name, "first_alone", 1)]
    assert api.get("/care/load", world.there.supervisor).get_json()["items"] == []
    later(api, world, clock, WINDOW.total_seconds() + 60)
    assert load(api, world) == []
    visited(api, world, *TO_THE_END)
    assert load(api, world) == []


def test_three_overdoses_in_seven_days_are_worth_a_word(
    api: Api, world: World, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    for number in range(3):
        assert "overdoses" not in {why for _, why, _ in load(api, world)}
        visited(api, world, *TO_THE_END, focus="overdose")
        later(api, world, clock, 3600 * (number + 1))
    assert (peer.name, "overdoses", 3) in load(api, world)
    later(api, world, clock, (WINDOW - timedelta(hours=5)).total_seconds())
    assert "overdoses" not in {why for _, why, _ in load(api, world)}


def test_whom_to_call_and_with_whom_somebody_talked(
    api: Api, world: World, clock: ManualClock
) -> None:
    peer, supervisor = world.here.peers[0], world.here.supervisor
    device = {"kind": "sms", "address": "+16145550177", "platform": "other"}
    assert api.post("/devices", peer, json=device).status_code == 201
    api.post("/check_ins", peer, json={"feeling": "talk"})
    [waits] = api.get("/care", supervisor).get_json()["items"]
    assert waits["phone"] == "+16145550177"
    assert api.get("/care/talked", supervisor).get_json()["items"] == []
    step(api, f"/care/{waits['id']}/talked", supervisor)
    [done] = api.get("/care/talked", supervisor).get_json()["items"]
    assert (done["id"], done["talked_at"] is not None) == (waits["id"], True)
    later(api, world, clock, WINDOW.total_seconds() + 60)
    assert api.get("/care/talked", supervisor).get_json()["items"] == []


def test_a_supervisor_has_called_and_another_visit_is_worth_another(
    api: Api, world: World, clock: ManualClock
) -> None:
    peer, supervisor = world.here.peers[0], world.here.supervisor
    path, first = f"/care/load/{peer.id}/called", {"why": "first_alone"}
    problem(api.post(path, supervisor, json=first), 404, "not_found")
    for _ in range(3):
        visited(api, world, *TO_THE_END, focus="overdose")
    about = {"why": "overdoses"}
    done = api.post(path, supervisor, json=about).get_json()
    assert done["called_by"] == {"id": supervisor.id, "name": supervisor.name}
    later(api, world, clock, 60)
    assert api.post(path, supervisor, json=about).get_json() == done, "the first word counts"
    items = api.get("/care/load", supervisor).get_json()["items"]
    assert {one["why"]: one["called_at"] is not None for one in items} == {
        "overdoses": True,
        "first_alone": False,
    }
    problem(api.post(path, world.there.supervisor, json=about), 404, "not_found")
    problem(api.post(path, world.here.manager, json=about), 403, "forbidden")
    visited(api, world, *TO_THE_END, focus="overdose")
    [again] = [
        one
        for one in api.get("/care/load", supervisor).get_json()["items"]
        if one["why"] == "overdoses"
    ]
    assert (again["visits"], again["called_at"], again["called_by"]) == (4, None, None)
    later(api, world, clock, 60)
    assert api.post(path, supervisor, json=about).get_json()["called_at"] > done["called_at"]


def test_a_call_is_forgotten_with_what_it_was_about(
    api: Api, world: World, clock: ManualClock, wired: Wired
) -> None:
    peer, supervisor = world.here.peers[0], world.here.supervisor
    visited(api, world, *TO_THE_END)
    step(api, f"/care/load/{peer.id}/called", supervisor, {"why": "first_alone"})

    def kept() -> int:
        turns.chores(wired.db)
        with wired.db.read() as tx:
            return len(tx.session.scalars(select(CareCall)).all())

    later(api, world, clock, WINDOW.total_seconds() - 60)
    assert kept() == 1
    later(api, world, clock, 120)
    assert (kept(), load(api, world)) == (0, [])
