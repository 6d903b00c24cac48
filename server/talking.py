"""Messages within a visit, for every way in: HTTP and the socket say and read through here.

It joins what dispatch keeps with the push that tells a peer; it refuses to look at what is said.
"""

from dispatch.events import By
from dispatch.models import SupportRequest, User, Visit
from dispatch.shapes import stamp
from dispatch.talk import reading, saying
from dispatch.talk.saying import Said, Words
from dispatch.talk.threads import Thread
from dispatch.talk.words import Party, Voice
from notifications import talk as push
from storage.database import Transaction

Json = reading.Json


def say(
    tx: Transaction,
    visit: Visit,
    party: Party,
    voice: Voice,
    words: Words,
    by: By | None = None,
) -> Said:
    """Say it, and tell the peer's phone when they have read everything before it."""
    said = saying.say(tx, visit, party, voice, words, by)
    if said.is_first_unread and voice is not Voice.PEER:
        peer = tx.session.get_one(User, visit.peer_id)
        push.tell(
            tx,
            network_id=visit.network_id,
            user_id=peer.id,
            locale=peer.locale,
            visit_id=visit.id,
            site_id=tx.session.get_one(SupportRequest, visit.request_id).site_id,
            once=f"{visit.id}:{party.value}:{said.message.seq}",
        )
    return said


def read(tx: Transaction, visit: Visit, party: Party, voice: Voice, seq: int) -> Thread | None:
    """Read up to `seq`; a push that waits to say that something is there need not go."""
    thread = saying.read(tx, visit, party, voice, seq)
    if voice is Voice.PEER and thread is not None and thread.unread_peer == 0:
        push.stop(tx, visit.peer_id, visit.id)
    return thread


def taken(said: Said) -> Json:
    """What the page that wrote it is told: its number and time, and not the words again."""
    return {"seq": said.message.seq, "at": stamp(said.message.at)}
