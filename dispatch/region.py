"""Whom a search looks at in a network too large to look at everybody: the region of its site.

Who could come is found by cells around the site, the nearest first; who helps by call by whose turn it
is, longest not asked first. Counted are those who are free: who is busy, muted or asked elsewhere is looked
at beside them and takes nobody's place. It reads, but for the mark of whose turn it was, and decides nothing;
whether a look was far enough says `enough`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import inf

from sqlalchemy import Select, String, Subquery, bindparam, cast, func, literal, or_, select, update
from sqlalchemy.orm import Session

from dispatch import free, near
from dispatch.geo import Point
from dispatch.matching import WIDENED_LIMIT_FACTOR
from dispatch.models import Duty, Offer, Site, SupportRequest, User
from dispatch.policy import Policy
from dispatch.states import REMOTE, Modality, Role
from storage.database import Transaction

FEW = 300
"""Up to so many peers on duty a search looks at everybody at once."""

FIRST = 60
"""So many are looked at first, of those who could come and of those who could call: a search seldom asks
more than ten, and a peer who is looked at costs some 20 µs of the process."""

SMALL = 2000
"""Up to so many everybody is looked at where `NEAREST` do not do, and managers see a reason for everyone."""

NEAREST = 300
"""So many of those who could come are looked at where the first do not do, the nearest."""

BY_CALL = 300
"""The same of those who help by call, in turn."""

FURTHER = 3
"""In a network larger than `SMALL`, and nobody can be asked: so many times as many the next time."""

READ = 3
"""So many times as many as are wanted are read, because some of them are not free; then `READ_ON` times
as many again."""

READ_ON = 4

LINE = 3
"""So many times as many as are wanted are read in turn; when too few of them will do, everybody is."""

ALL_WAYS = frozenset(Modality)


@dataclass(frozen=True)
class Seen:
    """Whom one look sees, and what holds of all others."""

    ids: list[str] | None
    """None: everybody of the network."""
    on_duty: int
    """So many are; counted to one more than `SMALL`."""
    step: int = 0
    """How often it was looked further before."""
    sure_m: float = inf
    """Whoever is free and could come from nearer than this is among them."""
    is_whole_line: bool = True
    """Whoever is free and could call is among them."""

    @property
    def is_all(self) -> bool:
        """Whether whoever is free is among them."""
        return self.sure_m == inf and self.is_whole_line

    @property
    def is_part(self) -> bool:
        """Whether the network is looked at by region at all."""
        return self.on_duty > min(FEW, SMALL)

    @property
    def is_large(self) -> bool:
        """Whether the network is too large to ever look at everybody."""
        return self.on_duty > SMALL

    @property
    def is_widest(self) -> bool:
        """Whether it goes on only where nobody can be asked."""
        return self.is_large and (self.step > 0 or max(NEAREST, BY_CALL) <= FIRST)


def first(
    tx: Transaction, request: SupportRequest, policy: Policy, ways: Collection[Modality]
) -> Seen:
    """Whom the first look of a search in these ways sees; everybody of a network that is small.

    Whoever was asked about it is always among them, and who was met before.
    """
    seen = Seen(None, on_duty(tx.session, request.network_id))
    return _look(tx, request, policy, ways, seen) if seen.is_part else seen


def further(
    tx: Transaction,
    request: SupportRequest,
    policy: Policy,
    ways: Collection[Modality],
    before: Seen,
) -> Seen:
    """Whom the next look sees when one was not far enough."""
    step = before.step + 1
    if step > 1 and not before.is_large:
        return Seen(None, before.on_duty, step)
    return _look(tx, request, policy, ways, Seen(None, before.on_duty, step))


def among(tx: Transaction, request: SupportRequest, policy: Policy) -> list[str] | None:
    """The ids of all whom managers are told of by name; None: all of a network that is not large."""
    seen = Seen(None, on_duty(tx.session, request.network_id), step=1)
    return _look(tx, request, policy, ALL_WAYS, seen).ids if seen.is_large else None


def on_duty(session: Session, network_id: str) -> int:
    """How many are on duty; it counts to one more than `SMALL`."""
    values = {"network": network_id, "most": SMALL + 1}
    return int(session.execute(_COUNTED, values).scalar_one())


def outside(session: Session, network_id: str, seen: int) -> int:
    """How many peers of a network are not among the `seen` who were looked at.

    They are counted, not read: 100,000 take some milliseconds, and only where somebody is asked.
    """
    everybody = select(func.count()).where(
        User.network_id == network_id, User.role == Role.PEER, User.is_active
    )
    return max(session.execute(everybody).scalar_one() - seen, 0)


def _look(
    tx: Transaction, request: SupportRequest, policy: Policy, ways: Collection[Modality], at: Seen
) -> Seen:
    """The look of this step, at those who could come and those who could call, as the ways are."""
    ids: set[str] = set()
    metres: dict[str, float] = {}
    sure_m, is_whole_line = inf, True
    if Modality.IN_PERSON in ways:
        read = partial(_could_come, tx, request, policy, metres)
        check = free.of(tx, request, policy, [Modality.IN_PERSON])
        found, last = _first_free(read, check, _wanted(NEAREST, at.step))
        ids |= found
        sure_m = inf if last is None else metres[last]
    calls = sorted(REMOTE.intersection(ways))
    if calls:
        read = partial(in_turn, tx.session, request.network_id, request.language)
        check = free.of(tx, request, policy, calls)
        found, last = _first_free(read, check, _wanted(BY_CALL, at.step))
        ids |= found
        is_whole_line = last is None
    before = tx.session.scalars(select(Offer.peer_id).where(Offer.request_id == request.id))
    ids |= {*before, *map(str, request.met or ())}
    return Seen(sorted(ids), at.on_duty, at.step, sure_m, is_whole_line)


def _wanted(most: int, step: int) -> int:
    """How many of a way are looked at in this step."""
    if step == 0:
        return min(FIRST, most)
    return most if step == 1 else max(most, 1) * FURTHER ** (step - 1)


def _could_come(
    tx: Transaction,
    request: SupportRequest,
    policy: Policy,
    metres: dict[str, float],
    wanted: int,
) -> list[str]:
    """The nearest so many, whether they are free or not; adds how far away each is to `metres`."""
    session = tx.session
    site = session.get_one(Site, request.site_id)
    here = Point(site.latitude, site.longitude)
    limit_m = policy.default_travel_limit_m * (WIDENED_LIMIT_FACTOR if request.is_widened else 1.0)
    asked = near.Asked(
        network_id=request.network_id,
        language=request.language,
        fresh_since=tx.now - timedelta(seconds=policy.position_fresh_s),
        badge_of=site.id,
        valid_at=tx.now,
    )
    found = near.nearest(session, asked, here, limit_m, wanted)
    metres |= {peer_id: away_m for away_m, peer_id in found}
    return [peer_id for _, peer_id in found]


def _first_free(
    read: Callable[[int], Sequence[str]], check: free.Check, wanted: int
) -> tuple[set[str], str | None]:
    """The first so many who are free, and others who stand before them; and the last one who is free.

    None for the last: there are no more. The others are as many at most, half of them no matter why they
    are not free, so that a search knows when somebody becomes free and managers what keeps who is nearer.
    """
    if not wanted:
        return set(), None
    many = READ * wanted
    while True:
        ids = read(many)
        held = check(ids)
        ready = [one for one in ids if held.get(one) is False]
        if len(ready) > wanted or len(ids) < many:
            break
        many *= READ_ON
    is_cut = len(ready) > wanted
    last = ready[wanted - 1] if is_cut else None
    before = ids[: ids.index(last) + 1] if last is not None else ids
    waiting = [one for one in before if held.get(one)][:wanted]
    barred = [one for one in before if one not in held][: (wanted + 1) // 2]
    return {*ready[:wanted], *waiting, *barred}, last


def in_turn(session: Session, network_id: str, language: str, wanted: int) -> list[str]:
    """So many of those on duty for a call, longest not asked first."""
    values = {"network": network_id, "speaks": near.listed(language), "wanted": wanted}
    line = {"line": LINE * wanted}
    found = session.scalars(_FIRST_IN_LINE, values | line).all()
    return [*found] if len(found) == wanted else [*session.scalars(_IN_TURN, values)]


# Built once: building a statement takes as long as running it.
_COUNTED = select(func.count()).select_from(
    select(literal(1)).select_from(Duty).where(near.ON_DUTY).limit(bindparam("most")).subquery()
)
_LINE = (
    select(Duty.peer_id, Duty.turn_at, Duty.languages, Duty.modalities)
    .where(near.ON_DUTY)
    .order_by(Duty.turn_at, Duty.peer_id)
)


def _in_line(line: Subquery) -> Select[str]:
    """Those of them who will do. What is cut off before is read by the index alone: a database
    that must guess how many will do guesses few, and would rather sort everybody.
    """
    speaks = cast(line.c.languages, String).like(bindparam("speaks"))
    calls = or_(*(cast(line.c.modalities, String).like(near.listed(way)) for way in sorted(REMOTE)))
    return (
        select(line.c.peer_id)
        .where(speaks, calls)
        .order_by(line.c.turn_at, line.c.peer_id)
        .limit(bindparam("wanted"))
    )


_FIRST_IN_LINE = _in_line(_LINE.limit(bindparam("line")).subquery())
_IN_TURN = _in_line(_LINE.order_by(None).subquery())


def took_turns(tx: Transaction, peer_ids: Collection[str]) -> None:
    """These were asked just now. Whose duty another transaction holds keeps the turn they had.

    So nobody is waited for, whatever this transaction holds already.
    """
    if not peer_ids:
        return
    theirs = select(Duty.peer_id).where(Duty.peer_id.in_(sorted(peer_ids)))
    held = theirs.order_by(Duty.peer_id).with_for_update(skip_locked=True)
    tx.session.execute(
        update(Duty)
        .where(Duty.peer_id.in_(held))
        .values(turn_at=tx.now)
        .execution_options(synchronize_session=False)
    )
