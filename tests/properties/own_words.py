"""The rules in the test's own words: asked of the tables in plain SQL, without the product's code.

Empty is well; else each sentence says what is wrong.
"""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# What the product's page says, state by state: where a request may go from where.
WAYS = {
    (None, "searching"),
    ("searching", "accepted"),
    ("searching", "escalated"),
    ("searching", "cancelled"),
    ("searching", "in_session"),
    ("escalated", "accepted"),
    ("escalated", "searching"),
    ("escalated", "unfilled"),
    ("escalated", "cancelled"),
    ("escalated", "in_session"),
    ("accepted", "en_route"),
    ("accepted", "arrived"),
    ("accepted", "in_session"),
    ("accepted", "searching"),
    ("accepted", "cancelled"),
    ("en_route", "arrived"),
    ("en_route", "in_session"),
    ("en_route", "searching"),
    ("en_route", "cancelled"),
    ("arrived", "in_session"),
    ("arrived", "searching"),
    ("arrived", "cancelled"),
    ("in_session", "completed"),
    ("in_session", "searching"),
}
TAKEN_BACK = {
    ("en_route", "accepted"),
    ("arrived", "accepted"),
    ("arrived", "en_route"),
    ("in_session", "arrived"),
    ("in_session", "accepted"),
}
FINAL = {"completed", "cancelled", "unfilled"}

_OFFER = text(
    "SELECT o.id, o.modality, o.is_bridge, o.asked_at, o.network_id, r.language, r.is_widened, r.state,"
    " r.network_id AS request_network, p.network_id AS peer_network, p.languages, p.modalities,"
    " p.is_muted, p.is_reachable, p.travel_limit_m, p.open_offer_limit, u.is_active,"
    " d.on_duty, d.until, d.modalities AS duty_modalities, s.latitude, s.longitude,"
    " d.latitude AS at_latitude, d.longitude AS at_longitude, d.position_at,"
    " p.home_latitude, p.home_longitude,"
    " (SELECT max(c.expires_at) FROM peer_certificates c WHERE c.peer_id = p.id) AS certified,"
    " (SELECT b.expires_at FROM peer_badges b WHERE b.peer_id = p.id AND b.site_id = r.site_id)"
    " AS badge,"
    " (SELECT count(*) FROM visits w WHERE w.peer_id = p.id AND w.request_id = r.id"
    " AND w.is_bridge IS FALSE) AS left_it,"
    " (SELECT count(*) FROM visits w WHERE w.request_id = r.id AND w.is_bridge AND w.state IN"
    " ('accepted', 'in_session')) AS bridged,"
    " (SELECT count(*) FROM do_not_pair n WHERE n.peer_id = p.id AND n.site_id = r.site_id)"
    " AS unpaired,"
    " (SELECT count(*) FROM visits v WHERE v.peer_id = p.id AND v.state IN"
    " ('accepted', 'en_route', 'arrived', 'in_session', 'staying')) AS visits,"
    " (SELECT count(*) FROM offers x WHERE x.peer_id = p.id AND x.request_id <> r.id"
    " AND x.state = 'open' AND x.asked_at > :blocking) AS elsewhere"
    " FROM offers o JOIN support_requests r ON r.id = o.request_id JOIN sites s ON s.id = r.site_id"
    " JOIN peers p ON p.id = o.peer_id JOIN users u ON u.id = p.id"
    " LEFT JOIN duty d ON d.peer_id = p.id WHERE o.asked_at = :now AND o.state = 'open'"
)


_STATES_OF_OFFERS = text("SELECT id, state FROM offers")


def moment(value: Any) -> datetime | None:
    """A time as either database hands it out in plain SQL."""
    if value is None:
        return None
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(value, datetime)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def listed(value: Any) -> list[Any]:
    """A JSON list as either database hands it out in plain SQL."""
    return list(json.loads(value) if isinstance(value, str) else value)


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """As the crow flies."""
    (la, lo), (lb, lp) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    h = math.sin((lb - la) / 2) ** 2
    h += math.cos(la) * math.cos(lb) * math.sin((lp - lo) / 2) ** 2
    return 12742 * math.asin(math.sqrt(h))


def asked_now(session: Session, now: datetime) -> dict[str, list[str]]:
    """The offers made at this very moment, each with what speaks against it now."""
    shown = now.replace(tzinfo=None) if session.get_bind().dialect.name == "sqlite" else now
    blocking = shown - timedelta(seconds=180)
    values = {"now": _stored(shown), "blocking": _stored(blocking)}
    return {
        row.id: [f"the peer {why}" for why in _reasons(row, now)]
        for row in session.execute(_OFFER, values)
    }


def _stored(value: datetime) -> Any:
    """SQLite keeps text, with microseconds always written."""
    return value.isoformat(sep=" ", timespec="microseconds") if value.tzinfo is None else value


def _reasons(row: Any, now: datetime) -> list[str]:
    until, certified, badge = moment(row.until), moment(row.certified), moment(row.badge)
    is_there = row.modality == "in_person"
    checks = {
        "is of another network": not row.network_id == row.request_network == row.peer_network,
        "is not active": not row.is_active,
        "is not on duty": not row.on_duty or (until is not None and until <= now),
        "has no certificate": certified is None or certified <= now,
        "has no badge": is_there and (badge is None or badge <= now),
        "does not speak the language": row.language not in listed(row.languages),
        "is not available in this way": row.modality not in listed(row.duty_modalities)
        or row.modality not in listed(row.modalities),
        "has muted requests": bool(row.is_muted),
        "cannot be reached": not row.is_reachable,
        "was on this request before": row.left_it > 0,
        "is not paired with the site": row.unpaired > 0,
        "is with someone": row.visits > 0,
        "is being asked elsewhere": row.elsewhere >= row.open_offer_limit,
        "is too far away": is_there and _is_too_far(row, now),
        "is asked by a request that is not looking": not row.is_bridge
        and row.state not in ("searching", "escalated"),
        "is asked to bridge to nobody": row.is_bridge and row.state not in ("accepted", "en_route"),
        "is asked to bridge in person": row.is_bridge and row.modality != "video",
        "is asked to bridge beside another": row.is_bridge and row.bridged > 0,
    }
    return [why for why, applies in checks.items() if applies]


def _is_too_far(row: Any, now: datetime) -> bool:
    seen = moment(row.position_at)
    is_fresh = seen is not None and now - seen <= timedelta(minutes=30)
    here = (row.at_latitude, row.at_longitude) if is_fresh else None
    here = here or (row.home_latitude, row.home_longitude)
    if here[0] is None:
        return True
    limit_m = row.travel_limit_m or 40_000 * (2 if row.is_widened else 1)
    return kilometres(here, (row.latitude, row.longitude)) * 1000 > limit_m * 1.01


def wrong_stories(session: Session) -> list[str]:
    """Requests whose facts tell a story that cannot be, or leave somebody without an end."""
    facts = session.execute(
        text("SELECT request_id, type, data FROM facts ORDER BY request_id, seq")
    )
    states: dict[str, str] = {}
    made: dict[str, str] = {}
    wrong = []
    for request_id, kind, data in facts:
        told = json.loads(data) if isinstance(data, str) else data
        before, after = states.get(request_id), told.get("state")
        # A call for help outlives the request: only somebody with a note ends it.
        if before in FINAL and not kind.startswith(("help_", "need_")):
            wrong.append(f"{request_id}: {kind} after the end")
        if after is not None and after != before:
            ways = WAYS | (TAKEN_BACK if kind == "step_undone" else set())
            if (before, after) not in ways:
                wrong.append(f"{request_id}: from {before} to {after} by {kind}")
            states[request_id] = after
        made |= _told_of_offers(kind, told)
    rows = session.execute(text("SELECT id, state FROM support_requests"))
    told_states = {str(row[0]): str(row[1]) for row in rows}
    if told_states != states:
        wrong.append(f"the facts end in {states}, the rows in {told_states}")
    offers = {str(row[0]): str(row[1]) for row in session.execute(_STATES_OF_OFFERS)}
    # A manager who assigns turns an offer into a yes; the fact of that names the visit.
    for offer_id, state in offers.items():
        if made.get(offer_id) != state and state != "accepted":
            wrong.append(f"offer {offer_id} is {state}, its peer was told {made.get(offer_id)}")
    return wrong


def _told_of_offers(kind: str, told: dict[str, Any]) -> dict[str, str]:
    """Which offers a fact tells of, and in which state it leaves them."""
    if kind in ("offer_made", "offer_accepted", "offer_declined", "bridge_accepted"):
        state = {"offer_made": "open", "offer_declined": "declined"}.get(kind, "accepted")
        return {told["offer"]["id"]: state}
    if kind == "bridge_asked":
        return {one["id"]: "open" for one in told["offers"]}
    return {one["id"]: one["state"] for one in told["offers"]} if kind == "offers_closed" else {}
