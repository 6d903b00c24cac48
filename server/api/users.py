"""Users: who signs in, in which role, kept by managers and admins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from sqlalchemy import select

from dispatch import access
from dispatch.actions import people
from dispatch.actions.people import NewUser
from dispatch.models import User
from dispatch.shapes import stamp
from dispatch.states import Role
from server.api.answers import Page
from server.api.declare import Call, Json, Routes
from server.api.models import (
    LEFT_OUT,
    Answer,
    Body,
    Change,
    Email,
    Moment,
    Name,
    OpaqueId,
    Password,
)
from server.api.paging import PageQuery, page
from server.api.peers import ProfileChange, profile_of
from server.auth import invitations, passwords, pins, sessions

routes = Routes("users", "Who signs in, and in which role.")

KEEPING = {Role.MANAGER, Role.ADMIN}
Locale = Literal["en", "es"]


class NewUserBody(Body):
    """A person to be given a sign-in. Staff belong to a site; a peer may bring a profile."""

    email: Email
    name: Name
    role: Role
    password: Password | None = None
    site_id: OpaqueId | None = None
    locale: Locale = "en"
    is_on_call: bool = False
    profile: ProfileChange = Field(default_factory=ProfileChange)

    @model_validator(mode="after")
    def _profile_is_a_peers(self) -> Self:
        if self.role is not Role.PEER and self.profile.model_fields_set:
            raise ValueError("only a peer has a profile")
        return self


class UserChange(Change):
    """What is to be different. A role never changes: it is another user then."""

    name: Name = LEFT_OUT
    password: Password = LEFT_OUT
    site_id: OpaqueId = LEFT_OUT
    locale: Locale = LEFT_OUT
    is_on_call: bool = LEFT_OUT
    is_active: bool = LEFT_OUT


class UserAnswer(Answer):
    """A user as managers and admins see them."""

    id: str
    email: str
    name: str
    role: Role
    site_id: str | None
    locale: str
    is_active: bool
    is_on_call: bool
    has_password: bool
    has_pin: bool
    invited_until: Moment | None
    created_at: Moment


class InvitationAnswer(Answer):
    """The link, told this once. Whoever opens it sets the person's password."""

    url: str
    expires_at: Moment


class UserPage(Page):
    """Users, newest first."""

    items: list[UserAnswer]


def _shapes(call: Call, users: Sequence[User]) -> list[Json]:
    waiting = invitations.waiting(call.tx, [user.id for user in users])
    with_pin = pins.has_pin(call.tx, [user.id for user in users])
    return [_shape(user, waiting.get(user.id)) | {"has_pin": user.id in with_pin} for user in users]


def _one(call: Call, user: User) -> Json:
    return _shapes(call, [user])[0]


def _shape(user: User, invited_until: datetime | None) -> Json:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role.value,
        "site_id": user.site_id,
        "locale": user.locale,
        "is_active": user.is_active,
        "is_on_call": user.is_on_call,
        "has_password": user.password_hash is not None,
        "invited_until": stamp(invited_until),
        "created_at": stamp(user.created_at),
    }


def _hashed(body: NewUserBody | UserChange) -> str | None:
    """Before the transaction: hashing takes longer than a transaction may."""
    return None if body.password is None else passwords.hash_password(body.password)


@routes.add("GET", "/users", roles=KEEPING, answer=UserPage, summary="The network's users.")
def index(call: Call, query: PageQuery) -> Json:
    """Also those who may not sign in any more."""
    return page(
        call.tx,
        query,
        select(User).where(User.network_id == call.caller.network_id),
        created_at=User.created_at,
        row_id=User.id,
        key=lambda row: (row.created_at, row.id),
        shape=lambda found: _shapes(call, found),
    )


@routes.add(
    "POST",
    "/users",
    roles=KEEPING,
    answer=UserAnswer,
    status=201,
    summary="A new user.",
    prepare=_hashed,
    problems=("not_found",),
)
def create(call: Call, body: NewUserBody) -> Json:
    """Without a password the user cannot sign in yet. Only an admin makes admins."""
    new = NewUser(
        email=body.email,
        name=body.name,
        role=body.role,
        password_hash=call.prepared,
        site_id=body.site_id,
        locale=body.locale,
        is_on_call=body.is_on_call,
        profile=profile_of(body.profile),
    )
    return _one(call, people.create_user(call.tx, call.actor, new))


@routes.add("GET", "/users/{user_id}", roles=KEEPING, answer=UserAnswer, summary="One user.")
def show(call: Call, user_id: str) -> Json:
    """A peer's profile is under /peers, by the same id."""
    return _one(call, access.user(call.tx, call.actor, user_id))


@routes.add(
    "PATCH",
    "/users/{user_id}",
    roles=KEEPING,
    answer=UserAnswer,
    summary="Change a user.",
    prepare=_hashed,
    problems=("in_use",),
)
def change(call: Call, user_id: str, body: UserChange) -> Json:
    """A new password, and the end of being active, end every session of the user at once."""
    values: dict[str, Any] = body.given()
    if values.pop("password", None) is not None:
        values["password_hash"] = call.prepared
    user = people.update_user(call.tx, call.actor, user_id, values)
    if "password_hash" in values or not user.is_active:
        sessions.revoke_user(call.tx, user.id, "changed by a manager")
    return _one(call, user)


@routes.add(
    "POST",
    "/users/{user_id}/invitation",
    roles=KEEPING,
    answer=InvitationAnswer,
    status=201,
    # The answer is a secret: it must not lie among the kept answers.
    takes_key=False,
    summary="A link with which the person sets their password.",
)
def invite(call: Call, user_id: str) -> Json:
    """Works once, for seven days; a new one replaces it. Only an admin invites admins."""
    made = invitations.invite(call.tx, call.actor, user_id)
    url = f"{call.wired.settings.public_url}/welcome/{made.secret}"
    return {"url": url, "expires_at": stamp(made.expires_at)}


@routes.add(
    "DELETE",
    "/users/{user_id}/pin",
    roles=KEEPING,
    status=204,
    summary="The PIN is forgotten.",
)
def forget_pin(call: Call, user_id: str) -> None:
    """The person sets a new one with their password; who is signed in with it at a desk is out."""
    pins.reset(call.tx, call.actor, user_id)
