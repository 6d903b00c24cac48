"""The quick ranking beside the plain one: what is spared changes no order and no reason."""

from datetime import timedelta
from typing import Any

from geopy.distance import great_circle
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo import Point, distance_m, is_surely_beyond, travel_s
from dispatch.matching import WIDENED_LIMIT_FACTOR, Need, PeerView, Reason, rank
from dispatch.policy import DEFAULT
from dispatch.states import REMOTE, Focus, Modality
from tests.harness.databases import START as NOW

SITE = Point(39.9612, -82.9988)
WAYS = st.frozensets(st.sampled_from(list(Modality)))
MOMENTS = st.sampled_from([-3600, -181, -180, -179, -1, 0, 1, 179, 180, 700, 3600, 90_000]).map(
    lambda seconds: NOW + timedelta(seconds=seconds)
)
PLACES = st.builds(
    Point,
    st.floats(min_value=38.0, max_value=42.0),
    st.floats(min_value=-85.0, max_value=-80.0),
)
MOSTLY_NOT = st.sampled_from([False] * 9 + [True])


@st.composite
def peers(draw: st.DrawFn) -> list[PeerView]:
    """A few peers of every kind, many of whom can be asked."""
    count = draw(st.integers(min_value=0, max_value=12))
    return [
        PeerView(
            id=f"p{number}",
            name=f"Peer {number}",
            on_duty=not draw(MOSTLY_NOT),
            until=draw(st.none() | MOMENTS),
            duty_modalities=draw(WAYS),
            modalities=draw(WAYS),
            languages=draw(st.sampled_from([frozenset({"en"}), frozenset({"es", "en"})])),
            focus=draw(st.frozensets(st.sampled_from(list(Focus)), max_size=2)),
            certified_until=draw(st.just(NOW + timedelta(days=9)) | st.none() | MOMENTS),
            badge_until=draw(st.just(NOW + timedelta(days=9)) | st.none() | MOMENTS),
            is_excluded=draw(MOSTLY_NOT),
            is_do_not_pair=draw(MOSTLY_NOT),
            is_muted=draw(MOSTLY_NOT),
            is_reachable=not draw(MOSTLY_NOT),
            is_busy=draw(MOSTLY_NOT),
            open_offer=draw(st.sampled_from([None] * 9 + [Modality.VIDEO])),
            has_declined=draw(MOSTLY_NOT),
            position=draw(st.none() | PLACES | PLACES),
            travel_limit_m=draw(st.sampled_from([None, None, 10_000, 90_000])),
            open_offer_limit=draw(st.integers(min_value=0, max_value=2)),
            offers_elsewhere=tuple(draw(st.lists(MOMENTS, max_size=3))),
        )
        for number in range(count)
    ]


NEEDS = st.builds(
    Need,
    site=st.just(SITE),
    modalities=WAYS.filter(bool),
    language=st.sampled_from(["en", "en", "es"]),
    focus=st.none() | st.sampled_from(list(Focus)),
    is_widened=st.booleans(),
    remote_handicap_s=st.sampled_from([0, 0, 600, 2400]),
)


def plainly(peer: PeerView, need: Need) -> tuple[int, Modality] | Reason:
    """Help in seconds and the way, or the first reason; every check worked out, one by one."""
    against = {
        Reason.ALREADY_ASKED: peer.open_offer is not None,
        Reason.DECLINED: peer.has_declined,
        Reason.EXCLUDED: peer.is_excluded,
        Reason.DO_NOT_PAIR: peer.is_do_not_pair,
        Reason.OFF_DUTY: not peer.on_duty or (peer.until is not None and peer.until <= NOW),
        Reason.MUTED: peer.is_muted,
        Reason.UNREACHABLE: not peer.is_reachable,
        Reason.BUSY: peer.is_busy,
        Reason.CERTIFICATE: peer.certified_until is None or peer.certified_until <= NOW,
        Reason.LANGUAGE: need.language not in peer.languages,
    }
    for reason in Reason:
        if against.get(reason):
            return reason
    found: list[tuple[int, str, int, Modality]] = []
    last = Reason.MODALITY
    for way in sorted(need.modalities & peer.modalities & peer.duty_modalities):
        help_s = _help_s(peer, need, way)
        if isinstance(help_s, Reason):
            last = help_s
        else:
            found.append((help_s + need.remote_handicap_s * (way in REMOTE), way, help_s, way))
    if not found:
        return last
    held = [
        at for at in peer.offers_elsewhere if at > NOW - timedelta(seconds=DEFAULT.offer_blocks_s)
    ]
    if len(held) >= peer.open_offer_limit:
        return Reason.ASKED_ELSEWHERE
    *_, help_s, way = min(found)
    return help_s, way


def _help_s(peer: PeerView, need: Need, way: Modality) -> int | Reason:
    if way in REMOTE:
        help_s = DEFAULT.answer_s + DEFAULT.video_setup_s
    else:
        if peer.badge_until is None or peer.badge_until <= NOW:
            return Reason.BADGE
        if peer.position is None:
            return Reason.NO_POSITION
        here, there = peer.position, need.site
        metres = great_circle(
            (here.latitude, here.longitude), (there.latitude, there.longitude)
        ).meters
        factor = WIDENED_LIMIT_FACTOR if need.is_widened else 1.0
        own = peer.travel_limit_m
        limit = DEFAULT.default_travel_limit_m * factor if own is None else own
        if metres > limit:
            return Reason.TOO_FAR
        help_s = DEFAULT.answer_s + DEFAULT.prepare_s + travel_s(metres, DEFAULT)
    if peer.until is not None and NOW + timedelta(seconds=help_s) >= peer.until:
        return Reason.SHIFT_ENDS
    return help_s


@settings(derandomize=True, deadline=None, max_examples=120)
@given(peers(), NEEDS)
def test_the_quick_ranking_is_the_plain_one(views: list[PeerView], need: Need) -> None:
    found: list[tuple[Any, ...]] = []
    excluded = {}
    for view in views:
        verdict = plainly(view, need)
        if isinstance(verdict, Reason):
            excluded[view.id] = verdict
        else:
            help_s, way = verdict
            counts_s = help_s + need.remote_handicap_s * (way in REMOTE)
            fits = 0 if need.focus in view.focus else 1
            found.append((counts_s, fits, view.id, help_s, way))
    ranking = rank(views, need, NOW, DEFAULT)
    assert ranking.excluded == excluded
    asked = [(one.peer_id, one.help_s, one.modality) for one in ranking.candidates]
    assert asked == [(id_, help_s, way) for _, _, id_, help_s, way in sorted(found)]


@settings(derandomize=True, deadline=None, max_examples=200)
@given(PLACES, PLACES, st.floats(min_value=0, max_value=400_000))
def test_latitudes_alone_never_make_somebody_too_far(a: Point, b: Point, limit_m: float) -> None:
    if is_surely_beyond(a, b, limit_m):
        assert distance_m(a, b) > limit_m


@settings(derandomize=True, deadline=None, max_examples=200)
@given(PLACES, PLACES)
def test_the_quick_distance_is_geopys(a: Point, b: Point) -> None:
    plain = great_circle((a.latitude, a.longitude), (b.latitude, b.longitude)).meters
    assert abs(distance_m(a, b) - plain) < 0.001 + plain * 1e-6
