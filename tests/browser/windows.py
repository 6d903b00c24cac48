"""The windows that screens are looked at in, and how long is waited for what they show."""

from collections.abc import Callable

from playwright.sync_api import Page

PATIENCE_MS = 20_000
"""How long a test waits for what a screen does by itself, on a machine that is busy."""
WORKSTATION = {"width": 1440, "height": 900}
TABLET = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}

Open = Callable[..., Page]
"""Opens a page: its path, who is signed in, and what else the window is."""
