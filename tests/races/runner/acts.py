"""What one call of a race does in process: the product's own actions, and the naive yes beside them.

It knows one transaction; it refuses to know what is called at the same time.
"""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event, insert, select, update

from dispatch.access import Actor
from dispatch.actions import peers, staff, visits
from dispatch.errors import Conflict, DomainError
from dispatch.models import Offer, SupportRequest, Visit
from dispatch.states import LOOKING, Modality, OfferState, RequestState, VisitState
from storage.database import Database
from storage.ids import new_id
from tests.races.runner.field import NETWORK
from tests.races.runner.plan import What
from tests.races.start import WON

Do = Callable[[Database, Actor, str], Any]

_seen = threading.local()


def watch(engine: Engine) -> None:
    """Notice, thread by thread, when a call gets to the statement that decides."""

    def look(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE support_requests SET"):
            _seen.got_there = True

    event.listen(engine, "before_cursor_execute", look)


def perform(do: Do, db: Database, actor: Actor, target: str) -> tuple[str, bool]:
    """What the caller hears (`won`, or the code of the refusal), and whether the guard was reached.

    What is no refusal is heard too, with its name: it is for the verdict to say that it may not be.
    """
    _seen.got_there = False
    try:
        do(db, actor, target)
        heard = WON
    except DomainError as refusal:
        heard = refusal.refusal
    except Exception as error:  # noqa: BLE001  # counted as unexplained, and named
        heard = f"{type(error).__name__}: {str(error)[:200]}"
    return heard, bool(_seen.got_there)


def _yes(db: Database, actor: Actor, target: str) -> None:
    with db.transaction() as tx:
        peers.accept(tx, actor, target)


def _no(db: Database, actor: Actor, target: str) -> None:
    with db.transaction() as tx:
        peers.decline(tx, actor, target)


def _cancel(db: Database, actor: Actor, target: str) -> None:
    with db.transaction() as tx:
        staff.cancel(tx, actor, target, "left")


def _withdraw(db: Database, actor: Actor, target: str) -> None:
    with db.transaction() as tx:
        visits.withdraw(tx, actor, target)


DO: dict[What, Do] = {
    What.YES: _yes,
    What.NO: _no,
    What.CANCEL: _cancel,
    What.WITHDRAW: _withdraw,
}


def _yes_naively(db: Database, actor: Actor, target: str) -> None:
    """Look, then write: what a handler does that loads a row, decides, and saves.

    Nothing in it is wrong when it is alone. The index that would refuse the second visit is gone.
    """
    with db.read() as tx:
        request_id, state = tx.session.execute(
            select(SupportRequest.id, SupportRequest.state)
            .join(Offer, Offer.request_id == SupportRequest.id)
            .where(Offer.id == target)
        ).one()
    if state not in LOOKING:
        raise Conflict("Someone else said yes first. Thank you.", code="already_taken")
    with db.transaction() as tx:
        tx.session.execute(
            update(SupportRequest)
            .where(SupportRequest.id == request_id)
            .values(state=RequestState.ACCEPTED)
        )
        tx.session.execute(
            update(Offer).where(Offer.id == target).values(state=OfferState.ACCEPTED)
        )
        tx.session.execute(
            insert(Visit).values(
                id=new_id(),
                network_id=NETWORK,
                request_id=request_id,
                peer_id=actor.id,
                offer_id=target,
                modality=Modality.IN_PERSON,
                state=VisitState.ACCEPTED,
                accepted_at=tx.now,
                contact_at=tx.now,
            )
        )


NAIVE: dict[What, Do] = {What.YES: _yes_naively}
