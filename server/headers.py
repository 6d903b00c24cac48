"""Headers that every answer carries: what a browser may do with it, and that nobody caches it."""

import secrets

from flask import Flask, Response, g

from server.settings import Settings

_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "connect-src 'self'; img-src 'self' data:{tiles}; font-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; script-src 'self' 'nonce-{nonce}'{script}; {frame}style-src 'self' 'nonce-{nonce}'"
)
_PERMISSIONS = "camera=(self), microphone=(self), geolocation=(self), payment=(), usb=()"
_STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


def csp_nonce() -> str:
    """The value that marks a page's own scripts and styles; a new one for every request."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of `app`. There is no CORS: other origins read nothing."""
    tiles = f" {settings.map_tiles_origin}" if settings.map_tiles_origin else ""

    def protect(response: Response) -> Response:
        headers = response.headers
        # Set by the pages of a call alone: the host in whose room it happens.
        meeting = str(g.get("meeting_origin", ""))
        headers["Content-Security-Policy"] = _POLICY.format(
            nonce=csp_nonce(),
            tiles=tiles,
            script=f" {meeting}" if settings.video_rooms == "jitsi" and meeting else "",
            frame=f"frame-src {meeting}; " if meeting else "",
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Permissions-Policy"] = (
            _PERMISSIONS.replace("(self)", f'(self "{meeting}")', 2) if meeting else _PERMISSIONS
        )
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers.setdefault("Cache-Control", "no-store")
        if settings.is_production:
            headers["Strict-Transport-Security"] = _STRICT_TRANSPORT
        return response

    app.after_request(protect)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
