"""Two evenings told whole: two peers say yes at one instant, and one who stops and starts."""

from concurrent.futures import ThreadPoolExecutor

from dispatch.actions import visits
from notifications.models import DeliveryState, DeviceState, Rung
from tests.hooks.conftest import Town

MARCUS, DANA, SAM = "+16145550100", "+16145550101", "+16145550102"


def test_one_says_yes_by_text_and_one_by_telephone_at_the_same_instant(town: Town) -> None:
    marcus, first = town.peer_with("Marcus T.", MARCUS)
    dana, second = town.peer_with("Dana W.", DANA, km=6.0)
    _, third = town.peer_with("Sam B.", SAM, km=7.0)
    request = town.ask(town.nurse)
    town.forward(46)
    for phone in (first, second, third):
        assert (len(phone.texts), phone.rings) == (1, 1)
    second.pick_up()
    with ThreadPoolExecutor(2) as pool:
        texting = pool.submit(first.reply, "Y")
        calling = pool.submit(second.press, "1")
        texting.result()
        spoken = calling.result()[0]
    town.tick()

    visitor = town.snapshot(request)["visit"]["peer"]["name"]
    assert town.facts(request).count("offer_accepted") == 1
    if visitor == "Marcus T.":
        winner = marcus
        assert first.texts[-1].startswith("You said yes. Open the app for the place.")
        assert spoken == "Someone else said yes first. Thank you."
        assert second.texts[-1] == "That one is taken care of. Thank you."
    else:
        winner = dana
        assert spoken == "You said yes. Open the app for the place."
        assert "That one is taken care of. Thank you." in first.texts
    assert third.texts[-1] == "That one is taken care of. Thank you."
    assert third.pick_up()[0] == "Someone else said yes first. Thank you."

    (visit,) = [town.snapshot(request)["visit"]["id"]]
    for step in (visits.depart, visits.arrive, visits.start, visits.complete):
        town.forward(60, step_s=30)
        town.do(step, winner, visit)
    town.forward(120, step_s=30)
    assert town.state(request) == "completed"
    for phone in (first, second, third):
        assert phone.rings == 1


def test_one_who_stops_is_left_in_peace_and_is_asked_again_after_start(town: Town) -> None:
    marcus, phone = town.peer_with("Marcus T.", MARCUS)
    first = town.ask(town.nurse)
    town.forward(31)
    assert phone.reply("stop") == "Alongside: you get no more texts. Text START to get them again."
    town.forward(20)
    assert (len(phone.texts), phone.rings) == (1, 1), "texts are stopped, calls were not"
    assert town.device_of(MARCUS).state is DeviceState.DISABLED
    phone.press("2")
    town.forward(60)
    assert town.asked(first) == []

    town.forward(200)
    second = town.ask(town.nurse, place="Room 7")
    town.forward(46)
    assert (len(phone.texts), phone.rings) == (1, 2)
    assert [row.state for row in town.rows(marcus, rung=Rung.SMS)] == [DeliveryState.SENT]
    phone.reply("START")
    town.forward(30)
    assert len(phone.texts) == 1, "that offer was told by telephone already"
    phone.press("1")
    assert town.state(second) == "accepted"
    assert town.device_of(MARCUS).state is DeviceState.ACTIVE
