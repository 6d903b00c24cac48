"""What nobody's clock watches: duties that have ended, offers whose peer lost the right to answer.

Everything here is found again at the next sweep, so a sweep that dies loses nothing. The alarms of
visits have their own times (`dispatch.watch`).
"""

import logging
from datetime import timedelta

from sqlalchemy import and_, exists, or_, select, update

from dispatch import familiar
from dispatch.actions import duty as duties
from dispatch.models import Badge, Certificate, Duty, Offer, SupportRequest, Visit
from dispatch.policy import DEFAULT
from dispatch.states import BUSY_VISIT, LIVE_VISIT, REMOTE, OfferState
from storage.database import Database
from storage.failpoints import failpoint

log = logging.getLogger(__name__)

BATCH = 100
"""How many rows one sweep handles at most; the next sweep takes the rest."""


def sweep(db: Database) -> int:
    """End stale duties, wake searches with offers that lost their ground, forget; return how many."""
    ended = _end_stale_duties(db)
    failpoint("sweep.duties")
    ended += _wake_searches_with_lost_offers(db)
    failpoint("sweep.woken")
    return ended + _forget_positions(db) + familiar.forget(db)


def _forget_positions(db: Database) -> int:
    """Who is neither on duty nor on a visit is nowhere: rule 5 of the product.

    Going off duty forgets at once; this is for who went off duty in the middle of a visit.
    """
    with db.transaction() as tx:
        visiting = exists().where(
            Visit.peer_id == Duty.peer_id, Visit.state.in_(sorted(LIVE_VISIT))
        )
        forgotten = tx.session.execute(
            update(Duty)
            .where(Duty.position_at.is_not(None), Duty.on_duty.is_(False), ~visiting)
            .values(latitude=None, longitude=None, accuracy_m=None, position_at=None, cell=None)
            .returning(Duty.peer_id)
            .execution_options(synchronize_session=False)
        )
        return len(forgotten.all())


def _end_stale_duties(db: Database) -> int:
    """A duty ends at its `until`; without one, when the app has been silent for half a day."""
    with db.read() as tx:
        silent_since = tx.now - timedelta(seconds=DEFAULT.duty_stale_s)
        stale = tx.session.scalars(
            select(Duty.peer_id)
            .where(
                Duty.on_duty,
                or_(
                    Duty.until <= tx.now,
                    and_(Duty.until.is_(None), Duty.contact_at <= silent_since),
                ),
            )
            .limit(BATCH)
        ).all()
    for peer_id in stale:
        try:
            with db.transaction() as tx:
                row = tx.session.scalars(
                    select(Duty).where(Duty.peer_id == peer_id).with_for_update()
                ).one()
                # Looked at again under the lock: the peer may have said "stay on longer" meanwhile.
                is_past = row.until is not None and row.until <= tx.now
                is_silent = (
                    row.until is None
                    and row.contact_at is not None
                    and row.contact_at <= silent_since
                )
                if row.on_duty and (is_past or is_silent):
                    duties.end_stale(tx, row)
        except Exception:
            log.exception("the stale duty of peer %s could not be ended", peer_id)
    return len(stale)


def _wake_searches_with_lost_offers(db: Database) -> int:
    """Make the engine look at searches in which an asked peer is busy, gone or not permitted."""
    with db.transaction() as tx:
        certified = exists().where(
            Certificate.peer_id == Offer.peer_id, Certificate.expires_at > tx.now
        )
        badged = exists().where(
            Badge.peer_id == Offer.peer_id,
            Badge.site_id == SupportRequest.site_id,
            Badge.expires_at > tx.now,
        )
        # A wave that was on its way while its peer went off duty made an offer nobody ended.
        on_duty = exists().where(Duty.peer_id == Offer.peer_id, Duty.on_duty)
        busy = exists().where(Visit.peer_id == Offer.peer_id, Visit.state.in_(sorted(BUSY_VISIT)))
        lost = (
            select(SupportRequest.id)
            .join(Offer, Offer.request_id == SupportRequest.id)
            .where(
                Offer.state == OfferState.OPEN,
                SupportRequest.next_action_at > tx.now,
                or_(
                    ~certified,
                    ~on_duty,
                    busy,
                    and_(Offer.modality.not_in(sorted(REMOTE)), ~badged),
                ),
            )
            .limit(BATCH)
            .with_for_update(skip_locked=True, of=SupportRequest)
        )
        woken = tx.session.execute(
            update(SupportRequest)
            .where(SupportRequest.id.in_(lost.scalar_subquery()))
            .values(next_action_at=tx.now)
            .returning(SupportRequest.id)
            .execution_options(synchronize_session=False)
        )
        return len(woken.all())
