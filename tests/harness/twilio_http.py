"""The HTTP side of the provider's stand-in: paths, basic auth, hanging and cut connections."""

import re
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.harness.twilio import Answer, TwilioServer

_PATH = re.compile(r"/2010-04-01/Accounts/(\w+?)(?:/(Messages|Calls|IncomingPhoneNumbers))?\.json")


def handler_for(server: "TwilioServer") -> type[BaseHTTPRequestHandler]:
    """The handler class that answers for this server."""

    class Handler(_Handler):
        twilio = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    twilio: "TwilioServer"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Texts and calls."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        what = self._what()
        if what in ("Messages", "Calls"):
            self._answer(*self.twilio.create(what, body))

    def do_GET(self) -> None:
        """Lists, and the account."""
        what = self._what()
        if what == "account":
            self._answer(*self.twilio.shown())
        elif what is not None:
            self._answer(*self.twilio.list(what, urlsplit(self.path).query))

    def _what(self) -> str | None:
        """Which resource is meant; None after a refusal."""
        from tests.harness.twilio import Answer

        found = _PATH.fullmatch(urlsplit(self.path).path)
        refused = None
        if found is None or found[1] != self.twilio.account:
            refused = Answer(404, 20404)
        elif not self.twilio.authorize(self.headers.get("Authorization", "")):
            refused = Answer(401, 20003)
        if refused is not None:
            self._answer(refused, refused.as_json())
            return None
        assert found is not None
        return found[2] or "account"

    def _answer(self, answer: "Answer", content: bytes) -> None:
        if answer.hang_s:
            self.twilio.wait(answer.hang_s)
        if answer.status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        if answer.retry_after is not None:
            self.send_header("Retry-After", answer.retry_after)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the inherited name
        """Silence."""
