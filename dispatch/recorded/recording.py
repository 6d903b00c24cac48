"""A decision with all that it was made from, as bytes, so that it can be looked at and made again.

Two parts, because they are kept for different times (`docs/privacy.md`): `Who` says of every peer
whether they were asked, came later in the list, or why they could not be; the inputs are what the
decision took. The inputs are unreadable without their `Who`, which holds the ids: nobody's name is in
either. Pure.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import Any, get_type_hints

from dispatch import bridging
from dispatch.bridging import Looking
from dispatch.deciding import next_move
from dispatch.knowledge import Knowledge
from dispatch.matching import Candidate, Need, PeerView, Reason
from dispatch.policy import Policy
from dispatch.prices.chances import Chances, Prior
from dispatch.recorded.plainly import Codec, Unreadable, codec, default_of
from dispatch.states import Modality
from dispatch.waves import Decision, Search

SHAPE = 1
"""Of the bytes. One more whenever what was written before would be read as something else: a field
that is renamed, has other units or another default. A new field with a default changes nothing."""

LEVEL = 6
"""Of zlib. Level 9 saves a hundredth and takes twice the time; measured on 600 peers."""

LATER = "later"
"""The reason code of who could have been asked and was not: others came first in the list."""

OUTSIDE = "outside_region"
"""The reason code of who was not looked at: the network is searched by region (`dispatch.region`)."""

OUTSIDE_WORDS = "is outside of the region that was looked at, in a large network"

_WHAT_FIELDS = (
    "waves_used",
    "eligible",
    "next_wave_at",
    "look_again_at",
    "raise_alarm",
    "escalate",
)
_DECISION = get_type_hints(Decision)
_KNOWN = {name: hint for name, hint in get_type_hints(Knowledge).items() if name != "chances"}
_NAMED = frozenset({"id", "name"})
_COLUMNS: dict[str, tuple[Codec, Any]] = {
    field.name: (codec(get_type_hints(PeerView)[field.name]), default_of(field))
    for field in fields(PeerView)
    if field.name not in _NAMED
}
_SEARCH, _NEED, _POLICY, _WHEN = codec(Search), codec(Need), codec(Policy), codec(datetime)
_LOOKING = codec(Looking)
_ASK = codec(tuple[Candidate, ...])


@dataclass(frozen=True)
class Who:
    """Of one decision: every peer it knew, by id."""

    order: tuple[str, ...]
    """Who could be asked, in the order in which they would be."""
    asked: tuple[str, ...]
    excluded: Mapping[str, Reason]
    outside: int = 0
    """So many more of the network were not looked at."""

    @property
    def later(self) -> list[tuple[str, int]]:
        """Who could have been asked and was not, each with their place in the list, from 1."""
        asked = set(self.asked)
        return [(one, place) for place, one in enumerate(self.order, start=1) if one not in asked]


@dataclass(frozen=True)
class Inputs:
    """All that a decision takes: of a search, or of one for a bridge (`dispatch.bridging`)."""

    search: Search | Looking
    peers: Sequence[PeerView]
    need: Need
    now: datetime
    policy: Policy
    known: Knowledge
    outside: int = 0
    """How many of the network are not among `peers`; no decision depends on it."""


@dataclass(frozen=True)
class Packed:
    """One decision as it is kept."""

    who: bytes
    inputs: bytes


class Heard:
    """Chances that remember what they said, so that a replay needs no model."""

    def __init__(self, chances: Chances) -> None:
        self._chances = chances
        self.said: dict[tuple[str, Modality], float] = {}

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """What the others say."""
        chance = self._chances.of(peer, candidate, now)
        self.said[peer.id, candidate.modality] = chance
        return chance


class Told:
    """Chances as they were said then. Of whom nobody asked then, the policy's own."""

    def __init__(self, said: Mapping[tuple[str, Modality], float], policy: Policy) -> None:
        self._said = said
        self._prior = Prior(policy.pricing)

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """What was said."""
        chance = self._said.get((peer.id, candidate.modality))
        return self._prior.of(peer, candidate, now) if chance is None else chance


def heard(known: Knowledge) -> Knowledge:
    """The same knowledge, whose chances remember what they are asked; decide with this one."""
    return known if known.chances is None else replace(known, chances=Heard(known.chances))


def pack(inputs: Inputs, decision: Decision) -> Packed:
    """What is kept of a decision that was made from `inputs`; see `heard`."""
    by_reason: dict[str, list[str]] = {}
    for peer_id, reason in decision.excluded.items():
        by_reason.setdefault(reason.value, []).append(peer_id)
    off_duty = by_reason.pop(Reason.OFF_DUTY.value, [])
    order = decision.order
    # In this order the inputs tell of the peers; of who is off duty there is nothing to tell.
    ids = [*order, *(one for group in by_reason.values() for one in group)]
    place = {peer_id: number for number, peer_id in enumerate([*ids, *off_duty])}
    who = {
        "shape": SHAPE,
        "order": order,
        "asked": [place[one.peer_id] for one in decision.ask],
        "not": by_reason | {Reason.OFF_DUTY.value: off_duty},
        **({"outside": inputs.outside} if inputs.outside else {}),
    }
    views = {peer.id: peer for peer in inputs.peers}
    took = {
        "shape": SHAPE,
        "now": _WHEN.plain(inputs.now),
        **_plain_search(inputs.search),
        "asked": [place.get(one, one) for one in sorted(inputs.search.asked)],
        "need": _NEED.plain(inputs.need),
        "policy": _POLICY.plain(inputs.policy),
        "known": {
            name: codec(hint).plain(getattr(inputs.known, name)) for name, hint in _KNOWN.items()
        },
        "chances": _said(inputs.known, place),
        "peers": _columns([views[one] for one in ids]),
        "decided": {
            **{
                name: codec(_DECISION[name]).plain(getattr(decision, name)) for name in _WHAT_FIELDS
            },
            "because": decision.because,
            "ask": _ASK.plain(tuple(one._replace(peer_id="", name="") for one in decision.ask)),
        },
    }
    return Packed(_squeezed(who), _squeezed(took))


def who(kept: bytes) -> Who:
    """Who was asked, who would have been later, and why not the others. Raises `Unreadable`."""
    written = _opened(kept)
    try:
        by_reason = written["not"]
        off_duty = by_reason.get(Reason.OFF_DUTY.value, [])
        others = [
            one for code, group in by_reason.items() if code != Reason.OFF_DUTY for one in group
        ]
        ids = [*written["order"], *others, *off_duty]
        return Who(
            order=tuple(written["order"]),
            asked=tuple(ids[number] for number in written["asked"]),
            excluded={one: Reason(code) for code, group in by_reason.items() for one in group},
            outside=int(written.get("outside", 0)),
        )
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise Unreadable(f"who was asked was written in another shape: {error}") from error


def unpack(kept: Packed) -> tuple[Inputs, Decision]:
    """What was decided, and from what; everybody's name is empty. Raises `Unreadable`."""
    known_by = who(kept.who)
    written = _opened(kept.inputs)
    try:
        return _unpacked(known_by, written)
    except Unreadable:
        raise
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, OverflowError) as error:
        said = str(error).partition("\n")[0]
        raise Unreadable(f"the inputs were written in another shape: {said}") from error


def _unpacked(known_by: Who, written: Mapping[str, Any]) -> tuple[Inputs, Decision]:
    is_off = {Reason.OFF_DUTY}
    told = [*known_by.order, *(o for o, why in known_by.excluded.items() if why not in is_off)]
    off_duty = [one for one, why in known_by.excluded.items() if why in is_off]
    ids = [*told, *off_duty]
    policy: Policy = _POLICY.value(written["policy"])
    said = {
        (ids[number], Modality(way)): chance for number, way, chance in written["chances"] or ()
    }
    known = {
        name: codec(hint).value(written["known"][name])
        for name, hint in _KNOWN.items()
        if name in written["known"]
    }
    chances = None if written["chances"] is None else Told(said, policy)
    asked = frozenset(ids[one] if isinstance(one, int) else one for one in written["asked"])
    inputs = Inputs(
        search=replace(_search(written), asked=asked),
        peers=(*_peers(told, written["peers"]), *(PeerView(one, "") for one in off_duty)),
        need=_NEED.value(written["need"]),
        now=_WHEN.value(written["now"]),
        policy=policy,
        known=Knowledge(chances=chances, **known),
        outside=known_by.outside,
    )
    decided = written["decided"]
    because = tuple(decided["because"])
    asks = zip(known_by.asked, _ASK.value(decided["ask"]), strict=True)
    decision = Decision(
        ask=tuple(one._replace(peer_id=peer_id) for peer_id, one in asks),
        why="",
        because=because,
        sort=lambda: known_by.order,
        excluded=known_by.excluded,
        **{name: codec(_DECISION[name]).value(decided[name]) for name in _WHAT_FIELDS},
    )
    return inputs, decision


def replay(inputs: Inputs) -> Decision:
    """What this code decides from the same inputs, in the form of `unpack`: without names and words."""
    took = inputs.peers, inputs.need, inputs.now, inputs.policy, inputs.known
    if isinstance(inputs.search, Looking):
        return plain(bridging.whom_to_ask(inputs.search, *took))
    return plain(next_move(inputs.search, *took))


def plain(decision: Decision) -> Decision:
    """A decision without what is not kept: names, and the sentence that is made of `because`."""
    nameless = tuple(one._replace(name="") for one in decision.ask)
    # What was kept went through JSON, which knows no tuples.
    because = tuple(json.loads(json.dumps(decision.because)))
    return replace(decision, ask=nameless, why="", because=because)


def _plain_search(search: Search | Looking) -> dict[str, Any]:
    """Under the name of its kind; who was asked stands elsewhere."""
    unasked = replace(search, asked=frozenset())
    if isinstance(unasked, Looking):
        return {"looking": _LOOKING.plain(unasked)}
    return {"search": _SEARCH.plain(unasked)}


def _search(written: Mapping[str, Any]) -> Search | Looking:
    found: Search | Looking
    if "looking" in written:
        found = _LOOKING.value(written["looking"])
    else:
        found = _SEARCH.value(written["search"])
    return found


def _said(known: Knowledge, place: Mapping[str, int]) -> list[Any] | None:
    if not isinstance(known.chances, Heard):
        return None
    said = known.chances.said.items()
    return [[place[peer_id], way.value, chance] for (peer_id, way), chance in said]


def _columns(peers: Sequence[PeerView]) -> dict[str, Any]:
    """Field by field, because the values of one field are alike; fields at their default are left out.

    Few different values stand in a table `of`, and each peer has a place in it.
    """
    written: dict[str, Any] = {}
    for name, (kind, default) in _COLUMNS.items():
        values = [getattr(peer, name) for peer in peers]
        different = dict.fromkeys(values)
        if len(different) * 2 > len(values) > 2:
            written[name] = {"all": [kind.plain(value) for value in values]}
        elif different.keys() != {default}:
            table = {value: number for number, value in enumerate(different)}
            written[name] = {
                "of": [kind.plain(value) for value in table],
                "is": [table[value] for value in values],
            }
    return written


def _peers(ids: Sequence[str], columns: Mapping[str, Any]) -> list[PeerView]:
    if not columns.keys() <= _COLUMNS.keys():
        raise Unreadable(f"peers had other fields: {sorted(columns.keys() - _COLUMNS.keys())}")
    values: dict[str, list[Any]] = {}
    for name, (kind, default) in _COLUMNS.items():
        column = columns.get(name)
        if column is None:
            if default is MISSING:
                raise Unreadable(f"peers had no field {name}")
        elif "all" in column:
            values[name] = [kind.value(one) for one in column["all"]]
        else:
            table = [kind.value(one) for one in column["of"]]
            values[name] = [table[number] for number in column["is"]]
    return [
        PeerView(peer_id, "", **{name: column[number] for name, column in values.items()})
        for number, peer_id in enumerate(ids)
    ]


def _squeezed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), LEVEL)


def _opened(kept: bytes) -> Mapping[str, Any]:
    try:
        written = json.loads(zlib.decompress(kept))
        shape = written["shape"]
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"this is no record of a decision: {error!r}") from error
    if shape != SHAPE:
        raise Unreadable(f"the record has shape {shape}; this code reads shape {SHAPE}")
    found: Mapping[str, Any] = written
    return found
