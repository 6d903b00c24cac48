"""One fault from its making to its verdict: load, fault, healing, quiet, every promise checked."""

import time
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from tests.faults.runner import faults, verdict
from tests.faults.runner.cluster import Cluster
from tests.faults.runner.faults import Fault
from tests.faults.runner.late import Late, until_quiet
from tests.faults.runner.load import Load

QUIET_S = 40.0


@dataclass
class Episode:
    """What came of one fault."""

    seed: int
    point: str
    act: str
    database: str
    is_reached: bool
    role: str
    is_kill: bool
    broken: list[str] = field(default_factory=list)
    requests: int = 0
    promises: int = 0
    calls: int = 0
    failures: int = 0
    heard: int = 0
    fetched: int = 0
    late_search_s: float = 0.0
    late_alert_s: float = 0.0
    stall_s: float = 0.0
    stalled: str = ""
    took_s: float = 0.0

    @property
    def resume_s(self) -> float:
        """How long the longest-held-up piece of work was held up."""
        return max(self.late_search_s, self.late_alert_s, self.stall_s)

    def as_dict(self) -> dict[str, Any]:
        """For the file."""
        return asdict(self)


def play(cluster: Cluster, fault: Fault, seed: int) -> Episode:
    """Let the fault happen once and say what came of it."""
    faults.prepare(fault, cluster)
    began = time.monotonic()
    chance = Random(seed)
    late = Late(cluster)
    load = Load(cluster, chance)
    load.begin()
    made = faults.make(fault, cluster, load, chance)
    while not load.is_over:
        cluster.supervise()
        time.sleep(0.05)
    load.end()
    cluster.heal()
    is_quiet = until_quiet(cluster, QUIET_S)
    most = late.stop()
    broken = [] if is_quiet else [f"not quiet after {QUIET_S:.0f} s"]
    broken += verdict.broken(cluster, load)
    stall = max(load.ledger.stalls, default=(0.0, ""))
    return Episode(
        seed=seed,
        point=fault.point,
        act=fault.act,
        database=fault.database,
        is_reached=made.is_reached,
        role=made.role,
        is_kill=fault.is_kill and made.is_reached,
        broken=broken,
        requests=len(load.created),
        promises=len(load.ledger.promises),
        calls=load.ledger.calls,
        failures=load.ledger.failures,
        heard=load.follower.heard,
        fetched=load.follower.fetched,
        late_search_s=round(most["search"], 2),
        late_alert_s=round(most["alert"], 2),
        stall_s=round(stall[0], 2),
        stalled=stall[1],
        took_s=round(time.monotonic() - began, 1),
    )
