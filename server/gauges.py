"""The gauges over the rows: what every process answers the same, whoever is asked."""

from collections.abc import Mapping

from sqlalchemy import func, select

from dispatch.models import IS_OPEN_REQUEST, SupportRequest
from notifications import history, providers
from notifications.circuit import State
from notifications.models import Delivery
from server.metrics import Metrics
from storage.database import Database, Transaction


def watch(metrics: Metrics, db: Database) -> None:
    """Add them all to `metrics`."""
    metrics.watch_rows(
        db, "alongside_open_requests", "Open support requests, by state.", "state", _open_requests
    )
    metrics.watch_rows(
        db, "alongside_deliveries_due", "Deliveries not yet sent, by channel.", "channel", _due
    )
    metrics.watch_rows(
        db,
        "alongside_delivery_oldest_due_seconds",
        "How long the longest waiting delivery has been due, by channel.",
        "channel",
        _oldest,
    )
    metrics.watch_rows(
        db,
        "alongside_circuit_open",
        "1 while a provider is left alone, by channel and platform.",
        ("channel", "platform"),
        _circuits,
    )


def _open_requests(tx: Transaction) -> Mapping[str, float]:
    rows = tx.session.execute(
        select(SupportRequest.state, func.count())
        .where(IS_OPEN_REQUEST)
        .group_by(SupportRequest.state)
    )
    return {state.value: number for state, number in rows}


def _due(tx: Transaction) -> Mapping[str, float]:
    rows = tx.session.execute(
        select(Delivery.channel, func.count())
        .where(Delivery.due_at <= tx.now)
        .group_by(Delivery.channel)
    )
    return {channel.value: number for channel, number in rows}


def _oldest(tx: Transaction) -> Mapping[str, float]:
    return {
        channel.value: (tx.now - due_at).total_seconds()
        for channel, due_at in history.oldest_due(tx).items()
    }


def _circuits(tx: Transaction) -> Mapping[tuple[str, str], float]:
    return {
        (channel.value, platform): float(shut is not None and shut.state(tx.now) is State.OPEN)
        for (channel, platform), shut in providers.read(tx).items()
    }
