"""What somebody could have done who knew every answer in advance: a schedule, and a bound below it.

The bound: each request gets the best of all that could ever be done for it, as if it were alone. A
schedule gives each request one of these or nothing, and never a better one, so

    bound <= the best schedule <= this schedule,  and  the best schedule <= every policy.

(A policy's visits are such options too: a tired peer never says yes where a rested one says no,
asking later never helps, and a peer is one person under a policy as well.)

The schedule: requests in the order of their time take their best free option; then single requests
are moved, and others moved out of their way, while that saves minutes. It is legal, because it is
replayed as a policy in the same events (`Planned`), under the same rules as all the others.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from dispatch import survey
from dispatch.geo import travel_s
from dispatch.matching import Candidate, Need, PeerView
from dispatch.policy import DEFAULT
from dispatch.states import REMOTE, Modality
from dispatch.waves import Decision
from dispatch.whatif.log import UNFILLED_MIN, cost_min
from dispatch.whatif.strategy import Seen
from dispatch.whatif.world import GIVES_UP_S, Peer, Request
from simulator.study.people import People
from simulator.study.world import START, World

KEPT = 40
"""How many options of a request the schedule chooses from; the bound looks at all."""

PASSES = 8
_Window = tuple[float, float]
_ends = itemgetter(1)

GAP_S = 0.01
"""Between two engagements of a peer, so that the order of events is never in doubt."""


@dataclass(frozen=True, slots=True)
class Option:
    """One peer for one request, in one way, in one of their shifts. All of it would come true."""

    cost: float
    """Patient-minutes when asked at `earliest_s`; each minute later costs one more."""
    peer: int
    modality: Modality
    earliest_s: float
    latest_s: float
    busy_s: float
    """From the asking until home again."""


@dataclass(frozen=True)
class Hindsight:
    """The schedule by request, and the bound in patient-minutes by request."""

    plan: dict[int, tuple[Option, float]]
    """The option, and when to ask, in seconds from the start."""
    bound: tuple[float, ...]


def look_back(world: World, people: People) -> Hindsight:
    """The schedule and the bound of a world."""
    chosen: list[list[Option]] = []
    bound = []
    on_shift = [joined(peer) for peer in world.peers]
    for request in world.requests:
        found = sorted(
            options(world, people, request, on_shift), key=lambda one: (one.cost, one.peer)
        )
        bound.append(min(UNFILLED_MIN, found[0].cost) if found else UNFILLED_MIN)
        chosen.append([one for one in found[:KEPT] if one.cost < UNFILLED_MIN])
    schedule = Schedule(chosen, len(world.peers))
    schedule.build([request.at_s for request in world.requests])
    return Hindsight(schedule.plan(), tuple(bound))


def options(
    world: World, people: People, request: Request, on_shift: Sequence[Sequence[_Window]]
) -> Iterator[Option]:
    """Every way in which a rested peer would say yes to a request, in time and within the rules.

    `on_shift`: the `joined` shifts of each peer.
    """
    in_person = request.modality is Modality.IN_PERSON
    session_s = people.session_s(request)
    for peer in world.peers:
        if request.language not in peer.languages or request.site in peer.not_paired:
            continue
        shifts = on_shift[peer.number]
        windows = [
            (max(begins, request.at_s), ends)
            for begins, ends in shifts[bisect_right(shifts, request.at_s, key=_ends) :]
            if begins < request.at_s + GIVES_UP_S
        ]
        if not windows:
            continue
        ways = {request.modality, Modality.VIDEO} if in_person else {request.modality}
        for modality in ways & peer.modalities:
            if modality not in REMOTE:
                metres = people.metres(peer, request.site)
                if metres > (peer.travel_limit_m or DEFAULT.default_travel_limit_m):
                    continue
                ready_s = DEFAULT.prepare_s + travel_s(metres, DEFAULT)
            else:
                ready_s = DEFAULT.video_setup_s
            answer = people.answer(request, peer, modality)
            if not answer.yes():
                continue
            expected_s = DEFAULT.answer_s + ready_s
            for begins, ends in windows:
                # The rules look at the expected arrival; the shift must outlast the answer too.
                latest = min(
                    ends - max(expected_s, answer.answer_s) - GAP_S,
                    request.at_s + GIVES_UP_S - answer.answer_s - GAP_S,
                )
                if begins <= latest:
                    reached_s = begins + answer.answer_s + answer.reach_s
                    yield Option(
                        cost=cost_min(request, modality, reached_s - request.at_s),
                        peer=peer.number,
                        modality=modality,
                        earliest_s=begins,
                        latest_s=latest,
                        busy_s=answer.answer_s + answer.reach_s + session_s + answer.home_s,
                    )


def joined(peer: Peer) -> list[_Window]:
    """The shifts with those joined that overlap: the later end counts."""
    found: list[_Window] = []
    for begins, ends, *_ in peer.shifts:
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


class Schedule:
    """Requests on the calendars of peers."""

    def __init__(self, options: Sequence[Sequence[Option]], peers: int) -> None:
        self._options = options
        self._calendar: list[list[tuple[float, float, int]]] = [[] for _ in range(peers)]
        """By peer: engagements as (from, until, request), in order."""
        self._taken: dict[int, tuple[Option, float]] = {}

    def plan(self) -> dict[int, tuple[Option, float]]:
        """What each filled request takes, and when it asks."""
        return dict(self._taken)

    def cost(self, request: int) -> float:
        """The patient-minutes of a request as it stands."""
        if request not in self._taken:
            return UNFILLED_MIN
        option, at_s = self._taken[request]
        return _cost(option, at_s)

    def build(self, times: Sequence[float]) -> None:
        """First come, first served; then moves that save minutes, until there are none."""
        order = sorted(range(len(times)), key=lambda request: (times[request], request))
        for request in order:
            self._settle(request)
        for _ in range(PASSES):
            moved = [self._improve(request) for request in order]
            if not any(moved):
                break

    def _settle(self, request: int) -> None:
        """The best that is free, if anything is better than nobody."""
        best = self._best_free(request)
        if best is not None:
            self._put(request, *best)

    def _best_free(self, request: int) -> tuple[Option, float] | None:
        best: tuple[Option, float] | None = None
        least = UNFILLED_MIN
        for option in self._options[request]:
            if option.cost >= least:
                break
            at_s = self._first_gap(option)
            if at_s is not None and (cost := _cost(option, at_s)) < least:
                best, least = (option, at_s), cost
        return best

    def _first_gap(self, option: Option) -> float | None:
        """When the peer first has the time, within the option's window."""
        at_s = option.earliest_s
        calendar = self._calendar[option.peer]
        for begins, ends, _ in calendar[self._first_after(calendar, at_s) :]:
            if at_s + option.busy_s + GAP_S <= begins:
                break
            at_s = max(at_s, ends + GAP_S)
            if at_s > option.latest_s:
                return None
        return at_s if at_s <= option.latest_s else None

    @staticmethod
    def _first_after(calendar: list[tuple[float, float, int]], at_s: float) -> int:
        """The first engagement that is not over before then."""
        index = bisect_left(calendar, (at_s,))
        while index > 0 and calendar[index - 1][1] + GAP_S > at_s:
            index -= 1
        return index

    def _put(self, request: int, option: Option, at_s: float) -> None:
        calendar = self._calendar[option.peer]
        entry = (at_s, at_s + option.busy_s, request)
        calendar.insert(bisect_left(calendar, entry), entry)
        self._taken[request] = (option, at_s)

    def _take_out(self, request: int) -> tuple[Option, float] | None:
        taken = self._taken.pop(request, None)
        if taken is not None:
            option, at_s = taken
            self._calendar[option.peer].remove((at_s, at_s + option.busy_s, request))
        return taken

    def _improve(self, request: int) -> bool:
        """One move of a request that saves minutes over all who are touched by it."""
        now = self.cost(request)
        for option in self._options[request]:
            if option.cost >= now - 1e-9:
                return False
            if self._try(request, option):
                return True
        return False

    def _try(self, request: int, option: Option) -> bool:
        """Put the request there at the earliest and move those in the way; undo if it is dearer."""
        at_s = option.earliest_s
        until = at_s + option.busy_s
        calendar = self._calendar[option.peer]
        in_way = [
            other
            for begins, _, other in calendar[self._first_after(calendar, at_s) :]
            if begins < until + GAP_S and other != request
        ]
        touched = [request, *in_way]
        before = sum(self.cost(one) for one in touched)
        kept = {one: self._take_out(one) for one in touched}
        self._put(request, option, at_s)
        for other in in_way:
            self._settle(other)
        if sum(self.cost(one) for one in touched) < before - 1e-9:
            return True
        for one in touched:
            self._take_out(one)
        for one, taken in kept.items():
            if taken is not None:
                self._put(one, *taken)
        return False


def _cost(option: Option, at_s: float) -> float:
    return option.cost + (at_s - option.earliest_s) / 60.0


class Planned:
    """The schedule as a policy: asks whom it planned when it planned, and nobody else."""

    name = "hindsight"

    def __init__(self, plan: dict[int, tuple[Option, float]]) -> None:
        self._plan = plan

    def look(self, seen: Seen) -> Decision:
        """Wait for the planned moment. A plan that breaks a rule raises `ValueError`."""
        request, search, peers, need, now = seen
        planned = self._plan.get(request.number)
        ask: tuple[Candidate, ...] = ()
        again = now + timedelta(days=1)
        if planned is not None and not search.asked:
            option, at_s = planned
            due = START + timedelta(seconds=at_s)
            if now >= due:
                ask = (_planned(option, peers, need, now),)
            else:
                again = due
        return Decision(
            ask=ask,
            waves_used=search.waves_used + bool(ask),
            eligible=len(ask),
            next_wave_at=None,
            look_again_at=again,
            raise_alarm=False,
            escalate=False,
            why="",
        )


def _planned(option: Option, peers: Sequence[PeerView], need: Need, now: datetime) -> Candidate:
    wanted = replace(need, modalities=frozenset({option.modality}))
    for view in peers:
        if int(view.id[1:]) == option.peer:
            verdict = survey.judge(view, wanted, now, DEFAULT)
            if isinstance(verdict, Candidate):
                return verdict
            raise ValueError(f"the schedule asks {view.id} who cannot be asked: {verdict}")
    raise ValueError(f"the schedule asks a peer {option.peer} who is away")
