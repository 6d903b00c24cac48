"""Who there is: networks, their sites and users, peers with what lets them go, and their duty."""

from datetime import UTC, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dispatch.states import Role
from storage.base import Base, ByValue, Id, JsonDict, JsonList, one_of
from storage.ids import new_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_TEXT = "1970-01-01 00:00:00"


class Network(Base):
    """The tenant: the organisation that employs peers."""

    __tablename__ = "networks"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    phone: Mapped[str | None] = mapped_column(String(20))
    policy: Mapped[JsonDict] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Site(Base):
    """A hospital emergency department."""

    __tablename__ = "sites"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    area: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(200), default="")
    latitude: Mapped[float]
    longitude: Mapped[float]
    time_zone: Mapped[str] = mapped_column(String(64))
    desk_phone: Mapped[str] = mapped_column(String(20))
    security_phone: Mapped[str | None] = mapped_column(String(20))
    """The hospital's security, for a peer who does not feel safe."""
    rooms: Mapped[JsonList] = mapped_column(default=list)
    policy: Mapped[JsonDict] = mapped_column(default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("network_id", "name"),)


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(ByValue(Role))
    site_id: Mapped[Id | None] = mapped_column(ForeignKey("sites.id"))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_on_call: Mapped[bool] = mapped_column(default=False)
    """A manager on call is the first to own what is escalated."""
    created_at: Mapped[datetime]

    __table_args__ = (one_of("role", Role),)


class Peer(Base):
    """The profile of a user who supports. Its id is the user's: one person, one name for them."""

    __tablename__ = "peers"

    id: Mapped[Id] = mapped_column(ForeignKey("users.id"), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    modalities: Mapped[JsonList] = mapped_column(default=list)
    languages: Mapped[JsonList] = mapped_column(default=list)
    focus: Mapped[JsonList] = mapped_column(default=list)
    home_latitude: Mapped[float | None]
    home_longitude: Mapped[float | None]
    travel_limit_m: Mapped[int | None]
    open_offer_limit: Mapped[int] = mapped_column(default=1)
    """The concurrent limit: how many requests may await this peer's answer at one time."""
    is_muted: Mapped[bool] = mapped_column(default=False)
    is_private: Mapped[bool] = mapped_column(default=False)
    """Their own choice: alerts show only that there is something to open."""
    traits: Mapped[JsonList] = mapped_column(default=list)
    """What they say of themselves (`Trait`): nobody else reads it, and only a wish meets it."""
    is_reachable: Mapped[bool] = mapped_column(default=True)
    """False once every address is known dead; true again with a new one, or when the app calls."""
    counted_from: Mapped[datetime | None]
    """Their own choice: what was learned of them before this moment is left out."""

    user: Mapped[User] = relationship(lazy="raise")
    certificates: Mapped[list["Certificate"]] = relationship(
        lazy="raise", order_by="Certificate.expires_at", cascade="all, delete-orphan"
    )
    badges: Mapped[list["Badge"]] = relationship(
        lazy="raise", order_by="Badge.expires_at", cascade="all, delete-orphan"
    )


class Certificate(Base):
    """What makes a peer a certified peer supporter, until it expires."""

    __tablename__ = "peer_certificates"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    issued_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Badge(Base):
    """A site's permission for a peer to enter, until it expires."""

    __tablename__ = "peer_badges"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"))
    site_id: Mapped[Id] = mapped_column(ForeignKey("sites.id"), index=True)
    expires_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("peer_id", "site_id"),)


class DoNotPair(Base):
    """A peer who is never asked by a site; the reason is the manager's and is shown to nobody."""

    __tablename__ = "do_not_pair"

    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), primary_key=True)
    site_id: Mapped[Id] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class Duty(Base):
    """A peer being available now. One row a peer; the exact position never leaves it as it is."""

    __tablename__ = "duty"

    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    on_duty: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    modalities: Mapped[JsonList] = mapped_column(default=list)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    position_at: Mapped[datetime | None]
    contact_at: Mapped[datetime | None]
    """The last time the peer's app was heard of."""
    cell: Mapped[str | None] = mapped_column(String(15))
    """The cell of the position (`dispatch.cells`); the position may be old, then the home holds."""
    home_cell: Mapped[str | None] = mapped_column(String(15))
    """The cell of the home area."""
    languages: Mapped[JsonList] = mapped_column(default=list, server_default="[]")
    """The profile's, so that a region is searched without reading profiles."""
    travel_limit_m: Mapped[int | None]
    """The profile's own limit, for the same reason."""
    turn_at: Mapped[datetime] = mapped_column(default=EPOCH, server_default=EPOCH_TEXT)
    """When a region last looked for whose turn it is and asked them; 1970 for never."""

    __table_args__ = (
        Index(
            "ix_duty_on",
            "network_id",
            postgresql_where=text("on_duty"),
            sqlite_where=text("on_duty"),
        ),
        *(
            Index(
                f"ix_duty_{name}",
                "network_id",
                column,
                *more,
                postgresql_where=text("on_duty"),
                sqlite_where=text("on_duty"),
            )
            for name, column, *more in (
                ("cell", "cell"),
                ("home_cell", "home_cell"),
                ("limit", "travel_limit_m"),
                ("turn", "turn_at", "peer_id"),
            )
        ),
        Index(
            "ix_duty_until", "until", postgresql_where=text("on_duty"), sqlite_where=text("on_duty")
        ),
    )
