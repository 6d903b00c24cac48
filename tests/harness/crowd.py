"""A network at the size that the board is made for, put in by rows: requests in every state, peers.

The rows are what a busy evening leaves behind; nobody was asked and nothing rings. It knows models;
it refuses to know how they come about.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from dispatch.cells import cell_of
from dispatch.models import Badge, Certificate, Duty, Offer, Peer, Site, SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.states import Modality, OfferState, RequestState, Role, VisitState
from storage.database import Database, Transaction
from storage.ids import new_id

WAITING, ESCALATED = 0.5, 0.1
"""Parts of the requests; all others have a peer who is coming, here or with them."""
COMING = (
    (RequestState.ACCEPTED, VisitState.ACCEPTED),
    (RequestState.EN_ROUTE, VisitState.EN_ROUTE),
    (RequestState.ARRIVED, VisitState.ARRIVED),
    (RequestState.IN_SESSION, VisitState.IN_SESSION),
)
GRID = 40
WAYS = [Modality.IN_PERSON.value, Modality.VIDEO.value]


def fill(
    db: Database, network_id: str, *, requests: int, peers: int, may_come: bool = False
) -> list[str]:
    """Put in so many open requests and peers on duty; the ids of the requests.

    Unless they `may_come`, nobody of the crowd has a certificate or a badge, and none is ever asked.
    """
    with db.transaction() as tx:
        sites = tx.session.scalars(
            select(Site).where(Site.network_id == network_id).order_by(Site.name)
        ).all()
        nurse = tx.session.scalars(
            select(User).where(User.network_id == network_id, User.role == Role.STAFF).limit(1)
        ).one()
        people = _peers(tx, network_id, sites[0], peers)
        if may_come:
            _admit(tx, people, sites[0])
        made = []
        for number in range(requests):
            site = sites[number % len(sites)]
            made.append(_request(tx, site, nurse.id, people, number, requests))
        tx.session.flush()
        return made


def _peers(tx: Transaction, network_id: str, site: Site, number: int) -> list[str]:
    """So many peers on duty, on a grid around the first site; nobody can sign in as them."""
    ids = [new_id() for _ in range(number)]
    tx.session.add_all(
        User(
            id=user_id,
            network_id=network_id,
            email=f"crowd{at}@crowd.example",
            name=f"Peer Number{at}",
            role=Role.PEER,
            created_at=tx.now,
        )
        for at, user_id in enumerate(ids)
    )
    tx.session.flush()
    tx.session.add_all(
        Peer(id=user_id, network_id=network_id, modalities=WAYS, languages=["en"])
        for user_id in ids
    )
    tx.session.flush()
    tx.session.add_all(_duty(tx, network_id, site, user_id, at) for at, user_id in enumerate(ids))
    tx.session.flush()
    return ids


def _admit(tx: Transaction, people: list[str], site: Site) -> None:
    """They have what the site asks of those who come."""
    later = tx.now + timedelta(days=90)
    tx.session.add_all(
        Certificate(peer_id=one, name="Certified Peer Supporter", expires_at=later)
        for one in people
    )
    tx.session.add_all(Badge(peer_id=one, site_id=site.id, expires_at=later) for one in people)
    tx.session.flush()


def _duty(tx: Transaction, network_id: str, site: Site, peer_id: str, at: int) -> Duty:
    """As `dispatch.actions.duty` leaves it behind: a search by region goes by its cell and languages."""
    latitude = site.latitude + (at % GRID - GRID / 2) * 0.01
    longitude = site.longitude + (at // GRID - GRID / 2) * 0.01
    return Duty(
        peer_id=peer_id,
        network_id=network_id,
        on_duty=True,
        since=tx.now,
        until=tx.now + timedelta(hours=8),
        modalities=WAYS,
        languages=["en"],
        latitude=latitude,
        longitude=longitude,
        cell=cell_of(latitude, longitude),
        accuracy_m=20.0,
        position_at=tx.now,
        contact_at=tx.now,
    )


def _request(
    tx: Transaction, site: Site, nurse_id: str, people: list[str], number: int, of: int
) -> str:
    """One open request; the engine looks at it again in an hour, so that it stays as it is."""
    began = tx.now - timedelta(seconds=30 + number)
    part = number / of
    state, visit_state = RequestState.SEARCHING, None
    if WAITING <= part < WAITING + ESCALATED:
        state = RequestState.ESCALATED
    elif part >= WAITING:
        state, visit_state = COMING[number % len(COMING)]
    request = SupportRequest(
        id=new_id(),
        network_id=site.network_id,
        site_id=site.id,
        requested_by_id=nurse_id,
        consent_at=began,
        state=state,
        modality=Modality.IN_PERSON,
        place=f"Bed {number}",
        language="en",
        policy=parse({}).frozen(),
        wave=1,
        asked=3,
        eligible=len(people),
        search_started_at=began,
        search_wave=1,
        created_at=began,
        next_action_at=tx.now + timedelta(hours=1),
    )
    tx.session.add(request)
    tx.session.flush()
    if visit_state is not None:
        _visit(tx, request, people[number], visit_state, began)
    return request.id


def _visit(
    tx: Transaction, request: SupportRequest, peer_id: str, state: VisitState, began: datetime
) -> None:
    """The visit of a request that has one, with the offer it came from."""
    offer = Offer(
        id=new_id(),
        network_id=request.network_id,
        request_id=request.id,
        peer_id=peer_id,
        wave=1,
        modality=request.modality,
        state=OfferState.ACCEPTED,
        asked_at=began,
        answered_at=began,
    )
    tx.session.add(offer)
    tx.session.flush()
    reached = [one for _, one in COMING].index(state)
    arrive_at = tx.now + timedelta(minutes=12)
    tx.session.add(
        Visit(
            network_id=request.network_id,
            request_id=request.id,
            peer_id=peer_id,
            offer_id=offer.id,
            modality=request.modality,
            state=state,
            accepted_at=began,
            eta_at=arrive_at,
            promised_at=arrive_at,
            departed_at=began if reached >= 1 else None,
            arrived_at=tx.now if reached >= 2 else None,
            started_at=tx.now if reached >= 3 else None,
            contact_at=tx.now,
        )
    )
