"""One JSON object a line on standard output, each with the id of its request.

It knows the shape of a line; it refuses bodies, tokens, e-mail addresses and query strings. The
message of an exception may quote any of these, so a trace shows types and places only.
"""

import logging
import re
import sys
import time
import traceback
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, WrappedLogger

from storage.ids import new_id

REQUEST_ID = "X-Request-Id"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")

log = structlog.get_logger("server.request")


def _places_only(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    """Replace an exception by its type and where it came from, causes first."""
    info = line.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    elif isinstance(info, tuple):
        info = info[1]
    chain: list[str] = []
    while isinstance(info, BaseException):
        frames = traceback.extract_tb(info.__traceback__)
        places = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames))
        chain.insert(0, f"{type(info).__module__}.{type(info).__qualname__} at {places}")
        info = info.__cause__ or info.__context__
    if chain:
        line["exception"] = chain
    return line


def configure(level: str) -> None:
    """Send every log line of this process, ours and the libraries', to standard output as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _places_only,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("urllib3", "alembic", "werkzeug", "google", "geventwebsocket"):
        # These write addresses with query strings, or a line for every call.
        logging.getLogger(chatty).setLevel(logging.WARNING)


def request_id() -> str:
    """The id of the current request."""
    return str(g.get("request_id", ""))


def install(app: Flask) -> None:
    """Give every request an id, return it, and write one line when the answer is ready."""

    def begin() -> None:
        given = request.headers.get(REQUEST_ID, "")
        g.request_id = given if _ACCEPTABLE_ID.fullmatch(given) else new_id()
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    def finish(response: Response) -> Response:
        response.headers[REQUEST_ID] = request_id()
        facts: dict[str, Any] = {
            "method": request.method,
            "route": route_template(),
            "status": response.status_code,
            "ms": round(1000 * seconds_taken(), 1),
        }
        if (caller := g.get("caller")) is not None:
            facts["user_id"] = caller.user_id
        log.info("request", **facts)
        return response

    app.before_request(begin)
    app.after_request(finish)


def route_template() -> str:
    """The route as declared, never the address as typed (which may hold anything)."""
    return request.url_rule.rule if request.url_rule is not None else "(none)"


def seconds_taken() -> float:
    """How long the current request has run."""
    return time.perf_counter() - float(g.get("began", time.perf_counter()))
