"""The same races as phones run them: over HTTP, at two web processes, one instant for all calls.

Connections are kept, and the calls of a race go to the two processes in turn. It knows who is
connected to whom; what a race is, `plan` knows, and who may win, `verdict`.
"""

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psutil

from tests.harness.servers import ServerProcess
from tests.harness.stacked import Stacked
from tests.races.runner import field, ground, plan, verdict
from tests.races.runner.plan import Act, Race, What
from tests.races.runner.report import Record
from tests.races.runner.stage import Stage
from tests.races.start import WON
from tests.races.taps import OK, Wire, let_go

WORKERS = 2
ROUNDS = 8
"""Rounds' worth of races in a batch. They are run one by one: all seats would be two processes' queue."""
OPENED_AT_ONCE = 8
MOST_TRIES = 40
STATUS = {verdict.TAKEN: "409", verdict.BUSY: "409", verdict.CLOSED: "410"}


class Wires:
    """Kept connections, and which process is at the other end of each."""

    def __init__(self, door: ServerProcess) -> None:
        self._door = door
        self._free: dict[int, list[Wire]] = {}
        """By the process at the other end."""

    def close(self) -> None:
        """Hang up on everybody."""
        for wires in self._free.values():
            for wire in wires:
                wire.close()
        self._free = {}

    def take(self, number: int) -> list[tuple[int, Wire]]:
        """So many connections, in turn to one process and the other, with its process."""
        each = -(-number // WORKERS)
        for _ in range(MOST_TRIES):
            if len(self._free) == WORKERS and all(
                len(ones) >= each for ones in self._free.values()
            ):
                break
            self._open()
        else:
            raise AssertionError(f"one worker takes every connection: {self._free}")
        workers = sorted(self._free)
        return [
            (pid, self._free[pid].pop()) for pid in (workers[at % WORKERS] for at in range(number))
        ]

    def give_back(self, pid: int, wire: Wire) -> None:
        """It can be used again."""
        self._free[pid].append(wire)

    def _open(self) -> None:
        """Some more, each under the process that has accepted it."""
        fresh = {wire.port: wire for wire in (Wire(self._door.port) for _ in range(OPENED_AT_ONCE))}
        deadline = time.monotonic() + 10
        while fresh and time.monotonic() < deadline:
            for child in psutil.Process(self._door.process.pid).children():
                self._free.setdefault(child.pid, [])
                for held in child.net_connections("tcp"):
                    wire = fresh.pop(held.raddr.port, None) if held.raddr else None
                    if wire is not None:
                        self._free[child.pid].append(wire)


class Door(Stacked):
    """Two web processes and a dispatcher, as in production. `play` is one batch."""

    what = "http"

    def __init__(self, folder: Path, *, rounds: int = ROUNDS, most: int | None = None) -> None:
        self._stage = Stage(folder, workers=WORKERS)
        self._rounds = rounds
        self._most = most

    def _start(self, stack: ExitStack) -> None:
        stack.enter_context(self._stage)
        field.settle(self._stage.db.engine, self._rounds, signed_in=True)
        self._stage.until_ready()
        self._wires = Wires(self._stage.webs[0])
        stack.callback(self._wires.close)

    def play(self, number: int) -> Record:
        """Put in batch `number`, run its races one after the other, judge it, end it."""
        began = time.perf_counter()
        batch = plan.batch(number, rounds=self._rounds, most=self._most)
        db = self._stage.db
        field.fill(db.engine, batch)
        actors = {field.peer(one.peer).id for race in batch.races for one in race.asked}
        tokens = {who: self._stage.token(who, who) for who in (field.MANAGER.id, *actors)}
        counts = Counter(met=0, abreast=0, both=0)
        said: ground.Said = []
        for race in batch.races:
            said.append((race, self._race(batch.number, race, tokens, counts)))
        rows, broken = verdict.read(db, batch)
        judged, found = ground.judge(batch, rows, said)
        counts.update(judged)
        field.close(db.engine)
        return Record(
            self.what,
            number,
            len(batch.races),
            round(time.perf_counter() - began, 3),
            dict(counts),
            dict(Counter(race.kind.value for race in batch.races)),
            found + broken + self._stage.complaints(),
        )

    def _race(
        self, batch: int, race: Race, tokens: dict[str, str], counts: Counter[str]
    ) -> list[tuple[Act, str]]:
        """One instant: every call with what was heard."""
        held = self._wires.take(len(race.acts))
        for act, (_, wire) in zip(race.acts, held, strict=True):
            who = field.MANAGER.id if act.peer is None else field.peer(act.peer).id
            wire.write(*_call(batch, act, tokens[who]))
        heard, left_together = let_go([wire for _, wire in held])
        counts["met"] += left_together and len(held) > 1
        counts["abreast"] += len(held) if left_together else 1
        counts["both"] += len({pid for pid, _ in held}) == WORKERS
        for pid, wire in held:
            self._wires.give_back(pid, wire)
        return [(act, _named(answer)) for act, answer in zip(race.acts, heard, strict=True)]


def _call(batch: int, act: Act, token: str) -> tuple[str, str, object]:
    """Path, token and body of a call."""
    about = field.target(batch, act)
    if act.what is What.CANCEL:
        return f"/requests/{about}/cancel", token, {"reason": "left"}
    if act.what is What.WITHDRAW:
        return f"/visits/{about}/withdraw", token, {}
    if act.what is What.NO:
        return f"/offers/{about}/decline", token, {}
    return f"/offers/{about}/accept", token, None


def _named(answer: str) -> str:
    """`won`, the code of a refusal whose status is the right one, else what was heard."""
    if answer == OK:
        return WON
    status, _, code = answer.partition(" ")
    return code if STATUS.get(code) == status else answer
