"""A call is picked up: what is said, the key, and who was there."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatch.actions import help_calls, staff, visits
from dispatch.models import User
from dispatch.states import Role
from notifications import devices
from notifications.models import DeliveryState, Device, Kind, Rung
from tests.harness.twilio_phone import Phone
from tests.hooks.conftest import Town

MARCUS, DANA = "+16145550100", "+16145550101"
ASKS = (
    "This is Alongside. Someone would like a peer, about {} minutes from you. "
    "Press 1 if you can go. Press 2 for not this time."
)
BYE = "Goodbye."


def called(town: Town, phone: Phone) -> str:
    """A request, and the ring of its call."""
    request = town.ask(town.nurse)
    town.forward(46)
    assert phone.rings == 1
    return request


def minutes(said: str) -> str:
    return next(word for word in said.split() if word.isdigit())


def test_one_is_yes_and_pressing_twice_is_once(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    request = called(town, phone)
    first, again, bye = phone.pick_up()
    assert first == again == ASKS.format(minutes(first))
    assert bye == BYE
    assert town.rung(marcus, Rung.VOICE).opened_at is None, "a mailbox picks up too"
    assert town.state(request) == "searching"
    said = ["You said yes. Open the app for the place.", BYE]
    assert phone.press("1") == said
    assert town.state(request) == "accepted"
    assert town.rung(marcus, Rung.VOICE).opened_at is not None
    assert town.device_of(MARCUS, Kind.VOICE).heard_at is not None
    assert phone.pick_up() == said, "the provider fetches it again"
    assert town.facts(request).count("offer_accepted") == 1


def test_two_is_not_this_time(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    request = called(town, phone)
    assert phone.press("2") == ["Not this time. Thank you.", BYE]
    assert town.asked(request) == []
    town.forward(120)
    assert phone.rings == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_any_other_key_hears_it_once_more(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    request = called(town, phone)
    assert len(phone.press("7")) == 3
    assert phone.press("*") == [BYE]
    assert town.state(request) == "searching"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_after_a_wrong_key_the_right_one_counts(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    request = called(town, phone)
    phone.press("9")
    phone.press("1")
    assert town.state(request) == "accepted"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_picked_up_too_late(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    dana = town.peer(town.admin, "Dana W.")
    request = called(town, phone)
    town.accept(dana, request)
    assert phone.pick_up() == ["Someone else said yes first. Thank you.", BYE]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_key_too_late_in_spanish(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE, locale="es")
    dana = town.peer(town.admin, "Dana W.")
    request = called(town, phone)
    assert phone.pick_up()[0].startswith("Habla Alongside. Alguien quisiera un compañero de apoyo")
    town.accept(dana, request)
    assert phone.press("1") == ["Alguien dijo que sí primero. Gracias.", "Adiós."]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_request_that_ended(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    request = called(town, phone)
    phone.pick_up()
    town.do(staff.cancel, town.nurse, request, "mistake")
    assert phone.press("1")[0] == "This one has ended. It needs no answer. Thank you."


def test_a_no_after_a_yes_leaves_it_as_it_is(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    request = called(town, phone)
    phone.pick_up()
    town.accept(marcus, request)
    assert phone.press("2")[0].startswith("You said yes to this one.")
    assert town.state(request) == "accepted"


def test_two_press_one_at_the_same_moment(town: Town) -> None:
    _, first = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    _, second = town.peer_with("Dana W.", DANA, Kind.VOICE)
    request = called(town, first)
    assert second.rings == 1
    for phone in (first, second):
        phone.pick_up()
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(lambda phone: phone.press("1")[0], (first, second)))
    assert said == [
        "Someone else said yes first. Thank you.",
        "You said yes. Open the app for the place.",
    ]
    assert town.facts(request).count("offer_accepted") == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_who_does_not_allow_calls_is_not_called(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    town.ask(town.nurse)
    town.forward(120)
    assert (len(phone.texts), phone.rings) == (1, 0)
    assert town.rows(marcus, rung=Rung.VOICE) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_spoken_test_waits_for_a_key(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    with town.db.transaction() as tx:
        device = tx.session.get_one(Device, town.device_of(MARCUS, Kind.VOICE).id)
        devices.request_test(tx, device)
    town.tick()
    assert phone.rings == 1
    assert phone.pick_up()[0] == (
        "This is Alongside. This is a test. Press 1 so that we know our calls reach you."
    )
    assert town.device_of(MARCUS, Kind.VOICE).heard_at is None
    assert phone.press("1") == ["Thank you. Calls from Alongside reach you.", BYE]
    assert town.device_of(MARCUS, Kind.VOICE).heard_at is not None


@pytest.mark.parametrize("locale", ["en", "es"])
def test_a_call_for_help_says_where_the_number_is_and_any_key_says_it_again(
    town: Town, locale: str
) -> None:
    manager = town.user(town.admin, "Renee A.", Role.MANAGER)
    with town.db.transaction() as tx:
        tx.session.get_one(User, manager.id).locale = locale
    town.device(manager, DANA, Kind.VOICE)
    phone = town.twilio.phone(DANA)
    marcus = town.peer(town.admin, "Marcus T.")
    request = town.ask(town.nurse)
    visit = town.accept(marcus, request)
    for step in (visits.arrive, visits.start):
        town.do(step, marcus, visit)
    town.do(help_calls.call, marcus, visit)
    town.tick()
    assert phone.rings == 1
    words = {"en": ("A peer asked for help", BYE), "es": ("ayuda", "Adiós.")}[locale]
    said = phone.pick_up()
    assert words[0] in said[0]
    assert said == [said[0], said[0], words[1]]
    assert "Marcus" not in said[0], "whose call it is stands behind the sign-in"
    # No key answers it: nobody has it before they say so where the number is.
    for key in ("1", "2"):
        phone.pick_up()
        assert phone.press(key) == said
        assert phone.press(key) == [words[1]]
    rows = town.rows(manager, channel=Kind.VOICE)
    assert [row.opened_at is not None for row in rows].count(True) == 1, "somebody was there"
    assert [row.state for row in rows].count(DeliveryState.PENDING) == 2, "and it rings again"
    assert town.snapshot(request)["help"]["held_by"] is None
