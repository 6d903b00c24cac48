"""What a race is: who was asked what, and what they say at one instant. A batch is a number.

It knows peers and requests by numbers; it refuses to know rows, processes and HTTP.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from dispatch.states import OfferState

SEATS = 32
"""How many calls can leave at one instant."""


class Kind(StrEnum):
    """What happens at the same instant."""

    CROWD = "2 to 32 say yes"
    TAPS = "double taps"
    NO = "a yes and a no of one peer"
    CANCEL = "a cancel"
    TWO = "one peer in two requests"
    WITHDRAW = "a withdrawal"


KINDS = {
    Kind.CROWD: 50,
    Kind.TAPS: 12,
    Kind.NO: 8,
    Kind.CANCEL: 12,
    Kind.TWO: 10,
    Kind.WITHDRAW: 8,
}
"""How often each, of a hundred."""
CROWDS = {2: 10, 3: 8, 4: 6, 5: 4, 6: 3, 8: 3, 12: 1, 16: 1, 32: 1}
"""How many say yes, and how often."""
TAKEN_BACK = 0.1
"""The part of a crowd that had said no before."""


class What(StrEnum):
    """One call."""

    YES = "yes"
    NO = "no"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Act:
    """One call at the instant; `peer` is None for who runs the place."""

    what: What
    request: int
    peer: int | None = None


@dataclass(frozen=True)
class Asked:
    """An offer that is there before."""

    request: int
    peer: int
    state: OfferState = OfferState.OPEN


@dataclass(frozen=True)
class Race:
    """Everything about one race. Its peers are in no other race of the batch."""

    kind: Kind
    round: int
    """Races of a round are run at the same instant, on different rows."""
    requests: tuple[int, ...]
    asked: tuple[Asked, ...]
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Batch:
    """Races that are put in, run and judged together."""

    number: int
    rounds: int
    races: tuple[Race, ...]

    def seats(self) -> Iterator[tuple[int, int, Act]]:
        """Round, seat and call of everybody."""
        taken = [0] * self.rounds
        for race in self.races:
            for act in race.acts:
                yield race.round, taken[race.round], act
                taken[race.round] += 1


def batch(
    number: int, *, rounds: int, most: int | None = None, kinds: dict[Kind, int] = KINDS
) -> Batch:
    """The races of batch `number`, at most `most` of them: as many as there are seats in `rounds`."""
    chance = Random(number)
    races: list[Race] = []
    at_round = at_seat = at_request = 0
    while most is None or len(races) < most:
        kind = chance.choices(list(kinds), list(kinds.values()))[0]
        drawn = _draw(kind, chance)
        if at_seat + len(drawn.acts) > SEATS:
            at_round, at_seat = at_round + 1, 0
        if at_round == rounds:
            break
        races.append(_moved(drawn, at_round, at_request, at_round * SEATS + at_seat))
        at_seat += len(drawn.acts)
        at_request += len(drawn.requests)
    return Batch(number, rounds, tuple(races))


def _draw(kind: Kind, chance: Random) -> Race:
    """A race of this kind, everything in it counted from nought. It has no more peers than calls."""
    acts, asked, requests = _DRAWN[kind](chance)
    chance.shuffle(acts)
    return Race(kind, 0, tuple(range(requests)), tuple(asked), tuple(acts))


Drawn = tuple[list[Act], list[Asked], int]


def _crowd(chance: Random) -> Drawn:
    (size,) = chance.choices(list(CROWDS), list(CROWDS.values()))
    said_no = [chance.random() < TAKEN_BACK for _ in range(size)]
    asked = [
        Asked(0, peer, OfferState.DECLINED if no else OfferState.OPEN)
        for peer, no in enumerate(said_no)
    ]
    return [Act(What.YES, 0, peer) for peer in range(size)], asked, 1


def _taps(chance: Random) -> Drawn:
    size = chance.randint(1, 4)
    taps = [chance.randint(1, 3) for _ in range(size)]
    taps[0] = max(2, taps[0])
    acts = [Act(What.YES, 0, peer) for peer, often in enumerate(taps) for _ in range(often)]
    return acts, [Asked(0, peer) for peer in range(size)], 1


def _no(chance: Random) -> Drawn:
    size = chance.randint(2, 6)
    acts = [Act(What.YES, 0, peer) for peer in range(size)]
    return [*acts, Act(What.NO, 0, 0)], [Asked(0, peer) for peer in range(size)], 1


def _cancel(chance: Random) -> Drawn:
    size = chance.randint(1, 6)
    acts = [Act(What.YES, 0, peer) for peer in range(size)]
    return [*acts, Act(What.CANCEL, 0)], [Asked(0, peer) for peer in range(size)], 1


def _two(chance: Random) -> Drawn:
    """Peer 0 is asked for both, the others for one each. Sometimes there are no others."""
    here, there = (chance.randint(0, 3) for _ in range(2))
    pairs = [(0, 0), (1, 0)]
    pairs += [(0, 1 + peer) for peer in range(here)]
    pairs += [(1, 1 + here + peer) for peer in range(there)]
    return (
        [Act(What.YES, request, peer) for request, peer in pairs],
        [Asked(request, peer) for request, peer in pairs],
        2,
    )


def _withdraw(chance: Random) -> Drawn:
    """Peer 0 is on the way and gives up; others had said no and would go after all."""
    size = chance.randint(1, 5)
    asked = [Asked(0, 1 + peer, OfferState.DECLINED) for peer in range(size)]
    acts = [Act(What.YES, 0, 1 + peer) for peer in range(size)]
    return [Act(What.WITHDRAW, 0, 0), *acts], [Asked(0, 0, OfferState.ACCEPTED), *asked], 1


_DRAWN = {
    Kind.CROWD: _crowd,
    Kind.TAPS: _taps,
    Kind.NO: _no,
    Kind.CANCEL: _cancel,
    Kind.TWO: _two,
    Kind.WITHDRAW: _withdraw,
}


def _moved(race: Race, round_: int, requests: int, peers: int) -> Race:
    """The same race among others: counted from these numbers."""
    return Race(
        race.kind,
        round_,
        tuple(one + requests for one in race.requests),
        tuple(Asked(a.request + requests, a.peer + peers, a.state) for a in race.asked),
        tuple(
            Act(a.what, a.request + requests, None if a.peer is None else a.peer + peers)
            for a in race.acts
        ),
    )
