"""The pages, one module per family; `FAMILIES` is the list of those that exist.

- `front`  who are you, signing in and out
- `docs`   the reference of the API and of its errors
- `desk`   an ED workstation: making it one, and signing in with a PIN
- `ed`     asking for a peer and following the request
- `peer`   the peer's phone: one page, installable, readable without signal
- `room`   the two screens of a video visit: at the bedside by a link, and the peer's
- `manage` the live board, peers, settings, audit
- `welcome` an invitation opened
- `workers` the service workers of `peer` and `manage`, put together; no family of its own
"""

from flask import Flask

from server.web import frame
from server.web.pages import desk, docs, ed, front, manage, peer, room, welcome
from server.wiring import Wired

FAMILIES = (front, desk, ed, peer, room, manage, welcome, docs)


def install(app: Flask, wired: Wired) -> None:
    """Serve every family's pages on `app`."""
    frame.install(app, wired)
    for family in FAMILIES:
        family.install(app, wired)
