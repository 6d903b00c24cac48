"""Firebase Cloud Messaging, for Android, Apple and web. The one door of firebase_admin.

The SDK retries by itself, sleeps on Retry-After, sends again after a read timeout and waits 120 s.
All of that is switched off here: a send is one HTTP request, the outbox owns every retry. This
reaches into the SDK (`_MessagingService`), so the version is pinned and the tests use the real one.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import firebase_admin
import requests
from firebase_admin import credentials, exceptions, messaging
from google.auth import exceptions as auth_exceptions
from google.auth.transport.requests import AuthorizedSession, Request
from requests.adapters import HTTPAdapter

from notifications.channels.base import Address, Envelope, Outcome, Result
from notifications.channels.http import (
    QUOTA_BACKOFF_S,
    SERVER_BACKOFF_S,
    retry_after_s,
    without_answer,
)
from notifications.messages import Tone
from notifications.models import AddressKind, Kind
from storage.ids import new_id

VIBRATION_MS = [0, 200, 120, 200]
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


class FcmChannel:
    """Sends through one Firebase project.

    `service_account` is the path of the key file, or its content. `base_url` moves the API to a
    stand-in; the token endpoint is named by the key file itself.
    """

    kind = Kind.FCM

    def __init__(
        self,
        service_account: str | Mapping[str, Any],
        *,
        base_url: str = "https://fcm.googleapis.com",
        workers: int = 32,
        timeout_s: float = 10.0,
    ) -> None:
        self.workers = workers
        # Two requests at most (a token is fetched, then the message sent), each with two waits.
        self.deadline_s = 2.5 * timeout_s
        account = service_account if isinstance(service_account, str) else dict(service_account)
        credential = credentials.Certificate(account)
        self._app = firebase_admin.initialize_app(
            credential, {"httpTimeout": timeout_s}, name=f"alongside-{new_id()}"
        )
        service = messaging._get_messaging_service(self._app)
        self._credential = credential.get_credential()
        self._session = _session(self._credential, workers)
        service._client._session = self._session
        path = f"/v1/projects/{self._app.project_id}/messages:send"
        service._fcm_url = base_url.rstrip("/") + path

    def send(self, envelope: Envelope) -> Outcome:
        """One message to one device. Never raises for what the provider answers."""
        if envelope.address is None:
            return Outcome(Result.DEAD_ADDRESS, "NO_DEVICE")
        message = message_of(envelope, envelope.address)
        outcome = self._attempt(message, dry_run=False)
        if outcome == _TOKEN_REFUSED:
            # Revoked before its time: fetch a new access token, once.
            self._credential.token = None
            outcome = self._attempt(message, dry_run=False)
        if outcome == _NOT_FOUND:
            return self._verify(message)
        return outcome

    def _verify(self, message: messaging.Message) -> Outcome:
        """A bare "not found" may speak of the project. Ask again without ringing, then judge."""
        again = self._attempt(message, dry_run=True)
        if again.result is Result.DELIVERED:
            return Outcome(Result.BUSY, "NOT_FOUND_ONCE", backoff_s=SERVER_BACKOFF_S)
        if again.result is Result.DEAD_ADDRESS:
            return Outcome(Result.DEAD_ADDRESS, "NOT_FOUND_TWICE")
        return again

    def _attempt(self, message: messaging.Message, *, dry_run: bool) -> Outcome:
        try:
            messaging.send(message, dry_run=dry_run, app=self._app)
        except ValueError:
            return Outcome(Result.BAD_MESSAGE, "REFUSED_BY_SDK")
        except auth_exceptions.GoogleAuthError as error:
            return _auth_outcome(error)
        except exceptions.FirebaseError as error:
            return outcome_of(error)
        return Outcome(Result.DELIVERED)

    def probe(self) -> Outcome:
        """Whether the provider knows us, without ringing anybody: a dry run to an invented address.

        `DELIVERED` when everything is in order: being told that the address is none is the proof
        that we were let in.
        """
        message = messaging.Message(data={"opens": "home"})
        message.token = "nobody"  # noqa: S105  # an address that nobody can have
        outcome = self._attempt(message, dry_run=True)
        return Outcome(Result.DELIVERED) if outcome.detail == "INVALID_ADDRESS" else outcome

    def close(self) -> None:
        """Close the connections and forget the app."""
        self._session.close()  # type: ignore[no-untyped-call]  # google-auth ships half its types
        firebase_admin.delete_app(self._app)


_NOT_FOUND = Outcome(Result.DEAD_ADDRESS, "NOT_FOUND")
_TOKEN_REFUSED = Outcome(Result.MISCONFIGURED, "UNAUTHENTICATED")


def _session(credential: Any, workers: int) -> AuthorizedSession:
    """A session that sends once, with a connection for every worker."""
    grants = requests.Session()
    for scheme in ("https://", "http://"):
        grants.mount(scheme, HTTPAdapter(max_retries=0))
    session = AuthorizedSession(  # type: ignore[no-untyped-call]  # google-auth ships half its types
        credential, refresh_status_codes=(), auth_request=Request(grants)
    )
    for scheme in ("https://", "http://"):
        session.mount(
            scheme, HTTPAdapter(max_retries=0, pool_connections=2, pool_maxsize=max(workers, 1))
        )
    return session


def outcome_of(error: exceptions.FirebaseError) -> Outcome:
    """The SDK's error as an outcome; the tests hold the table of them, row by row."""
    if isinstance(error, messaging.UnregisteredError):
        return Outcome(Result.DEAD_ADDRESS, "UNREGISTERED")
    if isinstance(error, messaging.SenderIdMismatchError):
        return Outcome(Result.MISCONFIGURED, "SENDER_ID_MISMATCH", disables_address=True)
    if isinstance(error, messaging.ThirdPartyAuthError):
        return Outcome(Result.MISCONFIGURED, "THIRD_PARTY_AUTH_ERROR")
    response = error.http_response
    if response is None:
        return without_answer(error.cause)
    return _by_status(response)


def _by_status(response: requests.Response) -> Outcome:
    status = response.status_code
    body = _error_body(response)
    code = str(body.get("status") or f"HTTP_{status}")
    asked_s = retry_after_s(response)
    if status == 429:
        return Outcome(Result.BUSY, code, asked_s, QUOTA_BACKOFF_S)
    if status >= 500:
        return Outcome(Result.BUSY, code, asked_s, SERVER_BACKOFF_S)
    if status == 404:
        # An answer that is no error of the API comes from a wrong address of ours: no device is
        # to blame for it.
        return _NOT_FOUND if body else Outcome(Result.MISCONFIGURED, "NO_SUCH_API")
    if status == 400:
        if _names_the_address(body):
            return Outcome(Result.DEAD_ADDRESS, "INVALID_ADDRESS")
        return Outcome(Result.BAD_MESSAGE, code)
    if status in {401, 403}:
        return Outcome(Result.MISCONFIGURED, code)
    return Outcome(Result.BAD_MESSAGE, code)


def _auth_outcome(error: auth_exceptions.GoogleAuthError) -> Outcome:
    """No access token, so nothing was sent. The grant was refused, or its endpoint is away."""
    if isinstance(error, auth_exceptions.RefreshError) and not error.retryable:
        return Outcome(Result.MISCONFIGURED, "NO_ACCESS_TOKEN")
    return Outcome(Result.BUSY, "TOKEN_ENDPOINT", backoff_s=SERVER_BACKOFF_S)


def _error_body(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _names_the_address(body: Mapping[str, Any]) -> bool:
    """Whether a 400 blames the address and not our message."""
    violations = [
        str(violation.get("field", ""))
        for detail in body.get("details", [])
        for violation in detail.get("fieldViolations", [])
    ]
    if violations:
        return all(field in {"message.token", "message.fid"} for field in violations)
    text = str(body.get("message", "")).lower()
    return "registration token is not a valid" in text


def message_of(envelope: Envelope, address: Address) -> messaging.Message:
    """The message as each platform must have it so that it really shows, once."""
    words = envelope.words
    message = messaging.Message(
        data=dict(envelope.data),
        notification=messaging.Notification(title=words.title, body=words.body),
        android=_android(envelope),
        apns=_apple(envelope),
        webpush=_web(envelope),
    )
    # `Message(token=...)` warns in every send; the field itself is what the API still takes.
    if address.address_kind is AddressKind.FID:
        message.fid = address.value
    else:
        message.token = address.value
    return message


def _android(envelope: Envelope) -> messaging.AndroidConfig:
    is_quiet = envelope.words.tone is Tone.QUIET
    is_ringing = envelope.words.tone is Tone.RING
    return messaging.AndroidConfig(
        collapse_key=envelope.collapse_id,
        priority="high",  # the quiet one too: it replaces an alert that stands on the screen
        ttl=timedelta(seconds=envelope.ttl_s),
        notification=messaging.AndroidNotification(
            tag=envelope.collapse_id,
            channel_id="quiet" if is_quiet else "offers" if is_ringing else "news",
            priority="low" if is_quiet else "max" if is_ringing else "default",
            visibility="private" if envelope.words.is_private else "public",
            vibrate_timings_millis=VIBRATION_MS if is_ringing else None,
        ),
    )


def _apple(envelope: Envelope) -> messaging.APNSConfig:
    level = {Tone.RING: "time-sensitive", Tone.PLAIN: "active", Tone.QUIET: "passive"}
    words = envelope.words
    return messaging.APNSConfig(
        headers={
            "apns-push-type": "alert",
            "apns-priority": "10",
            "apns-collapse-id": envelope.collapse_id,
            "apns-expiration": str(int(envelope.expires_at.timestamp())),
        },
        payload=messaging.APNSPayload(
            aps=messaging.Aps(
                alert=messaging.ApsAlert(title=words.title, body=words.body),
                sound=None if words.tone is Tone.QUIET else "default",
                thread_id=envelope.collapse_id,
                custom_data={"interruption-level": level[words.tone]},
            )
        ),
    )


def _web(envelope: Envelope) -> messaging.WebpushConfig:
    words = envelope.words
    is_quiet = words.tone is Tone.QUIET
    return messaging.WebpushConfig(
        headers={
            "TTL": str(envelope.ttl_s),
            "Urgency": "high" if words.tone is Tone.RING else "normal",
            "Topic": envelope.collapse_id,
        },
        notification=messaging.WebpushNotification(
            title=words.title,
            body=words.body,
            language=words.locale,
            tag=envelope.collapse_id,
            renotify=not is_quiet,
            require_interaction=words.tone is Tone.RING,
            silent=is_quiet,
            vibrate=VIBRATION_MS[1:] if words.tone is Tone.RING else None,
        ),
    )
