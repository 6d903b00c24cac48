"""Yeses decided per second, beside pgbench running the very same SQL on the same server.

The statements of one real yes are recorded as they leave the product; pgbench then runs them for
other requests. All have the same number of clients, the same PostgreSQL (durable, as in production)
and the same number of requests, one after the other in one run. Threads of one process share one
core, which pgbench does not; so there is a second row, with two processes as a web server has them.
Goal: in process at least 60 % of pgbench.
"""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection

from benchmarks import pgbench
from benchmarks.table import percentile, show
from benchmarks.yeses import NETWORK_IN_SQL, actor, fill, network_of
from dispatch.actions import peers
from storage import migrate
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.harness.postgres import PostgresServer

ROUNDS = 2000
CLIENTS = 4
PROCESSES = 2
WARM = 50
"""So many yeses of each process come first and are not counted."""
GOAL = 0.60
SAMPLE = 10**9
"""The number of the request whose yes is recorded for pgbench."""


def main() -> None:
    """Run all three and print the table."""
    server = PostgresServer(durable=True)
    server.start()
    try:
        engine = make_engine(server.url(), pool_size=1)
        migrate.upgrade(engine)
        alone = _shares(1, 1)
        split = _shares(alone[-1].stop, PROCESSES)
        theirs = range(split[-1].stop, split[-1].stop + ROUNDS)
        fill(engine, [*range(1, theirs.stop), SAMPLE])
        db = Database(engine, SystemClock())
        also = {network_of(SAMPLE): NETWORK_IN_SQL}
        with pgbench.recorded(engine, str(SAMPLE), also) as script:
            accept(db, SAMPLE)
        engine.dispose()
        rows = [
            ("accept, in one process", *_product(server.url(), alone)),
            (f"accept, in {PROCESSES} processes", *_product(server.url(), split)),
        ]
        per_second, latency_ms = pgbench.run(server, script, theirs, CLIENTS)
    finally:
        server.remove()
    show(
        f"Yeses decided per second, {CLIENTS} clients, one contender each, "
        f"{pgbench.statements(script)} statements",
        ("what", "per second", "p50 ms", "p99 ms", "of pgbench", "goal"),
        [
            *(
                (
                    what,
                    f"{ours:,.0f}",
                    f"{percentile(latencies, 50) * 1000:.1f}",
                    f"{percentile(latencies, 99) * 1000:.1f}",
                    f"{ours / per_second:.0%}",
                    f"{GOAL:.0%}",
                )
                for what, ours, latencies in rows
            ),
            ("pgbench, the same SQL", f"{per_second:,.0f}", f"{latency_ms:.1f} (mean)", "", "", ""),
        ],
    )


def accept(db: Database, n: int) -> float:
    """One yes; how long it took, in seconds."""
    who = actor(n)
    began = time.perf_counter()
    with db.transaction() as tx:
        peers.accept(tx, who, str(n))
    return time.perf_counter() - began


def _shares(first: int, processes: int) -> list[range]:
    """The numbers of each process, from `first` on; each has some to get warm with."""
    each = WARM + ROUNDS // processes
    return [range(first + n * each, first + (n + 1) * each) for n in range(processes)]


def _product(url: str, shares: list[range]) -> tuple[float, list[float]]:
    """Yeses a second of a process for each share, and the time of each yes in seconds."""
    fresh = multiprocessing.get_context("spawn")
    ends, processes = [], []
    for numbers in shares:
        ours, theirs = fresh.Pipe()
        clients = CLIENTS // len(shares)
        processes.append(fresh.Process(target=_decide, args=(url, numbers, clients, theirs)))
        processes[-1].start()
        theirs.close()
        ends.append(ours)
    for end in ends:
        end.recv()
    began = time.perf_counter()
    for end in ends:
        end.send("go")
    latencies = [taken for end in ends for taken in end.recv()]
    elapsed_s = time.perf_counter() - began
    for process in processes:
        process.join()
    return len(latencies) / elapsed_s, latencies


def _decide(url: str, numbers: range, clients: int, end: Connection) -> None:
    """A process: get warm, say so, wait for the word, say yes to all, tell how long each took."""
    engine = make_engine(url, pool_size=clients)
    say = partial(accept, Database(engine, SystemClock()))
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(say, numbers[:WARM]))
        end.send("warm")
        end.recv()
        end.send(list(pool.map(say, numbers[WARM:])))
    engine.dispose()


if __name__ == "__main__":
    main()
