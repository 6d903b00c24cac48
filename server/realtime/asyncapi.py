"""The AsyncAPI 3 document, made from the types that validate: the two cannot disagree."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from server.errors import KINDS
from server.realtime.events import SAID, TOLD, Auth, Refused, Said
from server.realtime.outlets import Json
from server.realtime.publisher import MOST_BYTES
from server.realtime.room_events import MOST_LETTER_BYTES
from server.realtime.rooms import NAMESPACE
from server.realtime.websocket import MOST_INBOUND_BYTES

VERSION = "1"
_CHANNEL = "live"
_SCHEMA = "#/components/schemas/{model}"
_ABOUT = (
    "Socket.IO, default path, namespace `{namespace}`. Connect with `auth: {{token}}`, or with the "
    "session cookie of a page of this origin; a bedside screen with `auth: {{guest: true}}` and the "
    "cookie of its link. Every event of a client is answered by an "
    "acknowledgement: `{{ok: true, ...}}` or `{{ok: false, code, detail}}`. Order is `seq`: a gap, or "
    "a reconnect, is closed by `follow` with `after`, or over HTTP. A live event has at most "
    "{most} bytes, a letter between two browsers {letter}; the server reads none above {most_in}. When the access token expires and no "
    "`refresh` came, when a session is revoked or a role changes, the connection ends."
)


def document(public_url: str, transports: list[str]) -> Json:
    """The whole document, for a server that offers these transports."""
    scheme, _, host = public_url.partition("://")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Alongside live",
            "version": VERSION,
            "description": _ABOUT.format(
                namespace=NAMESPACE,
                most=MOST_BYTES,
                most_in=MOST_INBOUND_BYTES,
                letter=MOST_LETTER_BYTES,
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": host,
                "protocol": "wss" if scheme == "https" else "ws",
                "pathname": "/socket.io",
                "description": f"Transports: {', '.join(transports)}.",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            _CHANNEL: {
                "address": NAMESPACE,
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in _messages()
                },
            }
        },
        "operations": _operations(),
        "components": {
            "messages": _messages(),
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token, in `auth: {token}` of the connection.",
                }
            },
        },
    }


def _messages() -> dict[str, Json]:
    """A message for each event, and one for the acknowledgement of each that a client says."""
    found: dict[str, Json] = {}
    for said in SAID.values():
        found[_said(said.name)] = _message(said.name, said.summary, _ref(said.body))
        answer = {"oneOf": [_ref(said.answer), _ref(Refused)]}
        about = f"The acknowledgement of `{said.name}`."
        found[_answered(said.name)] = _message(_answered(said.name), about, answer)
    for told in TOLD.values():
        found[_told(told.name)] = _message(told.name, told.summary, _ref(told.payload))
    return found


def _said(name: str) -> str:
    return f"client_{name}"


def _answered(name: str) -> str:
    return f"client_{name}_answer"


def _told(name: str) -> str:
    return f"server_{name}"


def _message(name: str, summary: str, payload: Json) -> Json:
    return {"name": name, "summary": summary, "payload": payload}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": _SCHEMA.format(model=model.__name__)}


def _operations() -> dict[str, Json]:
    """What the server receives, with its reply, and what it sends."""
    channel = {"$ref": f"#/channels/{_CHANNEL}"}
    found: dict[str, Json] = {}
    for said in SAID.values():
        found[_said(said.name)] = {
            "action": "receive",
            "channel": channel,
            "summary": said.summary,
            "description": _refusals(said),
            "messages": [_in_channel(_said(said.name))],
            "reply": {
                "channel": channel,
                "messages": [_in_channel(_answered(said.name))],
            },
        }
    for told in TOLD.values():
        found[_told(told.name)] = {
            "action": "send",
            "channel": channel,
            "summary": told.summary,
            "messages": [_in_channel(_told(told.name))],
        }
    return found


def _in_channel(name: str) -> Json:
    return {"$ref": f"#/channels/{_CHANNEL}/messages/{name}"}


def _refusals(said: Said) -> str:
    roles = ", ".join(sorted(role.value for role in said.roles))
    codes = sorted(
        {"database_unavailable", "forbidden", "invalid", "not_signed_in"}.union(said.problems)
    )
    meanings = "; ".join(f"`{code}`: {KINDS[code].meaning}" for code in codes)
    if said.guests:
        roles += ", and the guest of the visit"
    return f"Roles: {roles}. Refused with {meanings}"


def _schemas() -> Json:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Auth, "validation"): None}
    for said in SAID.values():
        wanted[said.body, "validation"] = None
        wanted[said.answer, "serialization"] = None
    wanted[Refused, "serialization"] = None
    for told in TOLD.values():
        wanted[told.payload, "serialization"] = None
    _, schema = models_json_schema(list(wanted), ref_template=_SCHEMA)
    found: Json = _plain(schema.get("$defs", {}))
    return found


def _plain(part: Any) -> Any:
    """JSON Schema as AsyncAPI writes it: a discriminator is the name of a property, no object."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {name: _plain(value) for name, value in part.items()}
    match found.get("discriminator"):
        case {"propertyName": str(name)}:
            found["discriminator"] = name
    return found
