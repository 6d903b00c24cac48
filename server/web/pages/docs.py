"""The reference pages: the API for people and for programs, and every error code."""

import json
from functools import cache
from typing import Any

from flask import Flask, Response, jsonify

from server.api import openapi
from server.api.routes import NOUNS
from server.errors import KINDS
from server.web import frame
from server.wiring import Wired


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`."""
    public_url = wired.settings.public_url

    def openapi_json() -> Response:
        return jsonify(_reference(public_url))

    def api_page() -> Response:
        return frame.render(
            wired,
            "docs/api.html",
            family="docs",
            nouns=NOUNS,
            problems_of=openapi.problems_of,
            schemas=_fields(_reference(public_url)),
        )

    def errors_page() -> Response:
        return frame.render(wired, "docs/errors.html", family="docs", kinds=sorted(KINDS.items()))

    app.add_url_rule("/openapi.json", "openapi", openapi_json)
    app.add_url_rule("/docs/api", "api_page", api_page)
    app.add_url_rule("/docs/errors", "errors_page", errors_page)


@cache
def _reference(public_url: str) -> dict[str, Any]:
    """The document; made when somebody first asks, because a start has better things to do."""
    return openapi.document(NOUNS, public_url)


def _fields(reference: dict[str, Any]) -> dict[str, list[tuple[str, str, bool, str]]]:
    """For each schema its fields: name, type in words, whether it must be there, description."""
    found = {}
    for name, schema in reference["components"]["schemas"].items():
        required = schema.get("required", [])
        found[name] = [
            (field, _in_words(shape), field in required, shape.get("description", ""))
            for field, shape in schema.get("properties", {}).items()
        ]
    return found


def _in_words(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"].rsplit("/", 1)[1])
    if "anyOf" in shape:
        return " or ".join(_in_words(option) for option in shape["anyOf"])
    if "enum" in shape or "const" in shape:
        return " | ".join(json.dumps(value) for value in shape.get("enum", [shape.get("const")]))
    if shape.get("type") == "array":
        return f"list of {_in_words(shape.get('items', {}))}"
    words = str(shape.get("type", "anything"))
    if "format" in shape:
        words += f" ({shape['format']})"
    return words
