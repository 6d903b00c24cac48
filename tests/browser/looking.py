"""What a test asks of a page: is it accessible, does it fit, what does it look like.

Pictures are written to `docs/screens/` only when `ALONGSIDE_PICTURES` is set; looking at them is a
person's work.
"""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.house.repository import ROOT

PICTURES = ROOT / "docs/screens"
AXE = Path(__file__).parent / "vendor/axe-core.js"
SETTLED = """() => new Promise((settled) => {
  const changes = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
  const look = () => requestAnimationFrame(() => requestAnimationFrame(
    () => changes().length ? Promise.allSettled(changes().map((one) => one.finished)).then(look)
      : settled()));
  look();
})"""
"""Colours change over some frames; until they have, a contrast is one of two themes at once. How
long that is, the browser says: on a busy machine no fixed time is long enough."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def accessible(page: Page) -> None:
    """axe-core finds nothing in this state, in the light and in the dark."""
    # A page that is just being left has no document to look at: wait for the one that comes.
    page.wait_for_function("document.documentElement && document.readyState === 'complete'")
    was = page.evaluate("document.documentElement.dataset.theme || ''")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.evaluate(SETTLED)
        found = violations(page)
        assert not found, f"{page.url} in {theme}: {found}"
    page.evaluate(
        "was => was ? document.documentElement.dataset.theme = was"
        " : delete document.documentElement.dataset.theme",
        was,
    )


def violations(page: Page) -> list[str]:
    """One line per element that offends, as axe-core says it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    report: dict[str, Any] = page.evaluate(
        "rules => axe.run({"
        "runOnly: {type: 'tag', values: rules}, resultTypes: ['violations'], preload: false})",
        RULES,
    )
    return [
        f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in report["violations"]
        for node in one["nodes"]
    ]


def fits(page: Page) -> None:
    """Nothing is wider than the window: at 320 px, and with text of double size."""
    size = page.viewport_size or {"width": 1024, "height": 768}
    page.set_viewport_size({"width": 320, "height": 700})
    _no_wider(page, "320 px")
    page.set_viewport_size(size)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    _no_wider(page, "200 % text")
    page.evaluate("document.documentElement.style.fontSize = ''")


def everywhere(page: Page) -> None:
    """Accessible in both themes, no wider than the window, and whole in forced colours, standing still."""
    accessible(page)
    fits(page)
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.evaluate(SETTLED)
    found = violations(page)
    assert not found, f"{page.url} in forced colours: {found}"
    moving = page.evaluate(
        "document.getAnimations().filter((one) => one.playState === 'running')"
        ".map((one) => one.animationName || one.transitionProperty)"
    )
    assert not moving, f"{page.url} moves although it may not: {moving}"
    page.emulate_media(forced_colors="none", reduced_motion="no-preference")


def _no_wider(page: Page, when: str) -> None:
    wide = page.evaluate(
        """() => {
          const limit = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= limit) return [];
          return [...document.querySelectorAll('body *')]
            .filter((one) => one.getBoundingClientRect().right > limit + 1)
            .map((one) => one.tagName + '.' + one.className).slice(0, 8);
        }"""
    )
    assert not wide, f"{page.url} at {when}: {wide}"


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like for people to review."""
    if not os.environ.get("ALONGSIDE_PICTURES"):
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
