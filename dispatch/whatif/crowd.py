"""The peers of a network as they answer in a replay: as they really did, else as is likely.

What was recorded holds whatever the policy. Who was silent until somebody else had said yes goes on
being silent until then at least. Everything else is drawn, the same for every policy: from what was
learned of answers where something was, else from the network's own habits. It knows chance and
refuses to know what is decided.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import exp, log
from statistics import NormalDist

from dispatch.geo import distance_m, travel_s
from dispatch.matching import SESSION_S, Candidate, PeerView
from dispatch.policy import Policy
from dispatch.prices.chances import Chances, Prior, still_yes
from dispatch.prices.pricing import Pricing
from dispatch.states import REMOTE, Modality
from dispatch.travel.minutes import Travel
from dispatch.whatif.answers import Answer
from dispatch.whatif.chance import draws, lognormal
from dispatch.whatif.habits import come
from dispatch.whatif.past import Asking, Past, Said
from dispatch.whatif.world import Peer, Request, World

PREPARE_SPREAD = 0.3
ROAD_SPREAD = 0.12
SESSION_SPREAD = 0.15
"""How widely these times are spread (deviations of their logarithms), as in the study."""

ASKED_THEN = -1.0
"""In place of a chance: it is found out when they are asked, by how tired they are then."""

TravelAt = Callable[[int, datetime, Policy], Travel | None]
"""The roads to a site at a time, as a policy has them; None: its mean speed for every way."""


def mean_speed(_site: int, _now: datetime, _policy: Policy) -> Travel | None:
    """Nothing is known of roads."""
    return None


ChancesAt = Callable[[int, datetime], Chances | None]
"""What was learned of answers, at a site and a time; None: nothing that could be used."""

_NORMAL = NormalDist()


class Crowd:
    """Everybody's answers in one draw."""

    def __init__(
        self,
        past: Past,
        world: World,
        policies: Sequence[Policy],
        pricing: Pricing,
        chances_at: ChancesAt,
        draw: int,
        travel_at: TravelAt = mean_speed,
    ) -> None:
        """`policies` by site are those of now, for the ways; `world` may have more peers in it."""
        self._travel_at = travel_at
        self._past = past
        self._world = world
        self._policies = policies
        self._pricing = pricing
        self._prior = Prior(pricing)
        self._chances_at = chances_at
        self._draw = draw
        self._metres: dict[tuple[int, int], float] = {}
        self._kept: dict[Asking, Answer] = {}

    def metres(self, peer: Peer, site: int) -> float:
        """From a peer's home to a site, as the crow flies; nothing without a home."""
        key = (peer.number, site)
        found = self._metres.get(key)
        if found is None:
            home = peer.home
            at = self._world.sites[site].at
            found = self._metres[key] = 0.0 if home is None else distance_m(home, at)
        return found

    def session_s(self, request: Request) -> float:
        """As long as it really took; else the usual length."""
        known = self._past.session_s.get(request.number)
        if known is not None:
            return known
        (draw,) = draws(self._draw, request.number, -1, 1)
        return lognormal(SESSION_S, SESSION_SPREAD, draw)

    def answer(self, request: Request, peer: Peer, modality: Modality) -> Answer:
        """What this peer does when asked for this request in this way."""
        key = (request.number, peer.number, modality in REMOTE)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._made(request, peer, key)
        return found

    def says_yes(
        self, request: Request, answer: Answer, peer: PeerView, candidate: Candidate, now: datetime
    ) -> bool:
        """As it was recorded, or by the chance that they say yes, tired as they are then."""
        if answer.yes_below != ASKED_THEN:
            return answer.yes()
        chances = self._chances_at(request.site, now) or self._prior
        chance = chances.of(peer, candidate, now)
        if answer.see_s > 0.0:
            # So long they are known to have said nothing: part of the yes is used up.
            chance = still_yes(chance, answer.see_s, self._pricing)
        return answer.yes_draw < chance

    def _made(self, request: Request, peer: Peer, key: Asking) -> Answer:
        yes, no, think, prepare, road, back = draws(self._draw, request.number, peer.number, 6)
        reach_s, home_s = self._ways(request, peer, key, (prepare, road, back))
        said = self._past.said.get(key)
        if said is not None and said.yes is not None:
            return Answer(
                sees=True,
                yes_below=1.0 if said.yes else 0.0,
                yes_draw=0.5,
                says_no=True,
                see_s=said.after_s,
                answer_s=said.after_s,
                reach_s=reach_s,
                home_s=home_s,
            )
        silent_s = said.after_s if said is not None else 0.0
        return Answer(
            sees=True,
            yes_below=ASKED_THEN,
            yes_draw=yes,
            says_no=no < self._no_share(said),
            see_s=silent_s,
            answer_s=self._answer_s(silent_s, think),
            reach_s=reach_s,
            home_s=home_s,
        )

    def _no_share(self, said: Said | None) -> float:
        """Of those who will not go and have been silent for so long: who will still say so."""
        share = self._pricing.no_share
        if said is None:
            return share
        not_yet = share * (1.0 - come(said.after_s, self._pricing))
        return not_yet / (not_yet + 1.0 - share) if not_yet else 0.0

    def _answer_s(self, silent_s: float, draw: float) -> float:
        """When they answer if they do: a log-normal time, of which `silent_s` has passed."""
        pricing = self._pricing
        if silent_s <= 0.0:
            return lognormal(pricing.answer_median_s, pricing.answer_spread, draw)
        passed = come(silent_s, pricing)
        share = min(passed + draw * (1.0 - passed), 1.0 - 1e-9)
        away = _NORMAL.inv_cdf(max(share, 1e-9))
        return max(exp(log(pricing.answer_median_s) + pricing.answer_spread * away), silent_s)

    def _ways(
        self, request: Request, peer: Peer, key: Asking, drawn: tuple[float, float, float]
    ) -> tuple[float, float]:
        """Seconds from the yes until there, and for the way home."""
        prepare, road, back = drawn
        policy = self._policies[request.site]
        known = self._past.reached_s.get(key[:2])
        if key[2]:
            usual = lognormal(policy.video_setup_s, PREPARE_SPREAD, prepare)
            return (usual if known is None else known), 0.0
        metres = self.metres(peer, request.site)
        travel = self._travel_at(request.site, self._world.moment(request.at_s), policy)
        if travel is not None:
            prepare_s, park_s = float(travel.prepare_s), travel.park_s
            drive_s = travel.travel_s(metres) - park_s
        else:
            prepare_s, park_s = float(policy.prepare_s), float(policy.park_s)
            drive_s = travel_s(metres, policy) - park_s
        drive_s = max(drive_s, 0.0)
        ready_s = lognormal(prepare_s, PREPARE_SPREAD, prepare)
        usual = ready_s + lognormal(drive_s, ROAD_SPREAD, road) + park_s
        home_s = lognormal(drive_s, ROAD_SPREAD, back)
        return (usual if known is None else known), home_s


def answered(said: Mapping[Asking, Said]) -> int:
    """How many answers are really known."""
    return sum(one.yes is not None for one in said.values())
