"""Peers and needs of every kind, as the decision sees them, for property tests."""

from datetime import timedelta
from random import Random

from hypothesis import strategies as st

from dispatch.geo import Point
from dispatch.matching import Need, PeerView
from dispatch.states import Focus, Modality
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
            recent_alerts=draw(st.integers(min_value=0, max_value=30)),
            recent_cases=draw(st.integers(min_value=0, max_value=4)),
            has_met=draw(MOSTLY_NOT),
            traits=draw(st.sampled_from([frozenset(), frozenset({"veteran"})])),
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
    wishes=st.sampled_from([frozenset(), frozenset({"veteran", "parent"})]),
    remote_handicap_s=st.sampled_from([0, 0, 600, 2400]),
)


def crowd(seed: int, count: int = 60) -> list[PeerView]:
    """Many peers who can nearly all be asked, alike in much, so that small things decide."""
    chance = Random(seed)
    ways = [frozenset({Modality.IN_PERSON}), frozenset({Modality.VIDEO}), frozenset(Modality)]
    return [
        PeerView(
            id=f"p{number:02}",
            name=f"Peer {number}",
            on_duty=chance.random() < 0.9,
            duty_modalities=frozenset(Modality),
            modalities=chance.choice(ways),
            languages=frozenset({"en"}),
            focus=frozenset(chance.sample(list(Focus), 2)),
            certified_until=NOW + timedelta(days=9),
            badge_until=NOW + timedelta(days=9),
            position=Point(SITE.latitude + chance.choice([0.02, 0.1, 0.2, 0.3]), SITE.longitude),
            recent_alerts=chance.choice([0, 0, 0, 1, 9, 30]),
            recent_cases=chance.choice([0, 0, 0, 1, 2]),
            has_met=chance.random() < 0.1,
            traits=chance.choice([frozenset(), frozenset({"veteran"})]),
        )
        for number in range(count)
    ]
