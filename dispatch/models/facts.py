"""The journal."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.events import FactType
from storage.base import Base, ByValue, Id, JsonDict


class JournalEntry(Base):
    """One fact. Append only: audit and catch-up source in one."""

    __tablename__ = "facts"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"))
    seq: Mapped[int]
    type: Mapped[FactType] = mapped_column(ByValue(FactType))
    at: Mapped[datetime]
    actor: Mapped[JsonDict]
    data: Mapped[JsonDict]

    __table_args__ = (UniqueConstraint("request_id", "seq"),)
