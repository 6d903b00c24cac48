"""A visit by telephone in a town: who presses, over HTTP; whose telephones ring, at the stand-in.

It knows how a call is asked for and watched; it refuses to know what a test wants of it.
"""

from dataclasses import dataclass
from typing import Any

import requests
from sqlalchemy import select

from dispatch.access import Actor
from dispatch.actions import calls
from dispatch.states import Modality
from notifications.calls.caller import Caller
from notifications.calls.models import BedsidePhone, CallJob
from notifications.models import Kind
from server import switchboard
from server.auth import sessions
from server.models import SessionKind
from tests.harness.twilio import TwilioServer
from tests.harness.twilio_bridge import Bridge, newest
from tests.hooks.conftest import Town

MARCUS = "+16145550100"
DESK = "+16145550142"
BEDSIDE = "+16145550177"


@dataclass
class Talk:
    """One visit, its peer and its nurse."""

    town: Town
    peer: Actor
    request: str
    visit: str

    @property
    def twilio(self) -> TwilioServer:
        """The provider."""
        return self.town.twilio

    @property
    def caller(self) -> Caller:
        """The one that rings."""
        (turn,) = self.town.loops.turns["calls"]
        caller = getattr(turn.work, "__self__", None)
        assert isinstance(caller, Caller)
        return caller

    def http(
        self, method: str, path: str, by: Actor | None = None, body: Any = None, **headers: str
    ) -> requests.Response:
        """One call of the API as somebody: the nurse unless said."""
        who = by or self.town.nurse
        with self.town.db.transaction() as tx:
            session = sessions.open_session(tx, who.id, SessionKind.BEARER)
            token, _ = self.town.wired.tokens.issue(who.id, session.session_id, tx.now)
        return requests.request(
            method,
            f"{self.town.wired.settings.public_url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}", **headers},
            timeout=20,
        )

    def press(self, by: Actor | None = None, *, status: int = 200) -> Any:
        """ "Call now", by the peer unless said; the answer."""
        answer = self.http("POST", f"/visits/{self.visit}/call", by or self.peer, {})
        assert answer.status_code == status, answer.text
        return answer.json()

    def view(self, by: Actor | None = None) -> Any:
        """The call as somebody sees it."""
        answer = self.http("GET", f"/visits/{self.visit}/call", by or self.peer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def called(self, by: Actor | None = None) -> Bridge:
        """A press, and the call that follows from it."""
        self.press(by)
        self.caller.tick()
        return newest(self.twilio)

    def turn(self, seconds: float = 0.0) -> None:
        """The dispatcher looks, after so long."""
        self.town.clock.advance(seconds)
        self.caller.tick()
        calls.tick(self.town.db)
        switchboard.forget(self.town.db)

    @property
    def reason(self) -> Any:
        """Why the newest call ended; None while it has not."""
        return self.view()["call"]["reason"]

    @property
    def state(self) -> Any:
        """How far the newest call is."""
        return self.view()["call"]["state"]

    @property
    def job(self) -> CallJob:
        """The newest call at the provider."""
        with self.town.db.read() as tx:
            row = tx.session.scalars(
                select(CallJob).order_by(CallJob.created_at.desc(), CallJob.id.desc())
            ).first()
            assert row is not None
            tx.session.expunge_all()
            return row

    @property
    def bedsides(self) -> list[str]:
        """The numbers that are kept."""
        with self.town.db.read() as tx:
            return list(tx.session.scalars(select(BedsidePhone.number)))

    @property
    def facts(self) -> list[str]:
        """What happened since the yes."""
        found = self.town.facts(self.request)
        return found[found.index("offer_accepted") + 1 :]

    @property
    def rings(self) -> int:
        """How often a telephone was made to ring."""
        return len([one for one in self.twilio.sent if one.what == "Calls"])


def talk(town: Town, modality: Modality = Modality.PHONE, **ask: Any) -> Talk:
    """A request by telephone, and the peer's yes."""
    peer, _ = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    request = town.ask(town.nurse, modality=modality, **ask)
    town.tick()
    return Talk(town, peer, request, town.accept(peer, request))
