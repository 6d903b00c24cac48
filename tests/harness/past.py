"""A past to learn from: offers that were made and answered, written as rows.

Each stands on a request of its own that is long over. Nothing of it was ever journaled: it is only
what learning and showing read.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dispatch.access import Actor
from dispatch.models import Offer, SupportRequest
from dispatch.policy import DEFAULT
from dispatch.states import Modality, OfferState, RequestState
from storage.database import Database
from storage.ids import new_id

ENDS = {
    "yes": OfferState.ACCEPTED,
    "no": OfferState.DECLINED,
    "silent": OfferState.SUPERSEDED,
    "short": OfferState.SUPERSEDED,
}
"""What a peer did, and what the offer is then."""

WAITED_S = {"yes": 0, "no": 0, "silent": 600, "short": 5}
ANSWERED_S = (15, 25, 35, 50, 90)
"""Those who answer take so long, in turn."""


def past(
    db: Database,
    nurse: Actor,
    peers: Sequence[Actor],
    ends: Sequence[str],
    *,
    until: datetime,
    apart_s: float = 3600.0,
    modality: Modality = Modality.IN_PERSON,
    chance: float | None = None,
) -> list[str]:
    """Offers to these peers in turn, each with its end, the last just before `until`; their ids."""
    requests, offers = [], []
    with db.transaction() as tx:
        for number, end in enumerate(ends):
            peer = peers[number % len(peers)]
            at = until - timedelta(seconds=apart_s * (len(ends) - number))
            over = at + timedelta(seconds=WAITED_S[end] or ANSWERED_S[number % 5])
            answered = over if end in ("yes", "no") else None
            request = SupportRequest(
                id=new_id(),
                network_id=nurse.network_id,
                site_id=nurse.site_id,
                requested_by_id=nurse.id,
                consent_at=at,
                state=RequestState.CANCELLED,
                modality=modality,
                place="7",
                language="en",
                policy=DEFAULT.frozen(),
                search_started_at=at,
                created_at=at,
                closed_at=over,
            )
            requests.append(request)
            offer = Offer(
                id=new_id(),
                network_id=nurse.network_id,
                request_id=request.id,
                peer_id=peer.id,
                wave=1,
                modality=modality,
                state=ENDS[end],
                distance_m=5000 if modality is Modality.IN_PERSON else None,
                asked_at=at,
                answered_at=answered,
                closed_at=None if answered else over,
                chance=chance,
            )
            offers.append(offer)
        tx.session.add_all(requests)
        tx.session.flush()
        tx.session.add_all(offers)
    return [offer.id for offer in offers]
