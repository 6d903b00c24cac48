"""A network too large to look at everybody: who was not looked at has a reason too, counted and by name."""

import base64
from typing import Any

import pytest

from dispatch import region
from server import replay
from server.wiring import Wired
from tests.api.conftest import Api, problem
from tests.api.people import World, build
from tests.api.test_walk import ask, on_duty
from tests.harness.crowd import fill

CROWD = 2_500


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two on duty are a large network here; the nearest alone is looked at."""
    monkeypatch.setattr(region, "SMALL", 1)
    monkeypatch.setattr(region, "NEAREST", 1)
    monkeypatch.setattr(region, "BY_CALL", 0)


@pytest.fixture
def world(wired: Wired) -> World:
    """Networks with four peers each."""
    return build(wired.db, peers=4)


def told(api: Api, world: World, path: str) -> list[dict[str, Any]]:
    answer = api.get(path, world.here.manager)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_who_was_not_looked_at_is_counted_and_told_when_asked_about(
    api: Api, world: World, wired: Wired, large: None
) -> None:
    for peer in world.here.peers[:3]:
        on_duty(api, peer)
    request = ask(api, world.here.staff)
    path = f"/requests/{request['id']}"
    [wave] = told(api, world, f"{path}/waves")
    [outside] = wave["not_asked"]
    assert outside == {"reason": "outside_region", "count": 3, "peers": None}
    asked = wave["offers"][0]["peer"]["id"]
    others = [one for one in world.here.peers if one.id != asked]

    [mine] = told(api, world, f"{path}/waves?peer_id={others[0].id}")[0]["not_asked"]
    named = {"peer": {"id": others[0].id, "name": others[0].name}, "place": None}
    assert mine == {"reason": "outside_region", "count": 3, "peers": [named]}
    assert told(api, world, f"{path}/waves?peer_id={asked}")[0]["not_asked"] == []

    assert [one["peer"]["id"] for one in told(api, world, f"{path}/candidates")] == [asked]
    reasons = {
        one.id: told(api, world, f"{path}/candidates?peer_id={one.id}")[0]["reason"]
        for one in others
    }
    assert sorted(reasons.values()) == ["off_duty", "outside_region", "outside_region"]
    for stranger in (world.there.peers[0].id, world.here.staff.id):
        for what in ("waves", "candidates"):
            asked_about = api.get(f"{path}/{what}?peer_id={stranger}", world.here.manager)
            problem(asked_about, 404, "not_found")
    lines, is_same = replay.lines(wired, request["id"])
    assert is_same
    assert any("3 not, outside_region: is outside of" in line for line in lines)


def test_in_a_small_network_everybody_is_asked_about_by_name(api: Api, world: World) -> None:
    first, second = world.here.peers[:2]
    on_duty(api, first)
    request = ask(api, world.here.staff)
    path = f"/requests/{request['id']}"
    [only] = told(api, world, f"{path}/waves?peer_id={second.id}")[0]["not_asked"]
    assert (only["reason"], only["count"]) == ("off_duty", 3)
    assert [one["peer"]["id"] for one in only["peers"]] == [second.id]
    [one] = told(api, world, f"{path}/candidates?peer_id={second.id}")
    assert one["reason"] == "off_duty"


def test_candidates_come_a_page_at_a_time(api: Api, world: World) -> None:
    on_duty(api, world.here.peers[0])
    request = ask(api, world.here.staff)
    path = f"/requests/{request['id']}/candidates"
    whole = api.get(path, world.here.manager).get_json()
    assert (len(whole["items"]), whole["next_cursor"]) == (4, None)
    paged: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(f"{path}?limit=3{cursor and f'&cursor={cursor}'}", world.here.manager)
        paged += page.get_json()["items"]
        cursor = page.get_json()["next_cursor"]
    assert paged == whole["items"]
    first = api.get(f"{path}?limit=1", world.here.manager).get_json()
    gone = first["items"][0]["peer"]["id"]
    name = first["items"][0]["peer"]["name"]
    assert name not in base64.b64decode(first["next_cursor"]).decode(), "it stands in an address"
    cursor = base64.b64encode(
        base64.b64decode(first["next_cursor"]).replace(gone.encode(), b"0" * 32)
    ).decode()
    rest = api.get(f"{path}?cursor={cursor}", world.here.manager).get_json()["items"]
    assert rest == whole["items"][1:], "who stood there is gone: on from their place"
    for nonsense in ("e30=", "WzFd", "not one", "AAAA", "W3RydWUsMSwxLDEsIiJd"):
        problem(api.get(f"{path}?cursor={nonsense}", world.here.manager), 422, "invalid")


def test_a_crowd_too_large_to_look_at_is_asked_and_counted(
    api: Api, world: World, wired: Wired
) -> None:
    fill(wired.db, world.here.id, requests=0, peers=CROWD, may_come=True)
    request = ask(api, world.here.staff)
    [wave] = told(api, world, f"/requests/{request['id']}/waves?peers=false")
    assert request["asked"] == len(wave["offers"]) == 3
    counts = {one["reason"]: one["count"] for one in wave["not_asked"]}
    # Everybody of the network has a reason or an offer: the crowd, and the four who are off duty.
    assert sum(counts.values()) + len(wave["offers"]) == CROWD + 4
    assert counts["outside_region"] >= CROWD - region.NEAREST - region.BY_CALL
    with wired.db.read() as tx:
        assert region.outside(tx.session, world.there.id, 4) == 0
