"""What notifications must ask about people and offers, answered with the rows of dispatch.

The two floors do not know each other: this is where one's port meets the other's tables.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from dispatch.actions import peers
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
            select(User.id, User.locale, Peer.is_private)
            .join(Peer, Peer.id == User.id)
            .where(User.id.in_(peer_ids), User.is_active)
        )
        return {row.id: Recipient(row.id, row.locale, row.is_private) for row in rows}

    def managers(self, tx: Transaction, network_id: str) -> Sequence[Recipient]:
        """The active managers, those on call first; without any, the admins: somebody is told."""
        rows = tx.session.execute(
            select(User.id, User.locale, User.role, User.is_on_call)
            .where(
                User.network_id == network_id,
                User.role.in_((Role.MANAGER, Role.ADMIN)),
                User.is_active,
            )
            .order_by(User.is_on_call.desc(), User.created_at, User.id)
        ).all()
        managers = [row for row in rows if row.role is Role.MANAGER]
        return [
            Recipient(row.id, row.locale, is_on_call=row.is_on_call) for row in managers or rows
        ]

    def caretakers(self, tx: Transaction, network_id: str) -> Sequence[Recipient]:
        """The active supervisors and managers; without a manager the admins too."""
        supervisors = tx.session.execute(
            select(User.id, User.locale, User.is_on_call)
            .where(User.network_id == network_id, User.role == Role.SUPERVISOR, User.is_active)
            .order_by(User.is_on_call.desc(), User.created_at, User.id)
        )
        found = [Recipient(row.id, row.locale, is_on_call=row.is_on_call) for row in supervisors]
        return [*found, *self.managers(tx, network_id)]

    def staff_of(self, tx: Transaction, site_id: str) -> Sequence[Recipient]:
        """The active staff who belong to this site."""
        rows = tx.session.execute(
            select(User.id, User.locale)
            .where(User.site_id == site_id, User.role == Role.STAFF, User.is_active)
            .order_by(User.created_at, User.id)
        )
        return [Recipient(row.id, row.locale) for row in rows]

    def open_offers(self, tx: Transaction, offer_ids: Collection[str]) -> set[str]:
        """Those of these offers that still await an answer."""
        return set(
            tx.session.scalars(
                select(Offer.id).where(Offer.id.in_(offer_ids), Offer.state == OfferState.OPEN)
            )
        )

    def unreachable(
        self, tx: Transaction, user_id: str, offer_ids: Collection[str], *, has_phone: bool
    ) -> None:
        """Nobody is waited for who cannot be reached."""
        peers.all_unreachable(tx, user_id, offer_ids, has_phone=has_phone)
