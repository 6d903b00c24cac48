"""The browser that tests and benchmarks drive: one real Chromium, found on this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or "/usr/bin/chromium"
"""What `bin/test` installs, or what is there."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium, ended with the block.

    Playwright keeps an event loop running in this thread; nothing else that needs one may share it.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                # A beep and a moving picture in the place of microphone and camera; a page still
                # has to be allowed to use them.
                "--use-fake-device-for-media-stream",
                # Two pages of one machine without a network meet on the loopback interface.
                "--allow-loopback-in-peer-connection",
            ],
        )
        yield running
        running.close()
