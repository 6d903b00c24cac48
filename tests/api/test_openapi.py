"""The document and the running server agree: generated cases, good and bad, for every operation.

A role is chosen for each operation that may call it. What a schema cannot say (a time that has
passed, an unknown time zone, consent) may be refused with 422; anything undocumented fails.
"""

import json
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dispatch.states import Role
from server.api.openapi import document
from server.api.routes import NOUNS, every_route
from server.errors import KINDS
from server.wiring import Wired
from tests.api import people
from tests.api.conftest import Api
from tests.api.people import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
BASE = "/api/v1"
DOCUMENT = document(NOUNS, "http://localhost")
OPERATIONS = [
    (method, path, operation.get("x-roles", []))
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if path != "/sessions/current"
]


def takes_something(method: str, path: str) -> bool:
    """Whether there is anything that could be sent wrong: an input, or a sign-in."""
    operation = DOCUMENT["paths"][path][method]
    return bool({"parameters", "requestBody", "x-roles"} & {k for k, v in operation.items() if v})


CASES = [
    (*operation, mode)
    for operation in OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or takes_something(*operation[:2])
]


def operation_of(app: Flask, method: str, path: str) -> APIOperation[Any, Any, Any, Any]:
    """The operation as the served document declares it."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    found: APIOperation[Any, Any, Any, Any] = schema[path][method]
    return found


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("method, path, roles, mode", CASES)
def test_generated_cases_are_answered_as_documented(
    app: Flask,
    wired: Wired,
    method: str,
    path: str,
    roles: list[str],
    mode: GenerationMode,
) -> None:
    world: World = people.build(wired.db)
    api = Api(app)
    headers = {}
    if roles:
        person = world.here.one_of(Role(roles[0]))
        headers["Authorization"] = f"Bearer {api.sign_in(person)['access_token']}"
    operation = operation_of(app, method, path)

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        case.headers.pop("Authorization", None)
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    check()


def test_the_document_is_whole() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    ids = set()
    for route in every_route():
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        ids.add(operation["operationId"])
        assert operation["summary"].endswith(".")
        assert operation["description"], route.path
        assert str(route.status) in operation["responses"]
        assert {"500", "503"} <= set(operation["responses"])
    assert len(ids) == len(every_route())
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(DOCUMENT)
    names = set(DOCUMENT["components"]["schemas"])
    for reference in text.split('"#/components/schemas/')[1:]:
        assert reference.split('"')[0] in names
    assert set(DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == set(
        KINDS
    )
