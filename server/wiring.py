"""The composition root: the only place where the floors are plugged into one another.

One process or many, SQLite or PostgreSQL, Redis or not: it is decided here from the settings, and
nothing below asks again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_limiter import Limiter

from dispatch import engine, sweeper
from dispatch.actions import calls, rooms
from dispatch.learning import training
from dispatch.travel import calibrate
from notifications.calls import planner as call_planner
from notifications.calls.caller import Caller
from notifications.calls.line import Line
from notifications.channels.base import Channel
from notifications.models import Kind
from notifications.planner import Planner
from notifications.relay import Relay
from notifications.vapid import Keys
from server import channels as ways
from server import gauges, reach, shifts, switchboard
from server.auth.limits import LoginLimits, make_limiter
from server.auth.tokens import AccessTokens
from server.directory import DispatchDirectory
from server.heirs import LOOK_S as HEIRS_S
from server.heirs import Heirs
from server.metrics import Metrics
from server.previews import LOOK_S, Players
from server.realtime.fanout import outlet_of
from server.realtime.publisher import Publisher
from server.roads import LOOK_S as ROADS_S
from server.roads import Roads
from server.settings import Settings
from server.telephony import calling
from server.turns import (
    CHORES_S,
    LEARN_S,
    ROOMS_S,
    SWEEP_S,
    Turn,
    chores,
    forget,
    forget_inputs,
    forget_talk,
)
from server.wake import LocalWake, RedisWake, Wake
from storage.clock import Clock, SystemClock
from storage.database import Database, Transaction
from storage.engine import make_engine

SETTLE_S = 15.0
"""How long sends under way may take when a dispatcher stops."""


@dataclass(frozen=True)
class Wired:
    """What an entry point needs, plugged together."""

    settings: Settings
    clock: Clock
    db: Database
    wake: Wake
    metrics: Metrics
    limiter: Limiter
    logins: LoginLimits
    tokens: AccessTokens
    publisher: Publisher
    directory: DispatchDirectory
    vapid: Keys
    channels: Mapping[Kind, Channel] | None = None
    """Set by tests that listen in; otherwise each dispatcher makes those of its settings."""

    def push_key(self, tx: Transaction) -> str | None:
        """The key with which a browser subscribes to our pushes; None where Web Push is off."""
        return self.vapid.pair(tx).public if ways.is_on(self.settings, Kind.WEBPUSH) else None

    @property
    def kinds(self) -> frozenset[Kind]:
        """The channels in use; with the console among them everybody is rung."""
        if self.channels is not None:
            return frozenset(self.channels)
        return frozenset(kind for kind in Kind if ways.is_on(self.settings, kind))

    def close(self) -> None:
        """Give back the connections of this process."""
        self.db.engine.dispose()


def wire(
    settings: Settings,
    clock: Clock | None = None,
    *,
    channels: Mapping[Kind, Channel] | None = None,
) -> Wired:
    """Plug the floors together as `settings` say. Opens no connection yet."""
    clock = clock or SystemClock()
    wake: Wake = RedisWake(settings.redis_url) if settings.redis_url else LocalWake()
    metrics = Metrics()
    limiter = make_limiter(settings)
    db = Database(make_engine(settings.database_url, pool_size=settings.database_pool_size), clock)

    directory = DispatchDirectory()

    def poke(tx: Transaction) -> None:
        if tx.facts:
            wake.poke()

    # The outbox is written in the commit of what it tells of; everything after is best effort.
    db.before_commit.append(Planner(directory, _kinds(settings, channels)).plan)
    db.before_commit.append(call_planner.plan)
    db.before_commit.append(shifts.plan(directory, _kinds(settings, channels)))
    publisher = Publisher(db, outlet_of(settings))
    db.after_commit += [metrics.count_facts, publisher.publish, poke]
    gauges.watch(metrics, db)
    return Wired(
        settings=settings,
        clock=clock,
        db=db,
        wake=wake,
        metrics=metrics,
        limiter=limiter,
        logins=LoginLimits(limiter, settings),
        tokens=AccessTokens(settings.secret_key.get_secret_value(), clock),
        publisher=publisher,
        directory=directory,
        vapid=Keys(db),
        channels=channels,
    )


@dataclass(frozen=True)
class Loops:
    """What a dispatcher does. Loops do not hold each other up; `engine` has the heart."""

    turns: Mapping[str, Sequence[Turn]]
    close: Callable[[], object]
    """Finish what is on its way to a phone, and let the channels go."""


def make_loops(wired: Wired) -> Loops:
    """The loops of one dispatcher, with the channels of the settings."""
    db = wired.db
    settings = wired.settings
    channels = wired.channels if wired.channels is not None else ways.make(settings, db)
    kinds = frozenset(channels)
    relay = Relay(
        db,
        channels,
        wired.directory,
        public_url=settings.public_url,
        observe=wired.metrics.observe_send,
    )
    # A loop of its own: a server of roads that hangs holds nothing else up.
    roads = Roads(db, settings.osrm_url) if settings.osrm_url else None
    asking = {"roads": [Turn("roads", roads.turn, ROADS_S)]} if roads else {}
    heirs = Heirs(db)
    players = Players(db, settings)
    caller = _caller(wired, kinds)
    ringing = {"calls": [Turn("calls", caller.tick)]} if caller else {}

    def close() -> None:
        players.close()
        relay.close(SETTLE_S)
        if roads is not None:
            roads.close()
        if caller is not None:
            caller.close()
        # At the very end: what could not be finished is nobody's from now on.
        heirs.close()

    return Loops(
        {
            "engine": [
                Turn("engine", lambda: engine.tick(db)),
                Turn("sweeper", lambda: sweeper.sweep(db), SWEEP_S),
                Turn("rooms", lambda: rooms.tick(db), ROOMS_S),
                Turn("calls", lambda: calls.tick(db), ROOMS_S),
                Turn("bedsides", lambda: switchboard.forget(db), ROOMS_S),
                Turn("chores", lambda: chores(db), CHORES_S),
                Turn("history", lambda: forget(db, settings.deliveries_kept_days), CHORES_S),
                Turn("talk", lambda: forget_talk(db), CHORES_S),
                Turn("decisions", lambda: forget_inputs(db), CHORES_S),
            ],
            "relay": [Turn("relay", relay.tick)],
            # A loop of its own: it says that this process lives, whatever the others wait for.
            "heirs": [Turn("heirs", heirs.look, HEIRS_S)],
            "reach": [
                Turn("reach", lambda: reach.look(db, kinds), reach.LOOK_S),
                Turn("tokens", lambda: reach.expire(db, wired.directory, kinds), CHORES_S),
            ],
            "learning": [
                Turn("answers", lambda: training.learn(db), LEARN_S),
                Turn("travel", lambda: calibrate.calibrate(db), LEARN_S),
            ],
            "previews": [Turn("previews", players.tick, LOOK_S)],
            **asking,
            **ringing,
        },
        close,
    )


def _caller(wired: Wired, kinds: frozenset[Kind]) -> Caller | None:
    """Who rings for bridged calls; None where none are made."""
    account = calling(wired.settings)
    if account is None or not switchboard.is_on(wired.settings):
        return None
    return Caller(
        wired.db,
        Line(account),
        switchboard.VisitSwitch(),
        wired.directory,
        kinds,
        observe=wired.metrics.observe_send,
    )


def _kinds(settings: Settings, channels: Mapping[Kind, Channel] | None) -> frozenset[Kind]:
    """The kinds of devices that can ring."""
    if channels is not None:
        return frozenset(channels) - {Kind.CONSOLE}
    return ways.kinds(settings)
