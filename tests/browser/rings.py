"""A browser whose push service is the stand-in: what the server sends reaches the real service worker.

An offline Chromium never gets a subscription, so the page is handed one of the stand-in's; a push
that the stand-in decrypted is delivered to the worker by the browser's own debugging interface.
Everything between these two is real.
"""

import json
from typing import Any

from playwright.sync_api import Page

from tests.browser.phones import until
from tests.browser.server import Town
from tests.harness.webpush import Browser

SUBSCRIBE = """(() => {
  const given = %s;
  const made = () => ({
    endpoint: given.endpoint, options: {}, toJSON: () => given,
    unsubscribe: async () => { localStorage.removeItem("subscribed"); return true; },
  });
  PushManager.prototype.getSubscription = async () => localStorage.getItem("subscribed") ? made() : null;
  PushManager.prototype.subscribe = async () => { localStorage.setItem("subscribed", "1"); return made(); };
})()"""
NEVER_SETTLES = "PushManager.prototype.subscribe = () => new Promise(() => null);"

SHOWN = """scope => navigator.serviceWorker.getRegistration(scope)
  .then((there) => there.getNotifications())
  .then((all) => all.map((one) => ({
    title: one.title, body: one.body, tag: one.tag, renotify: one.renotify, silent: one.silent,
    requireInteraction: one.requireInteraction, data: one.data,
  })))"""
CLICK = """self.registration.getNotifications().then(([shown]) => {
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: shown }));
})"""


def hand_over(browser: Browser) -> str:
    """The script that gives a page this subscription, for `add_init_script`."""
    return SUBSCRIBE % json.dumps(browser.subscription)


class Worker:
    """The service worker of one scope in the browser of `page`."""

    def __init__(self, town: Town, page: Page, scope: str = "/peer") -> None:
        self._page, self._town, self._scope = page, town, scope
        self._session = page.context.new_cdp_session(page)
        self._known: dict[str, str] = {}
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._hear)
        self._session.send("ServiceWorker.enable")

    def _hear(self, said: dict[str, Any]) -> None:
        for one in said["registrations"]:
            self._known[one["scopeURL"]] = one["registrationId"]

    def deliver(self, payload: dict[str, Any]) -> None:
        """Wake the worker with a push, as the browser does."""
        scope = self._town.url + self._scope
        until(self._page, lambda: scope in self._known)
        self._session.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self._town.url,
                "registrationId": self._known[scope],
                "data": json.dumps(payload),
            },
        )

    def shown(self) -> list[dict[str, Any]]:
        """What stands on the screen."""
        found: list[dict[str, Any]] = self._page.evaluate(SHOWN, self._scope)
        return found

    def click(self) -> None:
        """A tap on the alert that is shown."""
        [worker] = [
            one for one in self._page.context.service_workers if one.url.startswith(self._town.url)
        ]
        worker.evaluate(CLICK)
