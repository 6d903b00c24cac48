"""Apprise against a server of ours: sent once, only where the operator allowed, never repeated."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from notifications.channels.apprise import AppriseChannel, scheme_of
from notifications.channels.base import Address, Envelope, Outcome, Result
from notifications.compose import Words
from notifications.messages import Tone
from notifications.models import Kind


class Service:
    """A service that takes JSON over HTTP, as apprise's scheme `json` sends it."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers: list[int] = []
        """Statuses of the next answers; 0 hangs up, -1 is silent. Without one: 200."""
        self.stopped = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                status = service.answers.pop(0) if service.answers else 200
                if status < 0:
                    service.stopped.wait(10)
                elif status:
                    self.send_response(status)
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"json://127.0.0.1:{self.server.server_address[1]}/a-secret-path"


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    thread = threading.Thread(target=one.server.serve_forever, args=(0.02,))
    thread.start()
    yield one
    one.stopped.set()
    one.server.shutdown()
    one.server.server_close()
    thread.join()


@pytest.fixture
def channel() -> AppriseChannel:
    return AppriseChannel({"json"}, timeout_s=0.5)


def envelope(address: str) -> Envelope:
    return Envelope(
        delivery_id="d",
        user_id="u",
        address=Address(Kind.APPRISE, address),
        words=Words("A request needs you", "Open the board.", Tone.RING, "en"),
        data={},
        collapse_id="c",
        ttl_s=60,
        expires_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def test_an_alarm_is_sent_with_its_words_and_nothing_else(
    service: Service, channel: AppriseChannel
) -> None:
    assert channel.send(envelope(service.url)) == Outcome(Result.DELIVERED)
    (got,) = service.got
    assert (got["title"], got["message"]) == ("A request needs you", "Open the board.")
    assert got["type"] == "warning"
    assert got["attachments"] == []


@pytest.mark.parametrize("status", [400, 404, 500, 0, -1])
def test_an_end_that_is_not_a_success_is_unknown_and_not_repeated(
    service: Service, channel: AppriseChannel, status: int
) -> None:
    service.answers.append(status)
    sent = envelope(service.url)
    assert channel.send(sent) == Outcome(Result.UNKNOWN, "SAID_NO")
    again = replace(sent, unknown_since=datetime(2026, 3, 1, tzinfo=UTC))
    assert channel.send(again) == Outcome(Result.UNKNOWN, "NOT_REPEATED")
    assert len(service.got) == 1


def test_only_what_the_operator_allowed_is_called(service: Service) -> None:
    strict = AppriseChannel({"slack"})
    outcome = strict.send(envelope(service.url))
    assert outcome == Outcome(Result.MISCONFIGURED, "SCHEME_OFF", disables_address=True)
    assert service.got == []


def test_what_apprise_does_not_understand_is_dead(channel: AppriseChannel) -> None:
    assert channel.send(envelope("json://")).result is Result.DEAD_ADDRESS


def test_an_address_is_a_secret_that_no_log_tells(
    service: Service, channel: AppriseChannel, caplog: pytest.LogCaptureFixture
) -> None:
    service.answers += [500]
    with caplog.at_level(logging.DEBUG, logger="apprise"):
        channel.send(envelope(service.url))
        channel.send(envelope("json://"))
    assert "a-secret-path" not in caplog.text
    assert not [one for one in caplog.records if one.name.startswith("apprise")]


def test_the_scheme_of_an_address() -> None:
    assert scheme_of("Slack://a/b/c") == "slack"
    assert scheme_of("nothing") == ""
