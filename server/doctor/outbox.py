"""Do alerts go out? What waits, which providers are left alone, which alerts need a person."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from notifications import history, providers
from notifications.circuit import State
from notifications.models import Delivery, DeliveryState
from server.doctor.finding import Finding
from server.wiring import Wired
from storage.database import Transaction

LATE_S = 60
LATELY = timedelta(hours=1)


def examine(wired: Wired) -> list[Finding]:
    """One finding for each thing that is wrong; one that says so when nothing is."""
    try:
        with wired.db.read() as tx:
            wrong = [*_late(tx), *_left_alone(tx), *_dead_letters(tx)]
    except SQLAlchemyError as error:
        return [Finding("alerts", False, f"cannot be looked at: {type(error).__name__}")]
    return wrong or [Finding("alerts", True, "all that was due has been sent")]


def _late(tx: Transaction) -> Iterator[Finding]:
    for channel, due_at in sorted(history.oldest_due(tx).items()):
        late_s = int((tx.now - due_at).total_seconds())
        if late_s > LATE_S:
            yield Finding(channel.value, False, f"the oldest alert has been due for {late_s} s")


def _left_alone(tx: Transaction) -> Iterator[Finding]:
    for (channel, platform), shut in sorted(providers.read(tx).items()):
        if shut is None:
            continue
        door = f"{channel.value} {platform}".strip()
        state = "is left alone" if shut.state(tx.now) is State.OPEN else "waits for a try"
        yield Finding("circuit", False, f"{door} {state}: {shut.reason}, since {shut.since:%H:%M}")


def _dead_letters(tx: Transaction) -> Iterator[Finding]:
    rows = tx.session.execute(
        select(Delivery.channel, Delivery.outcome, Delivery.outcome_detail, func.count())
        .where(Delivery.created_at >= tx.now - LATELY, Delivery.state == DeliveryState.FAILED)
        .where(Delivery.outcome.in_(history.NEEDS_A_PERSON))
        .group_by(Delivery.channel, Delivery.outcome, Delivery.outcome_detail)
    )
    for channel, outcome, detail, number in sorted(rows, key=lambda row: (row[0], row[1])):
        yield Finding(
            "alerts", False, f"{number} failed by {channel.value} in an hour: {outcome} {detail}"
        )
