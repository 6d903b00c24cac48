"""What was learned of answers, as it is kept and as a decision asks it. Pure.

The chance of a yes is a pooled logistic model (the way, the hour, recent alerts) times a ratio of
the peer's own, close to 1 until much is known of them. A model is judged whole, when it is written
and when it is read: numbers that are none, or that no people behave by, are no model.
"""

from collections.abc import Sequence
from datetime import datetime
from math import cos, pi, sin, tau
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.learning.fitting import chance_at, score_of
from dispatch.matching import Candidate, PeerView
from dispatch.prices.chances import sane

MOST_KM = 80.0
MOST_ALERTS = 12
"""Beyond these nobody has learned anything: further and oftener counts as this."""

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Count = Annotated[float, Field(ge=0.0, le=1e9, allow_inf_nan=False)]
Score = Annotated[float, Field(ge=-1e6, le=0.0, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0.05, le=5.0, allow_inf_nan=False)]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Coefficients(_Kept):
    """By how much the logarithm of the odds of a yes moves. The bounds are far beyond people."""

    base: Annotated[float, Field(ge=-8.0, le=8.0, allow_inf_nan=False)]
    """In person, at the door, at a middling hour, rested."""
    way: Annotated[float, Field(ge=-5.0, le=1.0, allow_inf_nan=False)]
    """For each 10 km."""
    remote: Annotated[float, Field(ge=-4.0, le=4.0, allow_inf_nan=False)]
    """By video, phone or chat instead of a way."""
    alerts: Annotated[float, Field(ge=-2.0, le=0.05, allow_inf_nan=False)]
    """For each time they were asked in the last 24 hours and no visit came of it."""
    day: Annotated[float, Field(ge=-3.0, le=3.0, allow_inf_nan=False)]
    """At noon; as much the other way at midnight."""
    evening: Annotated[float, Field(ge=-3.0, le=3.0, allow_inf_nan=False)]
    """At six in the evening; as much the other way at six in the morning."""

    def vector(self) -> tuple[float, ...]:
        """In the order of `features`."""
        return (self.base, self.way, self.remote, self.alerts, self.day, self.evening)

    @classmethod
    def of(cls, vector: Sequence[float]) -> "Coefficients":
        """From the order of `features`. Raises `ValueError` outside of the bounds."""
        return cls(**dict(zip(cls.model_fields, vector, strict=True)))


def features(km: float | None, alerts: int, hour: float) -> tuple[float, ...]:
    """What the model knows of one asking. `km` is None without a way; `hour` is the site's own."""
    turn = tau * hour / 24.0
    way = 0.0 if km is None else min(max(km, 0.0), MOST_KM) / 10.0
    remote = 1.0 if km is None else 0.0
    return (1.0, way, remote, float(min(alerts, MOST_ALERTS)), cos(turn - pi), sin(turn - pi))


class Bin(_Kept):
    """Askings with about the same chance: what they had to bring, and what came."""

    low: Share
    high: Share
    asked: int
    chance: Share
    """The mean of what was said."""
    expected: Count
    """Yeses to be expected by when each was closed."""
    came: int


class Check(_Kept):
    """How well it foresaw the latest fifth of the answers, having learned from those before.

    The scores are the mean logarithm of how likely each outcome was held to be: nearer to 0 is better.
    """

    answers: Count
    learned: Score
    policy: Score
    """By the policy's own numbers, for the same answers."""
    alike: Score
    """Everybody alike, at the share that had said yes before."""
    bins: tuple[Bin, ...]


class Model(_Kept):
    """All that is kept of one version."""

    shape: Literal[1] = 1
    coefficients: Coefficients
    ratios: dict[str, Ratio]
    """By peer: how much oftener than others, asked alike, they say yes; drawn to 1 by few answers."""
    yes: Count
    no: Count
    silent: Count
    """Silences, each by what it is worth."""
    check: Check

    @property
    def is_better(self) -> bool:
        """Whether it foresaw answers at least as well as the policy's own numbers."""
        return self.check.learned >= self.check.policy


EXAMPLES: dict[str, tuple[float | None, int, float]] = {
    "near": (5.0, 0, 12.0),
    "far": (30.0, 0, 12.0),
    "night": (5.0, 0, 3.0),
    "remote": (None, 0, 12.0),
    "tired": (5.0, 4, 12.0),
}
"""Askings that show what a model has learned: kilometres, alerts of a day, hour."""


def examples(model: Model) -> dict[str, float]:
    """What it says of those, for a peer of whom nothing is known."""
    by = model.coefficients.vector()
    return {
        code: round(sane(chance_at(score_of(features(*asking), by))), 4)
        for code, asking in EXAMPLES.items()
    }


class Learned:
    """The model at one site's hour, as `dispatch.prices.chances.Chances` wants it.

    What is the same for every peer is reckoned once; a peer then costs a sum and one exponential.
    """

    def __init__(self, model: Model, hour: float, made_at: datetime) -> None:
        by = model.coefficients
        _, _, _, _, day, evening = features(0.0, 0, hour)
        self._in_person = by.base + by.day * day + by.evening * evening
        self._remote = self._in_person + by.remote
        self._way = by.way / 10_000.0
        self._alerts = by.alerts
        self._ratios = model.ratios
        self._made_at = made_at

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """The chance that this peer, asked now in this way, says yes."""
        metres = candidate.distance_m
        if metres is None:
            score = self._remote
        else:
            score = self._in_person + self._way * min(metres, MOST_KM * 1000.0)
        alerts = peer.recent_alerts
        if alerts:
            score += self._alerts * min(alerts, MOST_ALERTS)
        chance = chance_at(score)
        ratio = self._ratios.get(peer.id)
        if ratio is not None and (peer.counted_from is None or peer.counted_from <= self._made_at):
            chance *= ratio
        return sane(chance)
