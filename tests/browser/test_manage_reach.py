"""Who cannot be reached, on the board and in the list; and how far the asking of each peer got."""

import sqlite3
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import accessible, fits, picture
from tests.browser.manage import SOON, Person, ask, on_duty
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open

PHONE = {"kind": "fcm", "platform": "android"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A server whose phones remember instead of printing: without a phone nobody is rung."""
    with start_town(tmp_path_factory.mktemp("town"), PUSH="memory") as place:
        yield place


@pytest.fixture
def peers(town: Town) -> Iterator[list[Person]]:
    """Four peers with a phone each, on duty."""
    for number, peer in enumerate([one for one in town.users if one["role"] == "peer"][:4]):
        register(town, peer, f"phone-{number}")
    with on_duty(town) as found:
        yield found


def register(town: Town, peer: Person, address: str) -> None:
    """The peer's phone is at this address, and nobody else's."""
    town.call(peer, "POST", "/devices", PHONE | {"address": address}, status=201)


def first_alert(town: Town, offer: dict[str, Any]) -> str:
    """The id that the first alert of an offer carried to the phone."""
    with sqlite3.connect(town.folder / "alongside.sqlite3") as rows:
        query = "SELECT id FROM deliveries WHERE offer_id = ? AND rung = 'push'"
        [(delivery_id,)] = rows.execute(query, (offer["id"],)).fetchall()
    return str(delivery_id)


def test_each_asked_peer_says_how_far_their_asking_got(
    town: Town, peers: list[Person], open_page: Open
) -> None:
    marcus, elena, joe = peers[0], peers[1], peers[2]
    ask(town, "Room 5")
    page = open_page("/manage", town.user("manager"))
    page.locator("[data-case]", has_text="Room 5").click()
    asked = page.locator(".panel .asked")

    def one(peer: Person) -> Any:
        return asked.locator("li", has_text=peer["name"].split()[0])

    expect(one(marcus)).to_contain_text("Sent at", timeout=SOON)
    expect(asked.locator("li")).to_have_count(3)
    [offer] = town.call(marcus, "GET", "/offers")["items"]
    receipt = f"/deliveries/{first_alert(town, offer)}/receipt"
    town.call(marcus, "POST", receipt, {"event": "delivered"}, status=204)
    expect(one(marcus)).to_contain_text("On the phone at", timeout=SOON)
    [seen] = town.call(elena, "GET", "/offers")["items"]
    town.call(elena, "POST", f"/offers/{seen['id']}/seen")
    expect(one(elena)).to_contain_text("Seen at", timeout=SOON)
    [declined] = town.call(joe, "GET", "/offers")["items"]
    town.call(joe, "POST", f"/offers/{declined['id']}/decline", {})
    expect(one(joe)).to_contain_text("Said not this time", timeout=SOON)

    page.get_by_role("button", name="Each alert").click()
    expect(one(marcus)).to_contain_text("Alert: on the phone at")
    expect(one(marcus)).to_contain_text("Alert again:")
    expect(one(elena)).to_contain_text("No answer yet")
    accessible(page)
    picture(page, "manage-asked")
    fits(page)


def test_who_lost_their_phone_is_named_and_not_counted(
    town: Town, peers: list[Person], open_page: Open
) -> None:
    marcus, elena = peers[0], peers[1]
    page = open_page("/manage", town.user("manager"))
    expect(page.locator(".livet")).to_contain_text("Live,")
    free = page.locator("[data-number=free] .kpi__fig")
    expect(free).to_contain_text("4")
    expect(page.get_by_text("cannot be reached")).to_have_count(0)
    register(town, elena, "phone-0")  # Elena signed in on Marcus' phone
    line = page.locator(".notes .banner", has_text="1 peer on duty cannot be reached")
    expect(line).to_contain_text(short(marcus), timeout=SOON)
    expect(free).to_contain_text("3")
    accessible(page)
    fits(page)
    picture(page, "manage-unreachable")

    room = f"Room {token_hex(2)}"  # a try before this one left its case among those that are over
    ask(town, room)
    page.locator("[data-case]", has_text=room).click()
    expect(page.locator(".panel .asked li")).to_have_count(3, timeout=SOON)
    expect(page.locator(".panel .asked")).not_to_contain_text(short(marcus))
    expect(page.locator(".panel .going")).to_be_visible()

    line.get_by_role("link", name="See why").click()
    row = page.locator("tr[data-peer]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Cannot be reached")
    expect(row).to_contain_text("Someone else signed in on the phone")
    expect(row).to_contain_text("They sign in on a phone of their own.")
    accessible(page)
    fits(page)
    picture(page, "manage-peers-unreachable")

    row.get_by_role("link").first.click()
    card = page.locator("section", has=page.get_by_role("heading", name="Will their phone ring?"))
    expect(card).to_contain_text("Cannot be reached")
    expect(card).to_contain_text("Someone else signed in on the phone")
    accessible(page)
    fits(page)

    page.goto("/manage?wall=1")
    wall = page.locator(".notes .banner", has_text="1 peer on duty cannot be reached")
    expect(wall).not_to_contain_text(short(marcus))
    page.goto("/manage")
    expect(page.locator(".livet")).to_contain_text("Live,")
    register(town, marcus, "phone-0")
    expect(page.get_by_text("cannot be reached")).to_have_count(0, timeout=SOON)
    expect(free).to_contain_text("4")


def test_in_spanish_too(town: Town, peers: list[Person], open_page: Open) -> None:
    page: Page = open_page("/choose?lang=es&next=/manage", town.user("manager"))
    expect(page.locator(".livet")).to_contain_text("En vivo")
    register(town, peers[1], "phone-0")
    line = "No se puede contactar a 1 compañero de turno"
    expect(page.locator(".notes .banner", has_text=line)).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="Ver por qué").click()
    expect(page.locator("tr[data-peer]")).to_contain_text("Otra persona inició sesión")


def short(person: Person) -> str:
    """First name plus initial."""
    first, *rest = person["name"].split()
    return f"{first} {rest[-1][0]}." if rest else first
