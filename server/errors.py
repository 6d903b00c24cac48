"""Every refusal as `application/problem+json` (RFC 9457), and the list of codes.

It knows which code travels as which status; it refuses to know why anybody refused. Clients decide
by `code`, which is stable; `detail` is for people and may change.
"""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import ClientDisconnected, HTTPException

from dispatch.errors import ERROR_CODES, DomainError

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
SLOWLY_RETRY_S = 5
"""When somebody who said too much at once may go on."""
CUT_OFF_RETRY_S = 1
"""When a call that was cut off may be made again: by then another process serves."""
DATABASE_RETRY_S = 2
"""When a client may ask again after the database could not be reached."""


@dataclass(frozen=True)
class Kind:
    """What a code stands for."""

    status: int
    meaning: str


_OWN: dict[str, Kind] = {
    "bad_request": Kind(400, "The request is not well-formed HTTP."),
    "not_signed_in": Kind(401, "The endpoint needs a valid, unexpired and unrevoked sign-in."),
    "bad_credentials": Kind(401, "No active user has this e-mail and password."),
    "refresh_invalid": Kind(401, "The refresh token is unknown, expired or revoked; sign in."),
    "refresh_reused": Kind(401, "The refresh token was used before; its session is now revoked."),
    "no_desk": Kind(401, "This browser is no desk of a site, or no longer."),
    "bad_pin": Kind(401, "The PIN is not this person's; `tries_left` says how many are left."),
    "cross_origin": Kind(403, "A page of another origin may not do this with the session cookie."),
    "bad_signature": Kind(403, "The call does not carry the signature of our provider."),
    "method_not_allowed": Kind(405, "The address exists, but not with this method."),
    "too_large": Kind(413, "The body is longer than the server reads."),
    "unsupported_media_type": Kind(415, "The body must be application/json."),
    "channel_off": Kind(422, "This installation does not reach people that way."),
    "push_service_unknown": Kind(422, "This installation calls no such push service."),
    "idempotency_mismatch": Kind(422, "The key was used before for another request."),
    "pin_locked": Kind(429, "Too many wrong PINs for this name; wait as Retry-After says."),
    "too_many_attempts": Kind(429, "Too many failed sign-ins; wait as long as Retry-After says."),
    "calls_off": Kind(409, "No call can be made now; the desk's number is shown instead."),
    "number_not_allowed": Kind(422, "This number may not be called for a visit."),
    "not_failed": Kind(409, "Only an alert that failed can be sent again."),
    "device_gone": Kind(409, "Nobody can be reached there any more; it cannot be sent again."),
    "too_late": Kind(409, "The alert's time is over, or its offer is closed."),
    "internal": Kind(500, "The server made a mistake; nothing was changed."),
    "database_unavailable": Kind(503, "The database cannot be reached; nothing was changed."),
    "cut_off": Kind(503, "The call did not arrive whole; nothing was changed. Make it again."),
}

_DOMAIN_STATUS = {
    "not_found": 404,
    "forbidden": 403,
    "already_taken": 409,
    "illegal_step": 409,
    "busy": 409,
    "room_moved": 409,
    "in_use": 409,
    "previews_full": 409,
    "calls_full": 409,
    "offer_closed": 410,
    "too_fast": 429,
}

KINDS: dict[str, Kind] = _OWN | {
    code: Kind(_DOMAIN_STATUS.get(code, 422), meaning) for code, meaning in ERROR_CODES.items()
}
"""Every code that can leave this server. The error page is made from it."""

_HTTP_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_attempts",
}


class Problem(Exception):
    """A refusal of this floor. `errors` are `{field, message}`; `retry_after_s` a whole number."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: list[dict[str, str]] | None = None,
        retry_after_s: int | None = None,
        headers: dict[str, str] | None = None,
        tries_left: int | None = None,
    ) -> None:
        kind = KINDS[code]
        super().__init__(detail or kind.meaning)
        self.code = code
        self.status = kind.status
        self.detail = detail or kind.meaning
        self.errors = errors
        self.tries_left = tries_left
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(max(1, retry_after_s))
        if self.status == HTTPStatus.UNAUTHORIZED:
            self.headers.setdefault("WWW-Authenticate", 'Bearer realm="alongside"')

    def body(self) -> dict[str, Any]:
        """The members of RFC 9457, with ours: `code`, and `errors` where there are any."""
        shape: dict[str, Any] = {
            "type": f"/docs/errors#{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors is not None:
            shape["errors"] = self.errors
        if self.tries_left is not None:
            shape["tries_left"] = self.tries_left
        return shape


def invalid(field: str, message: str) -> Problem:
    """A 422 about one field."""
    return Problem("invalid", errors=[{"field": field, "message": message}])


def cut_off() -> Problem:
    """A 503 for a call whose body ended too soon.

    It is not always the client's mistake: a process that stops hears no more, also of a body that is on
    its way.
    """
    return Problem("cut_off", retry_after_s=CUT_OFF_RETRY_S)


def from_validation(refused: ValidationError) -> Problem:
    """A 422 with one entry per field. The value itself is never repeated."""
    errors = [
        {
            # A rule about several fields at once names none: then it is the whole body.
            "field": ".".join(str(part) for part in error["loc"]) or "body",
            "message": error["msg"].removeprefix("Value error, "),
        }
        for error in refused.errors(include_input=False, include_url=False, include_context=False)
    ]
    return Problem("invalid", errors=errors)


def from_domain(refused: DomainError) -> Problem:
    """The code as dispatch says it; the list of codes knows the status."""
    named = None
    if refused.field is not None:
        named = [{"field": refused.field, "message": refused.detail}]
    wait_s = SLOWLY_RETRY_S if refused.refusal == "too_fast" else None
    return Problem(refused.refusal, refused.detail, errors=named, retry_after_s=wait_s)


def from_http(refused: HTTPException) -> Problem | None:
    """What the web framework refused; None for what is no refusal (a redirect)."""
    status = refused.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return None
    code = _HTTP_CODES.get(status, "bad_request" if status < 500 else "internal")
    kept = {"Allow", "Retry-After"}
    headers = {name: value for name, value in refused.get_headers() if name in kept}
    return Problem(code, headers=headers)


def is_database_away(error: Exception) -> bool:
    """Whether the database could not be reached or would not take the work just now."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def to_problem(error: Exception) -> Problem:
    """Any exception as a problem. What nobody foresaw is logged and tells the client nothing."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DomainError):
        return from_domain(error)
    if isinstance(error, ClientDisconnected):
        return cut_off()
    if isinstance(error, HTTPException) and (known := from_http(error)) is not None:
        return known
    if is_database_away(error):
        log.warning("database unavailable: %s", type(error).__name__)
        return Problem("database_unavailable", retry_after_s=DATABASE_RETRY_S)
    log.error("unhandled %s", type(error).__name__, exc_info=error)
    return Problem("internal")


def respond(problem: Problem) -> Response:
    """The problem as a response."""
    response = Response(
        json.dumps(problem.body()), status=problem.status, content_type=PROBLEM_JSON
    )
    response.headers.update(problem.headers)
    return response


def install(app: Flask) -> None:
    """Answer every exception of `app` with a problem."""

    def answer(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException) and (error.code or 500) < HTTPStatus.BAD_REQUEST:
            return error
        return respond(to_problem(error))

    app.register_error_handler(Exception, answer)
