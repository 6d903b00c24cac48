"""What must be true after a batch: who won, what the others heard, and what the rows say of it.

It believes nobody: the answers are held against the rows, and both against what a race may end in.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from dispatch import invariants
from dispatch.events import FactType
from dispatch.models import JournalEntry, Offer, SupportRequest, Visit
from dispatch.states import LIVE_VISIT, OfferState, RequestState
from storage.database import Database
from tests.races.runner.field import peer, request_id
from tests.races.runner.plan import Act, Batch, Kind, Race, What
from tests.races.start import WON

TAKEN, BUSY, CLOSED = "already_taken", "busy", "offer_closed"
REFUSALS = frozenset({TAKEN, BUSY, CLOSED})


@dataclass
class Rows:
    """What is left of one request."""

    state: RequestState
    seq: int
    seqs: list[int] = field(default_factory=list)
    yeses: int = 0
    """Facts of a yes."""
    visits: int = 0
    live: list[str] = field(default_factory=list)
    """Whose visits live."""
    offers: Counter[OfferState] = field(default_factory=Counter)


Answers = Sequence[tuple[Act, str]]


def read(db: Database, batch: Batch) -> tuple[dict[int, Rows], list[str]]:
    """The rows of every request of the batch by its number, and the invariants that are broken."""
    ids = {request_id(batch.number, n): n for race in batch.races for n in race.requests}
    requests = select(SupportRequest.id, SupportRequest.state, SupportRequest.seq).where(
        SupportRequest.id.in_(ids)
    )
    facts = select(JournalEntry.request_id, JournalEntry.seq, JournalEntry.type).where(
        JournalEntry.request_id.in_(ids)
    )
    visits = select(Visit.request_id, Visit.peer_id, Visit.state).where(Visit.request_id.in_(ids))
    offers = select(Offer.request_id, Offer.state).where(Offer.request_id.in_(ids))
    with db.read() as tx:
        session = tx.session
        found = {one: Rows(state, seq) for one, state, seq in session.execute(requests)}
        for one, seq, type_ in session.execute(facts.order_by(JournalEntry.seq)):
            found[one].seqs.append(seq)
            found[one].yeses += type_ is FactType.OFFER_ACCEPTED
        for one, peer_id, visit_state in session.execute(visits):
            found[one].visits += 1
            if visit_state in LIVE_VISIT:
                found[one].live.append(peer_id)
        for one, offer_state in session.execute(offers):
            found[one].offers[offer_state] += 1
        broken = invariants.check(tx)
    return {ids[one]: rows for one, rows in found.items()}, broken


def is_doubled(rows: Rows, answers: Answers) -> bool:
    """Two peers go, or two were told that they go."""
    return len(rows.live) > 1 or len(_takers(answers)) > 1


def _takers(answers: Answers) -> set[int | None]:
    return {act.peer for act, heard in answers if act.what is What.YES and heard == WON}


def is_explained(heard: str) -> bool:
    """Whether an answer is one that the API names; anything else is an error of ours."""
    return heard == WON or heard in REFUSALS


def of_race(race: Race, rows: Mapping[int, Rows], answers: Answers) -> Iterator[str]:
    """One sentence for everything about this race that is not as it must be."""
    by_request: dict[int, list[tuple[Act, str]]] = defaultdict(list)
    for act, heard in answers:
        by_request[act.request].append((act, heard))
    for number in race.requests:
        yield from _of_request(race, rows[number], by_request[number])
    if race.kind is Kind.TWO:
        yield from _of_shared(race, answers)


def _of_request(race: Race, rows: Rows, answers: Answers) -> Iterator[str]:
    takers = _takers(answers)
    if len(takers) > 1:
        yield f"{len(takers)} peers were told that they go"
    yield from _left(race, rows, takers)
    must_be_taken = race.kind in (Kind.CROWD, Kind.TAPS, Kind.NO) or (
        race.kind is Kind.TWO and len({act.peer for act, _ in answers}) > 1
    )
    if must_be_taken and not takers:
        yield "nobody goes although somebody could"
    heard_by: dict[int | None, set[str]] = defaultdict(set)
    for act, heard in answers:
        if heard not in _may_hear(race, act, takers):
            yield f"{act.what.value} of {act.peer} heard {heard}"
        if act.what is What.YES:
            heard_by[act.peer].add(heard)
    for one, answered in heard_by.items():
        if len(answered) > 1:
            yield f"{one} tapped more than once and heard {sorted(answered)}"


def _left(race: Race, rows: Rows, takers: set[int | None]) -> Iterator[str]:
    """What is wrong in the rows, given who was told that they go."""
    before = int(race.kind is Kind.WITHDRAW)
    accepted = rows.offers[OfferState.ACCEPTED]
    for what, number in (("facts", rows.yeses), ("visits", rows.visits), ("offers", accepted)):
        if number != len(takers) + before:
            yield f"{len(takers)} heard yes, there are {number - before} {what} of it"
    if rows.seqs != list(range(1, rows.seq + 1)):
        yield f"the journal has a gap: {rows.seqs} of {rows.seq}"
    is_over = race.kind is Kind.CANCEL
    goes = [] if is_over else sorted(peer(one).id for one in takers if one is not None)
    if sorted(rows.live) != goes:
        yield f"{goes} won and {rows.live} go"
    if (takers or is_over) and rows.offers[OfferState.OPEN]:
        yield f"{rows.offers[OfferState.OPEN]} offers are still open"
    if is_over and rows.state is not RequestState.CANCELLED:
        yield f"cancelled, and it is {rows.state.value}"


def _may_hear(race: Race, act: Act, takers: set[int | None]) -> set[str]:
    if act.what in (What.CANCEL, What.WITHDRAW):
        return {WON}
    if act.what is What.NO:
        # A no that comes first can be taken back; one that comes late is told who was first.
        return {WON, CLOSED} if act.peer in takers else {WON, TAKEN}
    if act.peer in takers:
        return {WON}
    if race.kind is Kind.CANCEL:
        return {TAKEN} if takers else {CLOSED}
    if race.kind is Kind.TWO and act.peer == race.asked[0].peer:
        # The engine may already have withdrawn the offer of who is with somebody.
        return {TAKEN, BUSY, CLOSED} if takers else {BUSY, CLOSED}
    return {TAKEN}


def _of_shared(race: Race, answers: Answers) -> Iterator[str]:
    """The peer who was asked twice goes once at most, and is busy only when they go."""
    heard = [one for act, one in answers if act.peer == race.asked[0].peer]
    if heard.count(WON) > 1:
        yield "one peer goes to two places"
    if heard.count(WON) == 0 and (BUSY in heard or CLOSED in heard):
        yield f"who goes nowhere heard {heard}"
