"""A stand-in for a provider of texts and calls with Twilio's shape, on loopback, and its phones.

The real channels talk to it. It checks what the real service checks (basic auth, the fields of a
text or call), answers as scripted for one number, lists what it took, tells our hooks what became
of it with a signature, and has phones that reply and press keys. A text or call that a test did not
expect fails it (`assert_expected`).

For a drill: `python -m tests.harness.twilio --port 8099`, and SMS_BASE_URL, VOICE_BASE_URL set to
that address. Every text and call is printed; a line such as `+16145550100 Y` replies to one.
"""

import base64
import hashlib
import hmac
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from server.telephony import DRILL_ACCOUNT, DRILL_NUMBER, DRILL_TOKEN
from tests.harness.standin import Asked, HttpStandIn, Reply, Scripts, json_reply

if TYPE_CHECKING:
    from tests.harness.twilio_phone import Phone

FORM = "application/x-www-form-urlencoded"
HOOK_S = 20.0
_PATH = re.compile(r"/2010-04-01/Accounts/(\w+?)(?:/(Messages|Calls|IncomingPhoneNumbers))?\.json")
_ONE = re.compile(r"/2010-04-01/Accounts/(\w+?)/Calls/(CA\w+)\.json")


@dataclass(frozen=True)
class Answer:
    """One scripted answer. `status` 0 cuts the connection; `hang_s` waits before answering.

    `is_taken`: the text or call goes out although the answer does not say so.
    """

    status: int
    code: int | None = None
    retry_after: str | None = None
    hang_s: float = 0.0
    body: bytes | None = None
    is_taken: bool = False

    def as_json(self) -> bytes:
        """The error in the shape of the API."""
        if self.body is not None:
            return self.body
        shape = {"code": self.code, "message": "scripted", "status": self.status}
        return json.dumps(shape).encode()


TAKEN = Answer(201)
RESET = Answer(0)
RESET_AFTER_TAKING = Answer(0, is_taken=True)


def refused(code: int, status: int = 400) -> Answer:
    """An error of the API."""
    return Answer(status, code)


def hang(seconds: float, *, is_taken: bool = False) -> Answer:
    """No answer for this long, then a cut connection."""
    return Answer(0, hang_s=seconds, is_taken=is_taken)


def signed(token: str, url: str, form: Mapping[str, str]) -> str:
    """The signature over an address and the sorted fields of a form."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Sent:
    """One text or call that the provider took."""

    sid: str
    what: str
    to: str
    fields: dict[str, Any]
    at: datetime
    status: str = "queued"
    error_code: int | None = None

    @property
    def body(self) -> str:
        """The text; empty for a call."""
        return str(self.fields.get("Body", ""))

    def as_json(self) -> dict[str, Any]:
        """As lists and answers show it."""
        sender = self.fields.get("From")
        shape = {
            "sid": self.sid,
            "to": self.to,
            "from": sender,
            "status": self.status,
            "error_code": self.error_code,
            "date_created": format_datetime(self.at),
        }
        if self.what == "Messages":
            shape |= {"body": self.body, "messaging_service_sid": None}
            if "MessagingServiceSid" in self.fields:
                # Some number of the service; which one is the provider's affair.
                shape |= {
                    "from": DRILL_NUMBER,
                    "messaging_service_sid": self.fields["MessagingServiceSid"],
                }
        return shape


class TwilioServer(HttpStandIn):
    """Start it with `with TwilioServer() as twilio:`; `twilio.url` is the base URL to be told.

    `now` is the provider's clock. `hooks` is where a phone's own texts go: `<PUBLIC_URL>/hooks`;
    without it they go where the last text's status callback went.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        account: str = DRILL_ACCOUNT,
        token: str = DRILL_TOKEN,
        number: str = DRILL_NUMBER,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_sent: Callable[[Sent], None] | None = None,
    ) -> None:
        super().__init__(port)
        self.account, self.token, self.number = account, token, number
        self.now = now
        self.hooks = ""
        self.status = "active"
        """Of the account."""
        self.sms_url = ""
        """Where the account's owner told it to bring what people write to the number."""
        self.numbers = {number: {"sms": True, "voice": True}}
        self.sent: list[Sent] = []
        """What went out, in order."""
        self.tried: list[dict[str, Any]] = []
        """Every text and call that was asked for, whatever came of it."""
        self.hung_up: list[str] = []
        """The calls that were ended from here, by sid."""
        self.refused: list[str] = []
        """Why something was refused that no script refused: always a mistake of the product."""
        self.listings = 0
        self.list_answers: deque[Answer] = deque()
        self._on_sent = on_sent
        self._scripts: Scripts[Answer] = Scripts()
        self._expected: list[str] = []
        self._received = 0

    # What a test says beforehand and asks afterwards.

    def script(self, number: str, *answers: Answer) -> None:
        """The next texts and calls to `number` are answered like this, one after another."""
        with self.lock:
            self._scripts.add(number, *answers)

    def always(self, number: str, answer: Answer) -> None:
        """Every text and call to `number` is answered like this."""
        with self.lock:
            self._scripts.keep(number, answer)

    def phone(self, number: str) -> "Phone":
        """The phone with this number."""
        from tests.harness.twilio_phone import Phone

        return Phone(self, number)

    def assert_expected(self) -> None:
        """Every text and call was looked at by the test, and none was malformed."""
        assert self.refused == []
        open_ = [f"{one.what} {one.body}" for one in self.sent if one.sid not in self._expected]
        assert not open_, f"nobody expected {open_}"

    def expect(self, one: Sent) -> Sent:
        """The test has looked at this one."""
        self._expected.append(one.sid)
        return one

    # The API.

    def answer(self, asked: Asked) -> Reply:
        """Texts and calls, lists of them, and the account."""
        at = urlsplit(asked.path)
        found, one = _PATH.fullmatch(at.path), _ONE.fullmatch(at.path)
        if one is not None and one[1] == self.account:
            answer, content = self.one_call(asked, one[2])
        elif found is None or found[1] != self.account:
            answer, content = _no(404, 20404)
        elif not self.authorize(asked.headers.get("authorization", "")):
            answer, content = _no(401, 20003)
        elif asked.method == "POST" and found[2] in ("Messages", "Calls"):
            answer, content = self.create(found[2], asked.body)
        elif asked.method == "POST":
            answer, content = _no(405, 20004)
        else:
            answer, content = self.list(found[2], at.query) if found[2] else self.shown()
        return json_reply(
            answer.status, content, retry_after=answer.retry_after, hang_s=answer.hang_s
        )

    def authorize(self, header: str) -> bool:
        """Basic auth with our account."""
        wanted = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        return header == f"Basic {wanted}"

    def create(self, what: str, body: bytes) -> tuple[Answer, bytes]:
        """Answer a POST to `Messages.json` or `Calls.json`."""
        fields: dict[str, Any] = {}
        for name, value in parse_qsl(body.decode(), keep_blank_values=True):
            fields[name] = [*fields[name], value] if name in fields else value
            if name == "StatusCallbackEvent":
                fields[name] = [fields[name]] if isinstance(fields[name], str) else fields[name]
        complaint = _complaint(what, fields)
        with self.lock:
            self.tried.append({"what": what, **fields})
            if complaint:
                self.refused.append(complaint)
                answer = Answer(400, 21602)
                return answer, answer.as_json()
            to = fields["To"]
            answer = self._scripts.take(to, TAKEN)
            if answer.status not in (200, 201) and not answer.is_taken:
                return answer, answer.as_json()
            letters = "SM" if what == "Messages" else "CA"
            sid = f"{letters}{len(self.sent) + 1:032x}"
            one = Sent(sid, what, to, fields, self.now())
            self.sent.append(one)
        if self._on_sent is not None:
            self._on_sent(one)
        return answer, answer.body or json.dumps(one.as_json()).encode()

    def one_call(self, asked: Asked, sid: str) -> tuple[Answer, bytes]:
        """Answer a GET of one call, or a POST that hangs it up."""
        if not self.authorize(asked.headers.get("authorization", "")):
            return _no(401, 20003)
        found = [one for one in self.sent if one.sid == sid]
        if not found:
            return _no(404, 20404)
        if asked.method == "POST":
            if dict(parse_qsl(asked.body.decode())) != {"Status": "completed"}:
                self.refused.append("a call is changed to be completed only")
            with self.lock:
                self.hung_up.append(sid)
                found[0].status = "completed"
        return Answer(200), json.dumps(found[0].as_json()).encode()

    def list(self, what: str, query: str) -> tuple[Answer, bytes]:
        """Answer a GET of a list, newest first."""
        with self.lock:
            self.listings += 1
            if self.list_answers:
                answer = self.list_answers.popleft()
                return answer, answer.as_json()
            asked = dict(parse_qsl(query))
            if what == "IncomingPhoneNumbers":
                number = asked["PhoneNumber"]
                can = self.numbers.get(number)
                shape = {"phone_number": number, "capabilities": can, "sms_url": self.sms_url}
                found = [shape] if can else []
                return Answer(200), json.dumps({"incoming_phone_numbers": found}).encode()
            rows = [one.as_json() for one in reversed(self.sent) if one.what == what]
        for name, column in (("To", "to"), ("From", "from")):
            if name in asked:
                rows = [row for row in rows if row[column] == asked[name]]
        rows = rows[: int(asked.get("PageSize", "50"))]
        return Answer(200), json.dumps({what.lower(): rows}).encode()

    def shown(self) -> tuple[Answer, bytes]:
        """Answer a GET of the account."""
        return Answer(200), json.dumps({"sid": self.account, "status": self.status}).encode()

    # What the provider tells us.

    def post(
        self, url: str, form: Mapping[str, str], *, signature: str | None = None
    ) -> requests.Response:
        """One call of the provider to our hooks, signed unless a `signature` is given."""
        sign = signed(self.token, url, form) if signature is None else signature
        headers = {"Content-Type": FORM, **({"X-Twilio-Signature": sign} if sign else {})}
        return requests.post(url, data=urlencode(form), headers=headers, timeout=HOOK_S)

    def tell(
        self, one: Sent, status: str, error: int | None = None, *, signature: str | None = None
    ) -> requests.Response:
        """Say what became of a text or call."""
        one.status, one.error_code = status, error
        is_text = one.what == "Messages"
        form = {
            "AccountSid": self.account,
            "To": one.to,
            "From": self.number,
            **(
                {"MessageSid": one.sid, "MessageStatus": status}
                if is_text
                else {"CallSid": one.sid, "CallStatus": status}
            ),
        }
        if error is not None:
            form["ErrorCode"] = str(error)
        return self.post(one.fields["StatusCallback"], form, signature=signature)

    def text_to_us(
        self, number: str, body: str, *, sid: str | None = None, **more: str
    ) -> requests.Response:
        """Somebody texts our number."""
        with self.lock:
            self._received += 1
            fresh = f"SM{self._received:031x}f"
        form = {
            "MessageSid": sid or fresh,
            "AccountSid": self.account,
            "From": number,
            "To": self.number,
            "Body": body,
            "NumMedia": "0",
            **more,
        }
        return self.post(f"{self.hooks or self._hooks()}/sms", form)

    def _hooks(self) -> str:
        for one in reversed(self.sent):
            address = urlsplit(one.fields["StatusCallback"])
            return f"{address.scheme}://{address.netloc}/hooks"
        raise AssertionError("nothing was sent yet, so nobody knows where to answer")


def _no(status: int, code: int) -> tuple[Answer, bytes]:
    answer = Answer(status, code)
    return answer, answer.as_json()


def _complaint(what: str, fields: Mapping[str, Any]) -> str:
    """What the real service would refuse."""
    wanted = {"Messages": {"To", "Body", "StatusCallback"}, "Calls": {"To", "From", "Url"}}[what]
    if wanted - fields.keys():
        return f"{what} without {sorted(wanted - fields.keys())}"
    if what == "Messages":
        if ("From" in fields) == ("MessagingServiceSid" in fields):
            return "a text comes from a number or from a service"
        if not fields["Body"] or len(fields["Body"]) > 1600:
            return "a text has 1 to 1600 characters"
        if not 1 <= int(fields["ValidityPeriod"]) <= 14400:
            return "a validity of 1 s to 4 h"
    if what == "Calls" and not isinstance(fields.get("StatusCallbackEvent"), list):
        return "a call without the events to be told of"
    return ""


if __name__ == "__main__":
    from tests.harness.twilio_drill import main

    main()
