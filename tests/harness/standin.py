"""What every stand-in for an outside service shares: it listens on loopback, hangs, cuts, is scripted.

- `Listening` starts and stops a server; a stand-in is used as `with FcmServer() as fcm`
- `HttpStandIn` answers one HTTP request at a time with a `Reply`, which may hang or cut the line
- `Scripts` holds what a test said beforehand: the next answers to somebody, or the lasting one

It knows sockets and HTTP; what a service checks and answers is each stand-in's own.
"""

import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

POLL_S = 0.02
"""How often a server looks whether it is to end."""

Answer = TypeVar("Answer")


class Scripts(Generic[Answer]):
    """Answers that a test has set, by whom they are for. Its holder's lock guards it."""

    def __init__(self) -> None:
        self._next: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._lasting: dict[str, Answer] = {}

    def add(self, who: str, *answers: Answer) -> None:
        """The next ones to `who`, one after another."""
        self._next[who].extend(answers)

    def keep(self, who: str, answer: Answer) -> None:
        """Every one to `who` for which no other is waiting."""
        self._lasting[who] = answer

    def take(self, who: str, usual: Answer) -> Answer:
        """The answer to `who` now."""
        waiting = self._next[who]
        return waiting.popleft() if waiting else self._lasting.get(who, usual)

    def peek(self, who: str) -> Answer | None:
        """The next one that is waiting, which stays."""
        waiting = self._next[who]
        return waiting[0] if waiting else None


class Listening:
    """A server in a thread of its own, from `__enter__` to `__exit__`."""

    scheme = "http"

    def __init__(self, server: TCPServer) -> None:
        self.lock = threading.Lock()
        self.quitting = threading.Event()
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.quitting.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL to give to the product."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def wait(self, seconds: float) -> None:
        """Hang, but not past the end of the server."""
        self.quitting.wait(seconds)


def until(count: int, found: Callable[[], int], what: str, timeout_s: float) -> None:
    """Until `found()` is at least `count`; `TimeoutError` otherwise."""
    end = time.monotonic() + timeout_s
    while found() < count:
        if time.monotonic() > end:
            raise TimeoutError(f"{found()} of {count} {what}")
        time.sleep(0.005)


@dataclass(frozen=True)
class Asked:
    """One HTTP request."""

    method: str
    path: str
    """With its query."""
    headers: Mapping[str, str]
    """By names in small letters."""
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What is answered. `status` 0 cuts the connection; `hang_s` waits before either."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_s: float = 0.0


def json_reply(
    status: int, content: bytes, *, retry_after: str | None = None, hang_s: float = 0.0
) -> Reply:
    """JSON, perhaps with the seconds to wait before trying again."""
    headers = {"Content-Type": "application/json"}
    if retry_after is not None:
        headers = {"Retry-After": retry_after, **headers}
    return Reply(status, content, headers, hang_s)


class HttpStandIn(Listening, ABC):
    """A service over HTTP: `answer` says what to reply."""

    def __init__(self, port: int = 0) -> None:
        stand_in = self

        class Handler(_Handler):
            service = stand_in

        super().__init__(_Server(("127.0.0.1", port), Handler))

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """The reply to one request; several threads may ask at once."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    service: HttpStandIn
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Whatever is asked, `answer` decides."""
        self._serve()

    def do_POST(self) -> None:
        """The same."""
        self._serve()

    def _serve(self) -> None:
        expected = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(expected)
        if len(body) < expected:
            # Who sent it was killed, or the line was cut, between its head and its end.
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.service.answer(Asked(self.command, self.path, headers, body))
        if reply.hang_s:
            self.service.wait(reply.hang_s)
        if reply.status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the inherited name
        """Silence."""
