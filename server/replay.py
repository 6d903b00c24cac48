"""What was decided about one request, wave by wave, and whether this code would decide the same.

For somebody at a terminal: it reads, it changes nothing. People stand there by name, like on the board.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from sqlalchemy import select

from dispatch.matching import REASON_WORDS
from dispatch.models import User
from dispatch.recorded import decisions, recording
from dispatch.recorded.decisions import RecordedDecision
from dispatch.recorded.plainly import Unreadable
from dispatch.recorded.recording import OUTSIDE, Who
from dispatch.shapes import stamp
from dispatch.waves import Decision
from server.wiring import Wired
from storage.database import Transaction

SHOWN = 10
"""So many of those who could have been asked later are named."""


def lines(wired: Wired, request_id: str) -> tuple[list[str], bool]:
    """What to print, and whether everything that can still be replayed came out as it was."""
    with wired.db.read() as tx:
        rows = decisions.of_request(tx, request_id)
        if not rows:
            return [f"Nothing was decided about a request {request_id}."], False
        found = [_decision(tx, row) for row in rows]
    return [line for told, _ in found for line in told], all(is_same for _, is_same in found)


def _decision(tx: Transaction, row: RecordedDecision) -> tuple[list[str], bool]:
    what = f"Wave {row.wave}" if row.wave is not None else "Handed to a manager"
    if row.is_bridge:
        what = f"Wave {row.wave} of the bridge by video"
    told = [f"{what}, {stamp(row.at)}, by {row.strategy}", f"  {row.why}"]
    try:
        told += _people(tx, recording.who(row.who))
    except Unreadable as refused:
        return [*told, f"  Cannot be read: {refused}."], False
    same, is_same = _again(row)
    return [*told, f"  {same}"], is_same


def _people(tx: Transaction, who: Who) -> Iterator[str]:
    later = who.later
    named = _names(tx, [*who.asked, *(one for one, _ in later[:SHOWN])])
    if who.asked:
        yield f"  Asked: {_listed(named, who.asked)}."
    if later:
        places = [f"no. {place} {named.get(one, one)}" for one, place in later[:SHOWN]]
        rest = [f"{len(later) - SHOWN} more"] if len(later) > SHOWN else []
        yield f"  Later in the list: {', '.join(places + rest)}."
    counted = Counter(who.excluded.values())
    for reason, count in counted.most_common():
        yield f"  {count} not, {reason.value}: {REASON_WORDS[reason]}."
    if who.outside:
        yield f"  {who.outside} not, {OUTSIDE}: {recording.OUTSIDE_WORDS}."


def _again(row: RecordedDecision) -> tuple[str, bool]:
    """Whether it comes out the same; what is no longer kept is no difference."""
    packed = decisions.packed(row)
    if packed is None:
        return "Its inputs have had their time and were deleted: it cannot be decided again.", True
    try:
        inputs, decided = recording.unpack(packed)
    except Unreadable as refused:
        return f"Cannot be decided again: {refused}.", False
    again = recording.replay(inputs)
    if again == decided:
        return "This code decides the same.", True
    return f"This code decides otherwise: {', '.join(_differing(decided, again))}.", False


def _differing(decided: Decision, again: Decision) -> Iterator[str]:
    for field in fields(Decision):
        if getattr(decided, field.name) != getattr(again, field.name):
            yield field.name


def _names(tx: Transaction, ids: Sequence[str]) -> dict[str, str]:
    rows = tx.session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return dict(rows.all())


def _listed(named: dict[str, str], ids: Iterable[str]) -> str:
    return ", ".join(named.get(one, one) for one in ids)
