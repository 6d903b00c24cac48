"""What notifications must ask about people and offers, answered with the rows of dispatch.

The two floors do not know each other: this is where one's port meets the other's tables.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select, update

from dispatch.actions import duty, peers
from dispatch.models import Offer, Peer, User
from dispatch.states import OfferState, Role
from notifications.directory import Recipient
from storage.database import Transaction


class DispatchDirectory:
    """The directory of `notifications.directory`, over the tables of dispatch."""

    def recipients_of_peers(
        self, tx: Transaction, peer_ids: Collection[str]
    ) -> Mapping[str, Recipient]:
        """The active users behind these peers, whose ids are the same."""
        rows = tx.session.execute(
            select(User.id, User.locale).where(User.id.in_(peer_ids), User.is_active)
        )
        return {row.id: Recipient(row.id, row.locale) for row in rows}

    def managers(self, tx: Transaction, network_id: str) -> Sequence[Recipient]:
        """The active managers, those on call first; without any, the admins: somebody is told."""
        rows = tx.session.execute(
            select(User.id, User.locale, User.role)
            .where(
                User.network_id == network_id,
                User.role.in_((Role.MANAGER, Role.ADMIN)),
                User.is_active,
            )
            .order_by(User.is_on_call.desc(), User.created_at, User.id)
        ).all()
        managers = [row for row in rows if row.role is Role.MANAGER]
        return [Recipient(row.id, row.locale) for row in managers or rows]

    def open_offers(self, tx: Transaction, offer_ids: Collection[str]) -> set[str]:
        """Those of these offers that still await an answer."""
        return set(
            tx.session.scalars(
                select(Offer.id).where(Offer.id.in_(offer_ids), Offer.state == OfferState.OPEN)
            )
        )

    def unreachable(self, tx: Transaction, user_id: str, offer_ids: Collection[str]) -> None:
        """Nobody is waited for who cannot be reached; requests are held in the order of their ids.

        A user who is no peer has nothing to be counted out of.
        """
        tx.session.execute(update(Peer).where(Peer.id == user_id).values(is_reachable=False))
        rows = tx.session.scalars(
            select(Offer.id)
            .where(Offer.id.in_(offer_ids), Offer.peer_id == user_id)
            .order_by(Offer.request_id, Offer.id)
        ).all()
        for offer_id in rows:
            peers.unreachable(tx, offer_id)


def reachable_again(tx: Transaction, user_id: str, network_id: str) -> None:
    """A peer who could not be reached has a working address now: searches may ask them."""
    changed = tx.session.execute(
        update(Peer)
        .where(Peer.id == user_id, Peer.is_reachable.is_(False))
        .values(is_reachable=True)
        .returning(Peer.id)
    ).scalar()
    if changed is not None:
        duty.wake_searches(tx, network_id)
