"""Prometheus text: what this process did, and what the rows say when they are asked.

Labels are routes as declared, types, states and outcomes: never an id, a name or an address. With
several processes on one host, PROMETHEUS_MULTIPROC_DIR adds them up; everywhere else a scrape sees
the process that answered it.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from server.logs import route_template, seconds_taken
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

Label = str | tuple[str, ...]
Scrape = Callable[[Transaction], Mapping[Any, float]]
"""Values by label, or by labels, read at scrape time."""


class _Rows(Collector):
    """A gauge whose values are read in the database when somebody looks."""

    def __init__(self, db: Database, name: str, help_: str, label: Label, count: Scrape) -> None:
        self._db, self._name, self._help = db, name, help_
        self._labels = [label] if isinstance(label, str) else list(label)
        self._count = count

    def collect(self) -> Iterator[Metric]:
        """One sample a label value."""
        family = GaugeMetricFamily(self._name, self._help, labels=self._labels)
        try:
            with self._db.read() as tx:
                for value, number in self._count(tx).items():
                    family.add_metric([value] if isinstance(value, str) else value, number)
        except SQLAlchemyError as error:
            # The other metrics are wanted most when the database is away.
            log.warning("%s not scraped: %s", self._name, type(error).__name__)
            return
        yield family


class Metrics:
    """The counters of this process and the gauges over the rows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.rows = CollectorRegistry(auto_describe=False)
        self.requests = Histogram(
            "alongside_http_request_seconds",
            "Time to answer a request, by route, method and status.",
            ["route", "method", "status"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.facts = Counter(
            "alongside_facts_total", "Facts journaled, by type.", ["type"], registry=self.registry
        )
        self.sends = Histogram(
            "alongside_delivery_seconds",
            "Time a provider took for one send, by channel and outcome.",
            ["channel", "outcome"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.connects = Histogram(
            "alongside_video_connect_seconds",
            "From both sides wanting to talk to both connected.",
            buckets=(0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 60.0),
            registry=self.registry,
        )
        self.slow_readers = Counter(
            "alongside_slow_readers_total",
            "Sockets that were cut because their client did not read.",
            registry=self.registry,
        )
        self.longest_pause = Gauge(
            "alongside_gc_longest_pause_seconds",
            "The longest stop of a process by a full collection of its memory, so far.",
            multiprocess_mode="max",
            registry=self.registry,
        )
        self.calls = Histogram(
            "alongside_phone_connect_seconds",
            "From the press on Call to both sides on the line.",
            buckets=(5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0),
            registry=self.registry,
        )
        self.loop_errors = Counter(
            "alongside_dispatcher_errors_total",
            "Rounds of a dispatcher loop that failed, by loop.",
            ["loop"],
            registry=self.registry,
        )

    def count_facts(self, tx: Transaction) -> None:
        """After a commit: count what was journaled."""
        for fact in tx.facts:
            self.facts.labels(type=str(fact.type)).inc()

    def observe_send(self, channel: str, outcome: str, seconds: float) -> None:
        """One send has ended."""
        self.sends.labels(channel=channel, outcome=outcome).observe(seconds)

    def watch_rows(self, db: Database, name: str, help_: str, label: Label, count: Scrape) -> None:
        """Add a gauge `name` read from rows at scrape time, one sample a value of `label`."""
        self.rows.register(_Rows(db, name, help_, label, count))

    def text(self) -> bytes:
        """The exposition of everything."""
        own: CollectorRegistry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            own = CollectorRegistry()
            MultiProcessCollector(own)  # type: ignore[no-untyped-call]  # untyped in the library
        return generate_latest(own) + generate_latest(self.rows)


def install(app: Flask, metrics: Metrics) -> None:
    """Time every request of `app`, and answer `/metrics`."""

    def observe(response: Response) -> Response:
        # A method nobody declared is the client's text; only a route bounds what it may be.
        method = request.method if request.url_rule is not None else "-"
        metrics.requests.labels(
            route=route_template(), method=method, status=str(response.status_code)
        ).observe(seconds_taken())
        return response

    def show() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    app.after_request(observe)
    app.add_url_rule("/metrics", "metrics", show)
