"""The AsyncAPI document agrees with the server and with itself."""

from typing import Any

import pytest

from server.realtime.events import SAID, TOLD
from tests.api.conftest import Api

# What is tested here does not depend on the database.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def document(api: Api) -> dict[str, Any]:
    """As it is served."""
    answer = api.http.get("/asyncapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def every(part: Any, name: str) -> list[Any]:
    """All values under `name`, however deep."""
    if isinstance(part, list):
        return [one for item in part for one in every(item, name)]
    if isinstance(part, dict):
        found = [part[name]] if name in part else []
        return found + [one for value in part.values() for one in every(value, name)]
    return []


def test_every_event_is_described(api: Api) -> None:
    described = document(api)
    assert described["asyncapi"] == "3.0.0"
    operations = described["operations"]
    received = {name for name, one in operations.items() if one["action"] == "receive"}
    sent = {name for name, one in operations.items() if one["action"] == "send"}
    assert received == {f"client_{name}" for name in SAID}
    assert sent == {f"server_{name}" for name in TOLD}
    for name in received:
        assert operations[name]["reply"]["messages"]


def test_every_reference_leads_somewhere(api: Api) -> None:
    described = document(api)
    for reference in every(described, "$ref"):
        assert reference.startswith("#/")
        part: Any = described
        for step in reference[2:].split("/"):
            part = part[step]


def test_a_discriminator_is_the_name_of_a_property(api: Api) -> None:
    assert all(isinstance(one, str) for one in every(document(api), "discriminator"))


def test_every_schema_says_what_it_is(api: Api) -> None:
    schemas = document(api)["components"]["schemas"]
    silent = [
        name for name, one in schemas.items() if "enum" not in one and not one.get("description")
    ]
    assert not silent
    assert all(
        one.get("additionalProperties") is False for one in schemas.values() if "properties" in one
    )
