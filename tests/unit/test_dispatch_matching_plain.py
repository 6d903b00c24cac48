"""The quick ranking beside the plain one: what is spared changes no order and no reason."""

from datetime import timedelta
from typing import Any

import pytest
from geopy.distance import great_circle
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo import METRES_A_DEGREE, Point, box_around, distance_m, travel_s
from dispatch.matching import WIDENED_LIMIT_FACTOR, Need, PeerView, Reason
from dispatch.policy import DEFAULT
from dispatch.states import REMOTE, Modality
from dispatch.survey import rank
from tests.harness.databases import START as NOW
from tests.harness.views import NEEDS, PLACES, SITE, peers


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


ANYWHERE = st.builds(
    Point,
    st.floats(min_value=-90, max_value=90),
    st.floats(min_value=-180, max_value=180),
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    PLACES | ANYWHERE, PLACES | ANYWHERE, st.floats(min_value=-1, max_value=400_000) | st.just(1e12)
)
def test_whoever_is_outside_the_box_is_too_far(a: Point, b: Point, limit_m: float) -> None:
    box = box_around(b, limit_m)
    is_inside = box.south <= a.latitude <= box.north and box.west <= a.longitude <= box.east
    assert is_inside or distance_m(a, b) > limit_m


@settings(derandomize=True, deadline=None, max_examples=200)
@given(PLACES, PLACES, st.floats(min_value=0, max_value=400_000))
def test_latitudes_alone_never_make_somebody_too_far(a: Point, b: Point, limit_m: float) -> None:
    if abs(a.latitude - b.latitude) * METRES_A_DEGREE > limit_m:
        assert distance_m(a, b) > limit_m


@pytest.mark.parametrize("turned", range(0, 360, 5))
@pytest.mark.parametrize(
    "middle", [SITE, Point(0.0, 179.9), Point(-89.8, 10.0), Point(71.0, -179.0)]
)
def test_the_box_holds_all_that_is_just_near_enough(middle: Point, turned: int) -> None:
    there = great_circle(meters=40_000).destination((middle.latitude, middle.longitude), turned)
    box = box_around(middle, 40_000 + 1e-3)
    assert box.south <= there.latitude <= box.north
    assert box.west <= there.longitude <= box.east


@settings(derandomize=True, deadline=None, max_examples=200)
@given(PLACES, PLACES)
def test_the_quick_distance_is_geopys(a: Point, b: Point) -> None:
    plain = great_circle((a.latitude, a.longitude), (b.latitude, b.longitude)).meters
    assert abs(distance_m(a, b) - plain) < 0.001 + plain * 1e-6
