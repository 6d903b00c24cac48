"""What people are like, with every number of it, and the seeded draws that bring it to life.

Sources: responder apps (76 % of those alerted see it, 38 % accept), volunteer studies (answers are
log-normal, median about 35 s), emergency departments (60 requests a month, evenings busier than
mornings, a conversation of 25 to 45 minutes). It knows chance and refuses to know the product.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

ASKS_A_MONTH = 60.0
"""Requests of a middle-sized emergency department in 30 days."""

BY_HOUR = (
    *(1.00, 0.90, 0.80, 0.60, 0.45, 0.40, 0.40, 0.50, 0.65, 0.80, 0.90, 0.95),
    *(1.00, 1.05, 1.10, 1.15, 1.20, 1.30, 1.40, 1.50, 1.55, 1.50, 1.35, 1.15),
)
"""How busy each local hour is beside the mean of the day."""

MODALITIES = {"in_person": 0.80, "video": 0.14, "phone": 0.05, "chat": 0.01}
LANGUAGES = {"en": 0.93, "es": 0.06, "so": 0.01}
SPOKEN = {"es": 0.20, "so": 0.05}
"""The share of peers who speak a language beside English."""
FOCUSES = {
    "overdose": 0.24,
    "alcohol": 0.22,
    "suicidal_thoughts": 0.20,
    "substances": 0.12,
    "anxiety": 0.08,
    "psychosis": 0.06,
    "family": 0.04,
    "other": 0.04,
}
CANCEL_REASONS = ("changed_mind", "leaving", "mistake")


@dataclass(frozen=True)
class Habits:
    """The chances (0 to 1), medians (seconds) and speeds (m/s) of everybody's behaviour."""

    sees: float = 0.76
    accepts_if_seen: float = 0.50
    """Of all who are asked 0.76 x 0.50 = 38 % say yes."""
    says_no: float = 0.60
    """Of those who saw and will not go; the others just do not answer."""
    changes_mind: float = 0.06
    """Of those who said no: takes it back a minute later, if still wanted."""
    differs: float = 0.12
    """How much peers differ in their willingness (standard deviation)."""
    see_s: float = 14.0
    answer_s: float = 35.0
    answer_spread: float = 0.7
    prepare_s: float = 110.0
    connect_s: float = 70.0
    """From the yes to a connected video, call or chat."""
    at_desk_s: float = 30.0
    meet_s: float = 75.0
    session_s: float = 35 * 60.0
    session_spread: float = 0.15
    speed_mps: float = 48.0 / 3.6
    road_factor: float = 1.3
    park_s: float = 200.0
    road_spread: float = 0.12
    position_every_s: float = 30.0
    idle_position_every_s: float = 1200.0
    withdraws: float = 0.02
    hands_over: float = 0.01
    undoes: float = 0.02
    loses_signal_on_road: float = 0.20
    loses_signal_on_offer: float = 0.04
    silence_s: float = 60.0
    cancels: float = 0.06
    cancel_after_s: float = 9 * 60.0
    presses_is_here: float = 0.25
    ends_early: float = 0.03
    offers_video: float = 0.5
    widens: float = 0.4
    manager_s: float = 60.0


LIFE = Habits()
BRISK = replace(
    LIFE,
    sees=1.0,
    accepts_if_seen=0.75,
    says_no=1.0,
    differs=0.05,
    see_s=1.5,
    answer_s=3.5,
    answer_spread=0.35,
    prepare_s=3.0,
    connect_s=4.0,
    at_desk_s=2.0,
    meet_s=4.0,
    session_s=25.0,
    # Above what a server believes of a car, but in steps that it forgives: 320 m each.
    speed_mps=320.0,
    road_factor=1.0,
    park_s=3.0,
    position_every_s=1.0,
    idle_position_every_s=60.0,
    withdraws=0.0,
    hands_over=0.0,
    undoes=0.0,
    loses_signal_on_road=0.0,
    loses_signal_on_offer=0.0,
    silence_s=4.0,
    cancels=0.02,
    cancel_after_s=20.0,
    manager_s=8.0,
)
"""The demonstration: a request is answered in seconds and completed within two minutes."""


@dataclass(frozen=True)
class Reaction:
    """What a peer will do about one offer. A time of None: never."""

    sees_after_s: float | None
    answers_after_s: float | None
    says_yes: bool


@dataclass(frozen=True)
class Shift:
    """From when until when a peer is available, in seconds from the start of the story."""

    starts_s: float
    ends_s: float


def lognormal(chance: Random, median: float, spread: float) -> float:
    """A positive number around `median`; `spread` is the deviation of its logarithm."""
    return median * math.exp(chance.gauss(0.0, spread))


def pick(chance: Random, shares: Mapping[str, float]) -> str:
    """One of the keys, by its share."""
    return chance.choices(list(shares), weights=list(shares.values()))[0]


def willingness(habits: Habits, chance: Random) -> float:
    """One peer's own chance to go when they have seen an offer."""
    return min(max(chance.gauss(habits.accepts_if_seen, habits.differs), 0.05), 0.95)


def react(habits: Habits, willing: float, chance: Random) -> Reaction:
    """What a peer with that willingness does about an offer."""
    sees = chance.random() < habits.sees
    says_yes = chance.random() < willing
    answers = says_yes or chance.random() < habits.says_no
    see_s = lognormal(chance, habits.see_s, habits.answer_spread)
    think_s = lognormal(chance, habits.answer_s - habits.see_s, habits.answer_spread)
    if not sees:
        return Reaction(None, None, says_yes=False)
    return Reaction(see_s, see_s + think_s if answers else None, says_yes)


def shift(hours: float, chance: Random) -> Shift:
    """About two thirds are there from the beginning; most of them stay to the end."""
    length_s = hours * 3600.0
    if chance.random() < 0.65:
        starts_s = 0.0
    else:
        starts_s = chance.uniform(0.0, 0.7 * length_s)
    return Shift(starts_s, starts_s + chance.uniform(0.5, 1.5) * max(length_s, 3600.0))


def languages(chance: Random) -> list[str]:
    """What a peer speaks: English, and for some one more."""
    return ["en", *(code for code, share in SPOKEN.items() if chance.random() < share)]


def experience(chance: Random) -> list[str]:
    """What a peer has lived through: one to three of the focuses."""
    return sorted({pick(chance, FOCUSES) for _ in range(chance.randint(1, 3))})


def need(habits: Habits, chance: Random) -> dict[str, Any]:
    """What a nurse says when asking: the body of a request."""
    modality = pick(chance, MODALITIES)
    body: dict[str, Any] = {
        "modality": modality,
        "place": f"Room {chance.randint(1, 24)}",
        "language": pick(chance, LANGUAGES),
        "consent": True,
        "video_fallback": modality == "in_person" and chance.random() < habits.offers_video,
    }
    if chance.random() < 0.9:
        body["focus"] = pick(chance, FOCUSES)
    if chance.random() < 0.2:
        body["note"] = "Family is in the waiting room."
    return body


def ask_times(
    start: datetime, hours: float, per_month: float, time_zone: str, chance: Random
) -> list[float]:
    """The seconds from `start` at which one site asks: a Poisson process with the day's shape."""
    zone = ZoneInfo(time_zone)
    peak_per_s = per_month / (30 * 24 * 3600.0) * max(BY_HOUR)
    if peak_per_s <= 0:
        return []
    found: list[float] = []
    second = chance.expovariate(peak_per_s)
    while second < hours * 3600.0:
        local = (start + timedelta(seconds=second)).astimezone(zone)
        if chance.random() < BY_HOUR[local.hour] / max(BY_HOUR):
            found.append(second)
        second += chance.expovariate(peak_per_s)
    return found
