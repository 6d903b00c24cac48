"""Whatever a network does to two people who write to each other: each message once, and in order.

Two pages as the product's are: a queue of unsent messages, sent one after the other, and a fetch of
what follows the last known number. A send may be lost on its way there or on its way back, an
announcement may never come, a page may be opened anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from dispatch.models import Visit
from dispatch.states import Modality, Role
from dispatch.talk import reading, saying
from dispatch.talk.saying import Words
from dispatch.talk.threads import Message, Thread
from dispatch.talk.words import Party, Voice
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import World


@dataclass
class Page:
    """One side's page: what it shows, and what it has not got an answer to."""

    voice: Voice
    act: Callable[..., Any]
    queue: list[Words] = field(default_factory=list)
    shown: list[tuple[int, str]] = field(default_factory=list)
    wrote: list[str] = field(default_factory=list)

    def write(self) -> None:
        text = f"{self.voice} {len(self.wrote)}"
        self.wrote.append(text)
        self.queue.append(Words(f"{self.voice}-{len(self.wrote):06d}", text=text))

    def send(self, *, arrives: bool = True, answers: bool = True) -> None:
        """Send the oldest that waits; without an answer it waits on."""
        if not self.queue or not arrives:
            return
        self.act(saying.say, Party.PERSON, self.voice, self.queue[0])
        if answers:
            self.queue.pop(0)

    def fetch(self) -> None:
        """What follows the last that is shown, a small part at a time."""
        after = self.shown[-1][0] if self.shown else 0
        found = self.act(reading.whole, Party.PERSON, after=after, most=2)
        self.shown += [(one["seq"], one["text"]) for one in found["items"]]
        if self.shown:
            self.act(saying.read, Party.PERSON, self.voice, self.shown[-1][0])

    def open_anew(self) -> None:
        """What is shown is forgotten; what was not sent is kept by the device."""
        self.shown = []


MOVES: dict[str, Callable[[Page], None]] = {
    "write": Page.write,
    "send": Page.send,
    "lost": lambda page: page.send(arrives=False),
    "unanswered": lambda page: page.send(answers=False),
    "fetch": Page.fetch,
    "anew": Page.open_anew,
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([Voice.PEER, Voice.GUEST]),
        st.sampled_from(sorted(MOVES)),
    ),
    max_size=40,
)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_each_message_is_there_once_and_in_order_on_both_sides(
    db: Database, clock: ManualClock, steps: list[tuple[Voice, str]]
) -> None:
    visit_id = _visit(db, clock)

    def act(action: Callable[..., Any], *args: Any, **more: Any) -> Any:
        clock.advance(10)
        with db.transaction() as tx:
            return action(tx, tx.session.get_one(Visit, visit_id), *args, **more)

    pages = {voice: Page(voice, act) for voice in (Voice.PEER, Voice.GUEST)}
    for voice, step in steps:
        page = pages[voice]
        MOVES[step](page)
    # The network is back: everything that waits goes, and both fetch until nothing is new.
    for page in pages.values():
        while page.queue:
            page.send()
    total = sum(len(page.wrote) for page in pages.values())
    for page in pages.values():
        while len(page.shown) < total:
            page.fetch()
        assert [seq for seq, _ in page.shown] == list(range(1, total + 1))
        for other in pages.values():
            own = [text for _, text in page.shown if text.startswith(other.voice)]
            assert own == other.wrote
    marks = act(reading.whole, Party.PERSON)
    assert (marks["seq"], marks["read"]) == (total, {"peer": total, "other": total})
    assert marks["unread"] == {"peer": 0, "other": 0}


def _visit(db: Database, clock: ManualClock) -> str:
    """The one visit of this database, with nothing said in it yet."""
    with db.transaction() as tx:
        for table in (Message, Thread):
            tx.session.execute(delete(table))
        found = tx.session.query(Visit.id).first()
        if found is not None:
            return str(found[0])
    world = World(db, clock)
    admin = world.network()
    site = world.site(admin)
    nurse = world.user(admin, "Hannah L.", Role.STAFF, site)
    marcus = world.peer(admin, "Marcus T.")
    return world.accept(marcus, world.ask(nurse, modality=Modality.VIDEO))
