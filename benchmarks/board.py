"""From the commit of a fact to the changed row on a manager's screen, with the board full.

One real server process (`python -m server run`, SQLite), one real Chromium with the live board:
300 open requests and 1,000 peers on duty, put in by rows. Two managers take requests over from each
other, five a second, while peers move. Times count from the fact's `at`, the moment its transaction
began, so the commit itself is in them, to the change of the document that shows it. Beside the time
it counts what else was drawn for an update, and the tasks of the page that were longer than 50 ms.
"""

import statistics
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.table import percentile, show
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.harness.chromium import chromium
from tests.harness.crowd import fill
from tests.harness.servers import ServerProcess

REQUESTS, PEERS = 300, 1_000
UPDATES = 350
"""More than a minute: the page reads the whole board again once in it."""
INTERVAL_S = 0.2
MOVE_S = 0.5
LIMIT_MS = 300.0
CLOCK = SystemClock()

WATCH = """() => {
  window.seen = {}; window.touched = []; window.long = [];
  new PerformanceObserver((list) => list.getEntries().forEach((one) => window.long.push(one.duration)))
    .observe({ type: 'longtask' });
  const list = document.querySelector('.cases__list');
  new MutationObserver((changes) => {
    const at = Date.now();
    const rows = new Set();
    for (const one of changes) {
      const place = one.target.nodeType === 3 ? one.target.parentElement : one.target;
      const row = place && place.closest('[data-case]');
      if (row && !place.closest('.case__time')) rows.add(row.dataset.case);
    }
    rows.forEach((id) => (window.seen[id] ||= []).push(at));
    if (rows.size) window.touched.push(rows.size);
  }).observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


def main() -> None:
    """Run it and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        town = ServerProcess("run", Path(folder), LOG_LEVEL="WARNING")
        try:
            town.until_ready()
            _measure(town)
        finally:
            town.end()


def _measure(town: ServerProcess) -> None:
    managers = _managers(town)
    requests = _fill(town, managers[0])
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, base_url=town.url)
        first_ms = _open(page, town.demo_user("manager"))
        page.evaluate(WATCH)
        still = threading.Event()
        mover = threading.Thread(target=_move, args=(town, still))
        mover.start()
        facts = _take_over(town, managers, requests)
        still.set()
        mover.join()
        page.wait_for_timeout(2_000)
        seen, touched, long = page.evaluate("[window.seen, window.touched, window.long]")
    _print(facts, seen, touched, long, first_ms)


def _managers(town: ServerProcess) -> list[str]:
    """The tokens of two managers of the first network."""
    known = town.demo_user("manager")
    first = town.sign_in(known["email"], known["password"])
    other = {"email": "second@benchmark.example", "password": "a-long-enough-password"}
    town.call("POST", "/users", first, {**other, "name": "Second Manager", "role": "manager"})
    return [first, town.sign_in(other["email"], other["password"])]


def _fill(town: ServerProcess, manager: str) -> list[str]:
    network_id = town.call("GET", "/me", manager)["network"]["id"]
    engine = make_engine(f"sqlite:///{town.folder / 'alongside.sqlite3'}")
    try:
        made = fill(Database(engine, CLOCK), network_id, requests=REQUESTS, peers=PEERS)
    finally:
        engine.dispose()
    return made[: REQUESTS // 2]


def _open(page: Page, who: dict[str, Any]) -> float:
    """The board of this manager, complete and live; milliseconds from asking to drawn."""
    page.goto("/")
    page.fill("#email", who["email"])
    page.fill("#password", who["password"])
    page.click("form button[type=submit]")
    page.wait_for_load_state()
    began = time.perf_counter()
    page.goto("/manage")
    page.locator("[data-case]").nth(REQUESTS - 1).wait_for()
    drawn_ms = (time.perf_counter() - began) * 1000
    page.locator(".livet", has_text="Live").wait_for()
    page.wait_for_timeout(2_000)
    return drawn_ms


def _take_over(
    town: ServerProcess, managers: list[str], requests: list[str]
) -> list[tuple[str, float]]:
    """Five times a second one manager takes a request; each fact's request and moment in ms."""
    taken: list[str] = []
    for number in range(UPDATES):
        began = time.perf_counter()
        request_id = requests[number % len(requests)]
        manager = managers[(number // len(requests)) % 2]
        town.call("POST", f"/requests/{request_id}/claim", manager, {})
        taken.append(request_id)
        time.sleep(max(0.0, INTERVAL_S - (time.perf_counter() - began)))
    facts = []
    for request_id in dict.fromkeys(taken):
        for fact in town.call("GET", f"/requests/{request_id}/facts", managers[0])["items"]:
            if fact["type"] == "request_claimed":
                at = datetime.fromisoformat(fact["at"].replace("Z", "+00:00"))
                facts.append((request_id, at.timestamp() * 1000))
    return facts


def _move(town: ServerProcess, still: threading.Event) -> None:
    """The demonstration's peers are on duty and move, one every half second."""
    network = town.demo_user("manager")["network"]
    peers = [
        one for one in town.demo()["users"] if one["role"] == "peer" and one["network"] == network
    ]
    tokens = [town.sign_in(one["email"], one["password"]) for one in peers]
    turn = 0
    while not still.wait(MOVE_S):
        position = {
            "latitude": 39.96 + 0.0001 * turn,
            "longitude": -82.99,
            "accuracy_m": 10.0,
            "recorded_at": CLOCK.now().isoformat(),
        }
        town.call("POST", "/positions", tokens[turn % len(tokens)], position)
        turn += 1


def _print(
    facts: list[tuple[str, float]],
    seen: dict[str, list[float]],
    touched: list[int],
    long: list[float],
    first_ms: float,
) -> None:
    waits = []
    for request_id, at in facts:
        shown = [moment for moment in seen.get(request_id, []) if moment >= at - 1]
        if shown:
            waits.append(min(shown) - at)
    rows = [
        (
            "commit to the changed row",
            f"{len(waits)} of {len(facts)}",
            f"{statistics.median(waits):.0f}",
            f"{percentile(waits, 99):.0f}",
            f"{LIMIT_MS:.0f} ms",
        ),
        (
            "rows drawn for one update",
            str(len(touched)),
            f"{statistics.median(touched):.0f}",
            f"{percentile(touched, 99):.0f}",
            "1, 2 when two come at once",
        ),
        (
            "tasks of the page over 50 ms",
            str(len(long)),
            f"{statistics.median(long):.0f}" if long else "",
            f"{percentile(long, 99):.0f}" if long else "",
            "none",
        ),
        ("the whole board, from asking to drawn", "1", f"{first_ms:.0f}", "", ""),
    ]
    show(
        f"A board with {REQUESTS} open requests and {PEERS:,} peers, five facts a second",
        ("what", "measured", "p50", "p99", "limit (p99)"),
        rows,
    )


if __name__ == "__main__":
    main()
