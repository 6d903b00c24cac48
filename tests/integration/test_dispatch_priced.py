"""The engine under a policy that asks by price: the same steps, fewer asks, and the reason kept."""

from sqlalchemy import select

from dispatch import views
from dispatch.actions import people
from dispatch.models import JournalEntry, SupportRequest
from dispatch.policy import parse
from dispatch.states import Modality
from storage.database import Database
from tests.integration.conftest import Ward

BY_PRICE = {"strategy": "priced", "pricing": {"at_once": 1}}


def by_price(ward: Ward, **settings: object) -> None:
    """The network's requests ask by price from now on."""
    ward.world.do(people.set_policy, ward.manager, BY_PRICE | settings)


def reasons(db: Database, request_id: str) -> list[str]:
    """Why each wave of a request asked whom it asked."""
    with db.read() as tx:
        rows = tx.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.request_id == request_id, JournalEntry.type == "wave_sent")
            .order_by(JournalEntry.seq)
        )
        return [row.data["why"] for row in rows]


def test_one_is_asked_with_the_reason_and_the_next_right_after_a_no(
    ward: Ward, db: Database
) -> None:
    by_price(ward)
    request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == ["Marcus T."], "the nearer one, and nobody else"
    assert reasons(db, request_id)[0].startswith("1 of 2 eligible asked: no. 1 ")
    assert "% likely" in reasons(db, request_id)[0]
    ward.world.decline(ward.marcus, request_id)
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Dana W."]
    ward.world.accept(ward.dana, request_id)
    assert ward.world.request(request_id).state == "accepted"


def test_who_is_silent_does_not_hold_up_the_next(ward: Ward) -> None:
    by_price(ward)
    request_id = ward.world.ask(ward.nurse)
    ward.world.forward(100)
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]


def test_who_was_asked_for_nothing_comes_after_the_others(ward: Ward, db: Database) -> None:
    by_price(ward)
    ward.world.off_duty(ward.dana)
    for _ in range(6):
        request_id = ward.world.ask(ward.nurse)
        ward.world.decline(ward.marcus, request_id)
        ward.world.clock.advance(60)
    ward.world.on_duty(ward.dana)
    request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == ["Dana W."], "further away, and rested"
    ward.world.accept(ward.dana, request_id)
    with db.read() as tx:
        request = tx.session.get_one(SupportRequest, request_id)
        seen = {view.name: view for view in views.peer_views(tx, request, parse(BY_PRICE))}
        unpriced = views.peer_views(tx, request, parse())
    marcus, dana = seen["Marcus T."], seen["Dana W."]
    assert (marcus.recent_alerts, marcus.recent_cases) == (6, 0)
    assert (dana.recent_alerts, dana.recent_cases) == (0, 1)
    assert not any(view.recent_alerts or view.recent_cases for view in unpriced)


def test_video_is_asked_from_the_start_when_lateness_can_be_foreseen(ward: Ward) -> None:
    by_price(ward)
    for peer in (ward.marcus, ward.dana):
        ward.world.off_duty(peer)
    far = ward.world.peer(ward.admin, "Farah X.", km_north=38.0, on_duty=False)
    near_by_screen = ward.world.peer(ward.admin, "Vic V.", on_duty=False)
    ward.world.on_duty(far, modalities=[Modality.IN_PERSON])
    ward.world.on_duty(near_by_screen, modalities=[Modality.VIDEO])
    request_id = ward.world.ask(ward.nurse, video_fallback=True)
    assert ward.world.asked(request_id) == ["Vic V."]
    offer = ward.world.offer_of(near_by_screen, request_id)
    assert offer is not None
    assert offer.modality is Modality.VIDEO
    assert ward.world.offer_of(far, request_id) is None


def test_a_request_keeps_the_strategy_it_was_made_under(ward: Ward) -> None:
    old = ward.world.ask(ward.nurse)
    by_price(ward)
    assert ward.world.request(old).policy["strategy"] == "waves"
    assert ward.world.asked(old) == ["Dana W.", "Marcus T."]
