"""The rungs of one offer, as one table: what is sent when, to which kinds of device.

Pure. It knows the order and the texts; it refuses to know rows, people and providers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifications.compose import way_of
from notifications.models import Kind, Rung

PUSH_KINDS = frozenset({Kind.FCM, Kind.WEBPUSH, Kind.CONSOLE})
"""Channels whose alert can later be replaced on the phone."""

OFFER_KINDS = PUSH_KINDS | {Kind.SMS, Kind.VOICE}
"""Channels that ask a peer. An e-mail or a chat message never asks anybody to come."""


@dataclass(frozen=True)
class Step:
    """One rung: after how long (a key of the policy's ladder; None is at once), where, which text."""

    rung: Rung
    after: str | None
    kinds: frozenset[Kind]
    text: str


STEPS = (
    Step(Rung.PUSH, None, PUSH_KINDS, "offer"),
    Step(Rung.PUSH_AGAIN, "push_again_s", PUSH_KINDS, "offer_again"),
    Step(Rung.SMS, "sms_s", frozenset({Kind.SMS}), "sms"),
    Step(Rung.VOICE, "voice_s", frozenset({Kind.VOICE}), "voice"),
)

EARLIER_ON_DEVICE = {Rung.PUSH_AGAIN: Rung.PUSH}
"""A rung that replaces another on the same device: once it goes, the other need not."""


def after_s(step: Step, timings: Mapping[str, Any]) -> int:
    """Seconds from the offer to this rung, as its policy has it."""
    return 0 if step.after is None else int(timings[step.after])


def args_of(offer: Mapping[str, Any]) -> dict[str, Any]:
    """All that a text may know of an offer: the modality and, for a journey, whole minutes."""
    args: dict[str, Any] = {"modality": offer["modality"]}
    if offer["modality"] == "in_person" and offer.get("travel_s") is not None:
        args["minutes"] = max(1, math.ceil(offer["travel_s"] / 60))
    return args


def key_of(step: Step, args: Mapping[str, Any]) -> str:
    """The text of this rung for an offer with these arguments."""
    return f"{step.text}.{way_of(args)}"
