"""Devices: where a user can be reached, and a way to try it."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from sqlalchemy import select

from dispatch.actions import duty
from dispatch.errors import not_found
from dispatch.models import User
from dispatch.shapes import stamp
from dispatch.states import Role
from notifications import devices, reach
from notifications.models import Device, Gone, Kind
from notifications.push_services import PushServices
from server.api.answers import Page
from server.api.declare import EVERY_ROLE, Call, Json, Routes
from server.api.models import Answer, Body, Moment
from server.channels import apprise_schemes
from server.errors import Problem

routes = Routes("devices", "Where a user can be reached. An address rings one person only.")

_VISIBLE = r"^[!-~]+$"
_E164 = r"^\+[1-9][0-9]{6,14}$"
_MAILBOX = r"^[!-?A-~]+@[!-?A-~]+$"
_SERVICE = r"^[A-Za-z][A-Za-z0-9+.-]*://[!-~]+$"
_SHAPES = {"sms": _E164, "voice": _E164, "email": _MAILBOX, "apprise": _SERVICE}
DeviceKind = Literal["fcm", "webpush", "sms", "voice", "email", "apprise"]
ALARMED = frozenset({Role.MANAGER, Role.SUPERVISOR, Role.ADMIN})
"""Who gets alarms, and so may name a service of apprise: it is never used for offers."""


class PushKeys(Body):
    """The keys of a Web Push subscription, as the browser gives them."""

    p256dh: Annotated[str, Field(min_length=1, max_length=200, pattern=_VISIBLE)]
    auth: Annotated[str, Field(min_length=1, max_length=100, pattern=_VISIBLE)]


class Subscription(Body):
    """A Web Push subscription, as the browser gives it."""

    endpoint: Annotated[str, Field(max_length=1024, pattern=r"^https?://[!-~]+$")]
    keys: PushKeys
    expirationTime: float | None = None  # noqa: N815  # the browser's own spelling


class NewDevice(Body):
    """`address` for every kind but `webpush`, which brings its `subscription`."""

    kind: DeviceKind
    address: Annotated[str, Field(min_length=1, max_length=1024, pattern=_VISIBLE)] | None = None
    subscription: Subscription | None = None
    platform: Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9_.-]+$")]
    locale: Literal["en", "es"] | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        wants_subscription = self.kind == "webpush"
        if (self.subscription is not None) != wants_subscription:
            raise ValueError("webpush takes a subscription, and nothing else does")
        if (self.address is None) != wants_subscription:
            raise ValueError("every kind but webpush takes an address")
        pattern = _SHAPES.get(self.kind)
        if pattern is not None and not re.fullmatch(pattern, self.address or ""):
            raise ValueError(f"this is no address for {self.kind}")
        return self


class DeviceAnswer(Answer):
    """A device. Its address is not told again."""

    id: str
    kind: DeviceKind
    platform: str
    locale: str | None
    created_at: Moment
    refreshed_at: Moment


class DeviceList(Page):
    """My devices, oldest first."""

    items: list[DeviceAnswer]


class TestSent(Answer):
    """The test is on its way."""

    __test__ = False

    delivery_id: str


class PushKey(Answer):
    """With what a browser subscribes; null where this installation sends no Web Push."""

    push_key: str | None


def _shape(device: Device) -> Json:
    return {
        "id": device.id,
        "kind": device.kind.value,
        "platform": device.platform,
        "locale": device.locale,
        "created_at": stamp(device.created_at),
        "refreshed_at": stamp(device.refreshed_at),
    }


def _refuse_unknown(call: Call, endpoint: str) -> None:
    """A browser may not make this server call whatever it names."""
    if not PushServices(call.wired.settings.webpush_hosts).allow(endpoint):
        raise Problem("push_service_unknown")


def _mine(call: Call, device_id: str) -> Device:
    device = devices.find(call.tx, call.caller.user_id, device_id)
    if device is None:
        raise not_found("device")
    return device


def _check_service(call: Call, address: str) -> None:
    """Refuse a service of apprise that is not on for this person."""
    scheme = address.partition("://")[0].lower()
    is_on = scheme in apprise_schemes(call.wired.settings)
    if call.caller.role not in ALARMED or not is_on:
        raise Problem("channel_off")


def _lose(call: Call, device_id: str, reason: Gone) -> None:
    wired, device = call.wired, _mine(call, device_id)
    reach.lose(call.tx, wired.directory, wired.kinds, device, reason, by_app=True)


@routes.add("GET", "/devices", roles=EVERY_ROLE, answer=DeviceList, summary="My devices.")
def index(call: Call) -> Json:
    """Those that are still used."""
    found = devices.list_active(call.tx, call.caller.user_id)
    return {"items": [_shape(device) for device in found], "next_cursor": None}


@routes.add(
    "GET", "/push-key", roles=EVERY_ROLE, answer=PushKey, summary="To subscribe to Web Push."
)
def push_key(call: Call) -> Json:
    """The same for everybody, and for ever: a subscription belongs to it."""
    return {"push_key": call.wired.push_key(call.tx)}


@routes.add(
    "POST",
    "/devices",
    roles=EVERY_ROLE,
    answer=DeviceAnswer,
    status=201,
    summary="Reach me here.",
    problems=("channel_off", "push_service_unknown"),
)
def register(call: Call, body: NewDevice) -> Json:
    """Registering again refreshes; an address that was another user's is theirs no longer.

    `apprise` is for those who get alarms, and for the services that the operator allows.
    """
    if body.kind == "apprise":
        _check_service(call, body.address or "")
    subscription = body.subscription.model_dump() if body.subscription is not None else None
    if subscription is not None:
        _refuse_unknown(call, subscription["endpoint"])
    kind, user_id = Kind(body.kind), call.caller.user_id
    where = body.address or (body.subscription.endpoint if body.subscription else "")
    wired = call.wired
    reach.leave_others(call.tx, wired.directory, wired.kinds, kind, where, user_id)
    device = devices.register(
        call.tx,
        user_id=user_id,
        network_id=call.caller.network_id,
        kind=kind,
        address=body.address,
        subscription=subscription,
        platform=body.platform,
        locale=body.locale,
    )
    if reach.rings(kind, wired.kinds):
        duty.reachable_again(call.tx, user_id)
    return _shape(device)


@routes.add(
    "DELETE", "/devices/{device_id}", roles=EVERY_ROLE, status=204, summary="Not here any more."
)
def remove(call: Call, device_id: str) -> None:
    """What still waits for it is cancelled."""
    _lose(call, device_id, Gone.REMOVED)


@routes.add(
    "POST",
    "/devices/{device_id}/blocked",
    roles=EVERY_ROLE,
    status=204,
    summary="This phone shows no alerts.",
)
def blocked(call: Call, device_id: str) -> None:
    """Its ladders go on without it, as if the address were dead; registering it again mends it."""
    _lose(call, device_id, Gone.BLOCKED)


@routes.add(
    "POST",
    "/devices/{device_id}/test",
    roles=EVERY_ROLE,
    answer=TestSent,
    status=202,
    summary="Ring it now.",
)
def test(call: Call, device_id: str) -> Json:
    """Goes the same way as an offer would, with other words."""
    device = _mine(call, device_id)
    locale = call.tx.session.scalar(select(User.locale).where(User.id == call.caller.user_id))
    return {"delivery_id": devices.request_test(call.tx, device, locale=locale or "en")}
