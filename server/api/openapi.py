"""The OpenAPI 3.1 document, made from the declarations that validate: the two cannot disagree."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from server import idempotency
from server.api.declare import Json, NoQuery, Route, Routes
from server.api.layer import BASE, COOKIE
from server.api.models import NoBody
from server.errors import KINDS, PROBLEM_JSON

TITLE = "Alongside"
VERSION = "1"
_REF = "#/components/schemas/{model}"
_ABOUT = (
    "A person in an emergency department who would like to talk with somebody who has been through "
    "something like this, and the peer supporter who comes. Times are RFC 3339 in UTC, ids are "
    "opaque, unknown fields are refused, and every refusal is a problem with a stable `code`."
)


def problems_of(route: Route) -> list[str]:
    """Every code the route may refuse with: those that follow from its declaration, and its own."""
    codes = {"database_unavailable", "internal", "invalid", *route.problems}
    if not route.is_public:
        codes |= {"not_signed_in", "forbidden"}
        if not route.reads:
            codes.add("cross_origin")
    if route.path_names:
        codes.add("not_found")
    if route.body is not None:
        codes |= {"cut_off", "too_large", "unsupported_media_type"}
    if route.takes_key:
        codes.add("idempotency_mismatch")
    return sorted(codes, key=lambda code: (KINDS[code].status, code))


def document(nouns: list[Routes], public_url: str) -> Json:
    """The whole document."""
    routes = [route for noun in nouns for route in noun.routes]
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url + BASE}],
        "tags": [{"name": noun.tag, "description": noun.about} for noun in nouns],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _schemas(routes: list[Route]) -> Json:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for route in routes:
        if route.body is not None:
            wanted[route.body, "validation"] = None
        if route.answer is not None:
            wanted[route.answer, "serialization"] = None
    _, schema = models_json_schema(list(wanted), ref_template=_REF)
    return {**schema.get("$defs", {}), "Problem": _problem_schema()}


def _problem_schema() -> Json:
    text = {"type": "string"}
    complaint = {
        "type": "object",
        "properties": {"field": text, "message": text},
        "required": ["field", "message"],
    }
    return {
        "type": "object",
        "description": "A refusal (RFC 9457). Decide by `code`.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": {"type": "string", "enum": sorted(KINDS)},
            "errors": {"type": "array", "items": complaint},
            "tries_left": {"type": "integer", "minimum": 0},
        },
        "required": ["type", "title", "status", "detail", "code"],
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": f"{route.tag}_{route.name}",
        "tags": [route.tag],
        "summary": route.summary,
        "description": (route.view.__doc__ or "").strip(),
        "parameters": _parameters(route),
        "responses": _responses(route),
        "security": [] if route.is_public else [{"bearer": []}, {"cookie": []}],
    }
    if not route.is_public:
        operation["x-roles"] = sorted(role.value for role in route.roles)
    if route.body is not None:
        schema = {"$ref": _REF.format(model=route.body.__name__)}
        operation["requestBody"] = {
            "required": route.body is not NoBody,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _parameters(route: Route) -> list[Json]:
    found: list[Json] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        }
        for name in route.path_names
    ]
    if route.query is not NoQuery:
        schema = route.query.model_json_schema(ref_template=_REF)
        required = schema.get("required", [])
        for name, field in schema["properties"].items():
            found.append(
                {"name": name, "in": "query", "required": name in required, "schema": field}
            )
    if route.takes_key:
        found.append(
            {
                "name": idempotency.HEADER,
                "in": "header",
                "required": False,
                "description": "Sent again with the same body, the same answer comes back.",
                "schema": {
                    "type": "string",
                    "pattern": "^[!-~]+$",
                    "minLength": 1,
                    "maxLength": idempotency.MAX_CHARS,
                },
            }
        )
    return found


def _responses(route: Route) -> Json:
    done: Json = {"description": "Done."}
    if route.answer is not None:
        schema = {"$ref": _REF.format(model=route.answer.__name__)}
        done["content"] = {"application/json": {"schema": schema}}
    if route.takes_key:
        done["headers"] = {
            idempotency.REPLAYED: {
                "description": "`true` when this is the stored answer of an earlier request.",
                "schema": {"type": "string", "enum": ["true"]},
            }
        }
    found: dict[str, Any] = {str(route.status): done}
    by_status: dict[int, list[str]] = {}
    for code in problems_of(route):
        by_status.setdefault(KINDS[code].status, []).append(code)
    for status, codes in by_status.items():
        response: Json = {
            "description": "; ".join(f"`{code}`: {KINDS[code].meaning}" for code in codes),
            "content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format(model="Problem")}}},
        }
        if status in (429, 503):
            response["headers"] = {
                "Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}
            }
        found[str(status)] = response
    return found
