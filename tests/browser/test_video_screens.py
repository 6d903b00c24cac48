"""The two screens of a call as somebody finds them: every size, the keys, captions, what is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.calls import (
    bedside,
    connected,
    flows,
    holds,
    link_of,
    peers_room,
    say_yes,
    turn_camera_on,
    video_visit,
)
from tests.browser.looking import everywhere, picture
from tests.browser.phones import heading, until
from tests.browser.server import Town
from tests.browser.windows import Open

SIZES: dict[str, ViewportSize] = {
    "small": {"width": 320, "height": 640},
    "phone": {"width": 390, "height": 844},
    "tablet": {"width": 1024, "height": 768},
    "desktop": {"width": 1280, "height": 800},
}
TARGET = 44
SAID = "Tómese su tiempo. Esta noche no hay prisa."
HEARS = """
window.SpeechRecognition = class {
  static async available({langs, processLocally}) {
    return processLocally && langs[0] === "es-US" ? "downloadable" : "unavailable";
  }
  static async install({langs, processLocally}) { return processLocally && langs[0] === "es-US"; }
  start(track) {
    window.heard = {lang: this.lang, isLocal: this.processLocally, kind: track.kind, id: track.id};
    const last = Object.assign([{transcript: "SAID"}], {isFinal: true});
    this.again = setInterval(() => this.onresult({results: [last]}), 200);
  }
  abort() { clearInterval(this.again); window.aborted = true; }
};
""".replace("SAID", SAID)


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer who answers; afterwards nothing is open."""
    yield town.user("peer", 2)
    town.finish_all()
    town.off_duty()


def test_captions_are_made_on_the_device_in_the_language_of_who_reads(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    _, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id) + "?lang=es", script=HEARS)
    # A browser that cannot do the page's language on the device has no such button.
    phone = peers_room(open_page, peer, visit_id, script=HEARS)
    bed.get_by_role("button", name="Sí, hablemos").click()
    connected(bed, phone)
    caption = bed.locator(".cap")
    expect(caption).to_have_text(SAID)
    expect(bed.locator("#announce")).to_have_text(SAID)
    heard = bed.evaluate("heard")
    assert (heard["lang"], heard["isLocal"], heard["kind"]) == ("es-US", True, "audio")
    assert heard["id"] == bed.evaluate("room.call.remote.getAudioTracks()[0].id")
    button = bed.get_by_role("button", name="Subtítulos")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(phone.locator(".ctl__b", has_text="Captions")).to_have_count(0)
    turn_camera_on(phone)
    flows(bed, "video")
    everywhere(bed)
    picture(bed, "video-bedside-captions-es")
    whole(bed)
    bed.keyboard.press("c")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(caption).to_have_count(0)
    assert bed.evaluate("aborted")
    bed.keyboard.press("c")
    expect(caption).to_have_text(SAID)


def test_every_size_and_every_key(town: Town, peer: dict[str, Any], open_page: Open) -> None:
    _, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id))
    phone = peers_room(open_page, peer, visit_id)
    say_yes(bed)
    connected(bed, phone)
    for page, words in (
        (bed, ["Mute me", "Show me", "Louder", "Ask nurse", "Write", "End call"]),
        (phone, ["Mute", "Camera", "Louder", "End", "Call desk", "Need help"]),
    ):
        expect(page.get_by_text("Not recorded")).to_be_visible()
        whole(page)
        assert in_order(page, len(words)) == words
        page.keyboard.press("m")
        holds(page, "room.isMuted && !room.mic.enabled")
        page.keyboard.press("m")
        holds(page, "!room.isMuted && room.mic.enabled")
        page.keyboard.press("v")
        expect(page.locator(".near__video")).to_be_visible()
        page.keyboard.press("v")
        expect(page.locator(".near--off")).to_be_visible()
        sound = page.locator("audio")
        assert sound.evaluate("one => [one.volume, one.muted, one.paused]") == [0.7, False, False]
        page.get_by_role("button", name="Louder").click()
        expect(page.get_by_role("button", name="Quieter")).to_be_visible()
        assert sound.evaluate("one => one.volume") == 1
        began = sound.evaluate("one => one.currentTime")
        holds(page, f"document.querySelector('audio').currentTime > {began}")
    # The meter moves with the sound that arrives, and is not there where motion is reduced.
    bars = "Math.max(...[...document.querySelectorAll('.wave i')].map((one) => one.offsetHeight))"
    until(phone, lambda: phone.evaluate(bars) > 4)
    phone.emulate_media(reduced_motion="reduce")
    expect(phone.locator(".wave")).to_be_hidden()


def test_what_is_wrong_says_how_to_go_on(town: Town, peer: dict[str, Any], open_page: Open) -> None:
    _, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id), permissions=["microphone"])
    phone = peers_room(open_page, peer, visit_id, permissions=[])
    heading(phone, "Your microphone is off in Settings")
    everywhere(phone)
    picture(phone, "video-peer-microphone")
    phone.get_by_role("button", name="Go in without it").click()
    say_yes(bed)
    connected(bed, phone)
    expect(phone.get_by_text("They can't hear you")).to_be_visible()
    bed.get_by_role("button", name="Show me").click()
    expect(bed.get_by_text("Your camera may not be used here")).to_be_visible()
    everywhere(bed)
    picture(bed, "video-bedside-camera")
    whole(bed)
    bed.get_by_role("button", name="Talk without video").click()
    expect(bed.locator(".line-state")).to_have_count(0)
    soon = "new Date(Date.now() + 90000).toISOString()"
    bed.evaluate(f"room.hear({{...room.room, asked_at: {soon}, ends_at: {soon}}})")
    expect(bed.get_by_text("Are you still there?")).to_be_visible()
    everywhere(bed)
    picture(bed, "video-bedside-still-there")


def whole(page: Page) -> None:
    """At every size each button is on the screen and large enough, and nothing lies on another."""
    was = page.viewport_size
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        page.wait_for_timeout(60)
        wrong = page.evaluate(
            """target => {
              const all = '.ctl__b, .more .btn, .near, .cap, .safe, .line-state, .vtop b, .scene__mid h1, .bedmark';
              const boxes = [...document.querySelectorAll(all)]
                .map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width);
              const found = boxes.filter(([one, box]) => one.scrollWidth > one.clientWidth + 1 || box.left < -1 || box.right > innerWidth + 1 ||
                  box.top < -1 || box.bottom > document.documentElement.scrollHeight + 1 ||
                  (one.matches('button, a') && (box.height < target || box.width < target)))
                .map(([one]) => one.className);
              boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
                if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
                  found.push(`${one.className} on ${other.className}`);
              }));
              return found;
            }""",
            TARGET,
        )
        assert not wrong, f"{page.url} at {name}: {wrong}"
    if was is not None:
        page.set_viewport_size(was)


def in_order(page: Page, count: int) -> list[str]:
    """The words of what has the focus, one Tab after the other."""
    page.locator("body").evaluate("one => { one.tabIndex = -1; one.focus(); }")
    found = []
    for _ in range(count + 3):
        page.keyboard.press("Tab")
        found.append(
            page.evaluate(
                "document.activeElement.closest('.ctl, .more') ? document.activeElement.innerText.trim() : ''"
            )
        )
    return [one for one in found if one][:count]
