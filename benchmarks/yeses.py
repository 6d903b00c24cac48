"""Rows for yeses: per number one certified peer, a request of its own, and an open offer of it.

They are written as they would have come to be, without going through a search.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from dispatch.access import Actor
from dispatch.models import (
    Badge,
    Certificate,
    Duty,
    Network,
    Offer,
    Peer,
    Site,
    SupportRequest,
    User,
)
from dispatch.policy import DEFAULT
from dispatch.states import Modality, OfferState, Priority, RequestState, Role
from notifications.models import Delivery, DeliveryState, Kind, Rung
from server.models import SessionKind, UserSession
from storage.base import Base
from storage.clock import SystemClock

NETWORK = 50
"""How many of the numbers have a network together."""
NETWORK_IN_SQL = f"'n' || (:n / {NETWORK})"
"""`network_of` in a script of pgbench."""
LADDER = (Rung.PUSH, Rung.PUSH_AGAIN, Rung.SMS)


def network_of(n: int) -> str:
    """The network of a number; its site is called the same."""
    return f"n{n // NETWORK}"


def actor(n: int) -> Actor:
    """The peer of a number."""
    return Actor(str(n), network_of(n), Role.PEER, f"Peer {n}")


def fill(
    engine: Engine, numbers: list[int], *, vacuum: bool = True, signed_in: bool = False
) -> None:
    """Networks of one site, and per number a certified peer with an open offer of a request.

    `signed_in` adds a session whose id is the number, and the ladder of the offer: its first rung
    was sent, the others wait.
    """
    now = SystemClock().now()
    later = now + timedelta(days=30)
    networks = sorted({network_of(n) for n in numbers})
    site = {
        "name": "Site",
        "area": "Area",
        "address": "",
        "latitude": 40.0,
        "longitude": -83.0,
        "time_zone": "America/New_York",
        "desk_phone": "+16145550100",
        "rooms": [],
        "policy": {},
        "is_active": True,
        "created_at": now,
    }
    person = {"role": Role.PEER, "locale": "en", "is_active": True}
    rows: dict[type[Base], list[dict[str, Any]]] = {
        Network: [{"id": one, "name": one, "policy": {}, "created_at": now} for one in networks],
        Site: [site | {"id": one, "network_id": one} for one in networks],
        User: [
            person
            | {
                "id": str(n),
                "network_id": network_of(n),
                "email": f"{n}@example.org",
                "name": f"Peer {n}",
                "is_on_call": False,
                "created_at": now,
            }
            for n in numbers
        ],
        Peer: [
            {
                "id": str(n),
                "network_id": network_of(n),
                "modalities": ["in_person"],
                "languages": ["en"],
                "focus": [],
                "open_offer_limit": 1,
                "is_muted": False,
                "is_reachable": True,
            }
            for n in numbers
        ],
        Certificate: [
            {"id": str(n), "peer_id": str(n), "name": "CPS", "expires_at": later} for n in numbers
        ],
        Badge: [
            {"id": str(n), "peer_id": str(n), "site_id": network_of(n), "expires_at": later}
            for n in numbers
        ],
        Duty: [
            {
                "peer_id": str(n),
                "network_id": network_of(n),
                "on_duty": True,
                "modalities": ["in_person"],
            }
            for n in numbers
        ],
        SupportRequest: [_request(n, now) for n in numbers],
        Offer: [_offer(n, now) for n in numbers],
    }
    if signed_in:
        rows[UserSession] = [
            {
                "id": str(n),
                "user_id": str(n),
                "kind": SessionKind.BEARER,
                "created_at": now,
                "expires_at": later,
            }
            for n in numbers
        ]
        rows[Delivery] = [_delivery(n, rung, now) for n in numbers for rung in LADDER]
    with engine.begin() as connection:
        for model, values in rows.items():
            connection.execute(insert(model), values)
    if not vacuum:
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _request(n: int, now: datetime) -> dict[str, Any]:
    return {
        "id": str(n),
        "network_id": network_of(n),
        "site_id": network_of(n),
        "requested_by_id": str(n),
        "consent_at": now,
        "state": RequestState.SEARCHING,
        "seq": 0,
        "modality": Modality.IN_PERSON,
        "place": "12",
        "language": "en",
        "preferences": [],
        "video_fallback": False,
        "priority": Priority.NORMAL,
        "policy": DEFAULT.frozen(),
        "wave": 1,
        "asked": 1,
        "eligible": 1,
        "search_started_at": now,
        "search_wave": 1,
        "alarmed": [],
        "is_widened": False,
        "created_at": now,
        "next_action_at": now + timedelta(hours=1),
    }


def _offer(n: int, now: datetime) -> dict[str, Any]:
    return {
        "id": str(n),
        "network_id": network_of(n),
        "request_id": str(n),
        "peer_id": str(n),
        "wave": 1,
        "modality": Modality.IN_PERSON,
        "state": OfferState.OPEN,
        "travel_s": 600,
        "distance_m": 8000,
        "reasons": [],
        "asked_at": now,
        "is_unreachable": False,
    }


def _delivery(n: int, rung: Rung, now: datetime) -> dict[str, Any]:
    is_first = rung is LADDER[0]
    return {
        "id": f"{n}-{rung}",
        "network_id": network_of(n),
        "user_id": str(n),
        "channel": Kind.FCM,
        "site_id": network_of(n),
        "request_id": str(n),
        "offer_id": str(n),
        "fact_seq": 0,
        "once": f"{n}-{rung}",
        "key": "offer",
        "rung": rung,
        "args": {},
        "locale": "en",
        "is_private": False,
        "collapse_id": str(n),
        "state": DeliveryState.SENT if is_first else DeliveryState.PENDING,
        "created_at": now,
        "due_at": None if is_first else now + timedelta(hours=1),
        "expires_at": now + timedelta(hours=2),
        "attempts": int(is_first),
        "turn": n,
    }
