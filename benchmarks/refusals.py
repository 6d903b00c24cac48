"""Does the time of a refusal tell why a link opens nothing?

Links that are unknown, used, closed, too old, and of a visit that is over are asked for in turn, by
HTTP from a real server process (SQLite). For each reason: how well its times can be told from those
of an unknown link (AUC: 0.5 is not at all, 1 always).
"""

import os
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.table import show
from tests.browser.calls import link_of, video_visit
from tests.browser.server import Town, town

TRIES = int(os.environ.get("ALONGSIDE_TRIES", "2000"))
"""Of each reason."""
WARM = 50
MOST_AUC = 0.55
HTML = {"Accept": "text/html"}


def main() -> None:
    """Run it and print the table."""
    with tempfile.TemporaryDirectory() as folder, town(Path(folder)) as place:
        links = _dead_links(place, Path(folder))
        times = _measure(place, links)
    known = times["unknown"]
    rows = []
    for name, found in times.items():
        told = auc(known, found)
        is_told = abs(told - 0.5) > MOST_AUC - 0.5
        rows.append(
            [
                name,
                str(len(found)),
                f"{statistics.median(found):.2f} ms",
                f"{sorted(found)[int(len(found) * 0.95)]:.2f} ms",
                f"{told:.3f}" + (" TOLD APART" if is_told else ""),
            ]
        )
    show(
        "Refusals of a guest link",
        ["reason", "tries", "p50", "p95", f"AUC against unknown (0.5 +- {MOST_AUC - 0.5:.2f})"],
        rows,
    )


def auc(a: list[float], b: list[float]) -> float:
    """The chance that one of `b` is larger than one of `a`; ties count half (Mann-Whitney)."""
    ranked = sorted([(value, 0) for value in a] + [(value, 1) for value in b])
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        ranks += sum(kind for _, kind in ranked[at:end]) * (at + end + 1) / 2
        at = end
    return (ranks - len(b) * (len(b) + 1) / 2) / (len(a) * len(b))


def _dead_links(place: Town, folder: Path) -> dict[str, str]:
    peer = place.user("peer", 2)
    _, over = video_visit(place, peer)
    links = {"unknown": "/join/" + "x" * 43, "over": link_of(place, over)}
    place.finish_all()
    _, visit_id = video_visit(place, peer)
    links["too old"] = link_of(place, visit_id)
    _, old = _database(folder)
    old.execute(
        "UPDATE guest_links SET expires_at = '2020-01-01 00:00:00.000000'"
        " WHERE visit_id = ? AND revoked_at IS NULL",
        (visit_id,),
    )
    old.execute(
        "CREATE TEMP TABLE kept AS SELECT id FROM guest_links WHERE visit_id = ?", (visit_id,)
    )
    links["closed"] = link_of(place, visit_id)
    links["used"] = link_of(place, visit_id)
    # A new link closes those before it; here the old one is only old.
    old.execute("UPDATE guest_links SET revoked_at = NULL WHERE id IN (SELECT id FROM kept)")
    old.close()
    requests.get(place.url + links["used"], headers=HTML, timeout=10).raise_for_status()
    return links


def _database(folder: Path) -> tuple[Path, sqlite3.Connection]:
    [path] = folder.rglob("*.sqlite3")
    return path, sqlite3.connect(path, timeout=10, isolation_level=None)


def _measure(place: Town, links: dict[str, str]) -> dict[str, list[float]]:
    """Milliseconds by reason, the reasons in an order of chance in every turn."""
    times: dict[str, list[float]] = {name: [] for name in links}
    order, dice = list(links), random.Random(11)
    with requests.Session() as session:
        session.trust_env = False
        for turn in range(WARM + TRIES):
            dice.shuffle(order)
            for name in order:
                began = time.perf_counter()
                answer = session.get(place.url + links[name], headers=HTML, timeout=10)
                took_ms = 1000 * (time.perf_counter() - began)
                assert answer.status_code == requests.codes.not_found, name
                if turn >= WARM:
                    times[name].append(took_ms)
    return times
