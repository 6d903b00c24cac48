"""Why a call did not come about, or is over. Pure: a provider's word in, ours out.

The values are those of the floor that keeps calls; a test holds the two lists together.
"""

from enum import StrEnum


class End(StrEnum):
    """What the telephone can tell of the end of a call."""

    HUNG_UP = "hung_up"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    LEFT = "left"
    OTHER_NO_ANSWER = "other_no_answer"
    OTHER_BUSY = "other_busy"
    OTHER_MACHINE = "other_machine"
    OTHER_FAILED = "other_failed"
    NO_NUMBER = "no_number"
    AWAY = "away"
    FAILED = "failed"


_PEER = {
    "busy": End.BUSY,
    "no-answer": End.NO_ANSWER,
    "canceled": End.NO_ANSWER,
    "failed": End.FAILED,
    # Picked up, and over before the two were joined; where they were, it is `hung_up` there.
    "completed": End.LEFT,
}
_OTHER = {
    "busy": End.OTHER_BUSY,
    "no-answer": End.OTHER_NO_ANSWER,
    "failed": End.OTHER_FAILED,
    # Picked up by whoever did not press the key.
    "completed": End.OTHER_MACHINE,
}


def of_peer(status: str) -> End | None:
    """What the status of the peer's leg means; None while it goes on."""
    return _PEER.get(status)


def of_other(status: str) -> End | None:
    """What the status of the other leg means. Cancelled, it rang no more because the peer left."""
    return _OTHER.get(status)
