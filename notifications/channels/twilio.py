"""The few calls of Twilio's REST shape that texts and calls share: create one, list the last ones.

One request is one HTTP request: nothing is tried again here, no redirect is followed, and nobody
sleeps on Retry-After. It knows statuses and error codes; it refuses to know texts, and it never
logs a number, a text or the token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from notifications.channels.base import Outcome, Result
from notifications.channels.http import (
    QUOTA_BACKOFF_S,
    SERVER_BACKOFF_S,
    retry_after_s,
    without_answer,
)

BASE_URL = "https://api.twilio.com"
LISTED = 50
"""How many of the last texts or calls to one number are looked through."""
Form = Mapping[str, str | Sequence[str]]

DEAD = {
    21211: "INVALID_NUMBER",
    21217: "INVALID_NUMBER",
    21265: "INVALID_NUMBER",
    21614: "LANDLINE",
    13224: "INVALID_NUMBER",
    30005: "INVALID_NUMBER",
    30006: "LANDLINE",
}
"""The number itself is at fault: nobody can be reached there."""

STOPPED = 21610
"""The person texted STOP to the provider: it takes nothing more for this number."""

NOT_FOR_US = {
    21408: "REGION_NOT_ALLOWED",
    21215: "REGION_NOT_ALLOWED",
    21612: "NUMBER_NOT_REACHABLE",
    21214: "NUMBER_NOT_REACHABLE",
    21608: "NUMBER_NOT_VERIFIED",
    21219: "NUMBER_NOT_VERIFIED",
}
"""Our account may not reach this number. Others it may, so only this address is put aside."""

OUR_NUMBER = {
    21210: "FROM_NOT_VERIFIED",
    21212: "FROM_INVALID",
    21213: "FROM_INVALID",
    21216: "ACCOUNT_NOT_ALLOWED",
    21603: "FROM_INVALID",
    21606: "FROM_NOT_OURS",
    21659: "FROM_NOT_OURS",
    21660: "FROM_NOT_OURS",
    21703: "FROM_INVALID",
    21705: "FROM_INVALID",
    20003: "AUTHENTICATION_FAILED",
    20005: "ACCOUNT_NOT_ACTIVE",
    30002: "ACCOUNT_NOT_ACTIVE",
    30034: "FROM_NOT_REGISTERED",
}
"""The provider does not accept us, whoever the text or call is for."""

QUEUE_FULL = frozenset({20429, 21611, 30001})


@dataclass(frozen=True)
class Account:
    """Whom the provider knows us as, and which of our numbers texts or calls come from."""

    sid: str
    token: str = field(repr=False)
    sender: str
    base_url: str = BASE_URL
    public_url: str = ""
    """Ours: what the provider calls back."""


class Client:
    """One account of one provider; called from several threads."""

    def __init__(self, account: Account, *, workers: int, timeout_s: float) -> None:
        self._root = f"{account.base_url.rstrip('/')}/2010-04-01/Accounts/{account.sid}"
        self._sender = account.sender
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.auth = (account.sid, account.token)
        # Proxies and .netrc of the machine are not for this: the token goes where the settings say.
        self._session.trust_env = False
        for scheme in ("https://", "http://"):
            self._session.mount(
                scheme, HTTPAdapter(max_retries=0, pool_connections=2, pool_maxsize=max(workers, 1))
            )

    def create(self, what: str, form: Form) -> Outcome:
        """Ask for one text (`Messages`) or call (`Calls`). Never raises for what is answered."""
        try:
            response = self._session.post(
                f"{self._root}/{what}.json",
                data=form,
                timeout=self._timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return without_answer(error)
        return outcome_of(response)

    def since(self, what: str, query: Form, moment: datetime) -> list[dict[str, Any]] | None:
        """The texts or calls of this query that the provider took since `moment`, newest first.

        None when it could not be asked. What is queued has no date of sending yet, so the date of
        its creation is compared here instead of in the query.
        """
        body = self._get(f"/{what}.json", {**query, "PageSize": str(LISTED)})
        found = body.get(what.lower()) if body is not None else None
        if not isinstance(found, list):
            return None
        return [one for one in found if _created(one) >= moment]

    def one(self, what: str, sid: str) -> Mapping[str, Any] | None:
        """One text or call as it is now; None when it could not be had."""
        return self._get(f"/{what}/{quote(sid, safe='')}.json", {})

    def change(self, what: str, sid: str, form: Form) -> bool:
        """Change one that is under way; whether that is done, or can no longer be."""
        try:
            response = self._session.post(
                f"{self._root}/{what}/{quote(sid, safe='')}.json",
                data=form,
                timeout=self._timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException:
            return False
        return response.status_code in (200, 400, 404)

    def probe(self, able_to: str, hook: str | None = None) -> Outcome:
        """Whether the provider lets us in and our number can do this (`sms`, `voice`).

        With `hook`: whether it also hands what comes to the number to that address of ours.
        """
        try:
            response = self._ask(".json", {})
        except requests.RequestException as error:
            return without_answer(error)
        if response.status_code != 200:
            return outcome_of(response)
        if _body(response).get("status") != "active":
            return Outcome(Result.MISCONFIGURED, "ACCOUNT_NOT_ACTIVE")
        if not self._sender.startswith("+"):
            return Outcome(Result.DELIVERED)
        body = self._get("/IncomingPhoneNumbers.json", {"PhoneNumber": self._sender})
        numbers = (body or {}).get("incoming_phone_numbers")
        if not isinstance(numbers, list):
            return Outcome(Result.MISCONFIGURED, "NO_SUCH_API")
        if not numbers:
            return Outcome(Result.MISCONFIGURED, "FROM_NOT_OURS")
        if not (numbers[0].get("capabilities") or {}).get(able_to):
            return Outcome(Result.MISCONFIGURED, "FROM_CANNOT")
        if hook is not None and numbers[0].get(f"{able_to}_url") != hook:
            return Outcome(Result.MISCONFIGURED, "HOOK_NOT_SET")
        return Outcome(Result.DELIVERED)

    def _get(self, path: str, query: Form) -> Mapping[str, Any] | None:
        """A look that rings nobody; None when it could not be had."""
        try:
            response = self._ask(path, query)
        except requests.RequestException:
            return None
        return _body(response) if response.status_code == 200 else None

    def _ask(self, path: str, query: Form) -> requests.Response:
        return self._session.get(
            self._root + path, params=query, timeout=self._timeout_s, allow_redirects=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def outcome_of(response: requests.Response) -> Outcome:
    """The provider's answer as an outcome; the tests hold the table of them, row by row."""
    status, body = response.status_code, _body(response)
    if status in (200, 201):
        sid = body.get("sid")
        if isinstance(sid, str) and sid:
            return Outcome(Result.DELIVERED, provider_id=sid[:64])
        return Outcome(Result.MISCONFIGURED, "NO_SUCH_API")
    code = _number(body.get("code"))
    if status == 429 or code in QUEUE_FULL:
        return Outcome(Result.BUSY, _named(code, status), retry_after_s(response), QUOTA_BACKOFF_S)
    if status >= 500:
        return Outcome(Result.BUSY, _named(code, status), retry_after_s(response), SERVER_BACKOFF_S)
    known = refusal(code)
    if known is not None:
        return known
    if status in (401, 403):
        return Outcome(Result.MISCONFIGURED, _named(code, status))
    if status == 400 and code is not None:
        return Outcome(Result.BAD_MESSAGE, _named(code, status))
    # A redirect, or an answer that is no error of the API: SMS_BASE_URL or SMS_ACCOUNT is wrong.
    return Outcome(Result.MISCONFIGURED, "NO_SUCH_API")


def refusal(code: int | None) -> Outcome | None:
    """What an error code says of the number or of us, said at once or later; None: neither."""
    if code is None:
        return None
    if code in DEAD:
        return Outcome(Result.DEAD_ADDRESS, DEAD[code])
    if code == STOPPED:
        return Outcome(Result.DEAD_ADDRESS, "STOPPED", disables_address=True)
    if code in NOT_FOR_US:
        return Outcome(Result.MISCONFIGURED, NOT_FOR_US[code], disables_address=True)
    if code in OUR_NUMBER:
        return Outcome(Result.MISCONFIGURED, OUR_NUMBER[code])
    return None


def already_taken(found: Mapping[str, Any]) -> Outcome:
    """The outcome of an earlier send that the provider turns out to have taken."""
    if found.get("status") in ("failed", "undelivered", "canceled"):
        code = _number(found.get("error_code"))
        return refusal(code) or Outcome(Result.BAD_MESSAGE, _named(code, 0))
    return Outcome(Result.DELIVERED, "TAKEN_BEFORE", provider_id=str(found.get("sid"))[:64])


def spoken(title: str, body: str) -> str:
    """One text without a title line: a title is a sentence of its own."""
    return f"{title}. {body}" if title else body


def _body(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _named(code: int | None, status: int) -> str:
    return f"HTTP_{status}" if code is None else f"CODE_{code}"


def _number(value: object) -> int | None:
    """An error code: a number in answers, sometimes its digits in lists and callbacks."""
    try:
        return int(str(value))
    except ValueError:
        return None


def _created(found: object) -> datetime:
    """When the provider took it (RFC 2822 in this API); long ago when it does not say."""
    value = found.get("date_created") if isinstance(found, dict) else None
    try:
        moment = parsedate_to_datetime(str(value))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
