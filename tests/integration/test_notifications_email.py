"""E-mail against a server that speaks SMTP: every answer it can give, and what becomes of the mail."""

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from notifications import devices
from notifications.channels.base import Address, Envelope, Outcome, Result
from notifications.channels.email import Door, EmailChannel
from notifications.compose import Words
from notifications.messages import Tone
from notifications.models import DeliveryState, DeviceState, Kind
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from storage.ids import new_id
from tests.harness.phones import Phones
from tests.harness.smtp import HANG, RESET, Answer, SmtpServer

RENEE = "renee@network.example"
SENDER = "alongside@network.example"
TIMEOUT_S = 0.5
SAID = {Result.BUSY, Result.DEAD_ADDRESS, Result.MISCONFIGURED, Result.BAD_MESSAGE}


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[SmtpServer]:
    """The stand-in; a mail to anybody but Renee fails the test."""
    with SmtpServer(tmp_path) as server:
        server.expect(RENEE)
        yield server


def channel(mail: SmtpServer, *, url: str | None = None) -> EmailChannel:
    return EmailChannel(
        url or mail.url, SENDER, opens="https://a.example", timeout_s=TIMEOUT_S, tls=mail.trust
    )


def envelope(mailbox: str = RENEE, *, locale: str = "en") -> Envelope:
    return Envelope(
        delivery_id=new_id(),
        user_id="u",
        address=Address(Kind.EMAIL, mailbox),
        words=Words("A request needs you", ".Open the board.", Tone.RING, locale),
        data={"opens": "board"},
        collapse_id="c",
        ttl_s=3600,
        expires_at=datetime(2026, 3, 1, 4, 0, tzinfo=UTC),
    )


def test_a_mail_is_plain_generic_and_encrypted_where_the_server_can(mail: SmtpServer) -> None:
    sent = envelope()
    assert channel(mail).send(sent) == Outcome(Result.DELIVERED)
    (one,) = mail.mails
    assert mail.was_encrypted == [True]
    assert one["Subject"] == "A request needs you"
    assert one["From"] == f"Alongside <{SENDER}>"
    assert one["Message-ID"] == f"<{sent.delivery_id}@network.example>"
    assert one["Date"].datetime == datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    assert one["Auto-Submitted"] == "auto-generated"
    assert one.get_content_type() == "text/plain"
    assert one.get_content().split() == [".Open", "the", "board.", "https://a.example"]


def test_a_repeat_is_the_same_mail(mail: SmtpServer) -> None:
    sent = envelope()
    one = channel(mail)
    mail.script(RENEE, Answer("text", RESET, is_taken=True))
    assert one.send(sent).result is Result.UNKNOWN
    assert one.send(sent).result is Result.DELIVERED
    first, second = mail.mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    "answer, outcome",
    [
        (Answer("rcpt", 550, "5.1.1 No such user"), Outcome(Result.DEAD_ADDRESS, "SMTP_550")),
        (Answer("rcpt", 551), Outcome(Result.DEAD_ADDRESS, "SMTP_551")),
        (Answer("rcpt", 553), Outcome(Result.DEAD_ADDRESS, "SMTP_553")),
        (Answer("rcpt", 550, "5.7.1 Relaying denied"), Outcome(Result.BAD_MESSAGE, "SMTP_550")),
        (Answer("rcpt", 450), Outcome(Result.BUSY, "SMTP_450", backoff_s=15.0)),
        (Answer("rcpt", 452), Outcome(Result.BUSY, "SMTP_452", backoff_s=15.0)),
        (Answer("rcpt", 421), Outcome(Result.BUSY, "SMTP_421", backoff_s=15.0)),
        (Answer("rcpt", HANG), Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=15.0)),
        (Answer("rcpt", RESET), Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=15.0)),
        (Answer("data", 451), Outcome(Result.BUSY, "SMTP_451", backoff_s=15.0)),
        (Answer("text", 451), Outcome(Result.BUSY, "SMTP_451", backoff_s=15.0)),
        (Answer("text", 554), Outcome(Result.BAD_MESSAGE, "SMTP_554")),
        (
            Answer("text", HANG, is_taken=True),
            Outcome(Result.UNKNOWN, "LOST_SMTPServerDisconnected"),
        ),
        (Answer("text", RESET), Outcome(Result.UNKNOWN, "LOST_SMTPServerDisconnected")),
    ],
    ids=lambda value: f"{value.stage} {value.code}" if isinstance(value, Answer) else "",
)
def test_what_is_answered_for_a_mailbox(mail: SmtpServer, answer: Answer, outcome: Outcome) -> None:
    mail.script(RENEE, answer)
    assert channel(mail).send(envelope()) == outcome
    assert channel(mail).send(envelope()).result is Result.DELIVERED


@pytest.mark.parametrize(
    "answer, outcome",
    [
        (Answer("connect", 421), Outcome(Result.BUSY, "SMTP_421", backoff_s=15.0)),
        (Answer("connect", 554), Outcome(Result.MISCONFIGURED, "SMTP_554")),
        (Answer("connect", HANG), Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=15.0)),
        (Answer("connect", RESET), Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=15.0)),
        (Answer("mail", 530), Outcome(Result.MISCONFIGURED, "SMTP_530")),
        (Answer("mail", 550), Outcome(Result.MISCONFIGURED, "SMTP_550")),
        (Answer("mail", 451), Outcome(Result.BUSY, "SMTP_451", backoff_s=15.0)),
    ],
    ids=lambda value: f"{value.stage} {value.code}" if isinstance(value, Answer) else "",
)
def test_what_is_answered_before_anybody_is_named(
    mail: SmtpServer, answer: Answer, outcome: Outcome
) -> None:
    mail.script("*", answer)
    assert channel(mail).send(envelope()) == outcome


def test_nobody_listens(mail: SmtpServer) -> None:
    silent = channel(mail, url="smtp://127.0.0.1:9")
    assert silent.send(envelope()) == Outcome(Result.BUSY, "NO_CONNECTION", backoff_s=15.0)


def test_a_wrong_password_is_a_persons_to_mend(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, login=("us", "p@ss")) as server:
        server.expect(RENEE)
        wrong = server.url.replace("p@ss", "guess")
        assert channel(server, url=wrong).send(envelope()) == Outcome(
            Result.MISCONFIGURED, "SMTP_535"
        )
        nobody = server.url.replace("us:p@ss@", "")
        assert channel(server, url=nobody).send(envelope()) == Outcome(
            Result.MISCONFIGURED, "SMTP_530"
        )
        right = server.url.replace("p@ss", "p%40ss")
        assert channel(server, url=right).send(envelope()).result is Result.DELIVERED


def test_a_password_never_travels_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Loopback is where no wire is; for this test it is not.
    monkeypatch.setattr("notifications.channels.email.LOOPBACK", frozenset())
    with SmtpServer(tmp_path, login=("us", "secret"), offers_starttls=False) as server:
        assert channel(server).send(envelope()) == Outcome(Result.MISCONFIGURED, "NO_STARTTLS")


def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, is_tls=True) as server:
        server.expect(RENEE)
        assert channel(server).send(envelope()).result is Result.DELIVERED
        assert server.was_encrypted == [True]
        stranger = EmailChannel(
            server.url, SENDER, timeout_s=TIMEOUT_S, tls=ssl.create_default_context()
        )
        assert stranger.send(envelope()) == Outcome(Result.MISCONFIGURED, "TLS")


def test_what_is_no_mailbox_is_dead_and_sends_nothing(mail: SmtpServer) -> None:
    for broken in ("a,b@c.example", "<x>@c.example", "@", "a@b@c"):
        assert channel(mail).send(envelope(broken)).result is Result.DEAD_ADDRESS, broken
    assert mail.mails == []


def test_an_address_without_a_port_means_the_usual_one() -> None:
    assert Door.of("smtp://mail.example") == Door("mail.example", 587, False)
    assert Door.of("smtps://a:b%2Fc@mail.example") == Door("mail.example", 465, True, "a", "b/c")
    for other in ("http://mail.example", "mail.example", "smtp://"):
        with pytest.raises(ValueError, match="SMTP address"):
            Door.of(other)


def test_the_outbox_owns_the_mail(db: Database, clock: ManualClock, mail: SmtpServer) -> None:
    """Busy, then taken; a mailbox that is gone is not written to again."""
    phones = Phones(db, {Kind.EMAIL})
    manager = phones.manager()
    device_id = phones.device(manager, RENEE, kind=Kind.EMAIL, platform="mail")
    one = Relay(db, {Kind.EMAIL: channel(mail)}, phones.directory, rng=Random(1))
    mail.script(RENEE, Answer("rcpt", 450), Answer("rcpt", 550, "5.1.1 Gone"))

    def test_mail() -> str:
        with db.transaction() as tx:
            device = devices.find(tx, manager, device_id)
            assert device is not None
            return devices.request_test(tx, device)

    def run() -> None:
        one.tick()
        assert one.settle(10)

    first = test_mail()
    run()
    assert phones.row(id=first).state is DeliveryState.PENDING
    clock.advance(20)
    run()
    assert phones.row(id=first).state is DeliveryState.FAILED
    assert phones.row(id=first).outcome_detail == "SMTP_550"
    assert phones.device_state(RENEE) is DeviceState.DEAD
    assert mail.mails == []
    assert one.close()


def test_no_outcome_names_an_address(mail: SmtpServer) -> None:
    for stage, code in (("rcpt", 550), ("rcpt", 450), ("text", 554)):
        mail.script(RENEE, Answer(stage, code, f"<{RENEE}> is what the server says"))
        outcome = channel(mail).send(envelope())
        assert outcome.result in SAID
        assert re.fullmatch(r"[A-Z]+_\d+", outcome.detail)
