"""A provider that refuses us, or is away, is left alone for a while: the circuit is open.

Without it every waiting delivery would knock at a door that stays shut. Two reasons open it:

- **refused**: our credentials are not accepted. A person must mend that, so deliveries fail at once
  and their ladders climb; after a minute one of them tries the door again.
- **away**: so many sends in a row ended without an answer. Nobody needs to mend anything, so
  deliveries wait, due as they were, and the ladder climbs by its own times; after half a minute one
  of them tries, one at a time, until a send is answered.

Pure: `now` and what happened are handed in, what to do comes out. Whoever holds a `Circuit` keeps
it to one thread and writes what changed to the rows that other processes read
(`notifications.providers`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.channels.base import Outcome, Result
from notifications.models import Kind

REFUSED_S = 60.0
AWAY_S = 30.0
OUTAGES = 5
"""So many sends in a row without an answer, and the provider is away."""
PROBE_S = 50.0
"""A send that tries the door is waited for this long; longer than a send may take."""
LOOK_AGAIN_S = 2.0
"""While one tries the door the others wait this long, or until it heals."""

NOT_ANSWERED = frozenset({"NO_CONNECTION", "NO_TLS", "TOKEN_ENDPOINT"})
"""Details of a busy outcome that say that nobody was there."""
NOT_ASKED = frozenset({"CIRCUIT_OPEN", "LEASE_OVER", "NOT_REPEATED", "CONSOLE_CLOSED"})
"""Details of outcomes that no provider gave."""
NOT_THERE = frozenset({"CHANNEL_NOT_CONFIGURED", "NO_DEVICE"})
"""There is no provider at all."""

Door = tuple[Kind, str]
"""A channel and what is behind it: a broken Apple certificate keeps no Android phone silent."""


class State(StrEnum):
    """Whether a door may be used."""

    CLOSED = "closed"
    """The circuit is closed: sends go."""
    OPEN = "open"
    """It is left alone."""
    TRYING = "trying"
    """The time is over; one send at a time finds out."""


class Gate(StrEnum):
    """What becomes of a send at a door."""

    GO = "go"
    REFUSE = "refuse"
    WAIT = "wait"


@dataclass(frozen=True)
class Shut:
    """Why and until when a door is left alone."""

    reason: str
    """A code, as it is stored: `refused DETAIL` or `away DETAIL`."""
    since: datetime
    until: datetime

    @property
    def is_refusal(self) -> bool:
        """A person must mend it."""
        return self.reason.startswith("refused")

    def state(self, now: datetime) -> State:
        """Left alone, or being tried."""
        return State.OPEN if now < self.until else State.TRYING


@dataclass(frozen=True)
class _Known:
    """What is known of one door."""

    outages: int = 0
    shut: Shut | None = None
    probe_until: datetime | None = None


class Circuit:
    """The doors of one process."""

    def __init__(self) -> None:
        self._doors: dict[Door, _Known] = {}

    def gate(self, door: Door, now: datetime) -> tuple[Gate, datetime | None]:
        """Whether a send may go through; if it must wait, until when.

        Once the time is over the first that asks is the probe, and the others wait for it.
        """
        known = self._doors.get(door, _Known())
        shut = known.shut
        if shut is None:
            return Gate.GO, None
        if shut.state(now) is State.OPEN:
            return (Gate.REFUSE, None) if shut.is_refusal else (Gate.WAIT, shut.until)
        if known.probe_until is not None and now < known.probe_until:
            return Gate.WAIT, now + timedelta(seconds=LOOK_AGAIN_S)
        self._doors[door] = replace(known, probe_until=now + timedelta(seconds=PROBE_S))
        return Gate.GO, None

    def note(self, door: Door, outcome: Outcome, now: datetime) -> bool:
        """Take in how a send ended; whether the door was opened or shut by it."""
        known = self._doors.get(door, _Known())
        if outcome.detail in NOT_ASKED or outcome.detail in NOT_THERE:
            return False
        if _refuses(outcome):
            return self._shut(door, known, f"refused {outcome.detail}", now, REFUSED_S)
        if _is_outage(outcome):
            outages = known.outages + 1
            if outages >= OUTAGES or (known.shut is not None and not known.shut.is_refusal):
                return self._shut(door, known, f"away {outcome.detail}", now, AWAY_S)
            self._doors[door] = replace(known, outages=outages, probe_until=None)
            return False
        if known.shut is not None and known.shut.is_refusal and not _accepts(outcome):
            self._doors[door] = replace(known, outages=0, probe_until=None)
            return False
        self._doors[door] = _Known()
        return known.shut is not None

    def _shut(self, door: Door, known: _Known, reason: str, now: datetime, for_s: float) -> bool:
        was = known.shut
        is_same = was is not None and was.is_refusal == reason.startswith("refused")
        since = was.since if was is not None and is_same else now
        shut = Shut(reason[:60], since, now + timedelta(seconds=for_s))
        self._doors[door] = _Known(known.outages, shut)
        # A crowd of sends that were under way together ends together: one change is enough.
        return was is None or not is_same or was.state(now) is State.TRYING

    def shut(self, door: Door) -> Shut | None:
        """Why and until when this door is left alone; None while it is open to us."""
        return self._doors.get(door, _Known()).shut

    def adopt(self, others: Mapping[Door, Shut | None], now: datetime) -> None:
        """Take over what other processes found, but for doors that are being tried here."""
        for door, shut in others.items():
            known = self._doors.get(door, _Known())
            is_trying = known.probe_until is not None and now < known.probe_until
            if shut != known.shut and not is_trying:
                self._doors[door] = _Known(known.outages if shut else 0, shut)

    def open_doors(self, now: datetime) -> list[Door]:
        """The doors that are left alone now."""
        return sorted(
            door
            for door, known in self._doors.items()
            if known.shut is not None and known.shut.state(now) is State.OPEN
        )


def _refuses(outcome: Outcome) -> bool:
    """Refused as who we are, not for this one address."""
    return outcome.result is Result.MISCONFIGURED and not outcome.disables_address


def _is_outage(outcome: Outcome) -> bool:
    """Nobody answered."""
    is_busy = outcome.result is Result.BUSY and outcome.detail in NOT_ANSWERED
    return is_busy or outcome.result is Result.UNKNOWN


def _accepts(outcome: Outcome) -> bool:
    """Only who knows us answers like this."""
    return outcome.result in {Result.DELIVERED, Result.DEAD_ADDRESS} or outcome.disables_address
