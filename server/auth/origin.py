"""What a page of another origin may not do with the session cookie.

A browser sends the cookie along whoever wrote the page, so an unsafe request that is signed in by
cookie must come from a page of ours: Fetch Metadata where the browser sends it, and Origin.
"""

from flask import Request

from server.errors import Problem

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_PAGES = frozenset({"same-origin", "none"})


def is_same_origin(request: Request, public_url: str) -> bool:
    """Whether the headers show a page of ours. With neither header they show nothing: False."""
    fetched_from = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if fetched_from is not None and fetched_from not in _OWN_PAGES:
        return False
    if origin == "null":
        # What a form of a page with `Referrer-Policy: no-referrer` sends, and what a sandboxed
        # frame of anybody sends: only Fetch Metadata tells them apart.
        return fetched_from == "same-origin"
    if origin is not None:
        # The address the browser used counts too: an embedded server has several names.
        return origin in {public_url, request.host_url.rstrip("/")}
    return fetched_from is not None


def refuse_other_origins(request: Request, public_url: str) -> None:
    """Raise `cross_origin` for an unsafe request that no page of ours sent."""
    if request.method not in SAFE_METHODS and not is_same_origin(request, public_url):
        raise Problem("cross_origin")
