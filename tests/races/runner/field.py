"""The rows that races are run on: people once, the requests of a batch each time, all in bulk.

Rows are written as the product leaves them behind; what happens in a race goes through the product.
It refuses to know who is to win.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select, text, update

from dispatch.access import Actor
from dispatch.cells import cell_of
from dispatch.events import FactType
from dispatch.models import (
    Badge,
    Certificate,
    Duty,
    JournalEntry,
    Network,
    Offer,
    Peer,
    Site,
    SupportRequest,
    User,
    Visit,
)
from dispatch.policy import DEFAULT
from dispatch.states import (
    FINAL,
    LIVE_VISIT,
    Modality,
    OfferState,
    RequestState,
    Role,
    VisitState,
)
from server.models import SessionKind, UserSession
from storage.base import Base
from storage.clock import SystemClock
from tests.races.runner.plan import SEATS, Act, Batch, Kind, What

NETWORK = "races"
MANAGER = Actor("manager", NETWORK, Role.MANAGER, "Renee A.")
"""Who cancels."""
LATITUDE, LONGITUDE = 39.96, -82.99
WAYS = [Modality.IN_PERSON.value]
LATER = timedelta(hours=1)
"""The engine does not look at a request of a race before this has passed."""


def peer(number: int) -> Actor:
    """The peer of this number."""
    return Actor(f"peer-{number}", NETWORK, Role.PEER, f"Peer {number}")


def request_id(batch: int, number: int) -> str:
    """The id of a batch's request."""
    return f"{batch}-{number}"


def target(batch: int, act: Act) -> str:
    """The id of what a call is about: an offer, a request or a visit."""
    about = request_id(batch, act.request)
    if act.what is What.CANCEL:
        return about
    if act.what is What.WITHDRAW:
        return f"{about}-visit"
    return f"{about}-{act.peer}"


def settle(engine: Engine, rounds: int, *, signed_in: bool = False) -> None:
    """The people for batches of so many rounds, each round at a site of its own.

    `signed_in`: everybody also has a session, whose id is theirs.
    """
    now = SystemClock().now()
    later = now + timedelta(days=30)
    numbers = range(rounds * SEATS)
    actors = [MANAGER, *map(peer, numbers)]
    where = {"latitude": LATITUDE, "longitude": LONGITUDE}
    site = {"network_id": NETWORK, "area": "Town", "address": "", "created_at": now, **where}
    site |= {"time_zone": "America/New_York", "desk_phone": "+16145550100"}
    duty = {"network_id": NETWORK, "on_duty": True, "since": now, "until": later, **where}
    duty |= {"modalities": WAYS, "languages": ["en"], "position_at": now, "contact_at": now}
    duty |= {"cell": cell_of(LATITUDE, LONGITUDE), "accuracy_m": 20.0}
    profile = {"network_id": NETWORK, "modalities": WAYS, "languages": ["en"]}
    rows: dict[type[Base], list[dict[str, Any]]] = {
        Network: [{"id": NETWORK, "name": "Races", "policy": {}, "created_at": now}],
        Site: [site | {"id": f"site-{one}", "name": f"Site {one}"} for one in range(rounds)],
        User: [
            {
                "id": one.id,
                "network_id": NETWORK,
                "email": f"{one.id}@races.example",
                "name": one.name,
                "role": one.role,
                "created_at": now,
            }
            for one in actors
        ],
        Peer: [profile | {"id": peer(n).id} for n in numbers],
        Certificate: [
            {"peer_id": peer(n).id, "name": "Certified Peer Supporter", "expires_at": later}
            for n in numbers
        ],
        Badge: [
            {"peer_id": peer(n).id, "site_id": f"site-{n // SEATS}", "expires_at": later}
            for n in numbers
        ],
        Duty: [duty | {"peer_id": peer(n).id} for n in numbers],
    }
    if signed_in:
        session = {"kind": SessionKind.BEARER, "created_at": now, "expires_at": later}
        rows[UserSession] = [session | {"id": one.id, "user_id": one.id} for one in actors]
    with engine.begin() as connection:
        for model, values in rows.items():
            connection.execute(insert(model), values)


def fill(engine: Engine, batch: Batch) -> None:
    """The requests of a batch, their offers, and the visits of those who will withdraw."""
    now = SystemClock().now()
    began = now - timedelta(seconds=30)
    policy = DEFAULT.frozen()
    requests, offers, visits, facts = [], [], [], []
    for race in batch.races:
        is_on_the_way = race.kind is Kind.WITHDRAW
        for number in race.requests:
            about = {"network_id": NETWORK, "request_id": request_id(batch.number, number)}
            requests.append(
                {
                    "id": about["request_id"],
                    "network_id": NETWORK,
                    "site_id": f"site-{race.round}",
                    "requested_by_id": MANAGER.id,
                    "consent_at": began,
                    "state": RequestState.ACCEPTED if is_on_the_way else RequestState.SEARCHING,
                    "seq": int(is_on_the_way),
                    "modality": Modality.IN_PERSON,
                    "place": "12",
                    "language": "en",
                    "policy": policy,
                    "wave": 1,
                    "asked": len(race.asked),
                    "eligible": len(race.asked),
                    "search_started_at": began,
                    "search_wave": 1,
                    "created_at": began,
                    "next_action_at": now + LATER,
                }
            )
            if is_on_the_way:
                first = peer(race.asked[0].peer)
                facts.append(
                    about
                    | {"seq": 1, "type": FactType.OFFER_ACCEPTED, "at": began, "data": {}}
                    | {"actor": first.by().as_dict()}
                )
                visits.append(
                    about
                    | {
                        "id": target(batch.number, Act(What.WITHDRAW, number)),
                        "peer_id": first.id,
                        "offer_id": target(batch.number, Act(What.YES, number, race.asked[0].peer)),
                        "modality": Modality.IN_PERSON,
                        "state": VisitState.ACCEPTED,
                        "accepted_at": began,
                        "contact_at": now,
                    }
                )
        offers += [
            {
                "id": target(batch.number, Act(What.YES, one.request, one.peer)),
                "network_id": NETWORK,
                "request_id": request_id(batch.number, one.request),
                "peer_id": peer(one.peer).id,
                "wave": 1,
                "modality": Modality.IN_PERSON,
                "state": one.state,
                "travel_s": 600,
                "distance_m": 8000,
                "asked_at": began,
                "answered_at": None if one.state is OfferState.OPEN else now,
            }
            for one in race.asked
        ]
    rows: dict[type[Base], list[dict[str, Any]]]
    rows = {SupportRequest: requests, Offer: offers, Visit: visits, JournalEntry: facts}
    with engine.begin() as connection:
        connection.execute(update(Duty).values(contact_at=now, position_at=now))
        for model, values in rows.items():
            if values:
                connection.execute(insert(model), values)


def wipe(engine: Engine) -> None:
    """Take all requests away, and all that hangs on one. Nobody else may be at the database."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("TRUNCATE support_requests CASCADE"))
            return
        for table in reversed(_of_requests()):
            connection.execute(delete(table))


def _of_requests() -> list[Table]:
    """The table of requests and every table whose rows lead there, the one that is led to first."""
    found = {SupportRequest.__tablename__}
    tables = []
    for table in Base.metadata.sorted_tables:
        if table.name in found or any(key.column.table.name in found for key in table.foreign_keys):
            found.add(table.name)
            tables.append(table)
    return tables


def close(engine: Engine) -> None:
    """End all requests in place, beside processes that work: everybody is free for the next batch."""
    now = SystemClock().now()
    with engine.begin() as connection:
        # The requests first, one after another, as whoever else changes them takes them.
        open_ones = SupportRequest.state.not_in(FINAL)
        held = select(SupportRequest.id).where(open_ones).order_by(SupportRequest.id)
        connection.execute(held.with_for_update()).all()
        _end(connection, Visit, Visit.state.in_(LIVE_VISIT), state=VisitState.COMPLETED)
        _end(
            connection,
            Offer,
            Offer.state == OfferState.OPEN,
            state=OfferState.WITHDRAWN,
            closed_at=now,
        )
        _end(
            connection,
            SupportRequest,
            open_ones,
            state=RequestState.CANCELLED,
            closed_at=now,
            next_action_at=None,
            next_wave_at=None,
        )


def _end(connection: Connection, model: type[Base], which: Any, **values: Any) -> None:
    connection.execute(update(model).where(which).values(**values))
