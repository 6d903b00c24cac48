"""What is said and answered about messages within a visit, over HTTP and on the socket."""

from typing import Annotated

from pydantic import Field, model_validator

from dispatch.talk.words import MOST_CHARS, Party, Voice
from server.api.answers import Count, Person
from server.api.models import TEXT, Answer, Body, Moment

Seq = Annotated[int, Field(ge=0, le=2**31 - 1)]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,40}$")]
Text = Annotated[str, Field(min_length=1, max_length=MOST_CHARS, pattern=TEXT)]
Word = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,20}$")]


class SayBody(Body):
    """One message: a quick reply by its key, or a text. `id` is made by the page that writes it."""

    id: ClientId
    word: Word | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "SayBody":
        if (self.word is None) == (self.text is None):
            raise ValueError("a quick reply or a text")
        if self.text is not None and not self.text.strip():
            raise ValueError("a text that is not blank")
        return self


class ReadBody(Body):
    """Up to which message it was read."""

    seq: Seq


class MessageAnswer(Answer):
    """One message. `author` is who wrote it among staff and peers; the person has no name here."""

    seq: Count
    id: str
    voice: Voice
    author: Person | None
    word: str | None
    text: str | None
    at: Moment


class Marks(Answer):
    """A number for each side."""

    peer: Count
    other: Count


class ThreadMarks(Answer):
    """The last number, what each side has read, and how many it has not."""

    visit_id: str
    party: Party
    seq: Count
    read: Marks
    unread: Marks


class TalkTold(ThreadMarks):
    """Something was said or read in a thread: fetch what is missing. No word of it is here."""


class TalkPage(ThreadMarks):
    """Messages in order of `seq`; `more` when there are more in the direction that was asked for."""

    items: list[MessageAnswer]
    more: bool
    may_write: bool


class SaidAnswer(Answer):
    """The number it got, and when."""

    seq: Count
    at: Moment


class UnreadThread(Answer):
    """A thread with something unread in it."""

    visit_id: str
    party: Party
    seq: Count
    unread: Count


class UnreadList(Answer):
    """Every thread of mine, or of my site, with something unread."""

    items: list[UnreadThread]


class TalkAbout(Answer):
    """That staff and peer wrote to each other; never what."""

    visit_id: str
    messages: Count
    last_at: Moment | None
