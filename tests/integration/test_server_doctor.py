"""The doctor beside each provider: what it says of a good account, a bad one, and none at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.doctor import providers
from server.settings import Settings
from server.wiring import Wired, wire
from tests.harness.fcm import INVALID_TOKEN, PERMISSION_DENIED, WRONG_URL, Answer, FcmServer
from tests.harness.smtp import SmtpServer
from tests.harness.twilio import TwilioServer


@pytest.fixture
def fcm() -> Iterator[FcmServer]:
    """Firebase's stand-in."""
    with FcmServer() as server:
        yield server


def wired(tmp_path: Path, **values: object) -> Wired:
    """An installation with these settings; its database is never opened here."""
    told = {"alongside_env": "test", "alongside_data": tmp_path, **values}
    return wire(Settings.model_validate(told))


def said(town: Wired) -> dict[str, tuple[bool, str]]:
    """What the doctor says of each provider."""
    try:
        return {one.name: (one.is_well, one.sentence) for one in providers.examine(town)}
    finally:
        town.close()


def firebase(tmp_path: Path, fcm: FcmServer, **values: object) -> Wired:
    """An installation that sends through the stand-in."""
    key = fcm.write_service_account(tmp_path / "key.json")
    told = {"push": "fcm", "firebase_credentials": key, "fcm_base_url": fcm.url}
    return wired(tmp_path, **{**told, **values})


def test_firebase_that_knows_us_rings_nobody(tmp_path: Path, fcm: FcmServer) -> None:
    fcm.always("nobody", INVALID_TOKEN)
    assert said(firebase(tmp_path, fcm))["fcm"] == (True, "Firebase knows us")
    assert fcm.messages == []
    assert len(fcm.dry_runs) == 1


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (PERMISSION_DENIED, "turn on 'Firebase Cloud Messaging API (V1)'"),
        (WRONG_URL, "look at FCM_BASE_URL"),
        (Answer(404, "NOT_FOUND", message="no such project"), "knows no such project"),
        (Answer(418, "TEAPOT"), "Firebase answers TEAPOT"),
    ],
)
def test_what_firebase_says_is_put_into_words(
    tmp_path: Path, fcm: FcmServer, answer: Answer, sentence: str
) -> None:
    fcm.always("nobody", answer)
    is_well, text = said(firebase(tmp_path, fcm))["fcm"]
    assert not is_well
    assert sentence in text


def test_a_key_that_google_refuses(tmp_path: Path, fcm: FcmServer) -> None:
    fcm.grant_answers.extend([Answer(400, "invalid_grant")] * 3)
    is_well, text = said(firebase(tmp_path, fcm))["fcm"]
    assert not is_well
    assert "no access for this key" in text


def test_a_file_that_is_no_key(tmp_path: Path, fcm: FcmServer) -> None:
    torn = tmp_path / "torn.json"
    for content in ("{}", "not json"):
        torn.write_text(content)
        told = said(firebase(tmp_path, fcm, firebase_credentials=torn))
        assert told["fcm"] == (False, "FIREBASE_CREDENTIALS is no key file of a service account")
    told = said(firebase(tmp_path, fcm, firebase_credentials=tmp_path / "nothing.json"))
    assert not told["fcm"][0]


def test_nobody_answers(tmp_path: Path, fcm: FcmServer) -> None:
    told = said(firebase(tmp_path, fcm, fcm_base_url="http://127.0.0.1:9"))
    assert told["fcm"] == (False, f"Firebase {providers.AWAY}")


def post(tmp_path: Path, mail: SmtpServer, **values: object) -> Wired:
    """An installation whose mail goes to the stand-in."""
    told = {"push": "memory", "smtp_url": mail.url, "email_from": "desk@alongside.example"}
    return wired(tmp_path, **{**told, **values})


def test_a_mail_server_that_knows_us_is_handed_nothing(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, login=("us", "secret"), offers_starttls=False) as mail:
        assert said(post(tmp_path, mail)) == {"email": (True, "The mail server knows us")}
        wrong = mail.url.replace("us:secret", "us:guess")
        assert said(post(tmp_path, mail, smtp_url=wrong)) == {
            "email": (
                False,
                "The mail server does not accept the user and password in SMTP_URL",
            )
        }
        assert mail.mails == []
    assert said(post(tmp_path, mail)) == {"email": (False, f"The mail server {providers.AWAY}")}


def test_a_mail_address_that_is_none(tmp_path: Path) -> None:
    town = wired(tmp_path, push="memory", smtp_url="http://mail", email_from="a@b.example")
    assert said(town) == {"email": (False, "SMTP_URL is no address of a mail server")}


def test_browsers_are_rung_in_somebodys_name(tmp_path: Path) -> None:
    town = wired(tmp_path, push="webpush", vapid_subject="mailto:it@hospital.example")
    told = said(town)["webpush"]
    assert told == (True, "browsers can be rung, in the name of mailto:it@hospital.example")
    assert "set VAPID_SUBJECT" in said(wired(tmp_path, push="webpush"))["webpush"][1]


def test_an_installation_without_providers_has_no_finding_of_one(tmp_path: Path) -> None:
    assert said(wired(tmp_path, push="memory")) == {}


def test_the_provider_of_texts_and_calls_is_asked_about_account_and_number(tmp_path: Path) -> None:
    with TwilioServer() as twilio:
        drill = {
            "push": "memory",
            "public_url": "https://alongside.example",
            "sms_base_url": twilio.url,
            "voice_base_url": twilio.url,
        }
        told = said(wired(tmp_path, **drill))
        assert "set 'A message comes in' to PUBLIC_URL/hooks/sms" in told["sms"][1]
        twilio.sms_url = "https://alongside.example/hooks/sms"
        assert said(wired(tmp_path, **drill)) == {
            "sms": (True, "The provider of texts knows us"),
            "voice": (True, "The provider of calls knows us"),
        }
        told = said(wired(tmp_path, **drill, sms_from="+16145550999", voice_from="+16145550999"))
        assert "the number SMS_FROM" in told["sms"][1]
        assert "the number VOICE_FROM" in told["voice"][1]
        told = said(wired(tmp_path, **drill, sms_token="wrong"))
        assert "SMS_ACCOUNT with SMS_TOKEN" in told["sms"][1]
        assert twilio.tried == []
