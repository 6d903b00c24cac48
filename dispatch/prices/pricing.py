"""The numbers of priced asking: what a minute, an ask and a peer's strain are worth to one another.

All of them are settings of a policy, under `pricing`. Their unit is the patient-minute (`_min`): one
minute that one person waits. `docs/matching.md` names the source of each; the price of an ask was
chosen with `python -m simulator study` on seeds 1 to 3, and the results stand for others.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Minutes = Annotated[float, Field(ge=0.0, le=240.0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Pricing(BaseModel):
    """What is weighed against what when a search decides whom to ask."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    ask_min: Minutes = 0.75
    """The price of one alert: it is sent when it is expected to save more than this."""

    ask_most_times: Annotated[float, Field(ge=1.0, le=10.0)] = 2.0
    """In a surge the price of an alert rises with how tired all are of alerts, to so many times."""

    at_once: Annotated[int, Field(ge=1, le=10)] = 4
    """At most so many are asked in one look."""

    review_s: Annotated[int, Field(ge=10, le=600)] = 45
    """How long after a look, if nobody answers, the search looks again; it does at once after a no."""

    remote_min: Minutes = 40.0
    """What it costs a person who wished for somebody in person to get video."""

    unfilled_min: Annotated[float, Field(ge=1.0, le=1440.0)] = 120.0
    """What it costs a person when nobody can be found."""

    case_min: Minutes = 2.0
    """For each visit of a peer in the last 24 hours: others first."""

    alert_min: Minutes = 1.0
    """For each time a peer was asked for nothing in the last 24 hours: others first."""

    cases_usual: Annotated[float, Field(ge=0.1, le=100.0)] = 1.0
    """When those who can be asked had more visits than this in the mean, each counts less: by as much."""

    alerts_usual: Annotated[float, Field(ge=0.1, le=100.0)] = 2.0
    """The same for alerts for nothing: in a surge only who had more than the others comes later."""

    doubt_min: Minutes = 0.5
    """Divided by the chance of a yes: who is unlikely to go is asked later."""

    met_min: Minutes = 6.0
    """Met before, and wanted again: continuity."""

    experience_min: Minutes = 4.0
    """Has lived through what the person would like to talk about."""

    wish_min: Minutes = 5.0
    """Is as somebody was wished for: a woman, a veteran, a parent ..."""

    suits_most_min: Minutes = 10.0
    """All that suits together is worth at most so much."""

    yes_chance: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.38
    """How likely a peer who is asked says yes, when nothing is known of them."""

    yes_less_per_km: Annotated[float, Field(ge=0.0, le=0.1)] = 0.003
    """How much less likely with each kilometre of the way."""

    yes_less_per_alert: Share = 0.05
    """The share of the chance that each recent alert for nothing takes away."""

    no_share: Share = 0.37
    """Of those who will not go: say so; the others stay silent."""

    answer_median_s: Annotated[float, Field(ge=1.0, le=600.0)] = 35.0
    """Half of all answers have come by then."""

    answer_spread: Annotated[float, Field(ge=0.05, le=3.0)] = 0.6
    """How widely answers are spread: the deviation of the logarithm of their time."""
