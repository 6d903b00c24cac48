"""Drives a running server in real time, with the people of a file of sign-ins.

Everybody in the file lives: staff ask, peers answer and travel, the first manager looks after what
is escalated. What is reported is read from the server's journal afterwards.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from dispatch.geo import Point
from simulator import nature, places, report
from simulator.doors.network import NetworkDoor
from simulator.journal import read_stories
from simulator.nature import Habits
from simulator.people.manager import Manager
from simulator.people.nurse import Nurse
from simulator.people.peer import Life, Peer
from simulator.people.person import FINAL, Person
from simulator.phone import SignIn
from simulator.report import Report
from simulator.stage import WallStage
from simulator.town import Town

HOME_KM = 5.0
SIGN_IN = timedelta(minutes=1)


@dataclass(frozen=True)
class Drive:
    """What is to be driven, and how."""

    url: str
    credentials: Path
    seconds: float
    seed: int = 7
    load: float = 1.0
    habits: Habits = nature.LIFE
    tell: Callable[[str], None] | None = None
    drain_s: float = 180.0
    """How long what is open at the end may still take."""
    asks_s: tuple[float, ...] | None = None
    """When the first nurse asks, and nobody else does; None: by chance, as often as usual."""


def drive(plan: Drive) -> Report:
    """Live there for a while; the report. Raises `RuntimeError` without a manager's sign-in."""
    stage = WallStage()
    town = Town()
    if plan.tell is not None:
        town.tell = plan.tell
    began = stage.now()
    door = NetworkDoor(plan.url)
    users = json.loads(plan.credentials.read_text(encoding="utf-8"))["users"]
    people = _people(plan, users, door, stage, town)
    managers = [person for person in people if isinstance(person, Manager)]
    if not managers:
        raise RuntimeError("the report is read by a manager, and there is none in the file")
    nurses = [person for person in people if isinstance(person, Nurse)]
    # Who asks comes last: there must be somebody to ask.
    for group in ([person for person in people if person not in nurses], nurses):
        for person in group:
            person.begin()
        _until_known(stage, group)
    end = stage.now() + timedelta(seconds=plan.seconds)
    stage.run(end)

    def is_open() -> bool:
        return any(
            mirror.state not in FINAL for nurse in nurses for mirror in nurse.mirrors.values()
        )

    stage.run(end + timedelta(seconds=plan.drain_s), while_=is_open)
    stories = read_stories(lambda path: managers[0].phone.call("GET", path), since=began)
    for person in people:
        person.phone.switch_off()
    door.close()
    return report.tally(stories, town.rings, town.broken, town.seen)


def _until_known(stage: WallStage, people: Sequence[Person]) -> None:
    """Play until everybody has signed in, or for a minute."""
    stage.run(stage.now() + SIGN_IN, while_=lambda: not all(person.me for person in people))


def _people(
    plan: Drive, users: list[dict[str, Any]], door: NetworkDoor, stage: WallStage, town: Town
) -> list[Person]:
    """Those of the first manager's network, each as their role says."""
    network = next((user["network"] for user in users if user["role"] == "manager"), None)
    found: list[Person] = []
    for user in users:
        if user["network"] != network:
            continue
        who = (
            door,
            stage,
            SignIn(user["email"], user["password"]),
            town,
            plan.habits,
            str(plan.seed),
        )
        chance = Random(f"{plan.seed}:{user['email']}:life")
        if user["role"] == "manager" and not any(isinstance(one, Manager) for one in found):
            found.append(Manager(*who))
        elif user["role"] == "staff":
            is_first = not any(isinstance(one, Nurse) for one in found)
            found.append(Nurse(*who, asks_s=_asks(plan, stage, chance, is_first=is_first)))
        elif user["role"] == "peer":
            found.append(Peer(*who, life=Life(home=_home(user, chance), shift=None)))
    return found


def _asks(plan: Drive, stage: WallStage, chance: Random, *, is_first: bool) -> Sequence[float]:
    """When a nurse asks, in seconds from now."""
    if plan.asks_s is not None:
        return plan.asks_s if is_first else ()
    per_month = nature.ASKS_A_MONTH * plan.load
    hours = plan.seconds / 3600.0
    return nature.ask_times(stage.now(), hours, per_month, "America/New_York", chance)


def _home(user: dict[str, Any], chance: Random) -> Point:
    """Where a peer of the file lives: as it says, else in the first town of the list."""
    if "home" in user:
        return Point(user["home"][0], user["home"][1])
    return places.scatter(places.towns("OH")[0].at, HOME_KM, chance)
