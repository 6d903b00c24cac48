"""Whose turn it is: start-time fair queueing over the sites, so that a flood delays nobody else.

Every delivery gets a turn when it is written, and the relay claims the lowest first. A turn is a
round and, inside the round, a class:

- the **round** of a delivery is one after the last that still waits of its flow (same site, channel
  and rung); a flow in which nothing waits starts at the lowest round still open in its channel. So
  each site has one delivery of each kind a round, ten thousand at one site take ten thousand
  rounds, and the first of another site takes the round that is being served now: before it go, at
  most, the deliveries of that one round;
- the **class** orders a round: the first push of an offer, then later rungs, then notices. They are
  separate flows, so the later rungs of a wave do not stand before its first pushes, and neither
  first pushes nor notices can starve the other.

`due_at` still says when: a turn only orders what is due. Rounds begin again at 0 when nothing is
open. Deliveries without a site (tests, care) are one flow of their own. The look costs two index
probes for each flow in a transaction, in one statement; two transactions that look at the same
moment may get the same turn, and the earlier `due_at` then goes first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ScalarSelect, Select, bindparam, func, select

from notifications.models import Delivery, Kind, Rung
from storage.database import Transaction

CLASSES: Mapping[Rung, int] = {
    Rung.PUSH: 0,
    Rung.PUSH_AGAIN: 1,
    Rung.SMS: 1,
    Rung.VOICE: 1,
    Rung.NOTICE: 2,
}
"""The order inside a round."""

WIDTH = 3
"""How many classes there are: a turn is `round * WIDTH + class`."""


@dataclass(frozen=True)
class Flow:
    """What takes its turns one after another."""

    channel: Kind
    site_id: str | None
    rung: Rung


class Waits(Protocol):
    """What can be given a turn."""

    @property
    def channel(self) -> Kind:
        """By which channel it goes."""
        ...

    @property
    def site_id(self) -> str | None:
        """The site whose doing it is."""
        ...

    @property
    def rung(self) -> Rung:
        """Which step it is."""
        ...


def assign(
    drafts: Iterable[Waits], lasts: Mapping[Flow, int | None], starts: Mapping[Kind, int | None]
) -> list[int]:
    """The turn of each draft, in order. Pure.

    `lasts` is the highest turn that waits of each flow, `starts` the lowest open in each channel;
    None where nothing is.
    """
    rounds: dict[Flow, int] = {}
    turns = []
    for draft in drafts:
        flow = Flow(draft.channel, draft.site_id, draft.rung)
        if flow not in rounds:
            last = lasts.get(flow)
            start = (starts.get(flow.channel) or 0) // WIDTH
            rounds[flow] = start if last is None else max(start, last // WIDTH + 1)
        turns.append(rounds[flow] * WIDTH + CLASSES[flow.rung])
        rounds[flow] += 1
    return turns


def take(tx: Transaction, drafts: Sequence[Waits]) -> list[int]:
    """The turn of each draft beside what the rows say now, in one statement."""
    flows = list({Flow(draft.channel, draft.site_id, draft.rung) for draft in drafts})
    channels = list({flow.channel for flow in flows})
    values: dict[str, Any] = {}
    for number, flow in enumerate(flows):
        values |= {
            f"site_{number}": flow.site_id,
            f"of_{number}": flow.channel,
            f"rung_{number}": flow.rung,
        }
    values |= {f"channel_{number}": channel for number, channel in enumerate(channels)}
    look = _look(tuple(flow.site_id is not None for flow in flows), len(channels))
    found = tx.session.connection().execute(look, values).one()
    lasts = dict(zip(flows, found, strict=False))
    starts = dict(zip(channels, found[len(flows) :], strict=True))
    return assign(drafts, lasts, starts)


@lru_cache(maxsize=256)
def _look(with_site: tuple[bool, ...], channels: int) -> Select[Any]:
    """The statement for so many flows and channels; built once, for it costs more than its answer."""
    lasts = [_last(number, has_site) for number, has_site in enumerate(with_site)]
    return select(*lasts, *[_start(number) for number in range(channels)])


_ROW: Any = Delivery.__table__.c


def _last(number: int, has_site: bool) -> ScalarSelect[Any]:
    site = bindparam(f"site_{number}", type_=_ROW.site_id.type)
    return (
        select(func.max(_ROW.turn))
        .where(_ROW.site_id == site if has_site else _ROW.site_id.is_(None))
        .where(_ROW.channel == bindparam(f"of_{number}", type_=_ROW.channel.type))
        .where(_ROW.rung == bindparam(f"rung_{number}", type_=_ROW.rung.type))
        .where(_ROW.due_at.is_not(None))
        .scalar_subquery()
    )


def _start(number: int) -> ScalarSelect[Any]:
    return (
        select(func.min(_ROW.turn))
        .where(_ROW.channel == bindparam(f"channel_{number}", type_=_ROW.channel.type))
        .where(_ROW.due_at.is_not(None))
        .scalar_subquery()
    )
