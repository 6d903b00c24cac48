"""Yeses decided per second, beside pgbench running the very same SQL on the same server.

The statements of one real yes are recorded as they leave the product; pgbench then runs them for
other requests. Both have the same number of clients, the same PostgreSQL (durable, as in
production) and the same number of requests, one after the other in one run. Goal: in process at
least 60 % of pgbench.
"""

import json
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, insert

from benchmarks.table import percentile, show
from dispatch.access import Actor
from dispatch.actions import peers
from dispatch.models import (
    Badge,
    Certificate,
    Duty,
    Network,
    Offer,
    Peer,
    Site,
    SupportRequest,
    User,
)
from dispatch.policy import DEFAULT
from dispatch.states import Modality, OfferState, Priority, RequestState, Role
from storage import migrate
from storage.base import Base
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.harness.postgres import PostgresServer

ROUNDS = 2000
CLIENTS = 4
GOAL = 0.60
SAMPLE = 10**9
"""The number of the request whose yes is recorded for pgbench."""


def main() -> None:
    """Run both and print the table."""
    server = PostgresServer(durable=True)
    server.start()
    try:
        engine = make_engine(server.url(), pool_size=CLIENTS + 1)
        migrate.upgrade(engine)
        ours = range(1, ROUNDS + 1)
        theirs = range(ROUNDS + 1, 2 * ROUNDS + 1)
        fill(engine, [*ours, *theirs, SAMPLE])
        db = Database(engine, SystemClock())
        script = _record(engine, db)
        product, latencies = _product(db, ours)
        peer, peer_latency_ms = _pgbench(server, script, theirs)
        engine.dispose()
    finally:
        server.remove()
    show(
        f"Yeses decided per second, {CLIENTS} clients, one contender each",
        ("what", "per second", "p50 ms", "p99 ms", "of pgbench", "goal"),
        [
            (
                "accept, in process",
                f"{product:,.0f}",
                f"{percentile(latencies, 50) * 1000:.1f}",
                f"{percentile(latencies, 99) * 1000:.1f}",
                f"{product / peer:.0%}",
                f"{GOAL:.0%}",
            ),
            (
                "pgbench, the same SQL",
                f"{peer:,.0f}",
                f"{peer_latency_ms:.1f} (mean)",
                "",
                "100%",
                "",
            ),
        ],
    )


def fill(engine: Engine, numbers: list[int], *, vacuum: bool = True) -> None:
    """One site, and per number a certified peer with an open offer of their own request."""
    now = SystemClock().now()
    later = now + timedelta(days=30)
    network = {"id": "n", "name": "Benchmark", "policy": {}, "created_at": now}
    site = {
        "id": "s",
        "network_id": "n",
        "name": "Site",
        "area": "Area",
        "address": "",
        "latitude": 40.0,
        "longitude": -83.0,
        "time_zone": "America/New_York",
        "desk_phone": "+16145550100",
        "rooms": [],
        "policy": {},
        "is_active": True,
        "created_at": now,
    }
    person = {"network_id": "n", "role": Role.PEER, "locale": "en", "is_active": True}
    rows: dict[type[Base], list[dict[str, Any]]] = {
        Network: [network],
        Site: [site],
        User: [
            person
            | {
                "id": str(n),
                "email": f"{n}@example.org",
                "name": f"Peer {n}",
                "is_on_call": False,
                "created_at": now,
            }
            for n in numbers
        ],
        Peer: [
            {
                "id": str(n),
                "network_id": "n",
                "modalities": ["in_person"],
                "languages": ["en"],
                "focus": [],
                "open_offer_limit": 1,
                "is_muted": False,
                "is_reachable": True,
            }
            for n in numbers
        ],
        Certificate: [
            {"id": str(n), "peer_id": str(n), "name": "CPS", "expires_at": later} for n in numbers
        ],
        Badge: [
            {"id": str(n), "peer_id": str(n), "site_id": "s", "expires_at": later} for n in numbers
        ],
        Duty: [
            {"peer_id": str(n), "network_id": "n", "on_duty": True, "modalities": ["in_person"]}
            for n in numbers
        ],
        SupportRequest: [_request(n, now) for n in numbers],
        Offer: [_offer(n, now) for n in numbers],
    }
    with engine.begin() as connection:
        for model, values in rows.items():
            connection.execute(insert(model), values)
    if not vacuum:
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _request(n: int, now: datetime) -> dict[str, Any]:
    return {
        "id": str(n),
        "network_id": "n",
        "site_id": "s",
        "requested_by_id": str(n),
        "consent_at": now,
        "state": RequestState.SEARCHING,
        "seq": 0,
        "modality": Modality.IN_PERSON,
        "place": "12",
        "language": "en",
        "preferences": [],
        "video_fallback": False,
        "priority": Priority.NORMAL,
        "policy": DEFAULT.frozen(),
        "wave": 1,
        "asked": 1,
        "eligible": 1,
        "search_started_at": now,
        "search_wave": 1,
        "alarmed": [],
        "is_widened": False,
        "created_at": now,
        "next_action_at": now + timedelta(hours=1),
    }


def _offer(n: int, now: datetime) -> dict[str, Any]:
    return {
        "id": str(n),
        "network_id": "n",
        "request_id": str(n),
        "peer_id": str(n),
        "wave": 1,
        "modality": Modality.IN_PERSON,
        "state": OfferState.OPEN,
        "travel_s": 600,
        "distance_m": 8000,
        "reasons": [],
        "asked_at": now,
        "is_unreachable": False,
    }


def accept(db: Database, n: int) -> float:
    """One yes; how long it took, in seconds."""
    actor = Actor(str(n), "n", Role.PEER, f"Peer {n}")
    began = time.perf_counter()
    with db.transaction() as tx:
        peers.accept(tx, actor, str(n))
    return time.perf_counter() - began


def _product(db: Database, numbers: range) -> tuple[float, list[float]]:
    """Yeses per second through the product's own action, and the time of each in seconds."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        began = time.perf_counter()
        latencies = list(pool.map(lambda n: accept(db, n), numbers))
        elapsed_s = time.perf_counter() - began
    return len(numbers) / elapsed_s, latencies


def _record(engine: Engine, db: Database) -> str:
    """The statements of one yes as a pgbench script that does the same for request `:n`."""
    script = [
        "\\set i :i + 1",
        f"\\set n {ROUNDS} + :client_id * {ROUNDS // CLIENTS} + :i",
        "BEGIN;",
    ]

    def keep(_c: Connection, _cur: Any, statement: str, values: Any, *_rest: Any) -> None:
        rows = values if isinstance(values, list) else [values]
        script.extend(_as_script(statement, row) for row in rows)

    event.listen(engine, "before_cursor_execute", keep)
    accept(db, SAMPLE)
    event.remove(engine, "before_cursor_execute", keep)
    return "\n".join([*script, "COMMIT;"]) + "\n"


def _as_script(statement: str, values: dict[str, Any]) -> str:
    """One statement with its values written in, those of the sample turned into `:n`."""

    def literal(match: re.Match[str]) -> str:
        value = values[match[1]]
        value = getattr(value, "obj", value)  # psycopg's wrapper around JSON
        if value is None:
            return "NULL"
        if isinstance(value, datetime):
            return "now()"
        if isinstance(value, (bool, int, float)):
            return str(value)
        if isinstance(value, (dict, list)):
            return "'" + json.dumps(value).replace("'", "''").replace(":", ": ") + "'"
        if value == str(SAMPLE):
            return "(:n)::text"
        if re.fullmatch(r"[0-9a-f]{32}", value):
            return "'v' || :n"
        return "'" + str(value).replace("'", "''") + "'"

    text = re.sub(r"%\((\w+)\)s", literal, statement)
    return " ".join(text.split()) + ";"


def _pgbench(server: PostgresServer, script: str, numbers: range) -> tuple[float, float]:
    """Transactions per second and mean latency in ms of pgbench running `script`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "accept.sql"
        path.write_text(script)
        command = [
            "pgbench",
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={CLIENTS}",
            "--jobs=2",
            f"--transactions={len(numbers) // CLIENTS}",
            "--define=i=0",
            f"--file={path}",
            server.url(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0 or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    tps = re.search(r"tps = ([\d.]+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    if tps is None or latency is None:
        raise RuntimeError(f"pgbench said nothing of its speed:\n{done.stdout}")
    return float(tps[1]), float(latency[1])


if __name__ == "__main__":
    main()
