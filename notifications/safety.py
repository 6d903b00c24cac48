"""A peer does not feel safe: every phone of those who can act rings at once, until somebody has it.

It knows the facts of a call for help. It refuses to know whose call it is: the texts are generic,
and the number to call is behind the sign-in. What "mute" means elsewhere does not count here.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from dispatch.events import Fact, FactType
from notifications import devices
from notifications.alarms import notice
from notifications.devices import Target
from notifications.directory import Directory, Recipient
from notifications.ladder import PUSH_KINDS
from notifications.models import Kind
from notifications.outbox import Draft
from storage.database import Transaction

RINGS_AT_S = (0, 60, 180)
"""What makes a sound rings again at these times, until somebody says "I have this"."""

SAFETY_TTL_S = 2 * 3600

DESK_KINDS = PUSH_KINDS | {Kind.SMS, Kind.EMAIL}
"""What tells the staff of the site. Nobody calls them: they are asked to call security."""

TEXTS = {Kind.SMS: "sms_safety", Kind.VOICE: "voice_safety"}
KEYS = ("safety", *TEXTS.values())


def raises(fact: Fact) -> bool:
    """Whether a peer calls for help."""
    return fact.type is FactType.HELP_CALLED


def ends(fact: Fact) -> bool:
    """Whether the phones need not ring any more."""
    return fact.type in (FactType.HELP_HELD, FactType.HELP_CLOSED)


def plan(
    tx: Transaction, facts: Sequence[Fact], directory: Directory, kinds: Collection[Kind]
) -> Iterator[Draft]:
    """Supervisors and managers by every way they have, and the devices of the site's staff."""
    for fact in facts:
        helpers = directory.caretakers(tx, fact.network_id)
        ways = devices.targets(tx, {one.user_id for one in helpers}, frozenset(kinds))
        for person in helpers:
            for target in ways[person.user_id]:
                yield from _rings(tx, fact, person, target)
        staff = directory.staff_of(tx, fact.site_id)
        desks = devices.targets(tx, {one.user_id for one in staff}, DESK_KINDS & frozenset(kinds))
        for person in staff:
            for target in desks[person.user_id]:
                # A nurse without a device of their own has the page of the site.
                if target.device_id is not None:
                    yield from _rings(tx, fact, person, target)


def _rings(tx: Transaction, fact: Fact, person: Recipient, target: Target) -> Iterator[Draft]:
    is_loud = target.kind in PUSH_KINDS or target.kind is Kind.VOICE
    for after_s in RINGS_AT_S if is_loud else RINGS_AT_S[:1]:
        draft = notice(
            tx,
            fact,
            TEXTS.get(target.kind, "safety"),
            person,
            target,
            collapse_id=fact.data["help"]["id"],
            after_s=after_s,
            ttl_s=SAFETY_TTL_S,
            turn=f"@{after_s}",
        )
        # In a queue of its own: nothing that floods this site stands before it.
        yield replace(draft, site_id=None)
