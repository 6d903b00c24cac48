"""Files for the browser, under an address that changes with their content.

`/static/<version>/...` may be kept for ever; any other version is answered with the newest file and
not kept. Modules import one another relatively, so one version covers them all.
"""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).parent / "static"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_SMALL = 1_000


@cache
def _contents() -> dict[str, bytes]:
    """Every file that is served, by its path; a licence is read in the repository."""
    found = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in KINDS
    }
    return {
        name: _tight(data.decode()).encode() if name.endswith(".css") else data
        for name, data in found.items()
    }


def _tight(style: str) -> str:
    """Style without comments and layout: what is written for people costs the browser nothing."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"\s+", " ", style)
    style = re.sub(r" ?([{};]) ?", r"\1", style)
    return re.sub(r"([:,]) ", r"\1", style).replace(";}", "}").strip()


def content(name: str) -> bytes:
    """What the browser is sent for `name`."""
    return _contents()[name]


def names() -> list[str]:
    """Every file that is served."""
    return list(_contents())


def text(name: str) -> str:
    """The file `name` as text."""
    return _contents()[name].decode()


@cache
def version() -> str:
    """Changes whenever any of the files does."""
    digest = hashlib.sha256()
    for name, data in _contents().items():
        digest.update(name.encode() + b"\0" + data + b"\0")
    return digest.hexdigest()[:12]


@cache
def _zipped(name: str) -> bytes:
    return gzip.compress(_contents()[name], 9, mtime=0)


def address(name: str) -> str:
    """Where the browser finds `name`. Raises `KeyError` for a file that is not there."""
    _contents()[name]
    return f"/static/{version()}/{name}"


def importmap() -> dict[str, dict[str, str]]:
    """What the bare names of modules mean."""
    base = f"/static/{version()}"
    vendored = {
        "preact": "preact",
        "preact/hooks": "preact-hooks",
        "htm": "htm",
        "htm/preact": "htm-preact",
        "socket.io-client": "socket.io-client",
        "leaflet": "leaflet",
        "lucide": "lucide",
    }
    names = {name: f"{base}/vendor/{file}.js" for name, file in vendored.items()}
    return {"imports": {**names, "alongside/": f"{base}/js/"}}


def respond(name: str, *, keep: bool) -> Response:
    """The file `name`, zipped where that helps and the browser takes it. 404 when it is unknown."""
    data = _contents().get(name)
    if data is None:
        abort(404)
    response = Response(data, content_type=KINDS[Path(name).suffix])
    if len(data) > _SMALL and request.accept_encodings.quality("gzip") > 0:
        response.set_data(_zipped(name))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = _FOR_EVER if keep else "no-cache"
    return response


def install(app: Flask) -> None:
    """Serve the files of `app`, and let templates name them."""

    def static_file(of: str, name: str) -> Response:
        return respond(name, keep=of == version())

    app.add_url_rule("/static/<of>/<path:name>", "static_file", static_file)
    app.jinja_env.globals.update(static=address, importmap=importmap)
