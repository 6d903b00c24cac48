"""What the console's allowances are for, shown by a server that does just that and nothing else."""

import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.console import SERVER_GONE
from tests.browser.phones import until

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\nConnection: close\r\n\r\n<p>Hi</p>"
DYING = {
    "/silent": b"",
    "/half": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nhalf",
}
ASK = "(path) => fetch(path).then((one) => one.text()).then(() => 'whole', () => 'failed')"


class Dying:
    """A server that closes each connection after as much of an answer as its path says."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                asked = connection.recv(65536).decode()
                path = asked.split(" ")[1] if " " in asked else "/silent"
                connection.sendall(DYING.get(path, PAGE))

    def end(self) -> None:
        """Nobody listens any more."""
        if not self._thread.is_alive():
            return
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture
def dying() -> Iterator[Dying]:
    """It runs until the test ends it, or with the test."""
    server = Dying()
    yield server
    server.end()


def test_a_killed_server_is_in_the_console_and_is_all_that_is_allowed(
    browser: Browser, dying: Dying
) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.goto(dying.url)
    said.clear()

    def failed(path: str) -> str:
        before = len(said)
        assert page.evaluate(ASK, path) == "failed"
        until(page, lambda: len(said) > before)
        return said[-1]

    assert "net::ERR_EMPTY_RESPONSE" in failed("/silent")
    assert "net::ERR_CONTENT_LENGTH_MISMATCH" in failed("/half")
    dying.end()
    assert "net::ERR_CONNECTION_REFUSED" in failed("/")
    page.evaluate("new WebSocket(location.origin.replace('http', 'ws'))")
    until(page, lambda: any("WebSocket connection to" in one for one in said))
    assert all(any(one in text for one in SERVER_GONE) for text in said), said
    refusal = "Failed to load resource: the server responded with a status of 404 (NOT FOUND)"
    assert not any(one in refusal for one in SERVER_GONE)
    page.close()
