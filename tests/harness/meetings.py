"""Stand-ins for a Jitsi and a LiveKit server: they let in whoever shows a pass that is right.

A pass is checked here by the standard library alone. Jitsi's page speaks with the page around it by
the script that it serves; LiveKit's page says nothing, and the server tells ours, signed.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.harness.standin import Asked, HttpStandIn, Reply, json_reply

FRESH_S = 1.0
"""Who has not asked for so long has left."""

API = """
globalThis.JitsiMeetExternalAPI = class {
  constructor(domain, {roomName, jwt, parentNode, configOverwrite}) {
    this.heard = {};
    globalThis.meetingConfig = configOverwrite;
    this.frame = document.createElement("iframe");
    this.frame.src = `http://${domain}/${roomName}?jwt=${jwt}`;
    this.frame.allow = "camera; microphone";
    parentNode.append(this.frame);
    this.take = ({source, data}) => {
      if (source === this.frame.contentWindow) this.heard[data.name]?.(data.told);
    };
    addEventListener("message", this.take);
  }
  addListener(name, act) { this.heard[name] = act; }
  executeCommand(name) { this.frame.contentWindow.postMessage(name, "*"); }
  getIFrame() { return this.frame; }
  dispose() { removeEventListener("message", this.take); this.frame.remove(); }
};
"""
PAGE = """<!doctype html><html lang="en"><title>Meeting</title><main><h1>Meeting</h1></main><script>
const say = (name, told) => parent.postMessage({name, told}, "*");
const known = new Set(), off = {audio: false, video: true};
let wasRecorded = false;
say("videoConferenceJoined", {});
setInterval(async () => {
  const {here, recorded} = await (await fetch("/who" + location.search)).json();
  here.filter((id) => !known.has(id)).forEach((id) => { known.add(id); say("participantJoined", {id}); });
  [...known].filter((id) => !here.includes(id)).forEach((id) => { known.delete(id); say("participantLeft", {id}); });
  if (recorded !== wasRecorded) { wasRecorded = recorded; say("recordingStatusChanged", {on: recorded}); }
}, 100);
addEventListener("message", ({data}) => {
  const kind = {toggleAudio: "audio", toggleVideo: "video"}[data];
  if (!kind) return;
  off[kind] = !off[kind];
  say(`${kind}MuteStatusChanged`, {muted: off[kind]});
});
</script></html>"""
NO = Reply(403, b"<!doctype html><title>No</title>", {"Content-Type": "text/html"})
HTML = {"Content-Type": "text/html; charset=utf-8"}


def claims_of(token: str, secret: str) -> dict[str, Any] | None:
    """What a token says whose signature (HS256) and times are right."""
    try:
        head, body, proof = token.split(".")
        header, claims = json.loads(_bytes(head)), json.loads(_bytes(body))
        is_signed = hmac.compare_digest(_bytes(proof), _mac(secret, f"{head}.{body}"))
    except ValueError:
        return None
    is_now = claims.get("nbf", 0) <= time.time() < claims.get("exp", 0)
    found: dict[str, Any] = claims
    return found if header.get("alg") == "HS256" and is_signed and is_now else None


def signed(claims: dict[str, Any], secret: str) -> str:
    """A token with these claims."""
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    text = ".".join(_text(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_text(_mac(secret, text))}"


class JitsiHost(HttpStandIn):
    """A Jitsi server with one app."""

    APP, SECRET = "alongside", "the secret that this Jitsi server shares"

    def __init__(self) -> None:
        super().__init__()
        self.passes: list[dict[str, Any]] = []
        """What everybody said who was let in."""
        self.refused = 0
        self.is_recorded = False
        self._seen: dict[tuple[str, str], float] = {}

    def answer(self, asked: Asked) -> Reply:
        """The script, a meeting for who has a pass, and who else is in it."""
        address = urlsplit(asked.path)
        if address.path == "/external_api.js":
            return Reply(200, API.encode(), {"Content-Type": "text/javascript"})
        claims = claims_of(parse_qs(address.query).get("jwt", [""])[0], self.SECRET)
        if claims is None or (claims["aud"], claims["iss"]) != ("jitsi", self.APP):
            self.refused += 1
            return NO
        me = claims["context"]["user"]["id"]
        with self.lock:
            self._seen[claims["room"], me] = time.monotonic()
            if address.path != "/who":
                if address.path.strip("/") != claims["room"]:
                    return NO
                self.passes.append(claims)
                return Reply(200, PAGE.encode(), HTML)
            soon = time.monotonic() - FRESH_S
            here = [
                who
                for (room, who), at in self._seen.items()
                if room == claims["room"] and who != me and at > soon
            ]
        return json_reply(200, json.dumps({"here": here, "recorded": self.is_recorded}).encode())


class LiveKitHost(HttpStandIn):
    """LiveKit with its page; what happens is told to `hook`."""

    KEY, SECRET = "APIalongside", "the secret that this LiveKit server shares"

    def __init__(self) -> None:
        super().__init__()
        self.passes: list[dict[str, Any]] = []
        self.hook = ""
        self.answers: list[int] = []
        """What `hook` answered."""

    def answer(self, asked: Asked) -> Reply:
        """The page, for who has a pass; that they came in is told at once."""
        address = urlsplit(asked.path)
        if address.path == "/twirp/livekit.RoomService/ListRooms":
            token = asked.headers.get("authorization", "").removeprefix("Bearer ")
            may = claims_of(token, self.SECRET)
            return json_reply(200 if may and may["video"]["roomList"] else 401, b"{}")
        claims = claims_of(parse_qs(address.query).get("token", [""])[0], self.SECRET)
        if address.path != "/custom" or claims is None or claims["iss"] != self.KEY:
            return NO
        if not claims["video"]["roomJoin"]:
            return NO
        with self.lock:
            self.passes.append(claims)
        told = ("participant_joined", claims["video"]["room"], claims["sub"])
        threading.Thread(target=self.tell, args=told, daemon=True).start()
        return Reply(200, b"<!doctype html><html lang=en><title>Call</title><h1>Call</h1>", HTML)

    def tell(self, event: str, room: str, identity: str = "", sid: str = "") -> None:
        """One message, as LiveKit signs it."""
        body, token = message(event, room, identity, sid or f"PA_{identity}")
        headers = {"Authorization": token, "Content-Type": "application/webhook+json"}
        self.answers.append(requests.post(self.hook, body, headers=headers, timeout=5).status_code)


def message(event: str, room: str, identity: str, sid: str, **changes: Any) -> tuple[bytes, str]:
    """The body of a message and the token that proves it; `changes` are of the token."""
    told: dict[str, Any] = {"event": event, "id": f"EV_{uuid.uuid4().hex}", "room": {"name": room}}
    if identity:
        told["participant"] = {"identity": identity, "sid": sid}
    body = json.dumps(told).encode()
    claims = {
        "iss": LiveKitHost.KEY,
        "nbf": int(time.time()) - 5,
        "exp": int(time.time()) + 300,
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }
    secret = str(changes.pop("secret", LiveKitHost.SECRET))
    return body, signed(claims | changes, secret)


def _mac(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
