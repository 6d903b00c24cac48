"""Apprise against a server of ours: sent once, only where the operator allowed, never repeated."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.channels.apprise import AppriseChannel, scheme_of
from notifications.channels.base import Address, Envelope, Outcome, Result
from notifications.compose import Words
from notifications.messages import Tone
from notifications.models import Kind
from tests.harness.standin import Asked, HttpStandIn, Reply


class Service(HttpStandIn):
    """A service that takes JSON over HTTP, as apprise's scheme `json` sends it."""

    scheme = "json"

    def __init__(self) -> None:
        super().__init__()
        self.got: list[dict[str, Any]] = []
        self.answers: list[int] = []
        """Statuses of the next answers; 0 hangs up, -1 is silent. Without one: 200."""

    @property
    def url(self) -> str:
        """The address of an alert, with a secret in it."""
        return f"{super().url}/a-secret-path"

    def answer(self, asked: Asked) -> Reply:
        """One alert."""
        self.got.append(json.loads(asked.body))
        status = self.answers.pop(0) if self.answers else 200
        return Reply(0, hang_s=10) if status < 0 else Reply(status)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as one:
        yield one


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
