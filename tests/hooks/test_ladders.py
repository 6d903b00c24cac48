"""One ladder at a time for a person, what stops it, and how everybody hears of the end."""

import pytest

from dispatch.actions import peers, staff
from dispatch.models import Peer
from notifications.models import DeliveryState, Kind, Rung
from tests.harness.twilio import Answer, TwilioServer
from tests.hooks.conftest import Town

MARCUS, DANA = "+16145550100", "+16145550101"


def asked_twice(town: Town) -> tuple[str, str]:
    """Marcus with two offers, the second ten seconds after the first."""
    marcus, _ = town.peer_with("Marcus T.", MARCUS)
    with town.db.transaction() as tx:
        tx.session.get_one(Peer, marcus.id).open_offer_limit = 3
    first = town.ask(town.nurse)
    town.forward(10)
    return first, town.ask(town.nurse, place="Room 7")


def test_the_second_ladder_waits_until_the_first_is_over(town: Town, twilio: TwilioServer) -> None:
    asked_twice(town)
    phone = twilio.phone(MARCUS)
    town.forward(34, step_s=2)  # 44 s: the first text went at 30 s, its call comes at 45 s
    assert (len(phone.texts), phone.rings) == (1, 0)
    town.forward(16, step_s=2)  # 60 s: the first call is ringing
    assert (len(phone.texts), phone.rings) == (1, 1)
    twilio.tell(phone.newest("Calls"), "no-answer")
    town.forward(8, step_s=2)
    assert len(phone.texts) == 2
    assert phone.rings == 2, "its own time had come while it waited"


def test_a_call_nobody_hears_the_end_of_is_over_after_a_while(town: Town) -> None:
    asked_twice(town)
    phone = town.twilio.phone(MARCUS)
    town.forward(70, step_s=2)
    assert (len(phone.texts), phone.rings) == (1, 1)
    town.forward(25, step_s=2)
    assert (len(phone.texts), phone.rings) == (2, 2)


def test_an_answer_to_the_first_lets_the_second_go_on(town: Town) -> None:
    asked_twice(town)
    phone = town.twilio.phone(MARCUS)
    town.forward(26, step_s=2)  # 36 s
    phone.reply("N")
    town.forward(6, step_s=2)  # 42 s: the second text was due at 40 s
    assert phone.texts[1:] == [
        "Not this time. Thank you.",
        phone.texts[0].split("offers/")[0] + "offers/" + phone.texts[-1].split("offers/")[1],
    ]
    assert phone.rings == 0
    town.forward(16, step_s=2)
    assert phone.rings == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", ["yes", "no", "seen", "taken", "cancelled"])
def test_it_stops_at_once(town: Town, how: str) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS)
    dana = town.peer(town.admin, "Dana W.")
    request = town.ask(town.nurse)
    town.forward(20)
    offer = town.offer_of(marcus, request)
    assert offer is not None
    if how == "yes":
        town.accept(marcus, request)
    elif how == "no":
        town.decline(marcus, request)
    elif how == "seen":
        town.do(peers.see, marcus, offer.id)
    elif how == "taken":
        town.accept(dana, request)
    else:
        town.do(staff.cancel, town.nurse, request, "mistake")
    town.forward(60)
    assert (phone.texts, phone.rings) == ([], 0)


def test_a_busy_provider_of_the_first_does_not_hold_up_the_second_for_ever(
    town: Town, twilio: TwilioServer
) -> None:
    twilio.script(MARCUS, Answer(429, 20429, retry_after="600"))
    asked_twice(town)
    phone = twilio.phone(MARCUS)
    town.forward(150)
    assert len(phone.texts) == 1
    assert phone.rings == 2


def test_who_was_texted_only_hears_the_end_by_text(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    dana, other = town.peer_with("Dana W.", DANA, Kind.SMS)
    request = town.ask(town.nurse)
    town.forward(31)
    other.reply("Y")
    town.tick()
    assert phone.texts[1:] == ["That one is taken care of. Thank you."]
    assert len(other.texts) == 2
    second = town.ask(town.nurse)
    town.forward(31)
    town.do(staff.cancel, town.nurse, second, "mistake")
    town.tick()
    assert phone.texts[-1] == "That one has ended. It needs no answer. Thank you."
    assert len(phone.texts) == 4
    assert request != second
    assert len(town.rows(dana, rung=Rung.SMS)) == 1, "she is with somebody"


def test_who_was_not_told_yet_hears_nothing_of_the_end(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    dana = town.peer(town.admin, "Dana W.")
    request = town.ask(town.nurse)
    town.forward(20)
    town.accept(dana, request)
    town.forward(60)
    assert phone.texts == []
    assert town.rung(marcus, Rung.SMS).state is DeliveryState.CANCELLED
