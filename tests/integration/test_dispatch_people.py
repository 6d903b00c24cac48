"""Sites, users, peers and policy: what managers keep, and what is refused."""

from typing import Any

import pytest

from dispatch import board
from dispatch.actions import people, visits
from dispatch.actions.people import NewUser, Profile
from dispatch.errors import DomainError
from dispatch.models import Network
from dispatch.states import Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.traces import refused
from tests.integration.conftest import Ward

SITE: dict[str, Any] = {
    "name": "Olentangy General",
    "area": "Columbus",
    "latitude": 40.0,
    "longitude": -83.0,
    "time_zone": "America/New_York",
    "desk_phone": "+16145550143",
}


@pytest.mark.parametrize(
    "values, field",
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"name": "Scioto Ridge"}, "name"),
        ({"policy": {"waves": []}}, "waves"),
        ({"policy": {"free_lunch": 1}}, "free_lunch"),
    ],
)
def test_a_site_that_cannot_be(
    ward: Ward, db: Database, values: dict[str, Any], field: str
) -> None:
    with refused(db, "invalid") as refusal:
        ward.world.do(people.create_site, ward.admin, SITE | values)
    assert refusal.value.field == field
    second = ward.world.do(people.create_site, ward.admin, SITE)
    with refused(db, "invalid"):
        ward.world.do(people.update_site, ward.admin, second.id, values)


def test_a_site_keeps_its_own_name_when_changed(ward: Ward) -> None:
    ward.world.do(people.update_site, ward.admin, ward.site, {"name": "Scioto Ridge", "area": "x"})


def test_two_networks_may_have_sites_of_one_name(ward: Ward) -> None:
    other = ward.world.network("Hocking Valley Peers")
    ward.world.do(people.create_site, other, SITE | {"name": "Scioto Ridge"})


def test_users_that_cannot_be(ward: Ward, db: Database) -> None:
    def create(*args: Any, by: Any = ward.admin, **values: Any) -> Any:
        return ward.world.do(people.create_user, by, NewUser(*args, **values))

    create(" Hannah@Example.org ", "H", Role.STAFF, site_id=ward.site)
    with refused(db, "invalid"):
        create("hannah@example.ORG", "H2", Role.MANAGER)
    other = ward.world.network("Hocking Valley Peers")
    with refused(db, "invalid"):
        create("hannah@example.org", "H3", Role.MANAGER, by=other)
    with refused(db, "invalid"):
        create("nobody@example.org", "N", Role.STAFF)
    with refused(db, "not_found"):
        create("far@example.org", "N", Role.STAFF, site_id=ward.site, by=other)
    with refused(db, "forbidden"):
        create("ada2@example.org", "A", Role.ADMIN, by=ward.manager)
    with refused(db, "forbidden"):
        ward.world.do(people.update_user, ward.manager, ward.admin.id, {"name": "x"})
    with refused(db, "in_use"):
        ward.world.do(people.update_user, ward.admin, ward.admin.id, {"is_active": False})


def test_a_peer_with_a_foreign_badge_is_not_made_at_all(ward: Ward, db: Database) -> None:
    other = ward.world.network("Hocking Valley Peers")
    foreign = ward.world.site(other, "Hocking Valley Medical Center")
    with refused(db, "not_found"):
        ward.world.peer(ward.admin, "Spy S.", badges=[foreign])
    with refused(db, "not_found"):
        ward.world.do(
            people.update_peer, ward.admin, ward.marcus.id, Profile(do_not_pair=[foreign])
        )


def test_only_what_is_given_changes(ward: Ward, db: Database) -> None:
    before = _profile(ward, db)
    ward.world.do(people.update_peer, ward.manager, ward.marcus.id, Profile(is_muted=True))
    assert _profile(ward, db) == before | {"is_muted": True}
    ward.world.do(people.update_peer, ward.manager, ward.marcus.id, Profile())
    assert _profile(ward, db) == before | {"is_muted": True}


def _profile(ward: Ward, db: Database) -> dict[str, Any]:
    with db.read() as tx:
        peer = people.load_peer(tx, ward.manager, ward.marcus.id)
        return {
            "languages": peer.languages,
            "modalities": peer.modalities,
            "is_muted": peer.is_muted,
            "badges": [badge.site_id for badge in peer.badges],
            "certificates": [certificate.name for certificate in peer.certificates],
            "name": peer.user.name,
        }


def test_a_policy_that_does_not_fit_a_site_is_refused(ward: Ward, db: Database) -> None:
    own = {"policy": {"escalate_after_s": 200}}
    ward.world.do(people.update_site, ward.admin, ward.site, own)
    with refused(db, "invalid"):
        ward.world.do(people.set_policy, ward.admin, {"alarm_after_s": 300})
    with refused(db, "invalid"):
        ward.world.do(people.set_policy, ward.admin, {"undo_s": 1000})
    ward.world.do(people.set_policy, ward.admin, {"alarm_after_s": 100})
    with db.read() as tx:
        network = tx.session.get_one(Network, ward.admin.network_id)
        assert network.policy == {"alarm_after_s": 100}
    request_id = ward.world.ask(ward.nurse)
    policy = ward.world.request(request_id).policy
    assert (policy["alarm_after_s"], policy["escalate_after_s"]) == (100, 200)


def test_a_newly_certified_peer_is_asked_by_the_search_under_way(ward: Ward) -> None:
    for one in (ward.marcus, ward.dana):
        ward.world.off_duty(one)
    lee = ward.world.peer(ward.admin, "Lee K.", badges=[])
    request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == []
    site = ward.site
    far = ward.world.clock.now().replace(year=2027)
    badge = Profile(badges=[people.Permission(site, far)])
    ward.world.do(people.update_peer, ward.manager, lee.id, badge)
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Lee K."]


def test_the_board_counts_and_names_nothing_private(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    lee = ward.world.peer(ward.admin, "Lee K.", km_north=9)
    first = ward.world.ask(ward.nurse, note="quiet voice please")
    ward.world.decline(ward.dana, first)
    ward.world.accept(ward.marcus, first)
    second = ward.world.ask(ward.nurse)
    with db.read() as tx:
        shown = board.board(tx, ward.manager)
    assert shown["numbers"] == {
        "waiting": 1,
        "on_the_way": 1,
        "with_someone": 0,
        "peers_available": 2,
        "alarms": 0,
    }
    by_id = {row["id"]: row for row in shown["requests"]}
    assert by_id[first]["offers"] == {"open": 0, "seen": 0, "declined": 1, "unreachable": 0}
    assert by_id[second]["offers"]["open"] == 2
    assert "quiet voice" not in str(shown)
    marcus = next(row for row in shown["peers"] if row["id"] == ward.marcus.id)
    assert (marcus["request_id"], marcus["visit_state"], marcus["position"]) == (
        first,
        "accepted",
        None,
    )
    ward.world.off_duty(lee)
    with db.read() as tx:
        assert lee.id not in {row["id"] for row in board.board(tx, ward.manager)["peers"]}


def test_a_peer_switched_off_in_the_middle_of_a_visit_can_be_replaced(
    ward: Ward, db: Database
) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(people.update_user, ward.admin, ward.marcus.id, {"is_active": False})
    try:
        ward.world.do(visits.withdraw, ward.nurse, visit_id, "gone")
    except DomainError as refusal:
        pytest.fail(f"nobody could be asked instead: {refusal}")
    assert ward.world.asked(request_id) == ["Dana W."]
