"""How a route is declared. The layer, the OpenAPI document, the pages and the tests read the list.

    routes = Routes("visits", "One peer's support.")

    @routes.add("POST", "/visits/{visit_id}/depart", roles={Role.PEER}, answer=VisitAnswer,
                summary="The peer leaves.")
    def depart(call: Call, visit_id: str) -> Json: ...

The view's own annotations of `body` and `query` say what is parsed.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel

from dispatch.access import Actor
from dispatch.states import Role
from server.api.models import Answer, NoBody, Query
from server.audit import Look
from server.auth.callers import Caller
from server.wiring import Wired
from storage.database import Transaction

Json = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Json | None])

ANYONE: frozenset[Role] = frozenset()
EVERY_ROLE = frozenset(Role)


class NoQuery(Query):
    """A route that takes no query refuses one."""


@dataclass(frozen=True)
class Call:
    """What a view works with: its transaction, who acts, and what was plugged together."""

    tx: Transaction
    caller: Caller
    actor: Actor
    wired: Wired
    prepared: Any = None
    """What the route's `prepare` made of the body before the transaction was opened."""
    looks: list[Look] = field(default_factory=list)
    """What the answer shows that must be written down; the layer does it before it answers."""
    later: list[Callable[[Transaction], object]] = field(default_factory=list)
    """What follows from the call, in a transaction of its own after it: a GET itself writes nothing."""


@dataclass(frozen=True)
class Route:
    """One declaration."""

    tag: str
    name: str
    method: str
    path: str
    roles: frozenset[Role]
    body: type[BaseModel] | None
    query: type[Query]
    answer: type[Answer] | None
    status: int
    takes_key: bool
    summary: str
    problems: tuple[str, ...]
    view: Callable[..., Json | None]
    prepare: Callable[[Any], Any] | None
    is_urgent: bool
    """Whether it may use the connections that are kept free."""

    @property
    def is_public(self) -> bool:
        """Whether anyone may call it; its view gets `Wired` and opens its own transactions."""
        return self.roles == ANYONE

    @property
    def reads(self) -> bool:
        """Whether it only looks."""
        return self.method == "GET"

    @property
    def path_names(self) -> list[str]:
        """The names in the path, in order."""
        return re.findall(r"{(\w+)}", self.path)


class Routes:
    """The routes of one noun."""

    def __init__(self, tag: str, about: str) -> None:
        self.tag = tag
        self.about = about
        self.routes: list[Route] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        roles: Iterable[Role],
        summary: str,
        answer: type[Answer] | None = None,
        status: int = 200,
        takes_key: bool | None = None,
        problems: tuple[str, ...] = (),
        prepare: Callable[[Any], Any] | None = None,
        is_urgent: bool = False,
    ) -> Callable[[View], View]:
        """Declare the decorated view.

        `takes_key` (an idempotency key) defaults to every signed-in POST. `problems` are the codes
        beyond those that follow from the declaration. `prepare` runs before the transaction.
        """

        def declare(view: View) -> View:
            hints = get_type_hints(view)
            allowed = frozenset(roles)
            keyed = takes_key if takes_key is not None else method == "POST" and bool(allowed)
            route = Route(
                tag=self.tag,
                name=view.__name__,
                method=method,
                path=path,
                roles=allowed,
                body=hints.get("body", NoBody if method in {"POST", "PUT", "PATCH"} else None),
                query=hints.get("query", NoQuery),
                answer=answer,
                status=status,
                takes_key=keyed,
                summary=summary,
                problems=problems,
                view=view,
                prepare=prepare,
                is_urgent=is_urgent,
            )
            expected = {*route.path_names} | {n for n in ("body", "query") if n in hints}
            given = set(list(inspect.signature(view).parameters)[1:])
            if given != expected:
                raise TypeError(f"{view.__name__} takes {given}, its route hands in {expected}")
            self.routes.append(route)
            return view

        return declare
