"""What was told beside what the rows say: facts, offers and their ends, the house's invariants.

It reads the database once, when nothing is written any more, and asks nobody again: a fact that no
later one would have betrayed counts as missed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from benchmarks.load.crowd import Crowd
from benchmarks.load.follower import Stream
from benchmarks.load.phone import Phone
from dispatch import invariants
from dispatch.models import JournalEntry, Offer, SupportRequest
from dispatch.states import OfferState
from storage.database import Database

AT_ONCE = timedelta(seconds=5)
"""An offer that ended sooner than this after its transaction began need not have been told: an
announcement is of what is still open, and on a busy machine it comes late."""
ON_ITS_WAY = timedelta(seconds=1)
"""What was asked so shortly before a phone lost its line may not have got there."""


@dataclass
class Verdict:
    """What came of the promises."""

    requests: int = 0
    states: Counter[str] = field(default_factory=Counter)
    journaled: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    """Facts that followers had to hear: `live`, `gap`, `again` (see `Stream`), `missed`."""
    offers: Counter[str] = field(default_factory=Counter)
    """`live`, `fetched`, `over` (ended before they could be told), `missed`."""
    ends: Counter[str] = field(default_factory=Counter)
    """Ends of offers that had been told: `told`, `untold`."""
    broken: list[str] = field(default_factory=list)
    """Invariants."""
    examples: list[str] = field(default_factory=list)
    """Of what was missed, the first few."""


def judge(db: Database, crowd: Crowd) -> Verdict:
    """Compare everybody with the rows."""
    found = Verdict()
    with db.read() as tx:
        journal: defaultdict[str, dict[int, tuple[datetime, str]]] = defaultdict(dict)
        for request_id, seq, at, kind in tx.session.execute(
            select(JournalEntry.request_id, JournalEntry.seq, JournalEntry.at, JournalEntry.type)
        ):
            journal[request_id][seq] = (at, kind.value)
            found.journaled += 1
        states = tx.session.scalars(select(SupportRequest.state))
        found.states.update(state.value for state in states)
        found.requests = found.states.total()
        offers = tx.session.scalars(select(Offer)).all()
        found.broken = invariants.check(tx)
    for one in crowd.everybody:
        for stream in (*one.streams.values(), *one.past):
            count_facts(found, stream, journal[stream.request_id], one.who.role.value)
    _offers(found, offers, {phone.who.id: phone for phone in crowd.phones})
    return found


def count_facts(
    found: Verdict, stream: Stream, journal: dict[int, tuple[datetime, str]], who: str
) -> None:
    """How each fact came that this follower had to hear; `journal` is its request's, by `seq`."""
    if stream.start is None:
        return
    for seq, (at, kind) in journal.items():
        if seq <= stream.start or (stream.until is not None and at > stream.until):
            continue
        how = stream.came.get(seq, "missed")
        found.facts[how] += 1
        if how == "missed" and len(found.examples) < 10:
            found.examples.append(f"{who} of {stream.request_id}: {seq} {kind}")


def _offers(found: Verdict, offers: Iterable[Offer], phones: dict[str, Phone]) -> None:
    for offer in offers:
        phone = phones[offer.peer_id]
        known = phone.offers.get(offer.id)
        ended_at = offer.closed_at or offer.answered_at
        if known is None:
            was_over = (
                ended_at is not None and ended_at <= _told_at(phone, offer.asked_at) + AT_ONCE
            )
            found.offers["over" if was_over else "missed"] += 1
            if not was_over and len(found.examples) < 10:
                found.examples.append(f"offer {offer.id} of {offer.request_id}")
            continue
        found.offers[known.how] += 1
        if offer.state is not OfferState.OPEN:
            found.ends["told" if known.is_closed else "untold"] += 1
            if not known.is_closed and len(found.examples) < 10:
                found.examples.append(f"end of offer {offer.id}: {offer.state.value}")


def _told_at(phone: Phone, asked_at: datetime) -> datetime:
    """When this phone could first be told: at once, or when it had come back.

    What was asked just before it left may have been on its way still.
    """
    for left, back in phone.away:
        if left <= asked_at + ON_ITS_WAY and (back is None or asked_at <= back):
            return back or datetime.max.replace(tzinfo=asked_at.tzinfo) - AT_ONCE
    return asked_at
