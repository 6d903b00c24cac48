"""A world in which phones ring, and a narrator who remembers: what a scenario is told in.

Two things are looked at in every story without its asking: every push must have been expected, and
every snapshot that anybody could have fetched on the way must become the last one by its facts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select

from dispatch import queries
from dispatch.access import Actor
from dispatch.events import apply
from dispatch.models import Duty, SupportRequest
from dispatch.states import Role
from notifications import devices
from notifications.channels.memory import MemoryChannel
from notifications.models import Delivery, Kind
from notifications.planner import Planner
from notifications.relay import Relay
from server.directory import DispatchDirectory
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import World

WANTED = "Someone would like a peer"
STILL_OPEN = "Still open: someone would like a peer"
TAKEN = "This one is taken care of"
ENDED = TAKEN
CLOSED = "This one is closed"
"""The title is the same when it ended without anybody's yes; the text below it differs."""
TURN_AROUND = "You can turn around"
NEEDS_YOU = "A request needs you"


BESIDES = (Kind.SMS, Kind.VOICE, Kind.EMAIL)
"""Other ways than the app, for whoever is given them."""


def _place(actor: Actor, kind: Kind) -> str:
    return actor.name if kind is Kind.FCM else f"{actor.name} by {kind.value}"


def without_position(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot but for the exact position, which is telemetry: it is shown, never journaled."""
    visit = snapshot["visit"]
    if visit is not None:
        visit = {name: value for name, value in visit.items() if name != "position"}
    return {**snapshot, "visit": visit}


class Story(World):
    """A world that rings phones and remembers every snapshot."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        super().__init__(db, clock)
        directory = DispatchDirectory()
        channels = {kind: MemoryChannel(kind) for kind in (Kind.FCM, *BESIDES)}
        db.before_commit.append(Planner(directory, channels).plan)
        self.phones = channels[Kind.FCM]
        for channel in channels.values():
            channel.sent = self.phones.sent
        self.relay = Relay(db, channels, directory, rng=Random(7))
        self._heard = 0
        self._unexpected: list[tuple[str, str]] = []
        self._remembered: dict[str, dict[int, dict[str, Any]]] = {}

    # People: whoever can be rung has a phone, and its address is their name.

    def user(self, admin: Actor, name: str, role: Role, site_id: str | None = None) -> Actor:
        """A user of a role, with a phone."""
        actor = super().user(admin, name, role, site_id)
        self._give_phone(actor)
        return actor

    def peer(self, admin: Actor, name: str, *, on_duty: bool = True, **values: Any) -> Actor:
        """A certified peer with a phone, on duty unless said."""
        actor = super().peer(admin, name, on_duty=False, **values)
        self._give_phone(actor)
        if on_duty:
            self.on_duty(actor)
        return actor

    def _give_phone(self, actor: Actor) -> None:
        self.give(actor, Kind.FCM)

    def give(self, actor: Actor, *kinds: Kind) -> None:
        """One more address of each kind; what comes there is heard as "Renee A. by sms"."""
        with self.db.transaction() as tx:
            for kind in kinds:
                devices.register(
                    tx,
                    user_id=actor.id,
                    network_id=actor.network_id,
                    kind=kind,
                    address=_place(actor, kind),
                    platform="android",
                )

    # Verbs: after each, the dispatcher is poked, phones ring and the narrator looks.

    def ask(self, nurse: Actor, **values: Any) -> str:
        """The nurse asks for a peer; the first phones ring."""
        request_id = super().ask(nurse, **values)
        self._remembered[request_id] = {}
        self.tick()
        return request_id

    def do(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        """Run one action; what follows from it at once has happened when it returns."""
        done = super().do(action, *args, **kwargs)
        self.tick()
        return done

    def on_duty(self, peer: Actor, **values: Any) -> None:
        """The peer becomes available."""
        super().on_duty(peer, **values)
        self.tick()

    def off_duty(self, peer: Actor) -> None:
        """The peer stops being available."""
        super().off_duty(peer)
        self.tick()

    def forward(self, seconds: float, *, step_s: float = 60.0) -> None:
        """Let time pass, from one moment at which something is due to the next.

        A dispatcher that looks every second would find no more. Everything without a timer of its
        own (a certificate that ends) is looked at every `step_s`.
        """
        end = self.clock.now() + timedelta(seconds=seconds)
        while (now := self.clock.now()) < end:
            soon = now + timedelta(seconds=0.5)
            moments = [max(moment, soon) for moment in self._due()]
            self.clock.set(min([*moments, end, now + timedelta(seconds=step_s)]))
            self.tick()

    def _due(self) -> list[datetime]:
        """When the next search or visit, delivery and end of a duty come."""
        with self.db.read() as tx:
            moments = [
                tx.session.scalars(select(func.min(column))).one()
                for column in (SupportRequest.next_action_at, Delivery.due_at, Duty.until)
            ]
        return [moment for moment in moments if moment is not None]

    def tick(self) -> None:
        """The dispatcher looks, what is due is sent, and the narrator takes a snapshot."""
        super().tick()
        while self.relay.tick():
            super().tick()
        self._remember()

    # Pushes.

    def heard(self) -> list[tuple[str, str]]:
        """Who was told what and was not expected to yet, in order: (name, title).

        A text message and a call have no title: then it is what they say.
        """
        for envelope in self.phones.sent[self._heard :]:
            assert envelope.address is not None, "everybody in a story has a phone"
            words = envelope.words
            self._unexpected.append((envelope.address.value, words.title or words.body))
        self._heard = len(self.phones.sent)
        return self._unexpected

    def expect(self, title: str, *people: Actor, by: Kind = Kind.FCM) -> None:
        """Each of these has got a push with this title, which was not expected before.

        What comes `by` another way is expected by how it begins.
        """
        heard = self.heard()
        for person in people:
            place = _place(person, by)
            found = [one for one in heard if one[0] == place and one[1].startswith(title)]
            exact = [one for one in found if one[1] == title or by is not Kind.FCM]
            assert exact, f"{place} did not get {title!r}; not yet expected are: {heard}"
            heard.remove(exact[0])

    # The narrator.

    def _remember(self) -> None:
        """One snapshot of every request; with the same `seq` it must be the same as before."""
        for request_id, seen in self._remembered.items():
            now = without_position(self.snapshot(request_id))
            before = seen.setdefault(now["seq"], now)
            assert before == now, "a screen changed without a fact"

    def end(self) -> None:
        """The story is over: no push was a surprise, and every snapshot becomes the last one."""
        assert not self.heard(), "pushes nobody expected"
        for request_id, seen in self._remembered.items():
            fresh = without_position(self.snapshot(request_id))
            with self.db.read() as tx:
                facts = queries.facts_after(tx, request_id, 0, 10_000)
            assert [fact.seq for fact in facts] == list(range(1, fresh["seq"] + 1))
            assert seen, "the narrator never looked"
            for seq, snapshot in seen.items():
                for fact in facts[seq:]:
                    snapshot = apply(snapshot, fact.seq, fact.data)
                assert snapshot == fresh, f"the snapshot of fact {seq} did not become the last"
