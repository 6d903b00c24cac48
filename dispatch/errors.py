"""What can be refused, each with a stable code. How a refusal travels (HTTP, socket) is not known.

`ERROR_CODES` is the list that documents and tests are held to.
"""

from typing import ClassVar

ERROR_CODES: dict[str, str] = {
    "not_found": "There is no such thing, or it is not yours to see.",
    "forbidden": "Your role may not do this.",
    "invalid": "A field has a value that cannot be used.",
    "consent_required": "A request needs the recorded yes of the person.",
    "position_stale": "The position was recorded too long ago to be used.",
    "position_in_future": "The position carries a time that has not come yet.",
    "already_taken": "Someone else has said yes to this request.",
    "illegal_step": "This step cannot be taken from the state it is in.",
    "busy": "This peer is already with someone.",
    "offer_closed": "This offer is closed; the request no longer needs an answer.",
    "previews_full": "Enough previews of the policy are waiting; take one back first.",
    "room_moved": "The call was opened on another screen, which has it now.",
    "too_fast": "Too much was said at once; wait a moment.",
    "calls_full": "This visit has had as many calls as the policy allows.",
    "in_use": "It is still in use and cannot be changed in this way.",
}


class DomainError(Exception):
    """A refusal. Raising it rolls the transaction back: nothing is lost and nothing is changed."""

    code: ClassVar[str] = "invalid"

    def __init__(self, detail: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.refusal = code or type(self).code
        self.field = field
        if self.refusal not in ERROR_CODES:
            raise ValueError(f"unlisted error code {self.refusal}")


class NotFound(DomainError):
    """The thing does not exist for this actor."""

    code = "not_found"


class Forbidden(DomainError):
    """The actor's role may not do it."""

    code = "forbidden"


class Invalid(DomainError):
    """The input cannot be used. `field` names the culprit where there is one."""

    code = "invalid"


class Conflict(DomainError):
    """The state does not allow it: `already_taken`, `illegal_step`, `busy`, `room_moved`, `in_use`,
    `previews_full`, `calls_full`."""

    code = "illegal_step"


class TooFast(DomainError):
    """Too much was said within a minute."""

    code = "too_fast"


class Gone(DomainError):
    """The offer is closed."""

    code = "offer_closed"


def not_found(thing: str) -> NotFound:
    """The refusal for a missing or foreign `thing`, in words that tell the two apart to nobody."""
    return NotFound(f"No such {thing}.")
