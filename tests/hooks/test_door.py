"""Who is let in: the provider by its signature. Everybody else changes nothing."""

from collections.abc import Mapping

import pytest
import requests

from notifications.models import Callback, Kind, Rung
from tests.harness.twilio import FORM, TwilioServer, signed
from tests.hooks.conftest import SENT, Town

MARCUS = "+16145550100"


def texted(town: Town) -> str:
    """A request, and a peer who has been texted about it."""
    town.peer_with("Marcus T.", MARCUS, Kind.SMS)
    request = town.ask(town.nurse)
    town.forward(31)
    assert len(town.twilio.phone(MARCUS).texts) == 1
    return request


def nothing_changed(town: Town, request: str) -> None:
    assert town.state(request) == "searching"
    assert town.rung(town.actors["Marcus T."], Rung.SMS).state is SENT
    with town.db.read() as tx:
        assert tx.session.query(Callback).count() == 0


def test_a_forged_or_missing_signature_changes_nothing(town: Town, twilio: TwilioServer) -> None:
    request = texted(town)
    (one,) = twilio.sent
    yes = {"MessageSid": "SM1", "From": MARCUS, "Body": "Y"}
    sms = f"{twilio.hooks}/sms"
    key = f"{twilio.hooks}/voice/{town.rung(town.actors['Marcus T.'], Rung.SMS).id}/key"
    for url, form in ((sms, yes), (key, {"Digits": "1"}), (one.fields["StatusCallback"], yes)):
        for signature in ("", "x", "é", signed("another token", url, form)):
            answer = twilio.post(url, form, signature=signature)
            assert (answer.status_code, answer.json()["code"]) == (403, "bad_signature")
            assert answer.headers["Content-Type"] == "application/problem+json"
    nothing_changed(town, request)


def test_what_was_signed_is_the_whole_of_address_and_form(town: Town, twilio: TwilioServer) -> None:
    request = texted(town)
    sms = f"{twilio.hooks}/sms"
    no = {"MessageSid": "SM1", "From": MARCUS, "Body": "N"}
    signature = signed(twilio.token, sms, no)
    for url, form in (
        (sms, no | {"Body": "Y"}),
        (sms, no | {"More": "1"}),
        (f"{sms}?a=1", no),
        (f"{twilio.hooks}/sms/status", no),
    ):
        assert twilio.post(url, form, signature=signature).status_code == 403
    nothing_changed(town, request)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "headers, body, status",
    [
        ({"Content-Type": "application/json"}, b"{}", 403),
        ({}, b"a=1", 403),
        ({"Content-Type": FORM}, b"\xff\xfe=1", 403),
        ({"Content-Type": FORM}, b"&".join(b"a%d=1" % n for n in range(200)), 403),
        ({"Content-Type": FORM}, b"a=" + 20_000 * b"a", 413),
    ],
)
def test_what_is_no_form_of_the_provider_is_refused(
    town: Town, twilio: TwilioServer, headers: Mapping[str, str], body: bytes, status: int
) -> None:
    sent = {"X-Twilio-Signature": "x", **headers}
    for path in ("sms", "sms/status", "voice/status", "voice/a", "voice/a/key"):
        answer = requests.post(f"{twilio.hooks}/{path}", data=body, headers=sent, timeout=10)
        assert answer.status_code == status, path


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_genuine_call_about_nothing_is_well(town: Town, twilio: TwilioServer) -> None:
    hooks = twilio.hooks
    for path, form in (
        ("sms", {}),
        ("sms", {"MessageSid": "SM1", "From": "anonymous", "Body": "Y"}),
        ("sms", {"From": MARCUS, "Body": "Y"}),
        ("sms/status", {"MessageSid": "SM9", "MessageStatus": "delivered"}),
        ("sms/status?delivery=none", {"MessageSid": "SM9", "MessageStatus": "delivered"}),
        ("sms/status", {"MessageSid": "SM9", "MessageStatus": "failed", "ErrorCode": "x"}),
        ("voice/status", {"CallSid": "CA9", "CallStatus": "completed"}),
        ("voice/status", {"CallSid": "CA9", "CallStatus": "unheard-of"}),
        ("voice/nobody", {"CallSid": "CA9"}),
        ("voice/nobody/key", {"CallSid": "CA9", "Digits": "1"}),
        ("voice/nobody/key?again=1", {"CallSid": "CA9"}),
    ):
        answer = twilio.post(f"{hooks}/{path}", form)
        assert answer.status_code == 200, (path, answer.text)
        assert "<Response" in answer.text
    assert twilio.post(f"{hooks}/voice/..%2Fx", {}).status_code in (403, 404)
    assert requests.get(f"{hooks}/sms", timeout=10).status_code == 405
