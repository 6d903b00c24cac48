"""A call between a peer and the other side: what is said on each leg, and what its news mean.

The peer picks up, says yes with a key, and only then the other side rings; whoever picks up there
says yes with a key too, and the two are joined. A mailbox presses nothing. What comes is signed
(`server.hooks.door`); it counts only if it names the very calls that we know as the two legs.
"""

from collections.abc import Callable, Mapping

from dispatch.actions import calls
from dispatch.calls import CallEnd
from notifications import compose
from notifications.calls import ends, legs
from notifications.calls.ends import End
from notifications.calls.line import RING_S
from notifications.calls.models import CallJob
from notifications.calls.switch import Held
from notifications.channels.twilio import refusal
from server.hooks import twiml
from server.switchboard import VisitSwitch, is_on, other_number
from server.telephony import calling
from server.wiring import Wired
from storage.database import Transaction

YES_KEY = "1"
AGAIN = "again"
"""In the address of the second question: there is no third."""

Form = Mapping[str, str]
_SWITCH = VisitSwitch()


def peer_picked_up(wired: Wired, form: Form, call_id: str) -> bytes:
    """ "Press 1 to be connected." Nothing of whom the call is with."""
    with wired.db.transaction() as tx:
        held, job = _peers(tx, call_id, form)
        if held is None or job is None or not held.is_live:
            return twiml.hang_up()
    return _ask(wired, call_id, "key", "call_peer", held.peer_locale)


def peer_pressed(wired: Wired, form: Form, call_id: str, query: Form | None = None) -> bytes:
    """1: the other side rings now. No key, or another one twice: a mailbox, for all we know."""
    key = form.get("Digits", "")
    with wired.db.transaction() as tx:
        held, job = _peers(tx, call_id, form)
        if held is None or job is None:
            return twiml.hang_up()
        # The number is handed out once: the same key again, replayed, gets nothing.
        if key == YES_KEY and calls.ready(tx, call_id):
            return _dial(wired, tx, held)
        if not held.is_live or held.is_connected or key == YES_KEY:
            return _farewell(held.peer_locale, "call_over")
        if key == "" or query is not None:
            calls.ended(tx, call_id, CallEnd.MACHINE)
            return _farewell(held.peer_locale)
    return _ask(wired, call_id, f"key?{AGAIN}=1", "call_peer", held.peer_locale)


def other_picked_up(wired: Wired, form: Form, call_id: str) -> bytes:
    """ "A peer is on the line. Press 1 to talk." """
    with wired.db.transaction() as tx:
        held, job = _others(tx, call_id, form)
        if held is None or job is None or not held.is_live:
            return twiml.hang_up()
    return _ask(wired, call_id, "other/key", "call_other", held.other_locale)


def other_pressed(wired: Wired, form: Form, call_id: str, query: Form | None = None) -> bytes:
    """1: the two are joined, and the conversation begins."""
    key = form.get("Digits", "")
    with wired.db.transaction() as tx:
        held, job = _others(tx, call_id, form)
        if held is None or job is None or not held.is_live:
            return twiml.hang_up()
        if key == YES_KEY:
            took_s = calls.connected(tx, call_id)
            if took_s is None:
                return twiml.hang_up()
            tx.after_commit(lambda: wired.metrics.calls.observe(took_s))
            return twiml.nothing()
        if key == "" or query is not None:
            calls.ended(tx, call_id, CallEnd.OTHER_MACHINE)
            return twiml.hang_up()
    return _ask(wired, call_id, f"other/key?{AGAIN}=1", "call_other", held.other_locale)


def dialled(wired: Wired, form: Form, call_id: str) -> bytes:
    """The other leg is over, or never came about: the peer is told, and the line closes."""
    with wired.db.transaction() as tx:
        held, job = _peers(tx, call_id, form)
        if held is None or job is None:
            return twiml.hang_up()
        had_talked = held.is_connected
        if held.is_live:
            end = End.HUNG_UP if had_talked else ends.of_other(form.get("DialCallStatus", ""))
            calls.ended(tx, call_id, CallEnd((end or End.OTHER_FAILED).value))
        call = calls.hold(tx, call_id)
        had_talked = call is not None and call[0].connected_at is not None
    return _farewell(held.peer_locale, "call_over" if had_talked else "call_nobody")


def status(wired: Wired, form: Form, call_id: str, query: Form | None = None) -> bytes:
    """How a leg is. Replayed, late, or of another call it changes nothing."""
    said = form.get("CallStatus", "")
    with wired.db.transaction() as tx:
        if (query or {}).get("leg") == "peer":
            held, job = _peers(tx, call_id, form)
            end = ends.of_peer(said)
            if end is End.FAILED and _is_dead(form):
                end = End.NO_NUMBER
            if job is not None and end is not None:
                # First, so that nobody hangs up what is over.
                legs.over(tx, job, said)
        else:
            held, job = _others(tx, call_id, form)
            end = ends.of_other(said)
        if held is not None and job is not None and end is not None:
            calls.ended(tx, call_id, CallEnd(end.value))
    return twiml.nothing()


HOOKS: dict[str, Callable[..., bytes]] = {
    "/hooks/calls/<call_id>": peer_picked_up,
    "/hooks/calls/<call_id>/key": peer_pressed,
    "/hooks/calls/<call_id>/other": other_picked_up,
    "/hooks/calls/<call_id>/other/key": other_pressed,
    "/hooks/calls/<call_id>/dialled": dialled,
    "/hooks/calls/<call_id>/status": status,
}
"""By address, for the door."""


def _peers(tx: Transaction, call_id: str, form: Form) -> tuple[Held | None, CallJob | None]:
    """The call and its row, when this is news of the leg to its peer."""
    held = _SWITCH.hold(tx, call_id)
    return held, None if held is None else legs.of_peer(tx, call_id, form.get("CallSid", "")[:64])


def _others(tx: Transaction, call_id: str, form: Form) -> tuple[Held | None, CallJob | None]:
    """The call and its row, when this is news of the other leg."""
    held = _SWITCH.hold(tx, call_id)
    parent, sid = form.get("ParentCallSid", "")[:64], form.get("CallSid", "")[:64]
    return held, None if held is None else legs.of_other(tx, call_id, parent, sid)


def _dial(wired: Wired, tx: Transaction, held: Held) -> bytes:
    account = calling(wired.settings)
    number = other_number(tx, held)
    if account is None or number is None or not is_on(wired.settings):
        calls.ended(tx, held.call_id, CallEnd.OTHER_FAILED)
        return _farewell(held.peer_locale, "call_nobody")
    ours = _address(wired, held.call_id)
    leg = twiml.Leg(
        number=number,
        caller=account.sender,
        asks=f"{ours}/other",
        told=f"{ours}/status?leg=other",
        then=f"{ours}/dialled",
        ring_s=RING_S,
        limit_s=held.limit_s,
    )
    return twiml.join(_says("call_wait", held.peer_locale), held.peer_locale, leg)


def _ask(wired: Wired, call_id: str, action: str, key: str, locale: str) -> bytes:
    return twiml.press_one(_says(key, locale), locale, f"{_address(wired, call_id)}/{action}")


def _address(wired: Wired, call_id: str) -> str:
    return f"{wired.settings.public_url}/hooks/calls/{call_id}"


def _says(key: str, locale: str) -> str:
    return compose.render(key, {}, locale=locale, is_private=False).body


def _farewell(locale: str, *keys: str) -> bytes:
    return twiml.farewell([_says(key, locale) for key in (*keys, "voice_bye")], locale)


def _is_dead(form: Form) -> bool:
    code = form.get("ErrorCode", "")
    found = refusal(int(code)) if code.isascii() and code.isdigit() and len(code) < 9 else None
    return found is not None and (found.result.value == "dead_address" or found.disables_address)
