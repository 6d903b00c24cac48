"""The people of a cluster: rows, devices and access tokens. It knows no HTTP and no faults."""

from dataclasses import dataclass

from dispatch.access import Actor
from dispatch.actions import duty
from dispatch.models import Network
from dispatch.states import Modality
from notifications import devices
from notifications.models import Kind
from server.auth import sessions
from server.auth.tokens import AccessTokens
from server.models import SessionKind
from storage.database import Database
from tests.api import people
from tests.api.people import Person, Tenant
from tests.harness.servers import SECRET

PEERS = 5
QUICK = {
    "waves": [{"after_s": 0, "size": 2}, {"after_s": 2, "size": 2}, {"after_s": 4, "size": None}],
    "alarm_after_s": 6,
    "push_again_s": 3,
    "sms_s": 600,
    "voice_s": 600,
    "nobody_left_s": 3,
    "escalate_after_s": 9,
    "escalated_recheck_s": 5,
    "offer_blocks_s": 0,
}
"""A policy whose clock runs out while a fault is looked at."""


@dataclass(frozen=True)
class Crew:
    """Who is there; tokens are made anew for every call, because a long run outlives one."""

    db: Database
    tenant: Tenant
    sessions: dict[str, str]

    def token(self, who: Person) -> str:
        """A fresh access token."""
        tokens = AccessTokens(SECRET, self.db.clock)
        return tokens.issue(who.id, self.sessions[who.id], self.db.clock.now())[0]

    @property
    def nurse(self) -> Person:
        """Who asks."""
        return self.tenant.staff

    @property
    def peers(self) -> tuple[Person, ...]:
        """Who is asked."""
        return self.tenant.peers


def token_of(who: Person) -> str:
    """The address of a peer's phone at the provider."""
    return f"token-{who.id}-{'x' * 100}"


def board(db: Database) -> Crew:
    """Write everybody down: peers on duty with a phone each, and everybody signed in."""
    tenant = people.build(db, PEERS).here
    with db.transaction() as tx:
        tx.session.get_one(Network, tenant.id).policy = QUICK
        opened = {
            who.id: sessions.open_session(tx, who.id, SessionKind.BEARER).session_id
            for who in (tenant.staff, tenant.manager, *tenant.peers)
        }
        for peer in tenant.peers:
            devices.register(
                tx,
                user_id=peer.id,
                network_id=tenant.id,
                kind=Kind.FCM,
                address=token_of(peer),
                platform="android",
            )
            actor = Actor(peer.id, tenant.id, peer.role, peer.name)
            duty.set_duty(tx, actor, on_duty=True, modalities=[Modality.IN_PERSON])
    return Crew(db, tenant, opened)
