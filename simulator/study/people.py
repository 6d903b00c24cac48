"""How a peer would answer one request, and how long the way would take them, known in advance.

Every draw belongs to (seed, request, peer): not to a stream, so it is the same under every policy,
in whatever order they ask (common random numbers). A tired peer says no where a rested one says
yes, never the other way round. It knows chance and refuses to know what is decided.
"""

import struct
from dataclasses import dataclass
from hashlib import blake2b
from math import exp
from statistics import NormalDist

from dispatch.geo import distance_m
from dispatch.states import REMOTE, Modality
from simulator.nature import LIFE
from simulator.study.world import HOUR_S, Peer, Request, World

NEAR_YES, FAR_YES, FAR_M = 1.1, 0.8, 40_000.0
"""Willingness is multiplied by the first beside the site, by the second at the distance."""

NIGHT_YES = 0.85
"""Willingness from 23 to 7 o'clock."""

TIRES = 0.95
"""Willingness is multiplied by this for each alert of the last day that led to no visit ..."""

LEAST_RESTED = 0.5
"""... but never falls below this share."""

MEMORY_S = 24 * HOUR_S
PREPARE_SPREAD = 0.3
BEYOND = 2.5
"""A log-normal draw is at most so many deviations away: nobody drives at 200 km/h."""

_NORMAL = NormalDist()
_BITS = 2.0**-64


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rested peer would do about an offer, in seconds from the asking or from the yes."""

    sees: bool
    yes_below: float
    """Says yes while their rest (1: rested) times this is above `yes_draw`."""
    yes_draw: float
    says_no: bool
    """Answers when it is no yes, instead of staying silent."""
    see_s: float
    answer_s: float
    reach_s: float
    """From the yes to the bedside or to a connected call."""
    home_s: float
    """The way back; nothing after a call."""

    def yes(self, rest: float = 1.0) -> bool:
        """Whether it is a yes, by one as rested as that."""
        return self.sees and self.yes_draw < self.yes_below * rest


def rest(alerts: int) -> float:
    """What is left of willingness after so many alerts of the last day without a visit."""
    return max(TIRES**alerts, LEAST_RESTED)


class People:
    """The answers of one world, drawn when somebody wants to know and kept."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[tuple[int, int, bool], Answer] = {}
        self._metres: dict[tuple[int, int], float] = {}

    def metres(self, peer: Peer, site: int) -> float:
        """From a peer's home to a site, as the crow flies."""
        key = (peer.number, site)
        found = self._metres.get(key)
        if found is None:
            found = self._metres[key] = distance_m(peer.home, self._world.sites[site].at)
        return found

    def session_s(self, request: Request) -> float:
        """How long the conversation takes, whoever comes."""
        (draw,) = _draws(self._world.plan.seed, request.number, -1, 1)
        return _lognormal(LIFE.session_s, LIFE.session_spread, draw)

    def answer(self, request: Request, peer: Peer, modality: Modality) -> Answer:
        """What this peer does when asked for this request in this way."""
        is_remote = modality in REMOTE
        key = (request.number, peer.number, is_remote)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._draw(request, peer, is_remote)
        return found

    def _draw(self, request: Request, peer: Peer, is_remote: bool) -> Answer:
        draws = _draws(self._world.plan.seed, request.number, peer.number, 8)
        sees, yes, no, see, think, prepare, road, back = draws
        hour = int(request.at_s / HOUR_S) % 24
        willing = peer.willing * (NIGHT_YES if hour >= 23 or hour < 7 else 1.0)
        see_s = _lognormal(LIFE.see_s, LIFE.answer_spread, see)
        think_s = _lognormal(LIFE.answer_s - LIFE.see_s, LIFE.answer_spread, think)
        if is_remote:
            reach_s, home_s = _lognormal(LIFE.connect_s, PREPARE_SPREAD, prepare), 0.0
        else:
            metres = self.metres(peer, request.site)
            willing *= NEAR_YES + (FAR_YES - NEAR_YES) * min(metres / FAR_M, 1.0)
            drive_s = metres * LIFE.road_factor / LIFE.speed_mps
            out_s = _lognormal(drive_s, LIFE.road_spread, road)
            reach_s = _lognormal(LIFE.prepare_s, PREPARE_SPREAD, prepare) + out_s + LIFE.park_s
            home_s = _lognormal(drive_s, LIFE.road_spread, back)
        return Answer(
            sees=sees < LIFE.sees,
            yes_below=willing,
            yes_draw=yes,
            says_no=no < LIFE.says_no,
            see_s=see_s,
            answer_s=see_s + think_s,
            reach_s=reach_s,
            home_s=home_s,
        )


def _draws(seed: int, request: int, peer: int, count: int) -> tuple[float, ...]:
    """Numbers between 0 and 1 that belong to these three and to nothing else."""
    digest = blake2b(struct.pack("<qqq", seed, request, peer), digest_size=8 * count).digest()
    return tuple((number + 0.5) * _BITS for number in struct.unpack(f"<{count}Q", digest))


def _lognormal(median: float, spread: float, draw: float) -> float:
    away = _NORMAL.inv_cdf(min(max(draw, 1e-12), 1 - 1e-12))
    return median * exp(spread * min(max(away, -BEYOND), BEYOND))
