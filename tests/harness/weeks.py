"""The last days of a network, written as rows: duties, requests, who was asked, who came.

Nothing of it was journaled or decided: it is only what a replay reads. It knows tables and refuses
to know who looks at them.
"""

from collections.abc import Sequence
from datetime import timedelta

from dispatch.models import Offer, SupportRequest, User, Visit
from dispatch.policy import DEFAULT
from dispatch.spells import DutySpell
from dispatch.states import Modality, OfferState, RequestState, VisitState
from storage.database import Database
from storage.ids import new_id

YES_S, NO_S, REACH_S, SESSION_S = 40, 20, 900, 1800


def weeks(
    db: Database, nurse_id: str, peer_ids: Sequence[str], *, requests: int, days: float
) -> list[str]:
    """So many requests in the last days, evenly; the ids.

    Every peer was available all the time. The first who is asked says no, the second yes, the third
    is silent; each tenth request is given up after ten minutes by a silent department.
    """
    with db.transaction() as tx:
        nurse = tx.session.get_one(User, nurse_id)
        start = tx.now - timedelta(days=days)
        ways = [Modality.IN_PERSON.value, Modality.VIDEO.value]
        tx.session.add_all(
            DutySpell(
                id=new_id(),
                network_id=nurse.network_id,
                peer_id=peer_id,
                began_at=start,
                ended_at=tx.now,
                modalities=ways,
            )
            for peer_id in peer_ids
        )
        made, offers, visits = [], [], []
        for number in range(requests):
            at = start + timedelta(days=days * (number + 0.5) / requests)
            is_lost = number % 10 == 9
            closed = at + timedelta(seconds=600 if is_lost else YES_S + REACH_S + SESSION_S)
            request = SupportRequest(
                id=new_id(),
                network_id=nurse.network_id,
                site_id=nurse.site_id,
                requested_by_id=nurse.id,
                consent_at=at,
                state=RequestState.CANCELLED if is_lost else RequestState.COMPLETED,
                modality=Modality.IN_PERSON,
                place="7",
                language="en",
                video_fallback=True,
                policy=DEFAULT.frozen(),
                search_started_at=at,
                created_at=at,
                closed_at=closed,
            )
            made.append(request)
            for place in range(min(3, len(peer_ids))):
                is_yes, is_no = place == 1 and not is_lost, place == 0 and not is_lost
                after = timedelta(seconds=NO_S if is_no else 600 if is_lost else YES_S)
                offers.append(
                    Offer(
                        id=new_id(),
                        network_id=nurse.network_id,
                        request_id=request.id,
                        peer_id=peer_ids[(number + place) % len(peer_ids)],
                        wave=1,
                        modality=Modality.IN_PERSON,
                        state=OfferState.ACCEPTED
                        if is_yes
                        else OfferState.DECLINED
                        if is_no
                        else OfferState.SUPERSEDED,
                        asked_at=at,
                        answered_at=at + after if is_yes or is_no else None,
                        closed_at=None if is_no else at + after,
                    )
                )
                if is_yes:
                    yes_at = at + after
                    there_at = yes_at + timedelta(seconds=REACH_S)
                    visits.append(
                        Visit(
                            id=new_id(),
                            network_id=nurse.network_id,
                            request_id=request.id,
                            peer_id=offers[-1].peer_id,
                            offer_id=offers[-1].id,
                            modality=Modality.IN_PERSON,
                            state=VisitState.COMPLETED,
                            accepted_at=yes_at,
                            departed_at=yes_at,
                            arrived_at=there_at,
                            started_at=there_at,
                            completed_at=there_at + timedelta(seconds=SESSION_S),
                            ended_at=there_at + timedelta(seconds=SESSION_S),
                            contact_at=there_at,
                        )
                    )
        for rows in (made, offers, visits):
            tx.session.add_all(rows)
            tx.session.flush()
        return [request.id for request in made]
