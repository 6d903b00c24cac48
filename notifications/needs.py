"""A visit calls for the ED nurse or a supervisor: whose phones ring, and whose a little later.

It knows the facts of a need. It refuses to know where it is and who called: the texts are generic,
the place is behind the sign-in. The page of the ED is told over its own socket; this is for when
nobody looks at it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from dispatch.events import Fact, FactType
from notifications import devices
from notifications.alarms import ALARM_KINDS, notice
from notifications.directory import Directory, Recipient
from notifications.ladder import PUSH_KINDS
from notifications.models import Kind
from notifications.outbox import Draft
from notifications.safety import DESK_KINDS
from storage.database import Transaction

NEED_TTL_S = 3600

KEYS = ("need.nurse", "need.nurse_unanswered", "need.supervisor", "need.supervisor_unanswered")


def raises(fact: Fact) -> bool:
    """Whether somebody is called for."""
    return fact.type is FactType.NEED_CALLED


def stopped_keys(fact: Fact) -> set[str]:
    """The texts that need not go any more: somebody has it, or nobody is needed."""
    if fact.type not in (FactType.NEED_HELD, FactType.NEED_ENDED):
        return set()
    kind = fact.data["need"]["kind"]
    return {f"{way}{key}" for key in KEYS if key.startswith(f"need.{kind}") for way in ("", "sms_")}


def plan(
    tx: Transaction, facts: Sequence[Fact], directory: Directory, kinds: Collection[Kind]
) -> Iterator[Draft]:
    """Who is called for at once; who else can act after `others_after_s`, unless somebody has it."""
    for fact in facts:
        kind, later_s = fact.data["need"]["kind"], fact.data["others_after_s"]
        first, others = _order(tx, fact, directory, kind)
        at_once = DESK_KINDS if kind == "nurse" else ALARM_KINDS
        yield from _rings(tx, fact, first, at_once & frozenset(kinds), f"need.{kind}", 0)
        ways = ALARM_KINDS & frozenset(kinds)
        yield from _rings(tx, fact, others, ways, f"need.{kind}_unanswered", later_s)


def _order(
    tx: Transaction, fact: Fact, directory: Directory, kind: str
) -> tuple[list[Recipient], list[Recipient]]:
    """Who hears it now, and who hears it when nobody took it."""
    managers = list(directory.managers(tx, fact.network_id))
    on_call = [one for one in managers if one.is_on_call] or managers
    if kind == "nurse":
        return list(directory.staff_of(tx, fact.site_id)), on_call
    known = {one.user_id for one in managers}
    everybody = directory.caretakers(tx, fact.network_id)
    supervisors = [one for one in everybody if one.user_id not in known]
    first = [one for one in supervisors if one.is_on_call] or supervisors or on_call
    told = {one.user_id for one in first}
    return first, [one for one in (*supervisors, *on_call) if one.user_id not in told]


def _rings(
    tx: Transaction,
    fact: Fact,
    people: Sequence[Recipient],
    kinds: frozenset[Kind],
    key: str,
    after_s: int,
) -> Iterator[Draft]:
    ways = devices.targets(tx, {one.user_id for one in people}, kinds)
    for person in people:
        targets = ways[person.user_id]
        for target in targets:
            # Without a device of their own a nurse has the page of the site, and nobody is waited for.
            if target.device_id is None and key == "need.nurse":
                continue
            draft = notice(
                tx,
                fact,
                f"sms_{key}" if target.kind is Kind.SMS else key,
                person,
                target,
                collapse_id=fact.data["need"]["id"],
                after_s=after_s,
                ttl_s=NEED_TTL_S,
            )
            # In a queue of its own where it rings: nothing that floods this site stands before it.
            yield replace(draft, site_id=None) if target.kind in PUSH_KINDS else draft
