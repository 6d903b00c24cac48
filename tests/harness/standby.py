"""A second PostgreSQL server that follows a first one, and can take its place.

It knows replication; it refuses to know any schema, and who is told of the new address.
"""

import os
import shutil
import subprocess
import time

import psycopg

from tests.harness.postgres import PROGRAMS, PostgresServer

NAME = "standby"
SOON_S = 30.0


class Standby(PostgresServer):
    """A copy of `primary` from its first start on, kept up to date by streaming.

    With `is_synchronous` a commit of the primary is answered only once the standby has it: what was
    answered is then on two machines. The primary must run, and goes on while the copy is made.
    """

    def __init__(self, primary: PostgresServer, *, is_synchronous: bool = True) -> None:
        super().__init__(durable=primary.durable)
        self.primary = primary
        self.is_synchronous = is_synchronous
        self._more = {"cluster_name": NAME}
        self._follows = True

    def _fill(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        owner = self._owner
        self.data.mkdir(exist_ok=True)
        self.data.chmod(0o700)
        if owner is not None:
            for folder in (self._home, self.data):
                shutil.chown(folder, owner.pw_uid, owner.pw_gid)
        command = [str(PROGRAMS / "pg_basebackup"), "--pgdata", str(self.data)]
        command += ["--dbname", f"host=127.0.0.1 port={self.primary.port} user=postgres"]
        command += ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        made = subprocess.run(
            command,
            cwd=self._home,
            env={**os.environ, "HOME": str(self._home)},
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"no copy of the primary was made:\n{made.stderr}")

    def start(self) -> None:
        """Make the copy when there is none, start, and wait until it follows."""
        super().start()
        if not self._follows:
            return
        with psycopg.connect(self.primary.url(), autocommit=True) as primary:
            if self.is_synchronous:
                # Set now: in the copy it would make the standby wait for one of its own later.
                primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'".encode())
                primary.execute("SELECT pg_reload_conf()")
            wanted = "sync" if self.is_synchronous else "async"
            self._until(
                primary,
                "SELECT count(*) FROM pg_stat_replication"
                f" WHERE state = 'streaming' AND sync_state = '{wanted}'",
            )

    def stop_hearing(self) -> None:
        """The line to the primary is down from now on; what arrived stays."""
        with psycopg.connect(self.url(), autocommit=True) as standby:
            standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
            standby.execute("SELECT pg_reload_conf()")
            self._until(standby, "SELECT 1 - count(*) FROM pg_stat_wal_receiver")

    def promote(self) -> None:
        """Take the primary's place: from now on this server takes writes."""
        with psycopg.connect(self.url(), autocommit=True) as standby:
            promoted = standby.execute("SELECT pg_promote(true, 30)").fetchone()
        if promoted != (True,):
            raise RuntimeError("the standby was not promoted in 30 s")
        self._follows = False

    def _until(self, connection: "psycopg.Connection[tuple[object, ...]]", question: str) -> None:
        """Wait until the answer is 1."""
        deadline = time.monotonic() + SOON_S
        while connection.execute(question.encode()).fetchone() != (1,):
            if time.monotonic() > deadline:
                raise RuntimeError(f"never 1: {question}")
            time.sleep(0.02)
