"""How a peer would answer one request, and how long the way would take them, known in advance.

Every draw belongs to (seed, request, peer), so it is the same under every policy. A tired peer says
no where a rested one says yes, never the other way round. It knows chance and refuses to know what is decided.
"""

from datetime import datetime

from dispatch.geo import distance_m
from dispatch.matching import Candidate, PeerView
from dispatch.states import REMOTE, Modality
from dispatch.whatif.answers import Answer
from dispatch.whatif.chance import draws, lognormal
from dispatch.whatif.world import Peer, Request
from simulator.nature import LIFE
from simulator.study.world import HOUR_S, World

NEAR_YES, FAR_YES, FAR_M = 1.1, 0.8, 40_000.0
"""Willingness is multiplied by the first beside the site, by the second at the distance."""

NIGHT_YES = 0.85
"""Willingness from 23 to 7 o'clock."""

TIRES = 0.95
"""Willingness is multiplied by this for each alert of the last day that led to no visit ..."""

LEAST_RESTED = 0.5
"""... but never falls below this share."""

PREPARE_SPREAD = 0.3


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
            home, at = self._world.peers[peer.number].home, self._world.sites[site].at
            found = self._metres[key] = distance_m(home, at)
        return found

    def session_s(self, request: Request) -> float:
        """How long the conversation takes, whoever comes."""
        (draw,) = draws(self._world.plan.seed, request.number, -1, 1)
        return lognormal(LIFE.session_s, LIFE.session_spread, draw)

    def answer(self, request: Request, peer: Peer, modality: Modality) -> Answer:
        """What this peer does when asked for this request in this way."""
        is_remote = modality in REMOTE
        key = (request.number, peer.number, is_remote)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._draw(request, peer, is_remote)
        return found

    def says_yes(
        self, request: Request, answer: Answer, peer: PeerView, candidate: Candidate, now: datetime
    ) -> bool:
        """Whether it is a yes, by one who is as tired as they are then."""
        return answer.yes(rest(peer.recent_alerts))

    def _draw(self, request: Request, peer: Peer, is_remote: bool) -> Answer:
        drawn = draws(self._world.plan.seed, request.number, peer.number, 8)
        sees, yes, no, see, think, prepare, road, back = drawn
        hour = int(request.at_s / HOUR_S) % 24
        willing = self._world.peers[peer.number].willing * (
            NIGHT_YES if hour >= 23 or hour < 7 else 1.0
        )
        see_s = lognormal(LIFE.see_s, LIFE.answer_spread, see)
        think_s = lognormal(LIFE.answer_s - LIFE.see_s, LIFE.answer_spread, think)
        if is_remote:
            reach_s, home_s = lognormal(LIFE.connect_s, PREPARE_SPREAD, prepare), 0.0
        else:
            metres = self.metres(peer, request.site)
            willing *= NEAR_YES + (FAR_YES - NEAR_YES) * min(metres / FAR_M, 1.0)
            drive_s = metres * LIFE.road_factor / LIFE.speed_mps
            out_s = lognormal(drive_s, LIFE.road_spread, road)
            reach_s = lognormal(LIFE.prepare_s, PREPARE_SPREAD, prepare) + out_s + LIFE.park_s
            home_s = lognormal(drive_s, LIFE.road_spread, back)
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
