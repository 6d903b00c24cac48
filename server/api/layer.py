"""What a declared route means, from the bytes of a request to the bytes of its answer.

Around a view the layer does, in this order: the signature of the sign-in (401), body and query
(413, 415, 422), one transaction, in it the session and the role (401, 403: these win over a bad
body), the idempotency key, the view, the answer. It knows no noun.
"""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from flask import Flask, Request, Response, g, request
from pydantic import BaseModel, ValidationError

from server import audit, idempotency
from server.api.declare import Call, Json, NoQuery, Route, Routes
from server.api.models import NoBody, Query
from server.auth.callers import Caller, Credential, authenticate
from server.auth.origin import refuse_other_origins
from server.body import whole
from server.errors import Problem, from_validation, invalid
from server.wiring import Wired
from storage.database import Transaction
from storage.failpoints import failpoint
from storage.gate import urgent

BASE = "/api/v1"
COOKIE = "alongside_session"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(rf"[\x21-\x7e]{{1,{idempotency.MAX_CHARS}}}")


def install(app: Flask, wired: Wired, nouns: Iterable[Routes]) -> None:
    """Serve every route of `nouns` under `BASE`."""
    for noun in nouns:
        for route in noun.routes:
            rule = BASE + re.sub(r"{(\w+)}", r"<\1>", route.path)
            app.add_url_rule(
                rule,
                f"{route.tag}.{route.name}",
                _endpoint(wired, route),
                methods=[route.method],
            )


def _endpoint(wired: Wired, route: Route) -> Callable[..., Response]:
    def endpoint(**path: str) -> Response:
        if route.is_public:
            body, query = _parse(route)
            return _respond(wired, route, _dump(route.view(wired, **_inputs(route, body, query))))
        with urgent(route.is_urgent):
            return _signed_in(wired, route, path)

    return endpoint


def _signed_in(wired: Wired, route: Route, path: dict[str, str]) -> Response:
    credential = read_credential(request, wired)
    try:
        if not all(_ID.fullmatch(value) for value in path.values()):
            raise Problem("not_found")
        body, query = _parse(route)
        key = _read_key(route)
    except Problem:
        # Who may not call at all is told that, not what is wrong with their body.
        with wired.db.read() as tx:
            _admit(tx, credential, route)
        raise
    prepared = route.prepare(body) if route.prepare is not None else None
    opened: AbstractContextManager[Transaction] = (
        wired.db.read() if route.reads else wired.db.transaction()
    )
    with opened as tx:
        caller = _admit(tx, credential, route)
        print_ = ""
        if key is not None:
            print_ = idempotency.fingerprint(route.method, request.path, _canonical(body))
            stored = idempotency.begin(tx, caller.user_id, key, print_)
            failpoint("key.taken")
            if stored is not None:
                replay = _respond(wired, route, stored.body, stored.status)
                replay.headers[idempotency.REPLAYED] = "true"
                return replay
        call = Call(tx, caller, caller.as_actor(), wired, prepared)
        text = _dump(route.view(call, **path, **_inputs(route, body, query)))
        if key is not None:
            answer = idempotency.Stored(route.status, text)
            idempotency.finish(tx, caller.user_id, key, answer)
            failpoint("key.answered")
    # A look that cannot be written down is not answered.
    audit.write(wired.db, caller.as_actor(), call.looks)
    if call.later:
        with wired.db.transaction() as tx:
            for follow in call.later:
                follow(tx)
    if key is not None:
        failpoint("reply.before")
    return _respond(wired, route, text)


def read_credential(incoming: Request, wired: Wired) -> Credential:
    """What the request proves itself with; a 401 `Problem` when it has nothing valid.

    A cookie counts for unsafe methods only when a page of ours sent the request.
    """
    scheme, _, token = incoming.headers.get("Authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise Problem("not_signed_in")
        return Credential(session_id=wired.tokens.read(token.strip()).session_id)
    cookie = incoming.cookies.get(COOKIE)
    if not cookie:
        raise Problem("not_signed_in")
    refuse_other_origins(incoming, wired.settings.public_url)
    return Credential(cookie=cookie)


def _admit(tx: Transaction, credential: Credential, route: Route) -> Caller:
    caller = authenticate(tx, credential)
    g.caller = caller
    if caller.role not in route.roles:
        raise Problem("forbidden")
    return caller


def _parse(route: Route) -> tuple[BaseModel | None, Query]:
    try:
        query = route.query.model_validate(_single_values(request))
        if route.body is None:
            return None, query
        raw = whole(request)
        if not raw and _may_be_left_out(route.body):
            return route.body(), query
        if request.mimetype != "application/json":
            raise Problem("unsupported_media_type")
        return route.body.model_validate_json(raw, strict=True), query
    except ValidationError as refused:
        raise from_validation(refused) from None


def _may_be_left_out(body: type[BaseModel]) -> bool:
    """Whether a body has nothing that must be said, so that no body at all says the same."""
    return not any(field.is_required() for field in body.model_fields.values())


def _single_values(incoming: Request) -> dict[str, str | list[str]]:
    """Each query parameter once; one that is repeated stays a list, which no field accepts."""
    return {
        name: values[0] if len(values) == 1 else values for name, values in incoming.args.lists()
    }


def _read_key(route: Route) -> str | None:
    key = request.headers.get(idempotency.HEADER)
    if not route.takes_key or key is None:
        return None
    if not _KEY.fullmatch(key):
        raise invalid(
            idempotency.HEADER, f"must be 1 to {idempotency.MAX_CHARS} visible ASCII characters"
        )
    return key


def _canonical(body: BaseModel | None) -> str:
    return "" if body is None else body.model_dump_json()


def _inputs(route: Route, body: BaseModel | None, query: Query) -> Json:
    inputs: Json = {}
    if route.body not in (None, NoBody):
        inputs["body"] = body
    if route.query is not NoQuery:
        inputs["query"] = query
    return inputs


def _dump(answer: Json | None) -> str:
    return "" if answer is None else json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _respond(wired: Wired, route: Route, text: str, status: int | None = None) -> Response:
    if wired.settings.alongside_env == "test" and route.answer is not None:
        # The declared answer is what clients read; a test that sees another one must fail.
        route.answer.model_validate_json(text)
    kind = "application/json" if text else None
    return Response(text, status=status or route.status, content_type=kind)
