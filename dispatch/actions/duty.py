"""A peer being available now, and where they are.

The exact position rests in the duty row and is shared only from leaving to arriving; nothing of it
is journaled and no track is kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import or_, select, update

from dispatch import access, engine, geo, journal, offering, shapes, spells
from dispatch.access import Actor
from dispatch.cells import cell_of
from dispatch.errors import Invalid, not_found
from dispatch.events import ENGINE, By, FactType
from dispatch.geo import Point
from dispatch.models import Duty, Offer, Peer, Site, SupportRequest, User, Visit
from dispatch.near import as_one, one_of
from dispatch.policy import parse
from dispatch.states import LIVE_VISIT, LOOKING, VISITED, Modality, OfferState, VisitState
from dispatch.travel import arrival
from dispatch.travel.arrival import Arrives
from dispatch.travel.near import Reading, is_near
from storage.database import Transaction

POSITION_AGE_S = 300
"""A position recorded longer ago than this is refused: it says nothing about now."""

APP_IS_OPEN_S = 90
"""An app that was heard of within this time is open: it can be reached without any push."""

CLOCK_SKEW_S = 60
"""How far ahead of the server's a phone's clock may be."""

ETA_NEWS_S = 180
"""A change of the expected arrival smaller than this is not news (design: 3 min)."""

SURER = 0.5
"""A range that has shrunk to this share is news too, while it is wider than `ETA_NEWS_S`."""

IN_A_ROW_S = 300
"""Two readings further apart than this do not confirm each other."""


@dataclass(frozen=True)
class Position:
    """One reading of a phone's position, in degrees and metres."""

    latitude: float
    longitude: float
    accuracy_m: float
    recorded_at: datetime


class Used(StrEnum):
    """What became of a position."""

    USED = "used"
    OFF_DUTY = "off_duty"
    OUT_OF_ORDER = "out_of_order"
    IMPOSSIBLE_SPEED = "impossible_speed"


@dataclass(frozen=True)
class Recorded:
    """What became of a position, and the request that sees it, if one does."""

    used: Used
    shared_with_request_id: str | None = None


def set_duty(
    tx: Transaction,
    actor: Actor,
    *,
    on_duty: bool,
    modalities: list[Modality],
    until: datetime | None = None,
) -> Duty:
    """Become available, change how or until when, or stop. Offers a peer can no longer take end.

    Raises `Invalid` for a modality that is not in the peer's profile, an end that has passed, or
    nothing to be available for.
    """
    peer = tx.session.get(Peer, actor.id)
    if peer is None:
        raise not_found("peer")
    if on_duty:
        _check_duty(tx, peer, modalities, until)
    duty = _held(tx, peer)
    if on_duty and not duty.on_duty:
        duty.since = tx.now
    duty.on_duty = on_duty
    duty.until = until if on_duty else None
    duty.modalities = sorted(modality.value for modality in modalities) if on_duty else []
    duty.contact_at = tx.now
    for name, value in _of_profile(peer).items():
        setattr(duty, name, value)
    if on_duty:
        peer.is_reachable = True
    else:
        _forget_position(duty)
        duty.since = None
    tx.session.flush()
    spells.keep(tx, duty, is_muted=peer.is_muted)
    _offers_end(tx, actor.id, set(duty.modalities))
    if on_duty:
        wake_searches(tx, actor.network_id)
    return duty


def _check_duty(
    tx: Transaction, peer: Peer, modalities: list[Modality], until: datetime | None
) -> None:
    if not modalities:
        raise Invalid("Say how you are available.", field="modalities")
    foreign = sorted({modality.value for modality in modalities} - set(peer.modalities))
    if foreign:
        raise Invalid(f"Your profile does not have {', '.join(foreign)}.", field="modalities")
    if until is not None and until <= tx.now:
        raise Invalid("The end of your duty has passed.", field="until")


def _held(tx: Transaction, peer: Peer) -> Duty:
    """The peer's duty row, held; made on first use."""
    duty = tx.session.scalars(
        select(Duty).where(Duty.peer_id == peer.id).with_for_update()
    ).one_or_none()
    if duty is None:
        duty = Duty(peer_id=peer.id, network_id=peer.network_id, on_duty=False, modalities=[])
        tx.session.add(duty)
    return duty


def profile_changed(tx: Transaction, peer: Peer) -> None:
    """What the duty knows of the profile is what the profile says now."""
    tx.session.execute(update(Duty).where(Duty.peer_id == peer.id).values(**_of_profile(peer)))


def _of_profile(peer: Peer) -> dict[str, Any]:
    """What stands on the duty too, so that regions are searched by it alone (`dispatch.near`)."""
    return {
        "home_cell": cell_of(peer.home_latitude, peer.home_longitude),
        "languages": list(peer.languages),
        "travel_limit_m": peer.travel_limit_m,
    }


def _forget_position(duty: Duty) -> None:
    """Off duty nobody knows where a peer is, and we do not either."""
    duty.latitude = duty.longitude = duty.accuracy_m = duty.position_at = duty.cell = None


def _offers_end(tx: Transaction, peer_id: str, modalities: set[str]) -> None:
    """End the peer's open offers in other modalities than these; the next wave goes now.

    The requests are held in the order of their ids, so that two peers who leave at once do not
    wait for each other.
    """
    rows = tx.session.execute(
        select(Offer.request_id, Offer.id, Offer.modality)
        .where(Offer.peer_id == peer_id, Offer.state == OfferState.OPEN)
        .order_by(Offer.request_id)
    ).all()
    for request_id, offer_id, modality in rows:
        if modality.value in modalities:
            continue
        request = access.locked_request(tx, request_id)
        offering.close(tx, request, OfferState.WITHDRAWN, "off_duty", ENGINE, Offer.id == offer_id)
        if request.state in LOOKING or request.bridge_since is not None:
            request.next_action_at = tx.now


def wake_searches(tx: Transaction, network_id: str) -> None:
    """Somebody may have become eligible: every open search of the network is looked at now.

    Rows that another transaction holds are passed over: whoever holds them looks by themselves,
    and no two transactions wait for each other here.
    """
    waiting = (
        select(SupportRequest.id)
        .where(
            SupportRequest.network_id == network_id,
            or_(
                SupportRequest.state.in_(sorted(LOOKING)),
                SupportRequest.bridge_since.is_not(None),
            ),
        )
        .with_for_update(skip_locked=True)
    )
    tx.session.execute(
        update(SupportRequest)
        .where(SupportRequest.id.in_(waiting.scalar_subquery()))
        .values(next_action_at=tx.now)
        .execution_options(synchronize_session=False)
    )


def end_stale(tx: Transaction, duty: Duty) -> None:
    """End a duty whose time has passed or whose app fell silent; called by the sweeper."""
    duty.on_duty = False
    duty.until = None
    duty.since = None
    duty.modalities = []
    _forget_position(duty)
    tx.session.flush()
    spells.keep(tx, duty, is_muted=False)
    _offers_end(tx, duty.peer_id, set())


def check_position(now: datetime, reading: Position) -> None:
    """What a position must be to say anything about now, whatever is known of its peer.

    Raises `Invalid` (`position_stale`, `position_in_future`, `invalid` for the null island).
    """
    age_s = (now - reading.recorded_at).total_seconds()
    if age_s > POSITION_AGE_S:
        raise Invalid("This position is too old.", code="position_stale", field="recorded_at")
    if age_s < -CLOCK_SKEW_S:
        raise Invalid(
            "This position is from the future.", code="position_in_future", field="recorded_at"
        )
    if reading.latitude == 0.0 and reading.longitude == 0.0:
        raise Invalid("A phone without a fix reports 0, 0.", field="latitude")


def judge(
    reading: Position, latitude: float | None, longitude: float | None, at: datetime | None
) -> Used:
    """What becomes of the reading of somebody on duty or on a visit, after the last one kept."""
    if at is None:
        return Used.USED
    if reading.recorded_at <= at:
        return Used.OUT_OF_ORDER
    if latitude is None or longitude is None:
        return Used.USED
    here = Point(reading.latitude, reading.longitude)
    elapsed_s = (reading.recorded_at - at).total_seconds()
    is_jump = geo.is_impossible(Point(latitude, longitude), here, elapsed_s)
    return Used.IMPOSSIBLE_SPEED if is_jump else Used.USED


def record_position(tx: Transaction, actor: Actor, reading: Position) -> Recorded:
    """Keep the peer's newest position. What cannot be true is said so and not used.

    Raises `Invalid` as `check_position` does.
    """
    check_position(tx.now, reading)
    duty = tx.session.scalars(
        select(Duty).where(Duty.peer_id == actor.id).with_for_update()
    ).one_or_none()
    visit = tx.session.scalars(
        select(Visit).where(Visit.peer_id == actor.id, Visit.state.in_(sorted(LIVE_VISIT)))
    ).one_or_none()
    if duty is None or (not duty.on_duty and visit is None):
        return Recorded(Used.OFF_DUTY)
    duty.contact_at = tx.now
    here = Point(reading.latitude, reading.longitude)
    used = judge(reading, duty.latitude, duty.longitude, duty.position_at)
    if used is not Used.USED:
        return Recorded(used)
    before = _before(duty, reading, visit)
    duty.latitude, duty.longitude = reading.latitude, reading.longitude
    duty.accuracy_m, duty.position_at = reading.accuracy_m, reading.recorded_at
    duty.cell = cell_of(reading.latitude, reading.longitude)
    tx.session.flush()
    if visit is None:
        return Recorded(Used.USED)
    _follow(tx, visit, Reading(here, reading.accuracy_m), before)
    is_shared = visit.state is VisitState.EN_ROUTE
    return Recorded(Used.USED, visit.request_id if is_shared else None)


def heard_from(tx: Transaction, *peer_ids: str) -> None:
    """The apps of these peers were heard of: a sign of life, and proof that they can be reached."""
    reachable_again(tx, *peer_ids)
    tx.session.execute(
        update(Duty)
        .where(Duty.peer_id.in_(sorted(peer_ids)))
        .values(contact_at=tx.now)
        .execution_options(synchronize_session=False)
    )


def reachable_again(tx: Transaction, *peer_ids: str) -> None:
    """These of the peers could not be reached and can be now: searches may ask them."""
    dialect = tx.session.get_bind().dialect.name
    rows = tx.session.scalars(_lost(dialect), {"ids": as_one(dialect, peer_ids)}).all()
    for peer in rows:
        peer.is_reachable = True
    tx.session.flush()
    for network_id in sorted({peer.network_id for peer in rows}):
        wake_searches(tx, network_id)


# Built once: it is asked with every sign of life, and of a thousand peers at a time.
@cache
def _lost(dialect: str) -> Any:
    """Of `ids`, those who could not be reached."""
    return (
        select(Peer)
        .where(one_of(dialect, Peer.id, "ids"), Peer.is_reachable.is_(False))
        .order_by(Peer.id)
        .with_for_update(key_share=True)
    )


def has_app_open(tx: Transaction, peer_id: str) -> bool:
    """Whether the peer's app was heard of within `APP_IS_OPEN_S`."""
    heard_at = tx.session.scalars(
        select(Duty.contact_at).where(Duty.peer_id == peer_id)
    ).one_or_none()
    return heard_at is not None and heard_at > tx.now - timedelta(seconds=APP_IS_OPEN_S)


def _before(duty: Duty, reading: Position, visit: Visit | None) -> Reading | None:
    """The reading before this one, if it is of the same way and not long ago."""
    if duty.position_at is None or duty.latitude is None or duty.longitude is None:
        return None
    if visit is None or visit.departed_at is None or duty.position_at < visit.departed_at:
        return None
    if (reading.recorded_at - duty.position_at).total_seconds() > IN_A_ROW_S:
        return None
    return Reading(Point(duty.latitude, duty.longitude), duty.accuracy_m or 0.0)


def _follow(tx: Transaction, seen: Visit, here: Reading, before: Reading | None) -> None:
    """During a visit a position can be news of the arrival, and can end an alarm.

    Most are neither, and then nothing but the duty row is written.
    """
    known = tx.session.get_one(SupportRequest, seen.request_id)
    is_there = _is_there(tx, known, seen, here, before)
    news = _news(tx, known, seen, is_there=is_there)
    if news is None and known.alarm is None:
        return
    request = access.locked_request(tx, seen.request_id)
    visit = tx.session.get_one(Visit, seen.id, populate_existing=True)
    if visit.state not in LIVE_VISIT:
        return
    if news is not None and visit.state is VisitState.EN_ROUTE and visit.near_at is None:
        for column, moment in arrival.columns(tx.now, news).items():
            setattr(visit, column, moment)
        visit.near_at = tx.now if is_there else None
        person = tx.session.get_one(User, visit.peer_id)
        journal.append(
            tx,
            request,
            FactType.VISIT_NEAR if is_there else FactType.ETA_CHANGED,
            By(person.role.value, person.id, person.name),
            {"visit": shapes.visit(visit, person)},
        )
    tx.session.flush()
    if request.state in VISITED:
        engine.look(tx, request)


def _is_there(
    tx: Transaction, request: SupportRequest, visit: Visit, here: Reading, before: Reading | None
) -> bool:
    """Whether the phone of somebody on the road is seen at the entrance for the first time."""
    if visit.state is not VisitState.EN_ROUTE or visit.near_at is not None:
        return False
    site = tx.session.get_one(Site, request.site_id)
    entrance = Point(site.latitude, site.longitude)
    return is_near(entrance, parse(request.policy).arrival_radius_m, here, before)


def _news(
    tx: Transaction, request: SupportRequest, visit: Visit, *, is_there: bool
) -> Arrives | None:
    """The expected arrival from here, when it is worth telling.

    Who is at the entrance is expected no later because they stand there: nothing is news then.
    """
    if visit.state is not VisitState.EN_ROUTE or visit.near_at is not None:
        return None
    found = arrival.expected(tx, request, visit.peer_id).arrives
    if is_there or visit.eta_at is None:
        return found
    moved_s = (tx.now - visit.eta_at).total_seconds() + found.after_s
    if abs(moved_s) >= ETA_NEWS_S or _is_surer(visit, found):
        return found
    return None


def _is_surer(visit: Visit, found: Arrives) -> bool:
    if visit.eta_from_at is None or visit.eta_until_at is None:
        return False
    if found.from_s is None or found.until_s is None:
        return False
    shown_s = (visit.eta_until_at - visit.eta_from_at).total_seconds()
    return shown_s > ETA_NEWS_S and found.until_s - found.from_s <= SURER * shown_s
