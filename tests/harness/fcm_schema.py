"""Which messages Firebase Cloud Messaging takes: the fields of the HTTP v1 reference, and no other.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
"""

import re
from collections.abc import Callable, Mapping
from typing import Any


class Refused(Exception):
    """The message is not one of the API's."""


Check = Callable[[str, Any], None]


def _text(where: str, value: Any) -> None:
    if not isinstance(value, str):
        raise Refused(f"{where} must be a string")


def _flag(where: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise Refused(f"{where} must be a boolean")


def _duration(where: str, value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"\d+(\.\d{1,9})?s", value):
        raise Refused(f"{where} must be a duration such as 3.5s")


def _durations(where: str, value: Any) -> None:
    for item in value:
        _duration(where, item)


def _strings(where: str, value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise Refused(f"{where} must be a map of strings")


def _data(where: str, value: Any) -> None:
    _strings(where, value)
    reserved = [k for k in value if k in {"from", "message_type"} or k.startswith("google")]
    if reserved:
        raise Refused(f"{where} uses the reserved key {reserved[0]}")


def _object(where: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise Refused(f"{where} must be an object")


def _one_of(*values: str) -> Check:
    def check_value(where: str, value: Any) -> None:
        if value not in values:
            raise Refused(f"{where} must be one of {', '.join(values)}")

    return check_value


def _fields(**known: Check) -> Check:
    def check_fields(where: str, value: Any) -> None:
        _object(where, value)
        for name, inner in value.items():
            if name not in known:
                raise Refused(f"Unknown name {name!r} at {where}: Cannot find field.")
            known[name](f"{where}.{name}", inner)

    return check_fields


def _apns(where: str, value: Any) -> None:
    _fields(headers=_strings, payload=_object, fcm_options=_object)(where, value)
    headers: Mapping[str, str] = value.get("headers", {})
    if len(headers.get("apns-collapse-id", "").encode()) > 64:
        raise Refused(f"{where}.headers: apns-collapse-id is longer than 64 bytes")
    if "aps" not in value.get("payload", {}):
        raise Refused(f"{where}.payload has no aps")


def _webpush(where: str, value: Any) -> None:
    _fields(headers=_strings, data=_strings, notification=_object, fcm_options=_object)(
        where, value
    )
    headers: Mapping[str, str] = value.get("headers", {})
    topic = headers.get("Topic", "x")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", topic):
        raise Refused(f"{where}.headers: Topic is not 1 to 32 URL-safe characters (RFC 8030)")
    if headers.get("Urgency", "normal") not in {"very-low", "low", "normal", "high"}:
        raise Refused(f"{where}.headers: no such Urgency")
    if not headers.get("TTL", "0").isdigit():
        raise Refused(f"{where}.headers: TTL must be seconds")


_ANDROID_NOTIFICATION = _fields(
    title=_text,
    body=_text,
    icon=_text,
    color=_text,
    sound=_text,
    tag=_text,
    click_action=_text,
    channel_id=_text,
    ticker=_text,
    sticky=_flag,
    notification_priority=_one_of(
        "PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"
    ),
    visibility=_one_of("PRIVATE", "PUBLIC", "SECRET"),
    vibrate_timings=_durations,
    default_sound=_flag,
    default_vibrate_timings=_flag,
)

_ANDROID = _fields(
    collapse_key=_text,
    priority=_one_of("high", "normal", "HIGH", "NORMAL"),
    ttl=_duration,
    restricted_package_name=_text,
    data=_data,
    notification=_ANDROID_NOTIFICATION,
    direct_boot_ok=_flag,
)

_REQUEST = _fields(
    validate_only=_flag,
    message=_fields(
        token=_text,
        fid=_text,
        data=_data,
        notification=_fields(title=_text, body=_text, image=_text),
        android=_ANDROID,
        apns=_apns,
        webpush=_webpush,
        fcm_options=_object,
    ),
)


def check(request: Any) -> str:
    """The address of a message that the API would take; raises `Refused` otherwise."""
    _REQUEST("request", request)
    message = request.get("message")
    if message is None:
        raise Refused("request has no message")
    addresses = [message[name] for name in ("token", "fid") if message.get(name)]
    if len(addresses) != 1:
        raise Refused("Exactly one of token, fid is required")
    return str(addresses[0])
