"""Visits and their calls for the floor that knows telephones; and what a call can be made of here.

The two floors do not know each other: this is where one's port meets the other's tables.
"""

from dispatch import calls as kept
from dispatch.actions import calls
from dispatch.calls import CallEnd, CallState, CallTo
from dispatch.models import Site, SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.states import BUSY_VISIT
from notifications.calls import caller, numbers
from notifications.calls.ends import End
from notifications.calls.switch import Held
from server.settings import Settings
from server.telephony import calling
from storage.database import Database, Transaction


class VisitSwitch:
    """The port of `notifications.calls.switch`, over the calls of dispatch."""

    def hold(self, tx: Transaction, call_id: str) -> Held | None:
        """The call as it is now, its request's row held."""
        found = calls.hold(tx, call_id)
        if found is None:
            return None
        call, visit, request = found
        asked_by = tx.session.get_one(User, request.requested_by_id)
        to_bedside = call.to is CallTo.BEDSIDE
        return Held(
            call_id=call.id,
            visit_id=visit.id,
            user_id=visit.peer_id,
            is_live=call.state is not CallState.ENDED and visit.state in BUSY_VISIT,
            is_ready=call.state is CallState.READY,
            is_connected=call.state is CallState.CONNECTED,
            to_bedside=to_bedside,
            desk=tx.session.get_one(Site, request.site_id).desk_phone,
            peer_locale=tx.session.get_one(User, visit.peer_id).locale,
            other_locale=request.language if to_bedside else asked_by.locale,
            limit_s=parse(request.policy).call_limit_s,
        )

    def end(self, tx: Transaction, call_id: str, end: End) -> None:
        """It is over."""
        calls.ended(tx, call_id, CallEnd(end.value))


def other_number(tx: Transaction, held: Held) -> str | None:
    """The number of the other side, read where it is dialled."""
    if held.to_bedside:
        return numbers.of_bedside(tx, held.visit_id)
    return numbers.dialled(held.desk)


def is_on(settings: Settings) -> bool:
    """Whether this installation makes calls between a peer and an ED."""
    return settings.phone_bridge and calling(settings) is not None


def why_not(tx: Transaction, settings: Settings, visit: Visit) -> str | None:
    """What keeps a call of this visit from being made, as a code; None when nothing does."""
    request = tx.session.get_one(SupportRequest, visit.request_id)
    if not kept.is_open(visit):
        return "over"
    if not is_on(settings):
        return "off"
    if numbers.of_peer(tx, visit.peer_id) is None:
        return "no_number"
    if callee(tx, visit) is None:
        return "no_desk"
    if kept.left(tx, visit.id, parse(request.policy)) == 0:
        return "full"
    return "away" if caller.is_away(tx) else None


def callee(tx: Transaction, visit: Visit) -> CallTo | None:
    """Which telephone of the site rings: the one at the bedside where it is the conversation."""
    if kept.is_the_talk(visit) and numbers.of_bedside(tx, visit.id) is not None:
        return CallTo.BEDSIDE
    request = tx.session.get_one(SupportRequest, visit.request_id)
    desk = tx.session.get_one(Site, request.site_id).desk_phone
    return CallTo.DESK if numbers.dialled(desk) is not None else None


def forget(db: Database) -> int:
    """The telephones at bedsides of visits that are over are forgotten; how many."""
    with db.read() as tx:
        known = numbers.known(tx)
        live = {
            visit_id
            for visit_id in known
            if (visit := tx.session.get(Visit, visit_id)) is not None and visit.state in BUSY_VISIT
        }
    gone = set(known) - live
    if gone:
        with db.transaction() as tx:
            numbers.forget(tx, gone)
    return len(gone)
