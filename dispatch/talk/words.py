"""The quick replies, by who says them to whom. A message holds the key; each side reads its own words."""

from enum import StrEnum


class Party(StrEnum):
    """Who talks with the peer in a thread."""

    STAFF = "staff"
    PERSON = "person"


class Voice(StrEnum):
    """Who says something."""

    PEER = "peer"
    STAFF = "staff"
    GUEST = "guest"


OTHER = {Party.STAFF: Voice.STAFF, Party.PERSON: Voice.GUEST}
"""Who is on the other side from the peer."""

QUICK: dict[tuple[Party, Voice], tuple[str, ...]] = {
    (Party.STAFF, Voice.STAFF): (
        "still_good",
        "hold_on",
        "room_changed",
        "asleep",
        "wait_at_desk",
    ),
    (Party.STAFF, Voice.PEER): (
        "parking",
        "at_entrance",
        "which_entrance",
        "late_10",
        "thank_you",
    ),
    (Party.PERSON, Voice.GUEST): ("yes", "no", "a_moment", "hard_to_say", "go_on"),
    (Party.PERSON, Voice.PEER): ("im_here", "no_rush", "a_moment", "listening"),
}
"""What can be said with one press."""

MOST_CHARS = 1_000
"""The longest text."""
MOST_A_MINUTE = 20
"""So many messages one side may write within sixty seconds."""


def is_quick(party: Party, voice: Voice, word: str) -> bool:
    """Whether this side has such a quick reply here."""
    return word in QUICK.get((party, voice), ())
