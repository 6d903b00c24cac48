"""Whether a run kept the rules, found out from its log alone and not from what decided it."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from dispatch.policy import DEFAULT
from dispatch.states import REMOTE
from dispatch.whatif.log import Ask, End, Log
from simulator.study.people import People
from simulator.study.world import World


def broken_rules(world: World, people: People, log: Log) -> Iterator[str]:
    """Each broken rule as one sentence."""
    yield from _asks(world, people, log)
    yield from _visits(world, log)
    yield from _engagements(log)


def _asks(world: World, people: People, log: Log) -> Iterator[str]:
    away = _away(log)
    asked: dict[tuple[int, int, bool], Ask] = {}
    for ask in log.asks:
        peer, request = world.peers[ask.peer], world.requests[ask.request]
        name = f"peer {ask.peer}, asked for request {ask.request} at {ask.at_s:.0f} s,"
        before = asked.get((ask.peer, ask.request, ask.is_bridge))
        if before is not None and (before.end is not End.WITHDRAWN or before.ended_at_s > ask.at_s):
            yield f"{name} had been asked before"
        asked[ask.peer, ask.request, ask.is_bridge] = ask
        if ask.modality not in peer.modalities:
            yield f"{name} does not do {ask.modality}"
        if request.language not in peer.languages:
            yield f"{name} does not speak {request.language}"
        if request.site in peer.not_paired:
            yield f"{name} is not paired with the site"
        if ask.modality not in REMOTE:
            limit_m = peer.travel_limit_m or DEFAULT.default_travel_limit_m
            if people.metres(peer, request.site) > limit_m:
                yield f"{name} would have to go too far"
        if ask.at_s < request.at_s:
            yield f"{name} was asked before the department did"
        if not _is_on_shift(world, ask):
            yield f"{name} is off shift, or will be before they could arrive"
        if any(begins < ask.at_s < ends for begins, ends, _ in away[ask.peer]):
            yield f"{name} is with somebody"


def _is_on_shift(world: World, ask: Ask) -> bool:
    """Overlapping shifts are one."""
    until = None
    for begins, ends, *_ in world.peers[ask.peer].shifts:
        if begins <= ask.at_s:
            until = max(ends, until or 0.0)
        elif until is not None and begins <= until:
            until = max(until, ends)
    # The decision may know only of the shift that has begun; it must at least hold for the whole.
    return until is not None and ask.arrive_by_s < until


def _visits(world: World, log: Log) -> Iterator[str]:
    yes = [ask for ask in log.asks if ask.end is End.ACCEPTED]
    accepted = {(ask.request, ask.peer): ask for ask in yes if not ask.is_bridge}
    bridged = {(ask.request, ask.peer, ask.answers_at_s) for ask in yes if ask.is_bridge}
    if len({request for request, _ in accepted}) != len(accepted):
        yield "a request was accepted twice"
    if bridged != {
        (one.request.number, one.bridge.peer, one.bridge.yes_at_s)
        for one in log.outcomes
        if one.bridge is not None
    }:
        yield "somebody is there by video who did not say yes, or a yes led nowhere"
    for outcome in log.outcomes:
        if outcome.peer is None:
            continue
        ask = accepted.pop((outcome.request.number, outcome.peer), None)
        if ask is None or not ask.is_yes or ask.answers_at_s != outcome.yes_at_s:
            yield f"request {outcome.request.number} has a peer who did not say yes"
    for request, peer in accepted:
        yield f"the yes of peer {peer} to request {request} led nowhere"
    if len(log.outcomes) != len(world.requests):
        yield f"{len(log.outcomes)} outcomes of {len(world.requests)} requests"


def _engagements(log: Log) -> Iterator[str]:
    for peer, engaged in _away(log).items():
        ordered = sorted(engaged)
        for (_, ends, first), (begins, _, second) in pairwise(ordered):
            if begins < ends:
                yield f"peer {peer} is in two places, for requests {first} and {second}"


def _away(log: Log) -> dict[int, list[tuple[float, float, int]]]:
    """By peer: from the yes until home again, and for which request."""
    found: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
    for outcome in log.outcomes:
        if outcome.peer is not None and outcome.yes_at_s is not None:
            until = outcome.free_at_s or outcome.yes_at_s
            found[outcome.peer].append((outcome.yes_at_s, until, outcome.request.number))
        if outcome.bridge is not None:
            bridge = outcome.bridge
            found[bridge.peer].append((bridge.yes_at_s, bridge.free_at_s, outcome.request.number))
    return found
