"""The way in from outside: PUBLIC_URL is asked as a browser would, and a socket is opened through it."""

import base64
import os
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import requests

from server.doctor.finding import Finding, warning
from server.settings import Settings
from server.wiring import Wired

PATIENCE_S = 5.0
SOON = timedelta(days=14)
"""A certificate that ends this soon should have been renewed."""
ONCE = ("Content-Security-Policy", "Strict-Transport-Security", "X-Frame-Options")
"""The application sets them; a proxy that adds its own makes two rules of one."""


def examine(wired: Wired) -> Iterator[Finding]:
    """Findings about the proxy, where one is to be expected."""
    settings = wired.settings
    where = urlsplit(settings.public_url)
    if settings.is_production and settings.proxy_hops == 0:
        yield warning(
            "proxy",
            "PROXY_HOPS is 0, but something in front ends TLS: every caller has its address, and "
            "they share one limit of failed sign-ins; set 1, or as many as there are",
        )
    if not settings.is_production:
        return
    try:
        answer = requests.get(
            f"{settings.public_url}/healthz", timeout=PATIENCE_S, allow_redirects=False
        )
    except requests.exceptions.SSLError:
        yield Finding(
            "front", False, "PUBLIC_URL shows a certificate that is not good for its name"
        )
        return
    except requests.RequestException as error:
        yield warning(
            "front", f"PUBLIC_URL cannot be reached from this machine: {type(error).__name__}"
        )
        return
    yield _answer(answer)
    yield _socket(settings)
    if where.scheme == "https":
        yield _certificate(str(where.hostname), where.port or 443, wired.clock.now())


def _answer(answer: requests.Response) -> Finding:
    if answer.status_code != 200:
        return Finding("front", False, f"PUBLIC_URL/healthz answers {answer.status_code}, not 200")
    # Headers that came twice are one, with a comma between; none of ours has one.
    doubled = [name for name in ONCE if "," in answer.headers.get(name, "")]
    if doubled:
        return Finding("front", False, f"{', '.join(doubled)} came twice: the proxy must add none")
    if "Strict-Transport-Security" not in answer.headers:
        return Finding("front", False, "the proxy takes headers away: Strict-Transport-Security")
    return Finding("front", True, "PUBLIC_URL answers, with our headers and no others")


def _socket(settings: Settings) -> Finding:
    """A websocket through whatever is in front; it says nothing and hangs up."""
    where = urlsplit(settings.public_url)
    port = where.port or (443 if where.scheme == "https" else 80)
    key = base64.b64encode(os.urandom(16)).decode()
    asked = (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
        f"Host: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    try:
        with socket.create_connection((where.hostname, port), timeout=PATIENCE_S) as plain:
            line: socket.socket = plain
            if where.scheme == "https":
                line = ssl.create_default_context().wrap_socket(
                    plain, server_hostname=where.hostname
                )
            line.sendall(asked.encode())
            status = line.recv(64).split(b" ")[1:2]
            line.close()
    except (OSError, ValueError) as error:
        return Finding("sockets", False, f"no websocket opens: {type(error).__name__}")
    if status != [b"101"]:
        said = status[0].decode(errors="replace") if status else "nothing"
        return Finding(
            "sockets", False, f"a websocket is answered {said}: pass Upgrade on for /socket.io/"
        )
    return Finding("sockets", True, "a websocket opens through PUBLIC_URL")


def _certificate(host: str, port: int, now: datetime) -> Finding:
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE_S) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as line,
        ):
            shown = line.getpeercert() or {}
    except OSError as error:
        return Finding("tls", False, f"the certificate cannot be seen: {type(error).__name__}")
    ends_s = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    left = datetime.fromtimestamp(ends_s, UTC) - now
    if left < SOON:
        return warning("tls", f"the certificate ends in {left.days} days: renew it")
    return Finding("tls", True, f"the certificate is good for {left.days} days")
