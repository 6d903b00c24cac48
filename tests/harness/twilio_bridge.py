"""A bridged call at the provider's stand-in: two telephones, what they hear, the keys, the news.

It does what the provider does with the product's own documents: fetches what to say, waits for a
key, rings the number of a Dial from the number that it names, joins the two when the document of the
second leg ends without hanging up, and tells of everything with a signature. Every document is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import requests

from tests.harness.twilio import Sent, TwilioServer


@dataclass
class Other:
    """The leg to the other side, as a Dial asked for it."""

    number: str
    caller: str
    sid: str
    asks: str
    told: str


@dataclass
class Bridge:
    """One call that the product asked for, and what is done with it."""

    twilio: TwilioServer
    call: Sent
    documents: list[str] = field(default_factory=list)
    other: Other | None = None
    is_joined: bool = False
    is_over: bool = False
    _key_to: str = ""
    _other_key_to: str = ""
    _then: str = ""

    @property
    def rings_other(self) -> bool:
        """Whether the other side was made to ring."""
        return self.other is not None

    # The peer's telephone.

    def ring(self) -> None:
        """The peer's telephone rings."""
        for status in ("initiated", "ringing"):
            self.tell(status)

    def pick_up(self) -> list[str]:
        """Somebody, or something, picks up; what is heard."""
        self.tell("in-progress")
        return self._heard(self._fetch(str(self.call.fields["Url"]), "in-progress"))

    def press(self, key: str) -> list[str]:
        """A key on the peer's telephone; an empty one when none was pressed in time."""
        return self._heard(self._fetch(self._key_to, "in-progress", Digits=key))

    def hang_up(self, status: str = "completed") -> None:
        """The peer's leg is over; the other side's, if there is one, with it."""
        self.is_over = True
        if self.other is not None:
            self.tell_other("completed" if self.is_joined else "canceled")
        self.tell(status)

    # The other side's telephone.

    def other_picks_up(self) -> list[str]:
        """Somebody, or something, picks up there; what is heard."""
        assert self.other is not None
        self.tell_other("in-progress")
        return self._other_heard(self._fetch_other(self.other.asks))

    def other_presses(self, key: str) -> list[str]:
        """A key there; the two are joined when the document then says no more."""
        return self._other_heard(self._fetch_other(self._other_key_to, Digits=key))

    def other_ends(self, status: str = "completed") -> list[str]:
        """The other leg is over; what the peer hears then."""
        self.tell_other(status)
        said = self._heard(
            self._fetch(
                self._then,
                "in-progress",
                DialCallStatus=status,
                DialCallSid=self.other.sid if self.other else "",
            )
        )
        if self.is_over:
            self.tell("completed")
        return said

    def talk(self) -> None:
        """From the ring to both on the line."""
        self.ring()
        self.pick_up()
        self.press("1")
        self.other_picks_up()
        self.other_presses("1")
        assert self.is_joined

    # What the provider tells.

    def tell(self, status: str, **more: str) -> requests.Response:
        """News of the peer's leg."""
        self.call.status = status
        return self.twilio.post(
            str(self.call.fields["StatusCallback"]), {**self._peer(), "CallStatus": status, **more}
        )

    def tell_other(self, status: str, **more: str) -> requests.Response:
        """News of the other leg."""
        assert self.other is not None
        return self.twilio.post(self.other.told, {**self._others(), "CallStatus": status, **more})

    def _peer(self) -> dict[str, str]:
        return {
            "AccountSid": self.twilio.account,
            "CallSid": self.call.sid,
            "To": self.call.to,
            "From": self.twilio.number,
        }

    def _others(self) -> dict[str, str]:
        assert self.other is not None
        return {
            "AccountSid": self.twilio.account,
            "CallSid": self.other.sid,
            "ParentCallSid": self.call.sid,
            "To": self.other.number,
            "From": self.other.caller,
        }

    def _fetch(self, url: str, status: str, **more: str) -> Element:
        return self._document(url, {**self._peer(), "CallStatus": status, **more})

    def _fetch_other(self, url: str, **more: str) -> Element:
        return self._document(url, {**self._others(), "CallStatus": "in-progress", **more})

    def _document(self, url: str, form: Mapping[str, str]) -> Element:
        assert url, "the document before this one asked for nothing"
        answer = self.twilio.post(url, form)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("text/xml")
        self.documents.append(answer.text)
        return ElementTree.fromstring(answer.content)

    def _heard(self, script: Element) -> list[str]:
        gather, dial = script.find("Gather"), script.find("Dial")
        self._key_to = "" if gather is None else gather.attrib["action"]
        if gather is not None:
            assert gather.attrib["actionOnEmptyResult"] == "true"
        if dial is not None:
            number = dial.find("Number")
            assert number is not None
            assert number.text
            assert dial.attrib["callerId"] in self.twilio.numbers, "the caller is a number of ours"
            assert dial.attrib["record"] == "do-not-record"
            self._then = dial.attrib["action"]
            self.other = Other(
                number.text,
                dial.attrib["callerId"],
                f"CA{len(self.documents):031x}f",
                number.attrib["url"],
                number.attrib["statusCallback"],
            )
            for status in ("initiated", "ringing"):
                self.tell_other(status)
        elif gather is None and script.find("Hangup") is not None:
            self.is_over = True
        return [each.text or "" for each in script.iter("Say")]

    def _other_heard(self, script: Element) -> list[str]:
        gather = script.find("Gather")
        self._other_key_to = "" if gather is None else gather.attrib["action"]
        self.is_joined = gather is None and script.find("Hangup") is None
        return [each.text or "" for each in script.iter("Say")]


def newest(twilio: TwilioServer) -> Bridge:
    """The last call that the product asked for; the test has looked at it."""
    (*_, call) = [one for one in twilio.sent if one.what == "Calls"]
    return Bridge(twilio, twilio.expect(call))
