"""Who is near a site when 100,000 peers are on duty in one network: ours beside PostGIS and a plain scan.

All on one PostgreSQL with PostGIS, when the machine has one (Debian: postgresql-15-postgis-3); else on
the one of the tests, and PostGIS is said to be missing. Ours on SQLite too. The same searches for all:
the nearest so many within the travel limit. What is found must be the same.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from sqlalchemy import insert
from sqlalchemy import text as sql

from benchmarks.table import percentile, show
from dispatch import looks, near, region
from dispatch.cells import cell_of
from dispatch.geo import Point, distance_m
from dispatch.models import Badge, Duty, Network, Peer, Site, SupportRequest, User
from dispatch.policy import DEFAULT
from dispatch.states import Modality, Role
from storage.clock import ManualClock
from storage.database import Database
from storage.ids import new_id
from tests.harness.databases import START, apply_migrations, open_database
from tests.harness.postgres import PostgresServer, free_port

PEERS = 100_000
SEARCHES = 300
SCANS = 30
AT_ONCE = 5_000
SEED = 11
LIMIT_M = float(DEFAULT.default_travel_limit_m)
FRESH_SINCE = START - timedelta(seconds=DEFAULT.position_fresh_s)
LANGUAGES = ["en"]
BADGED = 60
"""So many sites have badges: of every second peer within the limit."""
BIN = Path("/usr/lib/postgresql/15/bin")
POSTGIS = Path("/usr/share/postgresql/15/extension/postgis.control")
Found = list[str]
Search = Callable[[Any, Any], Found]


def main() -> None:
    """Fill each database once, search, compare, print one table."""
    chance = Random(SEED)
    cities = [(38.6 + 3.1 * chance.random(), -84.6 + 3.9 * chance.random()) for _ in range(20)]
    people = [_place(chance, cities) for _ in range(PEERS)]
    sites = [_place(chance, cities) for _ in range(SEARCHES)]
    ids = [new_id() for _ in people]
    rows: list[tuple[str, ...]] = []
    notes = []
    with _postgres() as (url, has_postgis):
        apply_migrations(url)
        with open_database(url, ManualClock(START)) as db:
            network_id, requests = _fill(db, ids, people, sites)
            found = _all_of_ours("PostgreSQL", db, network_id, sites, requests, rows)
            ours = rows[0]
            if has_postgis:
                with db.engine.begin() as connection:
                    _add_postgis(connection)
                theirs, knn = _measure(db, sites, _postgis)
                rows.append(_row("PostGIS KNN (GiST, geography)", theirs, ours))
                notes.append(_same("PostGIS", found, knn))
            else:
                notes.append("PostGIS could not be had here: it is not in the comparison.")
            scanned, plain = _measure(
                db, sites[:SCANS], lambda tx, here: _scan(tx, network_id, here)
            )
            rows.append(_row("plain scan", scanned, ours))
            notes.append(_same("the plain scan", found[:SCANS], plain))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/region.sqlite3"
        apply_migrations(url)
        with open_database(url, ManualClock(START)) as db:
            network_id, requests = _fill(db, ids, people, sites)
            again = _all_of_ours("SQLite", db, network_id, sites, requests, rows)
            notes.append(_same("ours on SQLite", found, again))
    show(
        f"The nearest {region.NEAREST} within {LIMIT_M / 1000:.0f} km of {PEERS:,} peers on duty",
        ["what", "searches", "p50 ms", "p99 ms", "p99 of ours", "limit (p99)"],
        rows,
        " ".join(notes),
    )


def _all_of_ours(
    where: str,
    db: Database,
    network_id: str,
    sites: Sequence[Point],
    requests: Sequence[SupportRequest],
    rows: list[tuple[str, ...]],
) -> list[Found]:
    near_by, found = _measure(db, sites, lambda tx, here: _ours(tx, network_id, here))
    rows.append(_row(f"ours, {where}: who is near", near_by, rows[0] if rows else None))
    whole, _ = _measure(db, requests, _whole)
    rows.append(_row(f"ours, {where}: all ids of a decision", whole, rows[0]))
    views_too, _ = _measure(db, requests, _views)
    rows.append(_row(f"ours, {where}: and all about them", views_too, rows[0]))
    return found


def _place(chance: Random, cities: Sequence[tuple[float, float]]) -> Point:
    """Four of five near a city, the others anywhere in a state."""
    if chance.random() < 0.2:
        return Point(38.5 + 3.3 * chance.random(), -84.8 + 4.2 * chance.random())
    north, east = chance.choice(cities)
    return Point(chance.gauss(north, 0.18), chance.gauss(east, 0.22))


def _row(what: str, took: Sequence[float], ours: tuple[str, ...] | None) -> tuple[str, ...]:
    p50, p99 = percentile(took, 50), percentile(took, 99)
    limit = "25" if what.endswith(("who is near", "all ids of a decision")) else ""
    ratio = f"{p99 / float(ours[3]):.1f} x" if ours else "1.0 x"
    return what, str(len(took)), f"{p50:.1f}", f"{p99:.1f}", ratio, limit


def _same(who: str, ours: Sequence[Found], theirs: Sequence[Found]) -> str:
    """How many searches found the same set; where not, how many peers at the rim differ."""
    differ = [len(set(a) ^ set(b)) for a, b in zip(ours, theirs, strict=True)]
    same = sum(not one for one in differ)
    rest = f", the others differ by {max(differ)} peers at most" if same < len(differ) else ""
    return f"The same peers as {who} in {same} of {len(differ)} searches{rest}."


def _measure(db: Database, sites: Sequence[Any], search: Search) -> tuple[list[float], list[Found]]:
    took, found = [], []
    for here in sites[:5]:  # Plans and pages are warm in a server that runs.
        with db.read() as tx:
            search(tx, here)
    for here in sites:
        with db.read() as tx:
            tx.session.execute(sql("SELECT 1"))
            begun = time.perf_counter()
            found.append(search(tx, here))
            took.append((time.perf_counter() - begun) * 1000.0)
    return took, found


def _ours(tx: Any, network_id: str, here: Point) -> Found:
    asked = near.Asked(network_id, "en", FRESH_SINCE)
    found = near.nearest(tx.session, asked, here, LIMIT_M, region.NEAREST)
    return [peer_id for _, peer_id in found]


def _whole(tx: Any, request: SupportRequest) -> Found:
    """All that a decision does to know whom it looks at: the check, who is near, calls in turn."""
    found = region.first(tx, request, DEFAULT, region.ALL_WAYS).ids
    assert found is not None
    return found


def _views(tx: Any, request: SupportRequest) -> Found:
    """The same, and everything about them that a decision takes."""
    return [one.id for one in looks.first(tx, request, DEFAULT, region.ALL_WAYS).peers]


def _postgis(tx: Any, here: Point) -> Found:
    point = f"SRID=4326;POINT({here.longitude} {here.latitude})"
    rows = tx.session.execute(
        sql(
            "SELECT peer_id FROM (SELECT peer_id, place <-> CAST(:here AS geography) AS metres"
            " FROM spots ORDER BY place <-> CAST(:here AS geography) LIMIT :many) AS near"
            " WHERE metres <= :most"
        ),
        {"here": point, "many": region.NEAREST, "most": LIMIT_M},
    )
    return list(rows.scalars())


_METRES = (
    "2 * 6371009 * asin(least(1.0, sqrt(power(sin(radians(lat - :lat) / 2), 2) + cos(radians(lat))"
    " * cos(radians(:lat)) * power(sin(radians(lon - :lon) / 2), 2))))"
)
_WHERE = (
    "SELECT d.peer_id, CASE WHEN d.position_at >= :fresh THEN d.latitude ELSE p.home_latitude END"
    " AS lat, CASE WHEN d.position_at >= :fresh THEN d.longitude ELSE p.home_longitude END AS lon"
    " FROM duty d JOIN peers p ON p.id = d.peer_id WHERE d.network_id = :network AND d.on_duty"
)


def _scan(tx: Any, network_id: str, here: Point) -> Found:
    rows = tx.session.execute(
        sql(
            f"SELECT peer_id FROM (SELECT peer_id, {_METRES} AS metres FROM ({_WHERE}) AS spots)"
            " AS near WHERE metres <= :most ORDER BY metres LIMIT :many"
        ),
        {
            "lat": here.latitude,
            "lon": here.longitude,
            "fresh": FRESH_SINCE,
            "network": network_id,
            "most": LIMIT_M,
            "many": region.NEAREST,
        },
    )
    return list(rows.scalars())


def _add_postgis(connection: Any) -> None:
    """The same places in a table of its own, with the index that PostGIS recommends."""
    connection.execute(sql("CREATE EXTENSION postgis"))
    connection.execute(
        sql(
            "CREATE TABLE spots AS SELECT peer_id, CAST(ST_SetSRID(ST_MakePoint(lon, lat), 4326)"
            f" AS geography) AS place FROM ({_WHERE.replace('d.network_id = :network AND', '')})"
            " AS here"
        ),
        {"fresh": FRESH_SINCE},
    )
    connection.execute(sql("CREATE INDEX ON spots USING gist (place)"))
    connection.execute(sql("ANALYZE spots"))


def _fill(
    db: Database, ids: Sequence[str], people: Sequence[Point], sites: Sequence[Point]
) -> tuple[str, list[SupportRequest]]:
    """One network with everybody on duty: four of five with a fresh position, the others at home.

    With it come requests at the sites that have badges, each site several times.
    """
    chance = Random(SEED + 1)
    network_id = new_id()
    with db.transaction() as tx:
        tx.session.add(Network(id=network_id, name="State", policy={}, created_at=tx.now))
    for begin in range(0, len(people), AT_ONCE):
        users, peers, duties = [], [], []
        for number, here in enumerate(people[begin : begin + AT_ONCE], start=begin):
            peer_id = ids[number]
            users.append(
                {
                    "id": peer_id,
                    "network_id": network_id,
                    "email": f"{number}@peers.example",
                    "name": f"Peer {number}",
                    "role": Role.PEER,
                    "is_active": True,
                    "created_at": START,
                }
            )
            peers.append(
                {
                    "id": peer_id,
                    "network_id": network_id,
                    "languages": LANGUAGES,
                    "modalities": [one.value for one in Modality],
                    "focus": [],
                    "traits": [],
                    "home_latitude": here.latitude,
                    "home_longitude": here.longitude,
                }
            )
            duties.append(_duty(peer_id, network_id, here, chance))
        with db.transaction() as tx:
            for model, rows in ((User, users), (Peer, peers), (Duty, duties)):
                tx.session.execute(insert(model), rows)
    with db.transaction() as tx:
        places = [_site(number, network_id, here) for number, here in enumerate(sites[:BADGED])]
        tx.session.add_all(places)
        tx.session.flush()
        for place in places:
            tx.session.execute(insert(Badge), _badges(place, ids, people))
    with db.transaction() as tx:
        tx.session.execute(sql("ANALYZE"))
    return network_id, [_request(places[at % BADGED]) for at in range(len(sites))]


def _site(number: int, network_id: str, here: Point) -> Site:
    return Site(
        id=new_id(),
        network_id=network_id,
        name=f"Site {number}",
        area="State",
        latitude=here.latitude,
        longitude=here.longitude,
        time_zone="America/New_York",
        desk_phone="+15555550100",
        created_at=START,
    )


def _badges(site: Site, ids: Sequence[str], people: Sequence[Point]) -> list[dict[str, Any]]:
    """Every second peer within the limit has one."""
    here, until = Point(site.latitude, site.longitude), START + timedelta(days=90)
    return [
        {"id": new_id(), "peer_id": peer_id, "site_id": site.id, "expires_at": until}
        for peer_id, place in zip(ids[::2], people[::2], strict=True)
        if distance_m(place, here) <= LIMIT_M
    ]


def _request(site: Site) -> SupportRequest:
    """One that is not stored: a decision reads it, and what was asked about it."""
    return SupportRequest(
        id=new_id(),
        network_id=site.network_id,
        site_id=site.id,
        created_at=START,
        language="en",
        is_widened=False,
        preferences=[],
        met=None,
    )


def _duty(peer_id: str, network_id: str, here: Point, chance: Random) -> dict[str, Any]:
    is_home = chance.random() < 0.2
    cell = cell_of(here.latitude, here.longitude)
    return {
        "peer_id": peer_id,
        "network_id": network_id,
        "on_duty": True,
        "since": START,
        "modalities": ["in_person", "video"],
        "latitude": None if is_home else here.latitude,
        "longitude": None if is_home else here.longitude,
        "position_at": None if is_home else START,
        "cell": None if is_home else cell,
        "home_cell": cell,
        "languages": LANGUAGES,
        "turn_at": START - timedelta(seconds=chance.randrange(10**6)),
    }


@contextmanager
def _postgres() -> Iterator[tuple[str, bool]]:
    """A PostgreSQL of our own, with PostGIS where the machine has it; its address, and whether."""
    if not POSTGIS.exists():
        server = PostgresServer()
        server.start()
        try:
            server.create("region")
            yield server.url("region"), False
        finally:
            server.remove()
        return
    home = Path(tempfile.mkdtemp(prefix="alongside-region-"))
    owner: dict[str, Any] = {}
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(home, user.pw_uid, user.pw_gid)
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    port = free_port()
    subprocess.run(
        [BIN / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=home,
        **owner,
    )
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "shared_buffers": "256MB",
        "fsync": "off",
        "jit": "off",
    }
    command = [str(BIN / "postgres"), "-D", str(home / "data")]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home, **owner
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        _wait(url)
        yield url, True
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")
