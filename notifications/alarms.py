"""Alarms into deliveries: who is told first, by which channels, how long after, and what stops it.

It knows the facts that raise and end an alarm, and people as recipients. It refuses to know what
an alarm is about: its texts are generic. One alarm of a request has one collapse id, so several
requests stand beside each other on one phone, and the same alarm never stands there twice.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dispatch.events import Alarm, Fact, FactType
from notifications import devices
from notifications.devices import Target
from notifications.directory import Directory, Recipient
from notifications.ladder import PUSH_KINDS
from notifications.models import Kind, Rung
from notifications.outbox import Draft
from storage.database import Transaction

SMS_AFTER_S = 60
"""A text message follows the push this much later, unless the alarm has ended or is taken."""

OTHERS_AFTER_S = 60
"""Managers who are not the first to act hear this much later, unless it is taken."""

ALARM_TTL_S = 3600

NO_YES_AFTER_S = 180
"""When "No yes yet" is raised by default; used when the fact does not say (`waited_s`)."""

AT_ONCE_KINDS = PUSH_KINDS | {Kind.EMAIL, Kind.APPRISE}
ALARM_KINDS = AT_ONCE_KINDS | {Kind.SMS}
"""What an alarm of the clock uses. It calls nobody: that is kept for a peer who is not safe."""

KEYS = (
    "alarm.no_yes_yet",
    "alarm.not_moving",
    "alarm.not_connected",
    "alarm.sign_of_life_lost",
    "alarm.yours",
    "alarm.other",
)
"""The texts of alarms, as pushes; each has its text message too."""

STOPPED_KEYS = (*KEYS, *(f"sms_{key}" for key in KEYS))
"""What need not go any more once the alarm of its request is over."""

_ENDS = frozenset(
    {
        FactType.OFFER_ACCEPTED,
        FactType.REQUEST_ASSIGNED,
        FactType.REQUEST_CLAIMED,
        FactType.REQUEST_ESCALATED,
        FactType.REQUEST_RESUMED,
        FactType.REQUEST_CANCELLED,
        FactType.REQUEST_UNFILLED,
        FactType.ALARM_ENDED,
    }
)


def raises(fact: Fact) -> bool:
    """Whether this fact asks a manager to act."""
    return fact.type in (FactType.ALARM_RAISED, FactType.REQUEST_ESCALATED)


def ends(fact: Fact) -> bool:
    """Whether what was planned for the request's alarm before this fact need not go any more."""
    if fact.type is FactType.ALARM_RAISED:
        return False
    return fact.type in _ENDS or ("alarm" in fact.data and fact.data["alarm"] is None)


@dataclass(frozen=True)
class _Round:
    """One recipient's place in the order: how long after the fact, and with which text."""

    person: Recipient
    after_s: int
    key: str


def plan(
    tx: Transaction, facts: Sequence[Fact], directory: Directory, kinds: Collection[Kind]
) -> Iterator[Draft]:
    """The deliveries of the alarms that these facts raise."""
    for fact in facts:
        people = directory.managers(tx, fact.network_id)
        rounds = list(_rounds(fact, people))
        users = {one.person.user_id for one in rounds}
        targets = devices.targets(tx, users, ALARM_KINDS & frozenset(kinds))
        args = _args(fact)
        for one in rounds:
            yield from _drafts(fact, one, targets[one.person.user_id], args, tx)


def _rounds(fact: Fact, people: Sequence[Recipient]) -> Iterable[_Round]:
    """The owner first, or those on call; everybody else later. Who has said "I have this" is alone."""
    owner_id = (fact.data.get("owner") or {}).get("id")
    first = {person.user_id for person in people if person.user_id == owner_id}
    first = first or {person.user_id for person in people if person.is_on_call}
    is_taken = bool(fact.data.get("is_claimed")) and owner_id in first
    key = _key(fact)
    for person in people:
        if person.user_id in first or not first:
            is_owner = fact.type is FactType.REQUEST_ESCALATED and person.user_id == owner_id
            yield _Round(person, 0, "alarm.yours" if is_owner and _args(fact) else key)
        elif not is_taken:
            yield _Round(person, OTHERS_AFTER_S, key)


def _drafts(
    fact: Fact, one: _Round, targets: Sequence[Target], args: Mapping[str, Any], tx: Transaction
) -> Iterable[Draft]:
    rings = any(target.kind in PUSH_KINDS and target.device_id for target in targets)
    for target in targets:
        is_text = target.kind is Kind.SMS
        # A text message is the second try; for who has nothing that rings it is the first.
        later_s = SMS_AFTER_S if is_text and rings else 0
        key = f"sms_{one.key}" if is_text else one.key
        yield notice(
            tx,
            fact,
            key,
            one.person,
            target,
            args=args,
            collapse_id=fact.request_id,
            after_s=one.after_s + later_s,
            ttl_s=ALARM_TTL_S,
        )


def _key(fact: Fact) -> str:
    if fact.type is FactType.REQUEST_ESCALATED:
        return "alarm.no_yes_yet" if _args(fact) else "alarm.other"
    alarm = fact.data.get("alarm")
    known = {
        Alarm.NOT_MOVING: "alarm.not_moving",
        Alarm.NOT_CONNECTED: "alarm.not_connected",
        Alarm.SIGN_OF_LIFE_LOST: "alarm.sign_of_life_lost",
    }
    if alarm in known:
        return known[Alarm(alarm)]
    return "alarm.no_yes_yet" if _args(fact) else "alarm.other"


def _args(fact: Fact) -> dict[str, Any]:
    """Minutes are only spoken of when they are known to be true."""
    waited_s = fact.data.get("waited_s", (fact.data.get("subject") or {}).get("waited_s"))
    if fact.type is FactType.ALARM_RAISED:
        if fact.data.get("alarm") != Alarm.NO_YES_YET:
            return {}
        waited_s = NO_YES_AFTER_S if waited_s is None else waited_s
    return {} if waited_s is None or waited_s < 60 else {"minutes": int(waited_s // 60)}


def notice(
    tx: Transaction,
    fact: Fact,
    key: str,
    person: Recipient,
    target: Target,
    *,
    collapse_id: str,
    ttl_s: int,
    args: Mapping[str, Any] | None = None,
    after_s: int = 0,
    turn: str = "",
) -> Draft:
    """One delivery beside the ladders, `after_s` from now; `turn` tells repeats of it apart."""
    where = target.device_id or person.user_id
    return Draft(
        network_id=fact.network_id,
        site_id=fact.site_id,
        user_id=person.user_id,
        device_id=target.device_id,
        channel=target.kind,
        once=f"{fact.request_id}:{fact.seq}:{key}{turn}:{where}",
        key=key,
        rung=Rung.NOTICE,
        args=args or {},
        locale=target.locale or person.locale,
        is_private=person.is_private,
        collapse_id=collapse_id,
        due_at=tx.now + timedelta(seconds=after_s),
        expires_at=tx.now + timedelta(seconds=after_s + ttl_s),
        request_id=fact.request_id,
        fact_seq=fact.seq,
    )
