"""How late due work got: sampled from the rows by somebody whom no fault concerns."""

import threading
import time
from datetime import UTC, datetime

from sqlalchemy import text

from tests.faults.runner.cluster import Cluster

LOOK_S = 0.1

_QUESTIONS = {
    "search": "SELECT min(next_action_at) FROM support_requests WHERE next_action_at IS NOT NULL",
    "alert": "SELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL",
}


class Late:
    """The greatest lateness of a search and of an alert, in seconds, since it was started."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.most = dict.fromkeys(_QUESTIONS, 0.0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, float]:
        """What was found."""
        self._stop.set()
        self._thread.join(10)
        return self.most

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                for what, late_s in lateness(self._cluster).items():
                    self.most[what] = max(self.most[what], late_s)
            except Exception:  # noqa: BLE001  # the database itself may be what is away
                time.sleep(LOOK_S)


def lateness(cluster: Cluster) -> dict[str, float]:
    """How late the latest search and the latest alert are now."""
    found = {}
    with cluster.db.engine.connect().execution_options(alongside_read_only=True) as connection:
        for what, question in _QUESTIONS.items():
            at = connection.execute(text(question)).scalar()
            if isinstance(at, str):
                at = datetime.fromisoformat(at).replace(tzinfo=UTC)
            found[what] = 0.0 if at is None else (datetime.now(UTC) - at).total_seconds()
    return found


def until_quiet(cluster: Cluster, within_s: float) -> bool:
    """Wait until nothing is due and nothing is still to be sent; whether that came to be."""
    deadline = time.monotonic() + within_s
    calm = 0
    while time.monotonic() < deadline:
        cluster.supervise()
        calm = calm + 1 if not _is_left(cluster) else 0
        if calm == 3:
            return True
        time.sleep(LOOK_S)
    return False


def _is_left(cluster: Cluster) -> bool:
    question = (
        "SELECT (SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL)"
        " + (SELECT count(*) FROM support_requests WHERE next_action_at IS NOT NULL)"
    )
    with cluster.db.engine.connect().execution_options(alongside_read_only=True) as connection:
        return bool(connection.execute(text(question)).scalar())
