"""A phone at the provider's stand-in: it reads texts, replies, picks up and presses keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from tests.harness.twilio import Sent, TwilioServer


@dataclass
class Phone:
    """One number."""

    twilio: TwilioServer
    number: str
    said: list[str] = field(default_factory=list)
    """What it heard in the call that is under way, sentence by sentence."""
    _key_to: str = ""

    def _to_me(self, what: str) -> list[Sent]:
        return [one for one in self.twilio.sent if (one.what, one.to) == (what, self.number)]

    @property
    def texts(self) -> list[str]:
        """Every text on this phone, oldest first; the test has looked at them."""
        return [self.twilio.expect(one).body for one in self._to_me("Messages")]

    @property
    def rings(self) -> int:
        """How often it was called; the test has looked at that."""
        return len([self.twilio.expect(one) for one in self._to_me("Calls")])

    def newest(self, what: str = "Messages") -> Sent:
        """The last text or call."""
        return self.twilio.expect(self._to_me(what)[-1])

    def reply(self, body: str, **more: str) -> str:
        """Text our number; the text that comes back in the answer itself, or nothing."""
        answer = self.twilio.text_to_us(self.number, body, **more)
        assert answer.status_code == 200, answer.text
        return " ".join(each.text or "" for each in ElementTree.fromstring(answer.content))

    def pick_up(self) -> list[str]:
        """Answer the last call; what is said."""
        call = self.newest("Calls")
        self._listen(call.fields["Url"], {"CallStatus": "in-progress"})
        return self.said

    def press(self, keys: str) -> list[str]:
        """Press a key, after picking up if that is still to be done; what is said then."""
        if not self._key_to:
            self.pick_up()
        self._listen(self._key_to, {"CallStatus": "in-progress", "Digits": keys})
        return self.said

    def _listen(self, url: str, form: Mapping[str, str]) -> None:
        call = self.newest("Calls")
        base = {"CallSid": call.sid, "To": self.number, "From": self.twilio.number, **form}
        answer = self.twilio.post(url, base)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("text/xml")
        script = ElementTree.fromstring(answer.content)
        gather = script.find("Gather")
        self._key_to = "" if gather is None else gather.attrib["action"]
        self.said = [each.text or "" for each in script.iter("Say")]
