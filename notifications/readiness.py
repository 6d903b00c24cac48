"""Will this person's phone ring? What is known of their devices, and what keeps one from ringing.

Pure: devices come in as values, `now` is handed in. It names each problem by a code; how to mend it
is for the screens to say.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.models import DeviceState, Gone, Kind

STALE_AFTER = timedelta(days=30)
"""An app registers its push address anew every month; one that did not may be gone."""
DEAD_AFTER = timedelta(days=270)
"""Providers drop an address that was not used for so long."""
ANSWER_WITHIN = timedelta(minutes=2)
"""How long a phone may take to answer a test."""
GONE_SHOWN = timedelta(days=30)
"""How long a lost address is still told of."""

APP_KINDS = frozenset({Kind.FCM, Kind.WEBPUSH})
"""Addresses that belong to an app: it renews them, and it answers what reaches them."""


class Trouble(StrEnum):
    """What keeps a device, or a person, from being rung. The worst first."""

    NO_DEVICE = "no_device"
    """Nothing that could ring was ever registered, or its owner took it away."""
    BLOCKED = "blocked"
    """The phone shows no notifications of ours."""
    DEAD = "dead"
    """The provider says that this app or subscription is gone."""
    EXPIRED = "expired"
    """The app was not opened for so long that its address was dropped."""
    MOVED = "moved"
    """Somebody else signed in on that phone."""
    STOPPED = "stopped"
    """STOP was texted."""
    LANDLINE = "landline"
    """The number takes no text messages."""
    INVALID_NUMBER = "invalid_number"
    """No telephone has this number."""
    CHANNEL_OFF = "channel_off"
    """This installation does not send this way."""
    TEST_UNANSWERED = "test_unanswered"
    """The last test was not answered by the phone."""
    TOKEN_STALE = "token_stale"  # noqa: S105  # the name of a problem, no secret
    """The app was not opened for a month: it may be gone."""


_BY_REASON: Mapping[str, Trouble] = {
    Gone.MOVED: Trouble.MOVED,
    Gone.BLOCKED: Trouble.BLOCKED,
    Gone.EXPIRED: Trouble.EXPIRED,
    Gone.STOPPED: Trouble.STOPPED,
    Gone.LANDLINE: Trouble.LANDLINE,
    Gone.INVALID_NUMBER: Trouble.INVALID_NUMBER,
}
_ORDER = list(Trouble)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the rows say of one device."""

    id: str
    kind: Kind
    platform: str = ""
    state: DeviceState = DeviceState.ACTIVE
    dead_reason: str | None = None
    ended_at: datetime | None = None
    created_at: datetime
    refreshed_at: datetime
    tested_at: datetime | None = None
    heard_at: datetime | None = None


@dataclass(frozen=True)
class Told:
    """One device as its owner sees it."""

    device: Known
    problem: Trouble | None


@dataclass(frozen=True)
class Readiness:
    """Whether somebody can be rung, through what, and what is wrong."""

    is_reachable: bool
    devices: tuple[Told, ...]
    problems: tuple[Trouble, ...]
    """Of all devices, the worst first, each once."""


def judge(
    known: Sequence[Known],
    *,
    kinds: Collection[Kind],
    ringing: Collection[Kind],
    now: datetime,
    is_open: bool = False,
) -> Readiness:
    """The readiness of one person.

    `kinds` are the channels in use (with the console everybody is rung), `ringing` the kinds that
    ring this person, `is_open` says that their app was heard of just now.
    """
    shown = [
        Told(device, problem_of(device, kinds, now))
        for device in known
        if _is_told(device, known, now)
    ]
    works = any(
        one.device.state is DeviceState.ACTIVE
        and one.device.kind in ringing
        and one.problem not in (Trouble.CHANNEL_OFF, Trouble.EXPIRED)
        for one in shown
    )
    problems = {one.problem for one in shown if one.problem is not None}
    if not works and not problems:
        problems.add(Trouble.NO_DEVICE)
    is_reachable = works or is_open or Kind.CONSOLE in kinds
    return Readiness(is_reachable, tuple(shown), tuple(sorted(problems, key=_ORDER.index)))


def trouble_of(dead_reason: str | None) -> Trouble:
    """Why an address that is not used any more was lost."""
    return _BY_REASON.get(dead_reason or "", Trouble.DEAD)


def problem_of(device: Known, kinds: Collection[Kind], now: datetime) -> Trouble | None:
    """What is wrong with one device, if anything."""
    if device.state is not DeviceState.ACTIVE:
        return trouble_of(device.dead_reason)
    if device.kind not in kinds:
        return Trouble.CHANNEL_OFF
    if device.kind not in APP_KINDS:
        return None
    age = now - device.refreshed_at
    if age >= DEAD_AFTER:
        return Trouble.EXPIRED
    if is_unanswered(device, now):
        return Trouble.TEST_UNANSWERED
    return Trouble.TOKEN_STALE if age >= STALE_AFTER else None


def is_unanswered(device: Known, now: datetime) -> bool:
    """Whether the last test went by without a word from the phone."""
    if device.tested_at is None or now - device.tested_at < ANSWER_WITHIN:
        return False
    return device.heard_at is None or device.heard_at < device.tested_at


def _is_told(device: Known, all_: Iterable[Known], now: datetime) -> bool:
    """Active ones; and those that were lost lately, unless a working one came in their place."""
    if device.state is DeviceState.ACTIVE:
        return True
    ended_at = device.ended_at
    if ended_at is None or now - ended_at > GONE_SHOWN or device.dead_reason == Gone.REMOVED:
        return False
    return not any(
        other.state is DeviceState.ACTIVE
        and other.kind is device.kind
        and other.created_at >= ended_at
        for other in all_
    )
