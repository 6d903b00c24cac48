"""The events of one run: asks, answers, shifts, visits, and a look at each search when it is due.

Simulated time in a heap; the decision is the strategy's, who is asked sees and answers as `people`
says. It knows what happens and decides nothing. A request has one visit, nobody withdraws, and a
peer starts from home.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from dispatch.matching import Candidate, Need, PeerView
from dispatch.states import Modality, RequestState
from dispatch.waves import Awaited, Search
from dispatch.whatif.answers import People
from dispatch.whatif.log import Ask, End, Log, Outcome
from dispatch.whatif.strategy import Seen, Strategy
from dispatch.whatif.world import FOREVER, Peer, Request, Shift, World

MEMORY_S = 24 * 3600.0
"""Alerts and visits count as recent for a day, as in the product."""


@dataclass
class Case:
    """A request that is looked for."""

    request: Request
    need: Need
    outcome: Outcome
    state: RequestState = RequestState.SEARCHING
    waves_used: int = 0
    has_alarmed: bool = False
    is_closed: bool = False
    open: dict[int, Ask] = field(default_factory=dict)
    """By peer: the asks that may still be answered."""
    declined: set[int] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    quiet_since_s: float = 0.0
    turn: int = 0
    """Which of the looks that were planned is the valid one."""


@dataclass
class Life:
    """A peer as the run goes on."""

    peer: Peer
    shift: Shift | None = None
    is_busy: bool = False
    open: dict[int, Ask] = field(default_factory=dict)
    alerts: deque[float] = field(default_factory=deque)
    """When they were asked in the last day, but for what became a visit."""
    cases: deque[float] = field(default_factory=deque)
    views: dict[int, PeerView] = field(default_factory=dict)
    """As they are for any request of a site; empty when something has changed. Sites that are all
    the same to them share one."""


class Run:
    """One policy in one world."""

    def __init__(self, world: World, people: People, strategy: Strategy) -> None:
        self._world = world
        self._people = people
        self._strategy = strategy
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()
        self._lives = [Life(peer) for peer in world.peers]
        self._by_id = {life.peer.id: life for life in self._lives}
        self._idle: dict[int, Life] = {}
        self._cases: dict[int, Case] = {}
        self.log = Log(strategy.name)

    def play(self, tell: Callable[[float], None] | None = None) -> Log:
        """Everything from the first request to the end of the last.

        `tell` hears how far it is, in seconds from the start; what it raises ends the run.
        """
        for life in self._lives:
            for shift in life.peer.shifts:
                self._at(shift.begins_s, partial(self._shift_begins, life, shift))
        for life in self._lives:
            # After the beginnings: a shift that follows upon another goes on without a gap.
            for shift in life.peer.shifts:
                self._at(shift.ends_s, partial(self._shift_ends, life))
        for request in self._world.requests:
            self._at(request.at_s, partial(self._asked_for, request))
        while self._heap:
            at_s, _, happen = heapq.heappop(self._heap)
            happen(at_s)
            if tell is not None:
                tell(at_s)
        return self.log

    def _at(self, at_s: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._heap, (at_s, next(self._numbers), happen))

    # Shifts and visits

    def _shift_begins(self, life: Life, shift: Shift, now: float) -> None:
        life.shift = shift
        self._settle(life)
        self._withdraw(life, now, still=shift.modalities)

    def _shift_ends(self, life: Life, now: float) -> None:
        if life.shift is not None and life.shift.ends_s > now:
            return  # The next shift has begun before this one was over.
        life.shift = None
        self._settle(life)
        self._withdraw(life, now)

    def _free(self, life: Life, _now: float) -> None:
        life.is_busy = False
        self._settle(life)

    def _settle(self, life: Life) -> None:
        """Who is on shift and not with someone can be asked."""
        life.views.clear()
        if life.shift is not None and not life.is_busy:
            self._idle[life.peer.number] = life
        else:
            self._idle.pop(life.peer.number, None)

    def _withdraw(self, life: Life, now: float, still: frozenset[Modality] = frozenset()) -> None:
        """A peer who cannot go any more loses what else they were asked; those searches look."""
        for ask in list(life.open.values()):
            if ask.modality in still:
                continue
            self._close(ask, End.WITHDRAWN, now)
            case = self._cases[ask.request]
            case.quiet_since_s = now
            self._look(case, now)

    # Requests

    def _asked_for(self, request: Request, now: float) -> None:
        need = Need(
            site=self._world.sites[request.site].at,
            modalities=frozenset({request.modality}),
            language=request.language,
            focus=request.focus,
            wishes=request.wishes,
        )
        outcome = Outcome(request)
        case = Case(request, need, outcome, quiet_since_s=now)
        self._cases[request.number] = case
        self.log.outcomes.append(outcome)
        self._at(now + request.patience_s, partial(self._give_up, case))
        self._look(case, now)

    def _give_up(self, case: Case, now: float) -> None:
        if not case.is_closed:
            self._end(case, End.GIVEN_UP, now)

    def _end(self, case: Case, end: End, now: float) -> None:
        """Nobody is asked any more."""
        case.is_closed = True
        for ask in list(case.open.values()):
            self._close(ask, end, now)

    def _close(self, ask: Ask, end: End, now: float) -> None:
        ask.end, ask.ended_at_s = end, now
        del self._cases[ask.request].open[ask.peer]
        del self._lives[ask.peer].open[ask.request]

    # Looking, asking, answering

    def _look_at(self, case: Case, turn: int, now: float) -> None:
        if case.turn == turn:
            self._look(case, now)

    def _look(self, case: Case, now: float) -> None:
        if case.is_closed:
            return
        case.turn += 1
        views, here = self._views(case, now), self._world.moment(now)
        decision = self._strategy.look(
            Seen(case.request, self._search(case), views, case.need, here)
        )
        self.log.decisions += 1
        case.waves_used = decision.waves_used
        case.has_alarmed |= decision.raise_alarm
        if decision.escalate:
            case.state = RequestState.ESCALATED
            case.outcome.escalated = True
        for candidate in decision.ask:
            self._ask(case, candidate, now)
        again_s = max(self._world.seconds(decision.look_again_at), now + 0.001)
        self._at(again_s, partial(self._look_at, case, case.turn))

    def _search(self, case: Case) -> Search:
        moment = self._world.moment
        return Search(
            state=case.state,
            modality=case.request.modality,
            started_at=moment(case.request.at_s),
            waves_used=case.waves_used,
            video_fallback=case.request.video_fallback,
            is_widened=False,
            has_alarmed=case.has_alarmed,
            asked=frozenset(case.asked),
            awaited=tuple(
                Awaited(ask.modality, moment(ask.arrive_by_s), moment(ask.at_s))
                for ask in case.open.values()
            ),
            quiet_since=moment(case.quiet_since_s),
        )

    def _views(self, case: Case, now: float) -> list[PeerView]:
        """Those on shift and not with someone, with regard to this request."""
        horizon, site, number = now - MEMORY_S, case.request.site, case.request.number
        met = case.request.met
        found = []
        for life in self._idle.values():
            if (life.alerts and life.alerts[0] < horizon) or (
                life.cases and life.cases[0] < horizon
            ):
                _forget(life, horizon)
            view = self._view(life, site)
            if life.open or life.peer.number in case.declined or life.peer.number in met:
                here = life.open.get(number)
                view = replace(
                    view,
                    has_met=life.peer.number in met,
                    has_declined=life.peer.number in case.declined,
                    open_offer=here.modality if here else None,
                    offers_elsewhere=tuple(
                        self._world.moment(ask.at_s)
                        for ask in life.open.values()
                        if ask is not here
                    ),
                )
            found.append(view)
        return found

    def _view(self, life: Life, site: int) -> PeerView:
        """A peer as they are for a site, whatever the request."""
        peer = life.peer
        key = site if peer.badges is not None or site in peer.not_paired else -1
        view = life.views.get(key)
        if view is None:
            shift = life.shift
            until_s = shift.known_until_s if shift is not None else None
            view = life.views[key] = PeerView(
                id=peer.id,
                name=peer.id,
                on_duty=shift is not None,
                until=None if until_s is None else self._world.moment(until_s),
                duty_modalities=shift.modalities if shift is not None else frozenset(),
                modalities=peer.modalities,
                languages=peer.languages,
                focus=peer.focus,
                certified_until=peer.certified_until,
                badge_until=FOREVER if peer.badges is None else peer.badges.get(site),
                is_do_not_pair=site in peer.not_paired,
                position=peer.home,
                travel_limit_m=peer.travel_limit_m,
                open_offer_limit=peer.open_offer_limit,
                recent_alerts=len(life.alerts),
                recent_cases=len(life.cases),
                traits=peer.traits,
                counted_from=peer.counted_from,
            )
        return view

    def _ask(self, case: Case, candidate: Candidate, now: float) -> None:
        life = self._by_id[candidate.peer_id]
        _forget(life, now - MEMORY_S)
        answer = self._people.answer(case.request, life.peer, candidate.modality)
        view = self._view(life, case.request.site)
        is_yes = self._people.says_yes(
            case.request, answer, view, candidate, self._world.moment(now)
        )
        answers = answer.sees and (is_yes or answer.says_no)
        ask = Ask(
            at_s=now,
            request=case.request.number,
            peer=life.peer.number,
            modality=candidate.modality,
            sees_at_s=now + answer.see_s if answer.sees else None,
            answers_at_s=now + answer.answer_s if answers else None,
            is_yes=is_yes,
            arrive_by_s=self._world.seconds(candidate.arrive_by),
        )
        self.log.asks.append(ask)
        case.open[ask.peer] = life.open[ask.request] = ask
        case.asked.add(candidate.peer_id)
        case.quiet_since_s = now
        life.alerts.append(now)
        life.views.clear()
        if ask.answers_at_s is not None:
            self._at(ask.answers_at_s, partial(self._answered, case, life, ask))

    def _answered(self, case: Case, life: Life, ask: Ask, now: float) -> None:
        if ask.end is not End.OPEN:
            ask.is_lost_race = (
                ask.is_yes
                and ask.end is End.SUPERSEDED
                and ask.sees_at_s is not None
                and ask.sees_at_s <= ask.ended_at_s
            )
        elif ask.is_yes:
            self._take(case, life, ask, now)
        else:
            self._close(ask, End.DECLINED, now)
            case.declined.add(ask.peer)
            case.quiet_since_s = now
            self._look(case, now)

    def _take(self, case: Case, life: Life, ask: Ask, now: float) -> None:
        """The first yes: the search is over, and the peer is on their way."""
        answer = self._people.answer(case.request, life.peer, ask.modality)
        self._close(ask, End.ACCEPTED, now)
        self._end(case, End.SUPERSEDED, now)
        outcome = case.outcome
        outcome.peer, outcome.modality, outcome.yes_at_s = ask.peer, ask.modality, now
        outcome.reached_at_s = now + answer.reach_s
        session_s = self._people.session_s(case.request)
        outcome.free_at_s = outcome.reached_at_s + session_s + answer.home_s
        self._engage(life, ask, now, outcome.free_at_s)

    def _engage(self, life: Life, ask: Ask, now: float, free_at_s: float) -> None:
        """A peer who said yes is with somebody until then."""
        life.alerts.remove(ask.at_s)
        life.cases.append(now)
        life.is_busy = True
        self._settle(life)
        self._withdraw(life, now)
        self._at(free_at_s, partial(self._free, life))


def _forget(life: Life, horizon_s: float) -> None:
    """What was before that no longer counts."""
    for past in (life.alerts, life.cases):
        while past and past[0] < horizon_s:
            past.popleft()
            life.views.clear()
