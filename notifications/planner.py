"""Facts into deliveries, inside the transaction that journaled them.

If it raises, the state change rolls back: nobody is asked without a phone that will ring. It writes
rows of the outbox and nothing else; it never journals a fact.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dispatch.events import Fact, FactType
from notifications import alarms, devices, ladder, needs, outbox, safety
from notifications.devices import Target
from notifications.directory import Directory, Recipient
from notifications.ladder import OFFER_KINDS, PUSH_KINDS
from notifications.models import Kind, Rung
from notifications.outbox import TOLD, Draft
from storage.database import Transaction

OFFER_TTL_S = 3600
"""An alert for an offer without an end of its own. Later the app itself shows what is open."""

NOTICE_TTL_S = 3600

ANSWERED = frozenset(
    {
        FactType.OFFER_ACCEPTED,
        FactType.OFFER_DECLINED,
        FactType.OFFER_SEEN,
        FactType.BRIDGE_ACCEPTED,
    }
)
"""These stop the ladder of their offer."""


_OVER = frozenset({"cancelled", "unfilled"})
"""The request ended, and with it whatever stood beside its visit."""

_BRIDGE_IS_OVER = frozenset({"arrived", "relieved", "stopped", "completed"})
"""Ends of a bridge with which the request goes on, or is in other hands."""
_BRIDGE_WAS_SILENT = "not_connected"
"""Said yes by video, and never connected."""


@dataclass
class _Plan:
    """What the facts of one transaction ask for, gathered so that each table is asked once."""

    made: list[tuple[Fact, Mapping[str, Any]]] = field(default_factory=list)
    ended_visits: list[tuple[Fact, Mapping[str, Any]]] = field(default_factory=list)
    relieved: list[tuple[Fact, Mapping[str, Any]]] = field(default_factory=list)
    asked_to_stay: list[tuple[Fact, Mapping[str, Any]]] = field(default_factory=list)
    alarms: list[Fact] = field(default_factory=list)
    calls_for_help: list[Fact] = field(default_factory=list)
    needs: list[Fact] = field(default_factory=list)
    closed: dict[str, tuple[Fact, Mapping[str, Any]]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    """Requests of which something must be stopped."""
    over: set[str] = field(default_factory=set)
    """The texts of which nothing more need go, for the touched requests."""


class Planner:
    """Put `plan` into `Database.before_commit`. `kinds` are the channels in use."""

    def __init__(self, directory: Directory, kinds: Collection[Kind]) -> None:
        self._directory = directory
        self._kinds = frozenset(kinds)

    def plan(self, tx: Transaction) -> None:
        """Write and stop deliveries for the facts of this transaction; twice is harmless."""
        plan = _gather(tx.facts)
        drafts: list[Draft] = []
        if plan.touched:
            offer_ids = plan.stopped | plan.closed.keys()
            rows = outbox.stop(tx, plan.touched, offer_ids, plan.over)
            drafts += _closings(tx, plan.closed, rows)
        drafts += self._offers(tx, plan)
        drafts += self._visitors(tx, plan.ended_visits, _end_key)
        drafts += self._visitors(tx, plan.relieved, lambda _fact, _visit: "relieved")
        drafts += self._visitors(tx, plan.asked_to_stay, lambda _fact, _visit: "stay_asked")
        drafts += alarms.plan(tx, plan.alarms, self._directory, self._kinds)
        drafts += safety.plan(tx, plan.calls_for_help, self._directory, self._kinds)
        drafts += needs.plan(tx, plan.needs, self._directory, self._kinds)
        outbox.write(tx, drafts)

    def _offers(self, tx: Transaction, plan: _Plan) -> Iterable[Draft]:
        """The whole ladder of every offer made, each rung with the time at which it is due."""
        made = [
            (fact, offer)
            for fact, offer in plan.made
            if offer["id"] not in plan.stopped and offer["id"] not in plan.closed
        ]
        if not made:
            return
        people = self._directory.recipients_of_peers(
            tx, sorted({offer["peer"]["id"] for _, offer in made})
        )
        users = {person.user_id for person in people.values()}
        targets = devices.targets(tx, users, self._kinds & OFFER_KINDS)
        for fact, offer in made:
            person = people.get(offer["peer"]["id"])
            if person is not None:
                yield from _rungs(tx, fact, offer, person, targets[person.user_id])

    def _visitors(
        self,
        tx: Transaction,
        news: Sequence[tuple[Fact, Mapping[str, Any]]],
        key_of: Callable[[Fact, Mapping[str, Any]], str],
    ) -> Iterable[Draft]:
        """Somebody else did something to a visit: its peer must know, above all on the road."""
        if not news:
            return
        peer_ids = sorted({visit["peer"]["id"] for _, visit in news})
        people = self._directory.recipients_of_peers(tx, peer_ids)
        targets = self._push_targets(tx, people.values())
        for fact, visit in news:
            person = people.get(visit["peer"]["id"])
            if person is None:
                continue
            key = key_of(fact, visit)
            for target in targets[person.user_id]:
                yield alarms.notice(
                    tx, fact, key, person, target, collapse_id=visit["id"], ttl_s=NOTICE_TTL_S
                )

    def _push_targets(
        self, tx: Transaction, people: Iterable[Recipient]
    ) -> Mapping[str, list[Target]]:
        users = {person.user_id for person in people}
        return devices.targets(tx, users, self._kinds & PUSH_KINDS)


def _gather(facts: Sequence[Fact]) -> _Plan:
    plan = _Plan()
    for fact in facts:
        plan.made += [(fact, offer) for offer in _offers_made(fact)]
        if fact.type in ANSWERED:
            plan.stopped.add(fact.data["offer"]["id"])
        if fact.type is FactType.OFFERS_CLOSED:
            plan.closed |= {offer["id"]: (fact, offer) for offer in fact.data["offers"]}
        is_an_answer = fact.type in ANSWERED or fact.type is FactType.OFFERS_CLOSED
        if alarms.ends(fact):
            plan.over |= set(alarms.STOPPED_KEYS)
        if safety.ends(fact):
            plan.over |= set(safety.KEYS)
        over = needs.stopped_keys(fact)
        plan.over |= over
        if is_an_answer or alarms.ends(fact) or safety.ends(fact) or over:
            plan.touched.add(fact.request_id)
        if alarms.raises(fact):
            plan.alarms.append(fact)
        if needs.raises(fact):
            plan.needs.append(fact)
        if safety.raises(fact):
            plan.calls_for_help.append(fact)
        _gather_visits(plan, fact)
    return plan


def _gather_visits(plan: _Plan, fact: Fact) -> None:
    """Whose peer must hear of what somebody else did, or is asked something."""
    if fact.type is FactType.STAY_ASKED:
        plan.asked_to_stay.append((fact, fact.data["staying"]))
    if fact.type is FactType.BRIDGE_RELIEVED:
        plan.relieved.append((fact, fact.data["bridge"]))
    visit = fact.data.get("visit_ended")
    if visit is not None and visit.get("by") != "peer":
        plan.ended_visits.append((fact, visit))


def _offers_made(fact: Fact) -> Sequence[Mapping[str, Any]]:
    """The offers that this fact made."""
    if fact.type is FactType.OFFER_MADE:
        return [fact.data["offer"]]
    return fact.data["offers"] if fact.type is FactType.BRIDGE_ASKED else []


def _end_key(fact: Fact, visit: Mapping[str, Any]) -> str:
    """What a peer is told whose visit somebody else ended."""
    if fact.type is FactType.STAY_ENDED and visit["reason"] not in _OVER:
        return "relieved" if visit["reason"] == "relieved" else "stay_over"
    if fact.type is FactType.BRIDGE_ENDED and visit["reason"] in _BRIDGE_IS_OVER:
        return "bridge_over"
    if fact.type is FactType.BRIDGE_LEFT and visit["reason"] == _BRIDGE_WAS_SILENT:
        return "bridge_late"
    return "turn_around" if visit.get("state_before") == "en_route" else "visit_ended"


def _rungs(
    tx: Transaction,
    fact: Fact,
    offer: Mapping[str, Any],
    person: Recipient,
    targets: Sequence[Target],
) -> Iterable[Draft]:
    args = ladder.args_of(offer)
    for step in ladder.STEPS:
        due_at = tx.now + timedelta(seconds=ladder.after_s(step, fact.data.get("ladder", {})))
        for target in targets:
            if target.kind not in step.kinds:
                continue
            yield Draft(
                network_id=fact.network_id,
                site_id=fact.site_id,
                user_id=person.user_id,
                device_id=target.device_id,
                channel=target.kind,
                once=f"{offer['id']}:{step.rung}:{target.device_id or person.user_id}",
                key=ladder.key_of(step, args),
                rung=step.rung,
                args=args,
                locale=target.locale or person.locale,
                is_private=person.is_private,
                collapse_id=offer["id"],
                due_at=due_at,
                expires_at=_end_of(offer) or tx.now + timedelta(seconds=OFFER_TTL_S),
                request_id=fact.request_id,
                offer_id=offer["id"],
                fact_seq=fact.seq,
            )


def _end_of(offer: Mapping[str, Any]) -> datetime | None:
    value = offer.get("expires_at")
    return None if value is None else datetime.fromisoformat(value)


def _is_news(offer: Mapping[str, Any]) -> bool:
    """Whether a peer would wonder: not when the offer ended by what they did themselves."""
    return offer["state"] == "superseded" or offer["reason"] in ("cancelled", "unfilled")


def _closing_key(offer: Mapping[str, Any], *, is_text: bool) -> str:
    """What the closing alert says: someone said yes, the request ended, or only that it is over."""
    if is_text:
        return "sms_taken" if offer["state"] == "superseded" else "sms_ended"
    if offer["state"] == "superseded":
        return "taken"
    return "offer_ended" if offer["reason"] in ("cancelled", "unfilled") else "offer_closed"


def _closings(
    tx: Transaction,
    closed: Mapping[str, tuple[Fact, Mapping[str, Any]]],
    rows: Sequence[Any],
) -> Iterable[Draft]:
    """The quiet alert that replaces an offer's, on every phone that shows it or may show it.

    Whoever was told by a text only is told by a text: everybody hears how it ended.
    """
    told = {
        (row.offer_id, row.device_id or row.user_id): row
        for row in rows
        if row.state in TOLD and row.channel in PUSH_KINDS and row.rung is not Rung.NOTICE
    }
    shown = {(row.offer_id, row.user_id) for row in told.values()}
    told |= {
        (row.offer_id, f"text:{row.device_id}"): row
        for row in rows
        if row.state in TOLD
        and row.rung is Rung.SMS
        and (row.offer_id, row.user_id) not in shown
        and row.offer_id in closed
        and _is_news(closed[row.offer_id][1])
    }
    for (offer_id, where), row in told.items():
        if offer_id not in closed:
            continue
        fact, offer = closed[offer_id]
        yield Draft(
            network_id=row.network_id,
            site_id=row.site_id,
            user_id=row.user_id,
            device_id=row.device_id,
            channel=row.channel,
            once=outbox.closing_of(offer_id, where),
            key=_closing_key(offer, is_text=row.rung is Rung.SMS),
            rung=Rung.NOTICE,
            locale=row.locale,
            is_private=row.is_private,
            collapse_id=offer_id,
            due_at=tx.now,
            expires_at=tx.now + timedelta(seconds=NOTICE_TTL_S),
            request_id=row.request_id,
            offer_id=offer_id,
            fact_seq=fact.seq,
        )
