"""Who is on duty and cannot be reached: found by a look every few seconds, and told.

Dispatch knows duty and the signs of life of an app; notifications knows addresses. A peer with
neither is not counted, not asked and not waited for, until one of them is back.
"""

import logging
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import and_, exists, or_, select

from dispatch.actions import duty, peers
from dispatch.models import Duty, Peer
from notifications import reach
from notifications.directory import Directory
from notifications.ladder import OFFER_KINDS
from notifications.models import Device, DeviceState, Gone, Kind
from notifications.readiness import APP_KINDS, DEAD_AFTER
from storage.database import Database

log = logging.getLogger(__name__)

LOOK_S = 15.0
BATCH = 200
"""How many peers one look handles at most; the next takes the rest."""


def look(db: Database, kinds: Collection[Kind]) -> int:
    """Put right who counts as reachable; how many were not. One statement finds them.

    On the console everybody is rung, so nobody is lost.
    """
    found = _wrong(db, kinds)
    for peer_id, is_reachable in found:
        try:
            with db.transaction() as tx:
                if not is_reachable:
                    duty.reachable_again(tx, peer_id)
                # Looked at again: an address or a sign of life may have come meanwhile.
                elif not reach.is_left(tx, peer_id, kinds):
                    peers.all_unreachable(tx, peer_id, (), has_phone=False)
        except Exception:
            log.exception("the reach of a peer could not be put right", extra={"peer_id": peer_id})
    return len(found)


def _wrong(db: Database, kinds: Collection[Kind]) -> list[tuple[str, bool]]:
    """The peers on duty whose row says what is not so, with what it says."""
    with db.read() as tx:
        open_since = tx.now - timedelta(seconds=duty.APP_IS_OPEN_S)
        silent = or_(Duty.contact_at.is_(None), Duty.contact_at <= open_since)
        works = exists().where(
            Device.user_id == Peer.id,
            Device.state == DeviceState.ACTIVE,
            Device.kind.in_(OFFER_KINDS & set(kinds)),
        )
        is_back = Peer.is_reachable.is_(False)
        wrong = and_(is_back, works)
        if Kind.CONSOLE in kinds:
            wrong = is_back
        else:
            wrong = or_(wrong, and_(Peer.is_reachable, ~works, silent))
        rows = tx.session.execute(
            select(Peer.id, Peer.is_reachable)
            .join(Duty, Duty.peer_id == Peer.id)
            .where(Duty.on_duty, wrong)
            .order_by(Peer.id)
            .limit(BATCH)
        ).all()
        return [(row.id, row.is_reachable) for row in rows]


def expire(db: Database, directory: Directory, kinds: Collection[Kind]) -> int:
    """Bury the addresses of apps that have not registered for so long that providers drop them."""
    with db.read() as tx:
        old = (
            select(Device.id)
            .where(Device.state == DeviceState.ACTIVE, Device.kind.in_(APP_KINDS))
            .where(Device.refreshed_at <= tx.now - DEAD_AFTER)
            .order_by(Device.id)
            .limit(BATCH)
        )
        ids = tx.session.scalars(old).all()
    for device_id in ids:
        with db.transaction() as tx:
            device = tx.session.get(Device, device_id, with_for_update={"key_share": True})
            if device is not None and device.refreshed_at <= tx.now - DEAD_AFTER:
                reach.lose(tx, directory, kinds, device, Gone.EXPIRED, state=DeviceState.DEAD)
    return len(ids)
