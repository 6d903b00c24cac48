"""A manager takes a PIN away, a site sets its own policy, and both are accounted for."""

import pytest
from sqlalchemy import select

from server.models import Pin
from server.wiring import Wired
from tests.api.conftest import Api, problem
from tests.api.people import World


def pins(wired: Wired) -> set[str]:
    """Who has one."""
    with wired.db.read() as tx:
        return set(tx.session.scalars(select(Pin.user_id)))


def test_a_pin_is_taken_away_by_who_keeps_the_user(api: Api, world: World, wired: Wired) -> None:
    nurse, manager = world.here.staff, world.here.manager
    assert api.call("PUT", "/me/pin", nurse, json={"pin": "482910"}).status_code == 204
    assert pins(wired) == {nurse.id}
    assert api.get(f"/users/{nurse.id}", manager).get_json()["has_pin"]
    path = f"/users/{nurse.id}/pin"
    problem(api.call("DELETE", path, world.there.manager), 404, "not_found")
    problem(api.call("DELETE", path, world.here.supervisor), 403, "forbidden")
    assert pins(wired) == {nurse.id}
    for _ in range(2):
        assert api.call("DELETE", path, manager).status_code == 204
    assert pins(wired) == set()
    assert not api.get(f"/users/{nurse.id}", manager).get_json()["has_pin"]
    [line] = api.get("/audit?what=pin_reset", manager).get_json()["items"]
    assert (line["user"]["id"], line["about"]) == (manager.id, nurse.name)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_site_sets_a_part_that_holds_only_over_the_networks(api: Api, world: World) -> None:
    manager, path = world.here.manager, f"/sites/{world.here.site_id}"
    # By itself an alarm after ten minutes would come after the default's last word.
    own = {"alarm_after_s": 600}
    refused = api.call("PATCH", path, manager, json={"policy": own})
    assert problem(refused, 422, "invalid")
    api.call("PUT", "/policy", manager, json={"escalate_after_s": 900})
    kept = api.call("PATCH", path, manager, json={"policy": own})
    assert (kept.status_code, kept.get_json()["policy"]) == (200, own)
    # The network cannot break it afterwards either.
    broken = api.call("PUT", "/policy", manager, json={"escalate_after_s": 300})
    assert problem(broken, 422, "invalid")
    for wrong in ({"alarm_after_s": -1}, {"alarm_after_s": "soon"}, {"unknown": 1}):
        assert problem(api.call("PATCH", path, manager, json={"policy": wrong}), 422, "invalid")
    assert api.call("PATCH", path, manager, json={"policy": {}}).get_json()["policy"] == {}
