"""Who can be asked: each reason against, the order of the candidates, and what an offer outlives."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dispatch.bars import bars_assignment, keeps_offer
from dispatch.geo import Point, distance_m, travel_s
from dispatch.matching import (
    REASON_WORDS,
    Candidate,
    Need,
    PeerView,
    Reason,
)
from dispatch.policy import DEFAULT
from dispatch.states import Focus, Modality
from dispatch.survey import judge, rank
from tests.harness.databases import START as NOW
from tests.harness.views import crowd

IN_PERSON, VIDEO, PHONE = Modality.IN_PERSON, Modality.VIDEO, Modality.PHONE
SITE = Point(39.9612, -82.9988)
NEED = Need(SITE, frozenset({IN_PERSON}), "en", Focus.OVERDOSE)
BY_VIDEO = replace(NEED, modalities=frozenset({VIDEO}))
BOTH = replace(NEED, modalities=frozenset({IN_PERSON, VIDEO}))
LATER = NOW + timedelta(days=30)
PAST = NOW - timedelta(seconds=1)


def ago(seconds: float) -> Any:
    """So many seconds before now."""
    return NOW - timedelta(seconds=seconds)


def north(km: float) -> Point:
    """A place so many kilometres north of the site."""
    return Point(SITE.latitude + km / 111.2, SITE.longitude)


def peer(id_: str = "p", **values: Any) -> PeerView:
    """A peer 5 km away against whom nothing speaks, but for what is given."""
    fine: dict[str, Any] = {
        "on_duty": True,
        "duty_modalities": frozenset(Modality),
        "modalities": frozenset(Modality),
        "languages": frozenset({"en"}),
        "certified_until": LATER,
        "badge_until": LATER,
        "position": north(5),
    }
    return PeerView(id_, f"Peer {id_}", **(fine | values))


def asked(view: PeerView, need: Need = NEED) -> Candidate:
    """The peer as a candidate; fails when there is a reason against."""
    verdict = judge(view, need, NOW, DEFAULT)
    assert isinstance(verdict, Candidate), verdict
    return verdict


REFUSALS: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.ALREADY_ASKED, {"open_offer": IN_PERSON}),
    (Reason.DECLINED, {"has_declined": True}),
    (Reason.EXCLUDED, {"is_excluded": True}),
    (Reason.DO_NOT_PAIR, {"is_do_not_pair": True}),
    (Reason.OFF_DUTY, {"on_duty": False}),
    (Reason.OFF_DUTY, {"until": NOW}),
    (Reason.MUTED, {"is_muted": True}),
    (Reason.UNREACHABLE, {"is_reachable": False}),
    (Reason.BUSY, {"is_busy": True}),
    (Reason.CERTIFICATE, {"certified_until": None}),
    (Reason.CERTIFICATE, {"certified_until": NOW}),
    (Reason.LANGUAGE, {"languages": frozenset({"es", "so"})}),
    (Reason.MODALITY, {"modalities": frozenset({VIDEO})}),
    (Reason.MODALITY, {"duty_modalities": frozenset({VIDEO})}),
    (Reason.BADGE, {"badge_until": None}),
    (Reason.BADGE, {"badge_until": PAST}),
    (Reason.NO_POSITION, {"position": None}),
    (Reason.TOO_FAR, {"position": north(41)}),
    (Reason.TOO_FAR, {"travel_limit_m": 4900}),
    (Reason.SHIFT_ENDS, {"until": NOW + timedelta(minutes=10)}),
    (Reason.ASKED_ELSEWHERE, {"offers_elsewhere": (ago(179),)}),
    (Reason.ASKED_ELSEWHERE, {"offers_elsewhere": (ago(1), ago(2)), "open_offer_limit": 2}),
]


@pytest.mark.parametrize("reason, values", REFUSALS)
def test_each_reason_against_is_found_and_named(reason: Reason, values: dict[str, Any]) -> None:
    assert judge(peer(), NEED, NOW, DEFAULT) == asked(peer()), "without it the peer is asked"
    assert judge(peer(**values), NEED, NOW, DEFAULT) is reason


def test_every_reason_is_tried_and_has_words() -> None:
    assert {reason for reason, _ in REFUSALS} == set(Reason)
    assert REASON_WORDS.keys() == set(Reason)


def test_the_first_reason_in_the_list_is_the_one_that_is_told() -> None:
    personal = list(Reason)[: list(Reason).index(Reason.MODALITY) + 1]
    values = {reason: cure for reason, cure in reversed(REFUSALS) if reason in personal}
    everything = {name: value for against in values.values() for name, value in against.items()}
    for reason in personal:
        assert judge(peer(**everything), NEED, NOW, DEFAULT) is reason
        for name in values[reason]:
            del everything[name]


@pytest.mark.parametrize(
    "values", [{"badge_until": None}, {"position": None}, {"position": north(400)}]
)
def test_badge_and_distance_do_not_matter_by_video(values: dict[str, Any]) -> None:
    assert asked(peer(**values), BY_VIDEO).modality is VIDEO
    assert asked(peer(**values), BOTH).modality is VIDEO, "the way that is left"


def test_help_is_answer_preparation_and_road() -> None:
    found = asked(peer())
    metres = distance_m(north(5), SITE)
    assert found.travel_s == travel_s(metres, DEFAULT)
    assert found.help_s == 60 + 120 + found.travel_s
    assert found.distance_m == round(metres)
    assert found.arrive_by == NOW + timedelta(seconds=found.help_s)


def test_a_call_is_answer_and_setting_up() -> None:
    found = asked(peer(), BY_VIDEO)
    assert (found.help_s, found.travel_s, found.distance_m) == (180, None, None)


def test_the_quicker_way_is_chosen_when_both_are_allowed() -> None:
    assert asked(peer(position=SITE), BOTH).modality is VIDEO
    no_setup = DEFAULT.model_copy(update={"park_s": 0, "prepare_s": 0})
    verdict = judge(peer(position=SITE), BOTH, NOW, no_setup)
    assert isinstance(verdict, Candidate)
    assert verdict.modality is IN_PERSON


def test_the_order_is_the_minutes_to_help_then_fit_then_id() -> None:
    fits = frozenset({Focus.OVERDOSE})
    peers = [
        peer("e", position=north(20)),
        peer("d", position=north(9)),
        peer("c"),
        peer("b"),
        peer("a", position=north(9), focus=frozenset({Focus.ALCOHOL})),
        peer("z", focus=fits),
    ]
    ranking = rank(peers, NEED, NOW, DEFAULT)
    assert [candidate.peer_id for candidate in ranking.candidates] == ["z", "b", "c", "a", "d", "e"]
    backwards = rank(peers[::-1], NEED, NOW, DEFAULT)
    assert backwards == ranking, "the order of the rows decides nothing"


def test_one_list_over_both_ways() -> None:
    peers = [peer("far", position=north(30), duty_modalities=frozenset({IN_PERSON}))]
    peers += [peer("screen", duty_modalities=frozenset({VIDEO}))]
    ranking = rank(peers, BOTH, NOW, DEFAULT)
    assert [(c.peer_id, c.modality) for c in ranking.candidates] == [
        ("screen", VIDEO),
        ("far", IN_PERSON),
    ]


def test_everyone_is_either_a_candidate_or_has_a_reason() -> None:
    peers = [peer(str(n), **values) for n, (_, values) in enumerate(REFUSALS)]
    peers += [peer("fine")]
    ranking = rank(peers, NEED, NOW, DEFAULT)
    assert [candidate.peer_id for candidate in ranking.candidates] == ["fine"]
    assert ranking.excluded == {str(n): reason for n, (reason, _) in enumerate(REFUSALS)}


def test_a_widened_request_asks_twice_as_far() -> None:
    far = peer(position=north(60))
    assert judge(far, NEED, NOW, DEFAULT) is Reason.TOO_FAR
    assert asked(far, replace(NEED, is_widened=True)).distance_m == pytest.approx(60_000, rel=0.01)
    assert judge(peer(position=north(81)), replace(NEED, is_widened=True), NOW, DEFAULT) is (
        Reason.TOO_FAR
    )


def test_a_limit_of_ones_own_is_never_widened() -> None:
    own = peer(travel_limit_m=4900)
    assert judge(own, replace(NEED, is_widened=True), NOW, DEFAULT) is Reason.TOO_FAR


def test_an_unanswered_offer_elsewhere_holds_for_three_minutes() -> None:
    assert judge(peer(offers_elsewhere=(ago(180),)), NEED, NOW, DEFAULT) == asked(peer())
    two = peer(offers_elsewhere=(ago(1),), open_offer_limit=2)
    assert judge(two, NEED, NOW, DEFAULT) == asked(peer())


@pytest.mark.parametrize(
    "offers, limit, free_in_s",
    [
        ((ago(100),), 1, 80),
        ((ago(100), ago(30)), 1, 150),  # held by both: free when the later one lets go
        ((ago(500), ago(30)), 1, 150),  # the old one holds no longer
        ((ago(100), ago(30)), 2, 80),
        ((ago(500), ago(100), ago(30)), 2, 80),
    ],
)
def test_when_a_held_peer_is_free_again(
    offers: tuple[Any, ...], limit: int, free_in_s: int
) -> None:
    held = peer(offers_elsewhere=offers, open_offer_limit=limit)
    ranking = rank([held], NEED, NOW, DEFAULT)
    assert ranking.excluded == {"p": Reason.ASKED_ELSEWHERE}
    free_again_at = NOW + timedelta(seconds=free_in_s)
    assert ranking.free_again_at == free_again_at
    assert not rank([held], NEED, free_again_at - timedelta(seconds=1), DEFAULT).candidates
    assert rank([held], NEED, free_again_at, DEFAULT).candidates


def test_the_first_of_the_held_peers_counts() -> None:
    peers = [peer("a", offers_elsewhere=(ago(10),)), peer("b", offers_elsewhere=(ago(100),))]
    assert rank(peers, NEED, NOW, DEFAULT).free_again_at == NOW + timedelta(seconds=80)
    assert rank([peer()], NEED, NOW, DEFAULT).free_again_at is None


def test_the_reasons_for_are_told_too() -> None:
    expert = peer(focus=frozenset({Focus.OVERDOSE}))
    assert asked(expert).reasons == ("language_en", "shared_experience", "badge")
    assert asked(peer()).reasons == ("language_en", "badge")
    assert asked(peer(), BY_VIDEO).reasons == ("language_en",)


@pytest.mark.parametrize(
    "values, keeps",
    [
        ({}, True),
        ({"position": north(300)}, True),  # nobody loses an offer by driving away
        ({"is_muted": True}, True),
        ({"offers_elsewhere": (NOW,)}, True),
        ({"on_duty": False}, False),
        ({"until": NOW}, False),
        ({"is_busy": True}, False),
        ({"is_excluded": True}, False),
        ({"is_do_not_pair": True}, False),
        ({"certified_until": NOW}, False),
        ({"badge_until": NOW}, False),
        ({"duty_modalities": frozenset({VIDEO})}, False),
        ({"modalities": frozenset({VIDEO})}, False),
    ],
)
def test_what_an_open_offer_outlives(values: dict[str, Any], keeps: bool) -> None:
    assert keeps_offer(peer(open_offer=IN_PERSON, **values), NOW) is keeps
    assert keeps_offer(peer(**values), NOW), "without an offer there is none to lose"


def test_an_offer_by_video_needs_no_badge() -> None:
    assert keeps_offer(peer(open_offer=VIDEO, badge_until=None), NOW)


@pytest.mark.parametrize(
    "values, modality, reason",
    [
        ({}, IN_PERSON, None),
        ({"on_duty": False, "duty_modalities": frozenset(), "is_muted": True}, IN_PERSON, None),
        ({"position": None, "is_reachable": False}, IN_PERSON, None),
        ({"is_excluded": True}, IN_PERSON, Reason.EXCLUDED),
        ({"is_do_not_pair": True}, IN_PERSON, Reason.DO_NOT_PAIR),
        ({"certified_until": NOW}, VIDEO, Reason.CERTIFICATE),
        ({"modalities": frozenset({VIDEO})}, IN_PERSON, Reason.MODALITY),
        ({"languages": frozenset({"es"})}, VIDEO, Reason.LANGUAGE),
        ({"badge_until": None}, IN_PERSON, Reason.BADGE),
        ({"badge_until": None}, PHONE, None),
    ],
)
def test_what_no_call_can_mend(
    values: dict[str, Any], modality: Modality, reason: Reason | None
) -> None:
    assert bars_assignment(peer(**values), modality, "en", NOW) is reason


def test_of_equals_the_one_whose_turn_it_is_goes_first() -> None:
    one = next(view for view in crowd(1) if view.on_duty)
    equals = [replace(one, id=id_, turn=turn) for id_, turn in (("a", 9), ("b", 2), ("c", 2))]
    found = rank(equals, Need(SITE, frozenset(Modality), "en"), NOW, DEFAULT)
    assert [each.peer_id for each in found.candidates] == ["b", "c", "a"]
