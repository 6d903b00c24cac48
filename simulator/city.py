"""The small living demonstration of `bin/run`: the server, and about ten people at its front door.

They are users of the first demonstration network like any other, made by its admin through the
API and kept in `city.json` beside the data. They sign in over HTTP and Socket.IO on loopback. After
a restart they look at what the server holds, and go on with a visit that was under way.
"""

import json
import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from dispatch.geo import Point
from server import embedded, seed
from server.app import create_app
from server.settings import Settings
from server.wiring import wire
from simulator import names, nature, places
from simulator.door import Answer, Door, Json, Unreachable
from simulator.doors.in_process import InProcessDoor
from simulator.doors.network import NetworkDoor
from simulator.nature import BRISK
from simulator.people.nurse import Nurse
from simulator.people.peer import Life, Peer
from simulator.people.person import Person
from simulator.people.visiting import LIVE
from simulator.people.watcher import Watcher
from simulator.phone import SignIn, iso
from simulator.stage import WallStage
from simulator.town import Town
from storage.clock import SystemClock

log = logging.getLogger(__name__)

DOMAIN = "city.example"
SEED = 11
HOME_KM = 4.0
VALID = timedelta(days=365)
COME_IN_S = 0.5
DUTY_S = 900.0
"""How long a simulated peer says to be there; said again and again while the city lives, so that
after a kill nobody is asked for long whose phone has died with it."""
NURSE_ASKS_EVERY_S = 240.0
NURSE_HOURS = 24.0
SPEAKS_TOO = ("es", "es", "es", "so", "ar", "fr", "ne", "uk", "zh", "vi")
"""What each of the peers speaks beside English."""


def run(settings: Settings, *, peers: int, with_nurses: bool) -> int:
    """The server and its city until Ctrl-C; the exit status. Raises `OSError`: port taken."""
    city = Citizens(settings, peers=peers, with_nurses=with_nurses)
    thread = threading.Thread(target=city.live, name="city", daemon=True)
    thread.start()
    try:
        return embedded.run(settings)
    finally:
        city.stop()
        send_home(settings)


def send_home(settings: Settings) -> None:
    """Take the simulated peers off duty who are not with someone: nobody answers their phones now.

    The server has stopped; this goes in by its front door all the same, without a network.
    """
    path = city_file(settings)
    if not path.exists():
        return
    wired = wire(settings)
    app = create_app(wired)
    door = InProcessDoor(app, app.extensions["socketio"])
    for user in json.loads(path.read_text(encoding="utf-8"))["users"]:
        signed_in = _sign_in(door, user) if user["role"] == "peer" else None
        if signed_in is None or not signed_in.is_ok:
            continue
        token = signed_in.body["access_token"]
        requests = door.request("GET", "/requests", token=token).body["items"]
        if not any(request["visit"]["state"] in LIVE for request in requests if request["visit"]):
            door.request("PUT", "/duty", {"on_duty": False}, token=token)
    wired.close()


def city_file(settings: Settings) -> Path:
    """Where the sign-ins of the simulated people are kept."""
    return settings.alongside_data / "city.json"


class Citizens:
    """The people, and the thread they live in."""

    def __init__(self, settings: Settings, *, peers: int, with_nurses: bool) -> None:
        self._settings = settings
        self._peers = peers
        self._with_nurses = with_nurses
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{settings.port}"  # noqa: S104  # what is compared, not bound
        self._door = NetworkDoor(url)
        self._stage = WallStage()
        self._people: list[Person] = []

    def stop(self) -> None:
        """Everybody stops where they are; the server holds what counts."""
        self._stage.stop()

    def live(self) -> None:
        """Come in as soon as the server is there, and stay."""
        self._stage.after(COME_IN_S, self._come_in)
        self._stage.run()

    def _come_in(self) -> None:
        try:
            users = settled(self._settings, self._door, self._peers)
        except Unreachable:
            self._stage.after(COME_IN_S, self._come_in)
            return
        except CannotSettle as reason:
            say(f"the city stays empty: {reason}")
            return
        town = Town(tell=say)
        living = [user for user in users if user["role"] != "staff" or self._with_nurses]
        self._people = [self._person(user, town) for user in living]
        for person in self._people:
            person.begin()
        peers = sum(isinstance(person, Peer) for person in self._people)
        say(f"the city lives: {peers} simulated peers are on duty")

    def _person(self, user: Json, town: Town) -> Person:
        who = (
            self._door,
            self._stage,
            SignIn(user["email"], user["password"]),
            town,
            BRISK,
            secrets.token_hex(4),
        )
        if user["role"] == "peer":
            return Peer(*who, life=Life(home=Point(*user["home"]), shift=None, renews_s=DUTY_S))
        if user["role"] == "staff":
            return Nurse(*who, asks_s=_asks())
        return Watcher(*who)


def say(line: str) -> None:
    """One line of the story."""
    sys.stdout.write(f"{SystemClock().now().astimezone():%H:%M:%S}  {line}\n")
    sys.stdout.flush()


def _asks() -> list[float]:
    chance = Random(secrets.randbits(64))
    times, second = [], chance.expovariate(1.0 / NURSE_ASKS_EVERY_S)
    while second < NURSE_HOURS * 3600.0:
        times.append(second)
        second += chance.expovariate(1.0 / NURSE_ASKS_EVERY_S)
    return times


class CannotSettle(Exception):
    """The simulated people cannot be made; the message says why."""


def settled(settings: Settings, door: Door, peers: int) -> list[Json]:
    """The sign-ins of the simulated people, made through the API where they are not there yet.

    Raises `Unreachable` while the server is not there, `CannotSettle` when it refuses.
    """
    # An answer, whatever it says: from then on the server has written who can sign in.
    door.request("GET", "/me")
    admin = _admin(settings, door)
    path = city_file(settings)
    known: list[Json] = []
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))["users"]
    if known and _sign_in(door, known[0]).is_ok and _count(known, "peer") >= peers:
        return _some(known, peers)
    users = _make(admin, peers)
    _write(path, users)
    return _some(users, peers)


def _count(users: list[Json], role: str) -> int:
    return sum(user["role"] == role for user in users)


def _some(users: list[Json], peers: int) -> list[Json]:
    """Everybody but the peers beyond the number that is wanted."""
    wanted = [user for user in users if user["role"] == "peer"][:peers]
    return [user for user in users if user["role"] != "peer" or user in wanted]


def _admin(settings: Settings, door: Door) -> Callable[[str, str, Any], Answer]:
    """Calls as the admin of the first demonstration network."""
    users = seed.demo_users(settings)
    found = next((user for user in users if user["role"] == "admin"), None)
    if found is None:
        raise CannotSettle("this database holds no demonstration")
    signed_in = _sign_in(door, found)
    if not signed_in.is_ok:
        raise CannotSettle("the demonstration's admin has another password now")
    token = signed_in.body["access_token"]
    return lambda method, path, body: door.request(method, path, body, token=token)


def _sign_in(door: Door, user: Json) -> Answer:
    body = {"email": user["email"], "password": user["password"]}
    return door.request("POST", "/sessions", body)


def _make(admin: Callable[[str, str, Any], Answer], peers: int) -> list[Json]:
    """Make everybody, or find them again: the same people come out of the same seed."""
    sites = admin("GET", "/sites", None).body["items"]
    chance = Random(SEED)
    until = iso(SystemClock().now() + VALID)
    badges = [{"site_id": site["id"], "expires_at": until} for site in sites]
    certificate = {"name": "Certified Peer Recovery Supporter", "expires_at": until}
    password = secrets.token_urlsafe(12)
    invented = iter(names.invent(400, chance))
    lived_here = {user["email"]: user["id"] for user in _everybody(admin)}
    users: list[Json] = []

    def add(role: str, **more: Any) -> Json:
        name = next(invented)
        user = {"email": names.email_of(name, DOMAIN), "name": name, "role": role}
        answer = admin("POST", "/users", user | {"password": password} | more)
        if answer.status == 422 and user["email"] in lived_here:
            # Somebody of an earlier city whose password was lost.
            path = f"/users/{lived_here[user['email']]}"
            answer = admin("PATCH", path, {"password": password})
        if not answer.is_ok:
            raise CannotSettle(f"a user was refused: {answer.status} {answer.code}")
        return user | {"password": password}

    users.append(add("supervisor"))
    users.append(add("staff", site_id=sites[0]["id"]))
    for number in range(peers):
        site = sites[number % len(sites)]
        middle = Point(site["latitude"], site["longitude"])
        home = places.scatter(middle, HOME_KM, chance)
        profile = {
            "modalities": list(nature.MODALITIES),
            "languages": ["en", SPEAKS_TOO[number % len(SPEAKS_TOO)]],
            "focus": nature.experience(chance),
            "home_latitude": home.latitude,
            "home_longitude": home.longitude,
            "travel_limit_m": 120_000,
            "certificates": [certificate],
            "badges": badges,
        }
        user = add("peer", profile=profile)
        users.append(user | {"home": [home.latitude, home.longitude]})
    return users


def _everybody(admin: Callable[[str, str, Any], Answer]) -> list[Json]:
    """The users of the network."""
    found: list[Json] = []
    cursor = ""
    while True:
        page = admin("GET", f"/users?limit=200{cursor}", None).body
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def _write(path: Path, users: list[Json]) -> None:
    """Replace the file at once; nobody but its owner may read it."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"users": users}, file, indent=2)
    draft.replace(path)
