"""One preview from its row to its result: read the past, play it twice, write how far it is.

It reads in one transaction and plays in none. Whoever calls it holds the lease; when that is lost, or
nobody wants the result any more, `NotOurs` ends it in the middle.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dispatch import shapes
from dispatch.actions import previews
from dispatch.actions.previews import Taken
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.learning import current, history
from dispatch.learning.model import Learned
from dispatch.models import Network
from dispatch.policy import Policy, parse
from dispatch.previewing import past
from dispatch.previewing.previews import Preview
from dispatch.states import Modality
from dispatch.travel import known
from dispatch.travel.minutes import Hour, Travel, hour_of, travel_to
from dispatch.whatif import compare
from dispatch.whatif.compare import Comparison
from dispatch.whatif.crowd import TravelAt, answered
from dispatch.whatif.measures import DAY_S
from dispatch.whatif.more import More
from dispatch.whatif.past import Past
from dispatch.whatif.replay import Asked, KnowledgeAt, replay
from storage.database import Database, Transaction

TOLD_EVERY_S = 1.0
DRAWS_BEGIN_FOR_S = 300.0
"""No further draw is begun after so long; a large network's result then stands on fewer."""

READ_SHARE = 0.02
"""How much of the bar the reading is."""


class NotOurs(Exception):
    """Somebody else plays it now, or it was taken back."""


def play(db: Database, taken: Taken, elapsed_s: Callable[[], float]) -> None:
    """Play a preview and keep its result. `elapsed_s` counts the seconds since it was begun."""
    with db.read() as tx:
        row = tx.session.get(Preview, taken.id)
        if row is None:
            raise NotOurs
        found = past.read(tx, row.network_id, row.days)
        asked = _asked(tx, row)
        known_at, version = _known(tx, row.network_id, found)
        travel_at = _roads(tx, row.network_id)
    said = compare.nothing_to_say(found)
    if said is None:
        tell = _Teller(db, taken, elapsed_s)
        tell(0.0)
        both = replay(
            found,
            asked,
            known_at=known_at,
            travel_at=travel_at,
            tell=tell,
            has_time=lambda: elapsed_s() < DRAWS_BEGIN_FOR_S,
        )
        said = compare.compare(found, both.before, both.after)
    if not previews.finish(db, taken, _result(found, said, version)):
        raise NotOurs


class _Teller:
    """Writes how far it is, at most once a second."""

    def __init__(self, db: Database, taken: Taken, elapsed_s: Callable[[], float]) -> None:
        self._db = db
        self._taken = taken
        self._elapsed_s = elapsed_s
        self._due_s = 0.0

    def __call__(self, share: float) -> None:
        now_s = self._elapsed_s()
        if now_s < self._due_s:
            return
        self._due_s = now_s + TOLD_EVERY_S
        if not previews.go_on(self._db, self._taken, READ_SHARE + (1.0 - READ_SHARE) * share):
            raise NotOurs


def _asked(tx: Transaction, row: Preview) -> Asked:
    sites = past.sites_of(tx, row.network_id)
    numbers = {site.id: number for number, site in enumerate(sites)}
    network = tx.session.get_one(Network, row.network_id)
    return Asked(
        before=[parse(network.policy, site.policy) for site in sites],
        after=[parse(row.policy, site.policy) for site in sites],
        more=tuple(_more(one, numbers) for one in row.more_peers if one["site_id"] in numbers),
    )


def _more(one: Mapping[str, Any], numbers: Mapping[str, int]) -> More:
    return More(
        count=one["count"],
        from_min=_minutes(one["from_time"]),
        until_min=_minutes(one["until_time"]),
        site=numbers[one["site_id"]],
        modalities=frozenset(Modality(way) for way in one["modalities"]),
        languages=frozenset(one["languages"]),
    )


def _minutes(text: str) -> int:
    """ "22:30" as minutes after midnight."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _known(tx: Transaction, network_id: str, found: Past) -> tuple[KnowledgeAt, int | None]:
    """What was learned of answers, by site and quarter of an hour; and in which version."""
    standing = current.standing(tx, network_id)
    model, made_at = standing.model, standing.made_at
    if model is None or made_at is None or standing.why_not is not None:
        return (lambda _site, _now: NOTHING), None
    clocks = [history.zone(name) for name in found.zones]
    kept: dict[tuple[int, int], Knowledge] = {}

    def known_at(site: int, now: datetime) -> Knowledge:
        hour = history.hour_at(now, clocks[site])
        key = site, int(hour * 4)
        knowledge = kept.get(key)
        if knowledge is None:
            chances = Learned(model, key[1] / 4, made_at)
            knowledge = kept[key] = Knowledge(chances, standing.version)
        return knowledge

    return known_at, standing.version


def _roads(tx: Transaction, network_id: str) -> TravelAt:
    """The roads to each site by its own clock, as they are known now."""
    sites = past.sites_of(tx, network_id)
    pace = known.pace(tx, network_id)
    about = [(site.id, known.density(tx, site), history.zone(site.time_zone)) for site in sites]
    kept: dict[tuple[int, Hour, int], Travel] = {}

    def travel_at(site: int, now: datetime, policy: Policy) -> Travel:
        site_id, density, clock = about[site]
        local = now.astimezone(clock)
        key = site, hour_of(local), id(policy)
        travel = kept.get(key)
        if travel is None:
            travel = kept[key] = travel_to(site_id, density, local, policy, pace)
        return travel

    return travel_at


def _result(found: Past, said: Comparison, version: int | None) -> dict[str, Any]:
    """As it is kept and shown."""
    world = found.world
    return {
        **asdict(said),
        "days_asked": round(found.days_asked),
        "days": round(world.days, 1),
        "from_at": shapes.stamp(world.start),
        "until_at": shapes.stamp(world.moment(world.days * DAY_S)),
        "peers": len(world.peers),
        "answers_recorded": answered(found.said),
        "learned_version": version,
    }
