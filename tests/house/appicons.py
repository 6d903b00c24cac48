"""Draws the icons of the installed app out of the mark: `python -m tests.house.appicons`.

It knows sizes and backgrounds; the mark itself is `server/web/static/icon.svg`.
"""

from playwright.sync_api import sync_playwright

from tests.house.repository import ROOT

STATIC = ROOT / "server/web/static"
CHROMIUM = "/usr/bin/chromium"

ICONS = {
    # name: size in px, share of it that the mark takes, corner radius in percent, background
    "icon-180": (180, 0.66, 0, "#fff"),
    "icon-192": (192, 0.66, 22, "#fff"),
    "icon-512": (512, 0.66, 22, "#fff"),
    "icon-maskable-512": (512, 0.52, 0, "#fff"),
    "badge-96": (96, 0.92, 0, ""),
}


def draw() -> None:
    """Write every icon."""
    mark = (STATIC / "icon.svg").read_text(encoding="utf-8")
    (STATIC / "icons").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (size, share, radius, ground) in ICONS.items():
            # Android paints a badge in one colour: only its shape counts.
            shape = mark if ground else mark.replace("#5B2A6E", "#fff").replace("#F0A530", "#fff")
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(
                "<style>*{margin:0}body{display:grid;place-items:center;height:100vh;"
                f"background:{ground or 'none'};border-radius:{radius}%}}html{{background:none}}"
                f"svg{{width:{share * 100}%}}</style>{shape}"
            )
            page.screenshot(path=STATIC / f"icons/{name}.png", omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    draw()
