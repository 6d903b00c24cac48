"""Brings the browser's libraries in from npm, and says what they are.

    npm install --prefix DIR preact htm socket.io-client leaflet lucide-static axe-core
    python -m tests.house.vendor DIR

writes the files, their licences, `vendor.lock.json` and `README.md`; `test_vendor.py` holds the
files to the lock. It knows which file of which package is wanted, and refuses to fetch anything.
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.house.repository import ROOT

STATIC = ROOT / "server/web/static/vendor"
BROWSER_TESTS = ROOT / "tests/browser/vendor"

WANTED: dict[str, dict[str, tuple[Path, str]]] = {
    "preact": {
        "dist/preact.mjs": (STATIC, "preact.js"),
        "hooks/dist/hooks.mjs": (STATIC, "preact-hooks.js"),
        "LICENSE": (STATIC, "preact.LICENSE"),
    },
    "htm": {
        "dist/htm.mjs": (STATIC, "htm.js"),
        "preact/index.mjs": (STATIC, "htm-preact.js"),
        "LICENSE": (STATIC, "htm.LICENSE"),
    },
    "socket.io-client": {
        "dist/socket.io.esm.min.js": (STATIC, "socket.io-client.js"),
        "LICENSE": (STATIC, "socket.io-client.LICENSE"),
    },
    "leaflet": {
        "dist/leaflet.js": (STATIC, "leaflet.js"),
        "dist/leaflet.css": (STATIC, "leaflet.css"),
        "LICENSE": (STATIC, "leaflet.LICENSE"),
    },
    "lucide-static": {
        "icons": (STATIC, "lucide.js"),
        "LICENSE": (STATIC, "lucide.LICENSE"),
    },
    "axe-core": {
        "axe.min.js": (BROWSER_TESTS, "axe-core.js"),
        "LICENSE": (BROWSER_TESTS, "axe-core.LICENSE"),
    },
}
"""Package, file in it, and where it goes under which name."""

ICONS = [
    "arrow-down",
    "arrow-left",
    "arrow-up",
    "bed-single",
    "bell",
    "bell-off",
    "bell-ring",
    "book-open",
    "building-2",
    "calendar",
    "calendar-days",
    "captions",
    "car",
    "chart-line",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle-check",
    "circle-user-round",
    "circle-x",
    "clipboard-list",
    "clock",
    "coffee",
    "compass",
    "copy",
    "delete",
    "door-open",
    "download",
    "ellipsis",
    "eye",
    "eye-off",
    "filter",
    "fingerprint",
    "flag",
    "footprints",
    "globe",
    "hand-heart",
    "handshake",
    "heart-handshake",
    "history",
    "hospital",
    "hourglass",
    "house",
    "id-card",
    "info",
    "key-round",
    "languages",
    "layers",
    "layout-dashboard",
    "leaf",
    "life-buoy",
    "list",
    "lock",
    "log-out",
    "mail",
    "map",
    "map-pin",
    "menu",
    "message-circle",
    "mic",
    "mic-off",
    "monitor",
    "moon",
    "navigation",
    "pencil",
    "phone",
    "phone-call",
    "phone-off",
    "plus",
    "qr-code",
    "radio",
    "refresh-cw",
    "route",
    "search",
    "send",
    "settings",
    "share",
    "shield",
    "shield-check",
    "siren",
    "sliders-horizontal",
    "smartphone",
    "square-plus",
    "sun",
    "trash-2",
    "triangle-alert",
    "undo-2",
    "user-plus",
    "user-round",
    "user-round-check",
    "users",
    "video",
    "video-off",
    "volume-2",
    "wifi-off",
    "x",
]
"""The icons that are inlined. A page that needs another adds its name and runs this again."""


def digest(data: bytes) -> str:
    """The integrity of a file as browsers write it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def _icons(folder: Path) -> bytes:
    """A module that maps each icon's name to what stands inside its `<svg>`."""
    shapes = {}
    for name in ICONS:
        text = (folder / f"{name}.svg").read_text(encoding="utf-8")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
        assert inner is not None, name
        shapes[name] = " ".join(inner[1].split())
    return f"export default {json.dumps(shapes, indent=0, sort_keys=True)};\n".encode()


def bring_in(source: Path) -> None:
    """Copy what is wanted out of `source`'s node_modules and write lock and provenance."""
    locked = json.loads((source / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    notes: dict[Path, list[dict[str, Any]]] = {STATIC: [], BROWSER_TESTS: []}
    for package, files in WANTED.items():
        root = source / "node_modules" / package
        entry = locked[f"node_modules/{package}"]
        shapes: list[dict[str, str]] = []
        folder = STATIC
        for origin, (folder, name) in files.items():
            data = _icons(root / origin) if origin == "icons" else (root / origin).read_bytes()
            # A source map that is not shipped would be asked for and missed.
            data = re.sub(rb"\n//# sourceMappingURL=[^\n]*\n?$", b"\n", data)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            shapes.append({"file": name, "from": origin, "integrity": digest(data)})
        notes[folder].append(
            {
                "name": package,
                "version": entry["version"],
                "integrity": entry["integrity"],
                "licence": entry["license"],
                "files": shapes,
            }
        )
    for folder, packages in notes.items():
        lock = json.dumps({"packages": packages}, indent=2) + "\n"
        (folder / "vendor.lock.json").write_text(lock, encoding="utf-8")
        (folder / "README.md").write_text(provenance(packages), encoding="utf-8")


def provenance(packages: list[dict[str, Any]]) -> str:
    """The page that names each file, where it came from and its licence."""
    rows = "".join(
        f"| `{one['file']}` | {package['name']} {package['version']}, `{one['from']}` "
        f"| {package['licence']} |\n"
        for package in packages
        for one in package["files"]
    )
    return (
        "# Taken from others\n\n"
        "Made by `python -m tests.house.vendor`; `vendor.lock.json` holds versions and hashes.\n\n"
        f"| file | from npm | Licence |\n| --- | --- | --- |\n{rows}"
    )


if __name__ == "__main__":
    bring_in(Path(sys.argv[1]))
