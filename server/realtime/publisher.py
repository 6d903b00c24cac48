"""After each commit: what happened, to the rooms of those who may know it.

It knows facts, rooms and sizes; it refuses to know sockets. Facts travel as they are; an offer, a
duty and a position are read from the rows that were just committed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import and_, select

from dispatch import bedside, geo, shapes
from dispatch import calls as by_telephone
from dispatch import rooms as video
from dispatch.calls import VisitCall
from dispatch.events import Fact, FactType
from dispatch.geo import Point
from dispatch.models import Duty, Offer, Site, SupportRequest, Visit
from dispatch.states import BUSY_VISIT, OfferState, Role, VisitState
from server.auth import guests
from server.realtime import changes, rooms, talking, wire
from server.realtime.boardfeed import BoardFeed
from server.realtime.outlets import Json, Outlet
from storage.database import Database, Transaction
from storage.failpoints import failpoint

Value = TypeVar("Value")

MOST_BYTES = 8_000
"""The longest payload of a live event; with its frame it stays under 8 KB."""

LOOK_EVERY = timedelta(seconds=2)
"""How often at most a moving peer is looked at and, on the road, shown."""
AREA_AGAIN = timedelta(minutes=10)
"""A peer who only waits is told to the boards on a change of area, or when this has passed: what is
missed is one who crosses a border and goes to another process within `LOOK_EVERY`."""
_MOST_REMEMBERED = 20_000

_ENDS_OF_A_VISIT = frozenset(
    {FactType.VISIT_WITHDRAWN, FactType.VISIT_HANDED_OVER, FactType.BRIDGE_KEPT}
)
_OF_A_NEED = frozenset({FactType.NEED_CALLED, FactType.NEED_HELD, FactType.NEED_ENDED})
_OF_A_CALL_FOR_HELP = frozenset({FactType.HELP_CALLED, FactType.HELP_HELD, FactType.HELP_CLOSED})
_ANSWERS = frozenset({FactType.OFFER_ACCEPTED, FactType.BRIDGE_ACCEPTED})
_BEGINS_OF_A_VISIT = frozenset({FactType.OFFER_ACCEPTED, FactType.REQUEST_ASSIGNED})
_ENDS_OF_A_BRIDGE = frozenset({FactType.BRIDGE_LEFT, FactType.BRIDGE_ENDED})


class Publisher:
    """Announces what transactions did. `publish` belongs at the end of `db.after_commit`."""

    def __init__(self, db: Database, outlet: Outlet) -> None:
        self._db = db
        self.board = BoardFeed(db)
        self.use(outlet)
        self._looked: dict[str, datetime] = {}
        """When each moving peer was last looked at, in the time of the transactions."""
        self._areas: dict[str, tuple[datetime, Point | None]] = {}
        """When each peer was last told to the boards, and in which area."""

    def use(self, outlet: Outlet) -> None:
        """Announce through `outlet` from now on."""
        self._outlet = self.board.outlet = outlet

    def publish(self, tx: Transaction) -> None:
        """Tell who may know what `tx` committed."""
        facts: Sequence[Fact] = tx.facts
        if facts:
            failpoint("announce.begun")
        duties = changes.of(tx)
        for fact in facts:
            self._tell(fact)
        moved = [p for p, change in duties.items() if change.has_moved and self._is_due(p, tx.now)]
        changed = {p for p, change in duties.items() if change.is_other_duty}
        places = {p: here for p in moved if (here := duties[p].here) is not None}
        moved = [p for p in moved if p not in places]
        changed |= {
            p for p, here in places.items() if self._is_elsewhere(p, duties[p].before, here, tx.now)
        }
        asked = [
            offer["id"]
            for fact in facts
            for offer in _offers_made(fact)
            if self._outlet.is_heard(rooms.peer(offer["peer"]["id"]))
        ]
        assigned = [
            fact.data["visit"]["id"] for fact in facts if fact.type is FactType.REQUEST_ASSIGNED
        ]
        calls = [
            visit_id
            for visit_id in sorted(changes.rooms_of(tx) | _visits_of(facts))
            if any(self._outlet.is_heard(room) for room in rooms.both(visit_id))
        ]
        by_phone = changes.calls_of(tx)
        beds = {
            one
            for one in {fact.request_id for fact in facts}
            if self._outlet.is_heard(rooms.bed(one))
        }
        if asked or assigned or moved or changed or calls or by_phone or beds:
            with self._db.read() as look:
                self._tell_asked(look, asked)
                self._tell_assigned(look, assigned)
                self._tell_rooms(look, calls)
                self._tell_calls(look, by_phone)
                self._tell_bedsides(look, beds)
                self._tell_duties(look, changed)
                changed |= self._tell_positions(look, {p: duties[p].before for p in moved})
        talking.tell(self._db, self._outlet, changes.talks_of(tx))
        changed |= {p for p, change in duties.items() if change.reach is not None}
        self._mark_boards(facts, {peer_id: duties[peer_id].network_id for peer_id in changed})

    def _tell(self, fact: Fact) -> None:
        request_id = fact.request_id
        full, plain = (
            shapes.fact(
                request_id,
                fact.seq,
                fact.type.value,
                fact.at,
                fact.actor.as_dict(),
                fact.data,
                viewer,
            )
            for viewer in (Role.MANAGER, Role.STAFF)
        )
        managers = [rooms.full(request_id)]
        others = [rooms.plain(request_id), rooms.visitor(request_id), rooms.bridge(request_id)]
        if fact.type is FactType.REQUEST_CREATED:
            others.append(rooms.site(fact.data["site"]["id"]))
        if fact.type in _BEGINS_OF_A_VISIT:
            # They may follow from now on; this is how a phone that was assigned learns of it.
            others.append(rooms.peer(fact.data["visit"]["peer"]["id"]))
        if fact.type is FactType.BRIDGE_ACCEPTED:
            others.append(rooms.peer(fact.data["bridge"]["peer"]["id"]))
        if fact.type in _OF_A_CALL_FOR_HELP:
            # Who called for help hears who has it, also when the visit is over.
            called = fact.data["help"] or fact.data["call"]
            others.append(rooms.peer(called["peer"]["id"]))
        if fact.type is FactType.STAY_ENDED:
            # Who stayed hears that they can go; they see nothing of what follows.
            others.append(rooms.peer(fact.data["visit_ended"]["peer"]["id"]))
        if fact.type in _OF_A_NEED:
            others += [rooms.peer(fact.data["need"]["peer"]["id"]), rooms.site(fact.site_id)]
        if fact.type is FactType.HELP_CALLED:
            # The staff of the site hear of it also when the request has ended and nobody follows it.
            others.append(rooms.site(fact.site_id))
        if full == plain:
            self._emit_fact(full, managers + others)
        else:
            self._emit_fact(full, managers)
            self._emit_fact(plain, others)
        if fact.type in _ENDS_OF_A_VISIT:
            self._outlet.close(rooms.visitor(request_id))
        if fact.type in _ENDS_OF_A_BRIDGE:
            self._outlet.close(rooms.bridge(request_id))
        for peer_id, closed in _closed_offers(fact):
            self._emit("offer_closed", closed, [rooms.peer(peer_id)])

    def _emit_fact(self, fact: Json, to: list[str]) -> None:
        if wire.size(fact) <= MOST_BYTES:
            self._emit("fact", fact, to)
        else:
            gap = {"request_id": fact["request_id"], "seq": fact["seq"], "spread_s": 0}
            self._emit("resync", gap, to)

    def _tell_asked(self, tx: Transaction, offer_ids: list[str]) -> None:
        if not offer_ids:
            return
        rows = tx.session.execute(
            select(Offer, SupportRequest, Site)
            .join(SupportRequest, SupportRequest.id == Offer.request_id)
            .join(Site, Site.id == SupportRequest.site_id)
            .where(Offer.id.in_(offer_ids), Offer.state == OfferState.OPEN)
        )
        for offer, request, site in rows:
            self._emit("offer", shapes.offer(offer, request, site), [rooms.peer(offer.peer_id)])

    def _tell_assigned(self, tx: Transaction, visit_ids: list[str]) -> None:
        """An offer that a manager answered for its peer, after a call, is closed on the phone."""
        if not visit_ids:
            return
        offers = tx.session.scalars(
            select(Offer).join(Visit, Visit.offer_id == Offer.id).where(Visit.id.in_(visit_ids))
        )
        for offer in offers:
            closed = _closed(offer.id, offer.request_id, OfferState.ACCEPTED.value, "assigned")
            self._emit("offer_closed", closed, [rooms.peer(offer.peer_id)])

    def _tell_rooms(self, tx: Transaction, visit_ids: list[str]) -> None:
        """Both sides hear how their room is; when the visit is over, they are out of it."""
        if not visit_ids:
            return
        for visit in tx.session.scalars(
            select(Visit)
            .join(video.Room, video.Room.visit_id == Visit.id)
            .where(Visit.id.in_(visit_ids))
        ):
            to = rooms.both(visit.id)
            self._emit("room", video.shape(tx, visit), to)
            if visit.state not in BUSY_VISIT:
                for room in to:
                    self._outlet.close(room)

    def _tell_bedsides(self, tx: Transaction, request_ids: set[str]) -> None:
        """The screen at a bedside, where there is one, hears what it is for now."""
        if not request_ids:
            return
        for request_id in guests.with_screen(tx, request_ids):
            self._emit("bedside", bedside.look(tx, request_id), [rooms.bed(request_id)])

    def _tell_calls(self, tx: Transaction, call_ids: set[str]) -> None:
        """The peer and who follows the request hear how their call is."""
        if not call_ids:
            return
        rows = tx.session.execute(
            select(VisitCall, Visit)
            .join(Visit, Visit.id == VisitCall.visit_id)
            .where(VisitCall.id.in_(call_ids))
        )
        for call, visit in rows:
            to = [
                rooms.full(visit.request_id),
                rooms.plain(visit.request_id),
                rooms.peer(visit.peer_id),
            ]
            told = {"request_id": visit.request_id, "call": by_telephone.shape(call, visit)}
            self._emit("call", told, to)

    def pass_on(self, letter: Json, room: str) -> None:
        """A letter between two browsers, to the pages of one side. Nothing of it is kept."""
        self._emit("signal", letter, [room])

    def _tell_duties(self, tx: Transaction, peer_ids: set[str]) -> None:
        if not peer_ids:
            return
        for row in tx.session.scalars(select(Duty).where(Duty.peer_id.in_(peer_ids))):
            self._emit("duty", shapes.duty(row), [rooms.peer(row.peer_id)])

    def _tell_positions(self, tx: Transaction, moved: Mapping[str, Point | None]) -> set[str]:
        """Show who is on the road; returns the peers whose row on the board looks different.

        `moved` says where each was before.
        """
        if not moved:
            return set()
        rows = tx.session.execute(
            select(Duty, Visit)
            .outerjoin(
                Visit, and_(Visit.peer_id == Duty.peer_id, Visit.state == VisitState.EN_ROUTE)
            )
            .where(Duty.peer_id.in_(moved))
        )
        different = set()
        for duty, visit in rows:
            where = shapes.position(duty, visit) if visit is not None else None
            if where is not None:
                payload = {"request_id": visit.request_id, "position": where}
                to = [rooms.full(visit.request_id), rooms.plain(visit.request_id)]
                self._emit("position", payload, to)
            here, before = geo.place(duty.latitude, duty.longitude), moved[duty.peer_id]
            if where is not None or self._is_elsewhere(duty.peer_id, before, here, tx.now):
                different.add(duty.peer_id)
        return different

    def _is_due(self, peer_id: str, now: datetime) -> bool:
        """Whether a peer who moved is looked at now; remembers that they are."""
        last = self._looked.get(peer_id)
        if last is not None and last <= now < last + LOOK_EVERY:
            return False
        _remember(self._looked, peer_id, now)
        return True

    def _is_elsewhere(
        self, peer_id: str, before: Point | None, here: Point | None, now: datetime
    ) -> bool:
        """Whether the boards show this peer in another area, or may do; remembers the new one.

        The same area as was told from here is not enough: from where they were `before`, another
        process may have told another one since.
        """
        area = geo.area(here) if here is not None else None
        told_at, told = self._areas.get(peer_id, (None, None))
        if told_at is not None and told == area and told_at <= now < told_at + AREA_AGAIN:
            was = geo.area(before) if before is not None else None
            if was == area:
                return False
        _remember(self._areas, peer_id, (now, area))
        return True

    def _mark_boards(self, facts: Iterable[Fact], duties: dict[str, str]) -> None:
        requests: dict[str, set[str]] = {}
        peers: dict[str, set[str]] = {}
        for fact in facts:
            requests.setdefault(fact.network_id, set()).add(fact.request_id)
            peers.setdefault(fact.network_id, set()).update(_peers_of(fact))
        for peer_id, network_id in duties.items():
            peers.setdefault(network_id, set()).add(peer_id)
        for network_id in requests.keys() | peers.keys():
            self.board.mark(
                network_id, requests.get(network_id, set()), peers.get(network_id, set())
            )

    def _emit(self, event: str, payload: Json, to: list[str]) -> None:
        self._outlet.emit(event, payload, to)


def _remember(memory: dict[str, Value], peer_id: str, value: Value) -> None:
    """Keep `value`; a memory that grew too large starts again, which costs a few extra looks."""
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
    memory[peer_id] = value


def _visits_of(facts: Iterable[Fact]) -> set[str]:
    """The visits that facts speak of, whatever they are called there: a room may follow them.

    One that begins with a yes has no room yet.
    """
    called = {fact.data["need"]["visit_id"] for fact in facts if fact.type in _OF_A_NEED}
    return called | {
        part["id"]
        for fact in facts
        if fact.type not in _ANSWERS
        for part in fact.data.values()
        if isinstance(part, dict) and "id" in part and {"modality", "state_before"} & set(part)
    }


def _peers_of(fact: Fact) -> set[str]:
    """The peers whose row on the board this fact changes."""
    about: list[Any] = [
        fact.data.get(name) for name in ("visit", "visit_ended", "bridge", "staying")
    ]
    if fact.type is FactType.OFFER_UNREACHABLE:
        about.append(fact.data.get("offer"))
    return {part["peer"]["id"] for part in about if part}


def _offers_made(fact: Fact) -> Sequence[Json]:
    """The offers that this fact made."""
    if fact.type is FactType.OFFER_MADE:
        return [fact.data["offer"]]
    return fact.data["offers"] if fact.type is FactType.BRIDGE_ASKED else []


def _closed_offers(fact: Fact) -> list[tuple[str, Json]]:
    """By peer, the offers that this fact ended: for the phone that rings and the other that did."""
    request_id = fact.request_id
    if fact.type is FactType.OFFERS_CLOSED:
        return [
            (one["peer"]["id"], _closed(one["id"], request_id, one["state"], one["reason"]))
            for one in fact.data["offers"]
        ]
    answers = {
        FactType.OFFER_ACCEPTED: OfferState.ACCEPTED,
        FactType.BRIDGE_ACCEPTED: OfferState.ACCEPTED,
        FactType.OFFER_DECLINED: OfferState.DECLINED,
    }
    if fact.type in answers:
        offer = fact.data["offer"]
        closed = _closed(offer["id"], request_id, answers[fact.type].value, None)
        return [(offer["peer"]["id"], closed)]
    return []


def _closed(offer_id: str, request_id: str, state: str, reason: str | None) -> Json:
    return {"offer_id": offer_id, "request_id": request_id, "state": state, "reason": reason}
