"""Peers answer by text message: every word, late, doubled, to two at once, and what is said back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatch.actions import peers, staff
from notifications import devices
from notifications.models import Device, DeviceState, Kind, Rung, TextChoice
from tests.harness.twilio import TwilioServer
from tests.hooks.conftest import Town
from tests.hooks.two import second_offer

MARCUS, DANA, STRANGER = "+16145550100", "+16145550101", "+16145550999"
PLACE = "You said yes. Open the app for the place. Thank you."
NOT_NOW = "Not this time. Thank you."
TAKEN = "That one is taken care of. Thank you."


def test_yes_is_the_same_yes_as_in_the_app_and_twice_is_once(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    request = town.ask(town.nurse)
    town.forward(31)
    assert phone.texts[-1].startswith("Alongside: someone would like a peer, in person")
    assert phone.reply(" yes! ") == ""
    assert town.state(request) == "accepted"
    assert town.snapshot(request)["visit"]["peer"]["name"] == "Marcus T."
    town.tick()
    assert phone.texts[-1] == f"{PLACE} {town.wired.settings.public_url}"
    phone.reply("Y")
    town.tick()
    assert phone.texts[-2:] == [phone.texts[-1]] * 2, "the same answer again"
    assert town.facts(request).count("offer_accepted") == 1
    row = town.rung(marcus, Rung.SMS)
    assert row.opened_at is not None
    assert town.device_of(MARCUS).heard_at is not None


def test_the_provider_repeating_itself_changes_nothing(town: Town, twilio: TwilioServer) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    town.ask(town.nurse)
    town.forward(31)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(twilio.text_to_us, MARCUS, "N", sid="SMsame") for _ in range(4)]
        assert {call.result().status_code for call in calls} == {200}
    town.tick()
    assert len(phone.texts) == 2
    assert phone.texts[-1] == NOT_NOW


def test_no_costs_nothing_and_can_be_taken_back(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    request = town.ask(town.nurse)
    town.forward(31)
    phone.reply("No thanks")
    town.tick()
    assert town.asked(request) == []
    phone.reply("Y")
    town.tick()
    assert phone.texts[-2] == NOT_NOW
    assert phone.texts[-1].startswith(PLACE)
    assert town.state(request) == "accepted"
    phone.reply("N")
    town.tick()
    assert phone.texts[-1].startswith("You said yes to this one. If that has changed, open the app")
    assert town.state(request) == "accepted"


def test_two_answer_at_the_same_moment_and_one_is_taken(town: Town) -> None:
    _, first = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    _, second = town.peer_with("Dana W.", DANA, Kind.SMS)
    request = town.ask(town.nurse)
    town.forward(31)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda phone: phone.reply("Y"), (first, second)))
    town.tick()
    answers = sorted(phone.texts[-1].partition(" http")[0] for phone in (first, second))
    assert answers == [TAKEN, PLACE]
    assert town.facts(request).count("offer_accepted") == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_late_is_answered_kindly(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    dana = town.peer(town.admin, "Dana W.")
    request = town.ask(town.nurse)
    town.forward(31)
    town.accept(dana, request)
    town.tick()
    for said in ("Y", "n", "Y "):
        phone.reply(said)
        town.tick()
        assert phone.texts[-1] == TAKEN


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_ended_request_says_so(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS, locale="es")
    request = town.ask(town.nurse)
    town.forward(31)
    assert "alguien quisiera un compañero de apoyo" in phone.texts[-1]
    town.do(staff.cancel, town.nurse, request, "mistake")
    phone.reply("SÍ")
    town.tick()
    assert phone.texts[-1] == "Esa ya terminó. No necesita respuesta. Gracias."


def test_busy_with_somebody_says_so(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    first = town.ask(town.nurse)
    town.forward(31)
    second = second_offer(town, marcus)
    town.accept(marcus, first)
    phone.reply("Y")
    town.tick()
    assert phone.texts[-1] == "You are with someone right now. Thank you for answering."
    assert town.state(second) == "searching"


def test_two_open_ones_are_asked_about_and_bound_to_the_list(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    first = town.ask(town.nurse)
    town.forward(31)
    second = second_offer(town, marcus)
    assert len(phone.texts) == 2
    phone.reply("Y")
    town.tick()
    question = phone.texts[-1].splitlines()
    assert question[0].startswith("More than one is open. Reply with its number")
    assert question[1].startswith("1: in person, about ")
    assert question[2] == "2: by video, now"
    phone.reply("3")
    town.tick()
    assert phone.texts[-1].splitlines() == question, "asked again"
    phone.reply("Y2 please")
    town.tick()
    assert town.state(second) == "accepted"
    assert town.state(first) == "searching"
    assert phone.texts[-1].startswith("You said yes. Open the app to begin.")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_none_of_them(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    requests = [town.ask(town.nurse)]
    town.forward(31)
    requests.append(second_offer(town, marcus))
    phone.reply("N")
    town.tick()
    phone.reply("N")
    town.tick()
    assert phone.texts[-1] == NOT_NOW
    assert [town.asked(request) for request in requests] == [[], []]


def test_a_yes_that_crosses_a_newer_offer_is_asked_about(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    dana = town.peer(town.admin, "Dana W.")
    first = town.ask(town.nurse)
    town.forward(31)
    second = second_offer(town, marcus)
    town.do(peers.accept, dana, town.offer_of(dana, first).id)  # type: ignore[union-attr]  # she was asked
    town.tick()
    phone.reply("Y")
    town.tick()
    assert phone.texts[-1].startswith("The earlier one is taken care of. This one is new.")
    assert town.state(second) == "searching"
    phone.reply("1")
    assert town.state(second) == "accepted"
    town.tick()
    assert phone.texts[-1].startswith("You said yes.")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_offer_that_was_never_texted_is_never_accepted_by_a_text(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    request = town.ask(town.nurse)
    town.forward(10)
    for said in ("Y", "1", "Y1"):
        phone.reply(said)
    town.tick()
    assert town.state(request) == "searching"
    assert phone.texts == ["Nothing is waiting for your answer. Thank you."] * 3


def test_an_unknown_number_learns_nothing_and_machines_do_not_talk_for_ever(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    stranger = town.twilio.phone(STRANGER)
    request = town.ask(town.nurse)
    town.forward(31)
    assert len(phone.texts) == 1
    said = stranger.reply("Y")
    assert said.startswith("Alongside does not know this number, so nothing was changed.")
    assert [stranger.reply(text) for text in ("Y", "hello", "STOP")] == ["", "", ""]
    assert town.state(request) == "searching"
    for _ in range(8):
        phone.reply("I am driving right now")
        town.tick()
    assert len(phone.texts) == 1 + 3
    assert phone.texts[-1].startswith("Reply Y for yes or N for not this time.")


def test_stop_is_honoured_at_once_and_start_takes_it_back(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    assert phone.reply("Stop") == "Alongside: you get no more texts. Text START to get them again."
    device = town.device_of(MARCUS)
    assert (device.state, device.dead_reason) == (DeviceState.DISABLED, "STOPPED")
    assert phone.reply("STOP") == "", "one confirmation"
    assert phone.reply("hello") == ""
    request = town.ask(town.nurse)
    town.forward(31)
    assert town.asked(request) == [], "nobody waits for who cannot be reached"
    assert phone.texts == []
    assert phone.reply("START") == "Alongside: you get texts again. Text STOP to end them."
    assert town.device_of(MARCUS).state is DeviceState.ACTIVE
    town.forward(40)
    assert town.asked(request) == ["Marcus T."]
    assert len(phone.texts) == 1
    phone.reply("Y")
    town.tick()
    assert phone.texts[-1].startswith(PLACE)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_stop_stops_what_was_about_to_be_sent(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    town.ask(town.nurse)
    town.forward(10)
    phone.reply("ALTO")
    town.forward(60)
    assert phone.texts == []


def test_yes_of_a_stopped_number_starts_it_again_and_accepts_nothing(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    request = town.ask(town.nurse)
    town.forward(31)
    phone.reply("STOP")
    assert phone.reply("YES").startswith("Alongside: you get texts again.")
    assert town.state(request) == "searching"
    assert len(phone.texts) == 1


def test_start_does_not_take_a_number_from_whoever_has_it_now(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    phone.reply("STOP")
    dana, _ = town.peer_with("Dana W.", MARCUS, Kind.SMS)
    phone.reply("START")
    town.tick()
    assert town.device_of(MARCUS).user_id == dana.id
    assert phone.texts == ["Alongside: you get texts again. Text STOP to end them."]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_provider_that_answers_stop_by_itself_is_not_answered_twice(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    assert phone.reply("STOP", OptOutType="STOP") == ""
    assert town.device_of(MARCUS).state is DeviceState.DISABLED
    assert phone.reply("START", OptOutType="START") == ""
    assert town.device_of(MARCUS).state is DeviceState.ACTIVE
    phone.reply("HELP", OptOutType="HELP")
    town.tick()
    assert phone.texts == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_help(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS, locale="es")
    phone.reply("Ayuda")
    town.tick()
    assert phone.texts[-1].startswith("Alongside envía mensajes a compañeros de apoyo")
    assert "Envía STOP para terminar" in phone.texts[-1]
    phone.reply("STOP")
    assert phone.reply("help").startswith("Alongside envía mensajes")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_test_text_is_answered(town: Town) -> None:
    _, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    with town.db.transaction() as tx:
        device = tx.session.get_one(Device, town.device_of(MARCUS).id)
        devices.request_test(tx, device)
    town.tick()
    assert phone.texts == ["Alongside: this is a test. Reply Y so that we know your texts arrive."]
    phone.reply("y")
    town.tick()
    assert phone.texts[-1] == "Thank you. Texts from Alongside reach you."
    assert town.device_of(MARCUS).heard_at is not None
    phone.reply("y")
    town.tick()
    assert phone.texts[-1] == "Nothing is waiting for your answer. Thank you."


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_question_is_kept_for_one_person_at_a_time(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    town.ask(town.nurse)
    town.forward(31)
    second_offer(town, marcus)
    for _ in range(2):
        phone.reply("Y")
    town.tick()
    assert len(phone.texts) == 4
    with town.db.read() as tx:
        assert tx.session.query(TextChoice).count() == 1
