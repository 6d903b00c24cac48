"""What the tests of the managers' screens share: a quick clock, peers on duty, cases to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.browser.server import Town
from tests.browser.windows import PATIENCE_MS

SITE = (39.96097, -82.99100)
HOMES = [(-0.03, -0.06), (0.02, 0.01), (0.05, 0.04), (0.09, 0.11), (0.0, 0.13)]
"""Degrees from the first site to where each peer is."""
SOON = PATIENCE_MS
"""Milliseconds within which a page has changed by itself."""
QUICK = {"waves": [{"after_s": 0, "size": 3}], "alarm_after_s": 1, "escalate_after_s": 3600}
"""An alarm after a second, and nobody else who is asked before it."""
LATER = {"waves": [{"after_s": 0, "size": 3}], "alarm_after_s": 3600, "escalate_after_s": 3600}
PASSWORD = "four quiet words here"

Person = dict[str, Any]


@contextmanager
def on_duty(town: Town, number: int = 4) -> Iterator[list[Person]]:
    """So many peers of the first network on duty; afterwards nobody, and no open request."""
    peers = [user for user in town.users if user["role"] == "peer"][:number]
    for peer, (north, east) in zip(peers, HOMES, strict=False):
        town.on_duty(peer, "in_person", "video", at=(SITE[0] + north, SITE[1] + east))
    town.call(town.user("manager"), "PUT", "/policy", LATER)
    try:
        yield peers
    finally:
        town.finish_all()
        town.off_duty()


def ask(town: Town, place: str, *, site: int = 0, **more: Any) -> str:
    """A nurse asks; the request's id."""
    body = {"modality": "in_person", "place": place, "language": "en", "consent": True, **more}
    made = town.call(town.user("staff", site), "POST", "/requests", body, status=201)
    return str(made["id"])


def accept(town: Town, peer: Person, *steps: str) -> str:
    """The peer says yes to their one open offer and takes these steps; the visit's id."""
    [offer] = town.call(peer, "GET", "/offers")["items"]
    answer = town.call(peer, "POST", f"/offers/{offer['id']}/accept")
    visit = str(answer["visit"]["id"])
    for step in steps:
        town.call(peer, "POST", f"/visits/{visit}/{step}")
    return visit


def colleague(town: Town, role: str, name: str) -> Person:
    """Another user of the first network, with a password; the same one when asked again."""
    person = {"email": f"{name.lower().replace(' ', '.')}@buckeye.example", "password": PASSWORD}
    manager = town.user("manager")
    known = {user["email"] for user in town.call(manager, "GET", "/users?limit=200")["items"]}
    if person["email"] not in known:
        body = {**person, "name": name, "role": role}
        town.call(manager, "POST", "/users", body, status=201)
    return {**person, "role": role, "name": name}
