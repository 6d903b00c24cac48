"""What staff, a peer and a manager see of a fact, an offer and a visit: no more than is theirs."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dispatch import shapes
from dispatch.events import By
from dispatch.models import Duty, Offer, Site, SupportRequest, User, Visit
from dispatch.shapes import RequestRows
from dispatch.states import Focus, Modality, OfferState, Priority, RequestState, Role, VisitState
from tests.harness.databases import START

LATER = START + timedelta(minutes=10)


def site() -> Site:
    """A site with everything that could give something away."""
    return Site(
        id="s1",
        network_id="n1",
        name="Scioto Ridge",
        area="Columbus",
        address="1 Ridge Road",
        latitude=39.9,
        longitude=-83.0,
        time_zone="America/New_York",
        desk_phone="+16145550142",
        rooms=["7"],
        policy={},
        is_active=True,
        created_at=START,
    )


def user(id_: str, name: str, role: Role) -> User:
    """Somebody with an address that no shape may carry."""
    return User(id=id_, network_id="n1", email=f"{id_}@example.org", name=name, role=role)


def request(**values: Any) -> SupportRequest:
    """A request with a note and a room."""
    row: dict[str, Any] = {
        "id": "r1",
        "network_id": "n1",
        "site_id": "s1",
        "requested_by_id": "u1",
        "state": RequestState.SEARCHING,
        "seq": 3,
        "modality": Modality.IN_PERSON,
        "place": "Room 12",
        "language": "en",
        "focus": Focus.OVERDOSE,
        "preferences": ["quiet"],
        "video_fallback": False,
        "note": "knows 1234567",
        "priority": Priority.NORMAL,
        "policy": {},
        "wave": 1,
        "asked": 3,
        "eligible": 9,
        "next_wave_at": LATER,
        "created_at": START,
    }
    return SupportRequest(**(row | values))


def visit(state: VisitState = VisitState.EN_ROUTE, **values: Any) -> Visit:
    """Marcus on the road."""
    row: dict[str, Any] = {
        "id": "v1",
        "request_id": "r1",
        "peer_id": "p1",
        "state": state,
        "modality": Modality.IN_PERSON,
        "accepted_at": START,
        "departed_at": START + timedelta(minutes=2),
        "eta_at": LATER,
    }
    return Visit(**(row | values))


def duty(position_at: datetime | None = LATER) -> Duty:
    """Where Marcus is."""
    return Duty(
        peer_id="p1",
        on_duty=True,
        since=START,
        until=None,
        modalities=["in_person"],
        latitude=39.95,
        longitude=-83.01,
        accuracy_m=12.0,
        position_at=position_at,
    )


MARCUS = user("p1", "Marcus T.", Role.PEER)
RENEE = user("m1", "Renee A.", Role.MANAGER)


def shown(row: SupportRequest, **values: Any) -> dict[str, Any]:
    """The request's shape."""
    none: dict[str, Any] = {"owner": None, "visit": None, "visitor": None, "duty": None}
    return shapes.request(RequestRows(request=row, site=site(), **(none | values)))


def test_a_request_has_the_promised_fields() -> None:
    assert list(shown(request())) == [
        "id",
        "site",
        "state",
        "seq",
        "modality",
        "place",
        "language",
        "focus",
        "preferences",
        "video_fallback",
        "note",
        "warnings",
        "priority",
        "wave",
        "asked",
        "eligible",
        "next_wave_at",
        "owner",
        "alarm",
        "help",
        "needs",
        "visit",
        "bridge",
        "bridge_search",
        "staying",
        "created_at",
        "closed_at",
    ]
    assert shown(request())["warnings"] == ["long_number_in_note"]


def test_times_are_utc_and_end_in_z() -> None:
    assert shapes.stamp(START) == "2026-03-03T02:40:00.000000Z"
    local = START.astimezone(timezone(timedelta(hours=-5)))
    assert shapes.stamp(local) == "2026-03-03T02:40:00.000000Z"
    assert shapes.stamp(None) is None


def test_somebody_always_holds_an_open_request_and_nobody_a_closed_one() -> None:
    engine = {"kind": "engine", "name": "Alongside"}
    assert shown(request())["owner"] == engine
    assert shown(request(), owner=RENEE)["owner"] == {
        "kind": "manager",
        "id": "m1",
        "name": "Renee A.",
    }
    accepted = request(state=RequestState.EN_ROUTE)
    held = shown(accepted, owner=RENEE, visit=visit(), visitor=MARCUS)
    assert held["owner"] == {"kind": "peer", "id": "p1", "name": "Marcus T."}
    done = visit(VisitState.COMPLETED)
    ended = shown(request(state=RequestState.COMPLETED), visit=done, visitor=MARCUS)
    assert ended["owner"] is None
    assert ended["visit"]["peer"] == {"id": "p1", "name": "Marcus T."}


@pytest.mark.parametrize("state", list(VisitState))
def test_the_exact_position_is_seen_on_the_road_only(state: VisitState) -> None:
    where = shapes.position(duty(), visit(state))
    assert (where is not None) == (state is VisitState.EN_ROUTE)
    if where is not None:
        assert where == {
            "latitude": 39.95,
            "longitude": -83.01,
            "accuracy_m": 12.0,
            "recorded_at": "2026-03-03T02:50:00.000000Z",
        }


def test_a_position_from_before_leaving_stays_private() -> None:
    assert shapes.position(duty(START + timedelta(minutes=1)), visit()) is None
    assert shapes.position(duty(None), visit()) is None
    assert shapes.position(None, visit()) is None


def test_the_position_is_in_the_snapshot_and_in_no_fact() -> None:
    row = request(state=RequestState.EN_ROUTE)
    assert "position" in shown(row, visit=visit(), visitor=MARCUS, duty=duty())["visit"]
    assert "position" not in shapes.visit(visit(), MARCUS)


def test_an_offer_says_the_area_and_never_the_room_or_the_note() -> None:
    row = Offer(
        id="o1",
        request_id="r1",
        peer_id="p1",
        wave=1,
        modality=Modality.IN_PERSON,
        state=OfferState.OPEN,
        distance_m=5000,
        travel_s=600,
        arrive_by=LATER,
        reasons=["badge"],
        asked_at=START,
    )
    shape = shapes.offer(row, request(), site())
    assert list(shape) == [
        "id",
        "request_id",
        "state",
        "wave",
        "modality",
        "site",
        "focus",
        "language",
        "priority",
        "someone_stays",
        "distance_m",
        "travel_seconds",
        "travel_range",
        "arrive_by",
        "reasons",
        "asked_at",
        "next_wave_at",
        "is_bridge",
        "until_about",
    ]
    assert shape["site"] == {"name": "Scioto Ridge", "area": "Columbus"}
    for secret in ("Room 12", "1234567", "quiet", "1 Ridge Road", "+1614"):
        assert secret not in str(shape)


def test_a_duty_never_shows_where() -> None:
    assert "39.95" not in str(shapes.duty(duty()))
    assert shapes.duty(None)["on_duty"] is False


NAMED = {"id": "o1", "peer": {"id": "p1", "name": "Marcus T."}, "wave": 1, "reason": "tired"}
SAID_NO = By("peer", "p1", "Marcus T.").as_dict()


def fact(viewer: Role, data: dict[str, Any], actor: dict[str, str] = SAID_NO) -> dict[str, Any]:
    """A fact as somebody sees it."""
    return shapes.fact("r1", 5, "offer_declined", START, actor, data, viewer)


@pytest.mark.parametrize("viewer", [Role.STAFF, Role.PEER])
def test_staff_and_peers_do_not_learn_who_said_no(viewer: Role) -> None:
    for data in ({"offer": NAMED}, {"offers": [NAMED, NAMED], "asked": 2}):
        seen = fact(viewer, data, SAID_NO if "offer" in data else {"kind": "engine"})
        assert not {"Marcus", "tired", "p1", "o1"} & set(str(seen).replace("'", " ").split())
        assert seen["actor"]["kind"] in ("peer", "engine")
        assert seen["seq"] == 5
    assert fact(viewer, {"offers": [NAMED], "asked": 2})["data"]["asked"] == 2


@pytest.mark.parametrize("viewer", [Role.MANAGER, Role.SUPERVISOR, Role.ADMIN])
def test_managers_see_who_was_asked_and_what_they_said(viewer: Role) -> None:
    seen = fact(viewer, {"offer": NAMED})
    assert seen["data"] == {"offer": NAMED}
    assert seen["actor"] == SAID_NO


def test_everyone_learns_who_is_coming() -> None:
    data = {"offer": NAMED, "state": "accepted", "visit": shapes.visit(visit(), MARCUS)}
    seen = fact(Role.STAFF, data)
    assert seen["actor"]["name"] == "Marcus T."
    assert seen["data"]["visit"]["peer"]["name"] == "Marcus T."
