"""What the person and the peer say to each other over `/live`, as types."""

from typing import Literal

from pydantic import model_validator

from server.api.models import Body, OpaqueId
from server.api.talk_answers import ReadBody, SaidAnswer, SayBody, Seq, TalkPage, ThreadMarks


class TalkSince(Body):
    """Which part: the first after a message, the last before one, or (neither) the last of all."""

    visit_id: OpaqueId
    after: Seq | None = None
    before: Seq | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "TalkSince":
        if self.after is not None and self.before is not None:
            raise ValueError("after or before")
        return self


class TalkSay(SayBody):
    """A message to the other side of this visit."""

    visit_id: OpaqueId


class TalkRead(ReadBody):
    """Read up to `seq` in this visit."""

    visit_id: OpaqueId


class TalkSinceDone(TalkPage):
    """Messages in order, as many as one answer holds."""

    ok: Literal[True]


class TalkSayDone(SaidAnswer):
    """The number it got, and when."""

    ok: Literal[True]


class TalkReadDone(ThreadMarks):
    """The marks as they are now."""

    ok: Literal[True]
