"""Decisions that were done, kept with their reason: one more table. It decides nothing.

Every decision that asked somebody or handed the request to a manager is written in the transaction
that did it. Looks that changed nothing are not: the next one starts from the rows.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    and_,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.bridging import Looking
from dispatch.models import SupportRequest
from dispatch.recorded import recording
from dispatch.recorded.recording import Inputs, Packed
from dispatch.waves import Decision
from storage.base import Base, Id, JsonList
from storage.database import Transaction
from storage.ids import new_id

log = logging.getLogger(__name__)

INPUTS_KEPT = timedelta(days=30)
"""How long the inputs are kept: they hold where peers were to the metre. A month is enough to ask why
something happened; who was asked and why not the others stays as long as the request."""

WISHES_KEPT = timedelta(hours=24)
"""How long after the end of a request, when they hold whom the person had met or what a peer says of
themselves: as long as the request itself and its offers hold it (`dispatch.familiar`)."""

AT_ONCE = 200
"""How many are emptied in one transaction."""


class RecordedDecision(Base):
    """One decision that asked or escalated."""

    __tablename__ = "decisions"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"))
    wave: Mapped[int | None]
    """The number of the wave that was sent; None when nobody was asked and it escalated. Waves of a
    bridge have numbers of their own, from 1."""
    is_bridge: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whom to ask by video until somebody arrives was decided."""
    at: Mapped[datetime]
    strategy: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(Text)
    because: Mapped[JsonList]
    """`why` in codes and numbers: see `dispatch.recorded.because`."""
    who: Mapped[bytes] = mapped_column(LargeBinary)
    """Every peer with their reason: see `dispatch.recorded.recording`."""
    inputs: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the decision took, for `INPUTS_KEPT`."""
    tells_wishes: Mapped[bool] = mapped_column(default=False)
    """Whether the inputs hold whom the person had met, or what a peer says of themselves."""

    __table_args__ = (
        Index("ix_decisions_request", "request_id", "at", "id"),
        Index(
            "ix_decisions_inputs",
            "at",
            postgresql_where=text("inputs IS NOT NULL"),
            sqlite_where=text("inputs IS NOT NULL"),
        ),
        Index(
            "ix_decisions_wishes",
            "request_id",
            postgresql_where=text("tells_wishes AND inputs IS NOT NULL"),
            sqlite_where=text("tells_wishes AND inputs IS NOT NULL"),
        ),
    )


def keep(tx: Transaction, request: SupportRequest, inputs: Inputs, decision: Decision) -> None:
    """Write down a decision that asked or escalated, with what it was made from.

    What cannot be packed is logged: a record never holds up who is asked.
    """
    try:
        packed = recording.pack(inputs, decision)
    except Exception:
        log.exception("a decision about request %s could not be recorded", request.id)
        return
    is_bridge = isinstance(inputs.search, Looking)
    wave = _bridge_waves(tx, request) + 1 if is_bridge else request.wave
    tx.session.add(
        RecordedDecision(
            network_id=request.network_id,
            request_id=request.id,
            wave=wave if decision.ask else None,
            is_bridge=is_bridge,
            at=tx.now,
            strategy=inputs.policy.strategy,
            why=decision.why,
            because=list(decision.because),
            who=packed.who,
            inputs=packed.inputs,
            tells_wishes=any(peer.has_met or peer.traits for peer in inputs.peers),
        )
    )


def _bridge_waves(tx: Transaction, request: SupportRequest) -> int:
    """How many are kept; a search for a bridge may begin anew, and counts its own from 0."""
    kept = select(func.count()).where(
        RecordedDecision.request_id == request.id, RecordedDecision.is_bridge
    )
    return tx.session.execute(kept).scalar_one()


def of_request(tx: Transaction, request_id: str) -> Sequence[RecordedDecision]:
    """All that are kept of a request, in the order in which they were made."""
    return tx.session.scalars(
        select(RecordedDecision)
        .where(RecordedDecision.request_id == request_id)
        .order_by(RecordedDecision.at, RecordedDecision.id)
    ).all()


def packed(row: RecordedDecision) -> Packed | None:
    """What a replay needs; None once the inputs have had their time."""
    return None if row.inputs is None else Packed(row.who, row.inputs)


def forget_inputs(tx: Transaction, limit: int = AT_ONCE) -> int:
    """Empty the inputs of at most `limit` decisions whose time has come."""
    old = (
        select(RecordedDecision.id)
        .join(SupportRequest, SupportRequest.id == RecordedDecision.request_id)
        .where(
            RecordedDecision.inputs.is_not(None),
            or_(
                RecordedDecision.at < tx.now - INPUTS_KEPT,
                and_(
                    RecordedDecision.tells_wishes,
                    SupportRequest.closed_at <= tx.now - WISHES_KEPT,
                ),
            ),
        )
        .order_by(RecordedDecision.at)
        .limit(limit)
    )
    emptied = tx.session.execute(
        update(RecordedDecision)
        .where(RecordedDecision.id.in_(old.scalar_subquery()))
        .values(inputs=None)
        .returning(RecordedDecision.id)
        .execution_options(synchronize_session=False)
    )
    return len(emptied.all())
