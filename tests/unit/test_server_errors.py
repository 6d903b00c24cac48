"""Every exception becomes a problem, and none says more than it should."""

import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    Conflict,
    NotFound,
    ServiceUnavailable,
)

from dispatch import errors as domain
from server.errors import KINDS, Problem, to_problem


@pytest.mark.parametrize(
    "error, status, code",
    [
        (domain.NotFound("No such request."), 404, "not_found"),
        (domain.Forbidden("No."), 403, "forbidden"),
        (domain.Invalid("Bad.", field="x"), 422, "invalid"),
        (domain.Invalid("No.", code="consent_required"), 422, "consent_required"),
        (domain.Conflict("Taken.", code="already_taken"), 409, "already_taken"),
        (domain.Conflict("Not now."), 409, "illegal_step"),
        (domain.Gone("Closed."), 410, "offer_closed"),
        (NotFound(), 404, "not_found"),
        (BadRequest(), 400, "bad_request"),
        (ClientDisconnected(), 503, "cut_off"),
        (Conflict(), 409, "bad_request"),
        (ServiceUnavailable(), 503, "internal"),
        (OperationalError("SELECT 'secret'", {}, Exception()), 503, "database_unavailable"),
        (InterfaceError("SELECT 'secret'", {}, Exception()), 503, "database_unavailable"),
        (PoolTimeout("no connection"), 503, "database_unavailable"),
        (IntegrityError("SELECT 'secret'", {}, Exception()), 500, "internal"),
        (RuntimeError("secret"), 500, "internal"),
    ],
)
def test_what_becomes_of_an_exception(error: Exception, status: int, code: str) -> None:
    problem = to_problem(error)
    assert problem.code == code
    assert problem.status == (status if code not in ("bad_request", "internal") else problem.status)
    assert "secret" not in str(problem.body())
    assert ("Retry-After" in problem.headers) == (code in ("cut_off", "database_unavailable"))


def test_a_problem_has_the_members_of_the_rfc() -> None:
    body = Problem("already_taken").body()
    assert body == {
        "type": "/docs/errors#already_taken",
        "title": "Conflict",
        "status": 409,
        "detail": KINDS["already_taken"].meaning,
        "code": "already_taken",
    }


def test_an_unlisted_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        Problem("surprise")


def test_every_code_of_dispatch_has_a_status() -> None:
    assert set(domain.ERROR_CODES) <= set(KINDS)
    for kind in KINDS.values():
        assert 400 <= kind.status < 600
        assert kind.meaning.endswith(".")
