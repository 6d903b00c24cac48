"""What a dispatcher that is gone had claimed goes to those that live, before its leases end.

Each dispatcher says that it lives, and looks whether the holders of leases do. It decides nothing: a
row that is given back is due as it was, and its old holder, should it still be there, finds another
token on it and stands back (`storage.claims`).
"""

import logging
from collections import Counter

from dispatch import engine
from notifications import outbox
from storage.database import Database
from storage.holders import holder_on

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""How often; on PostgreSQL a holder is gone whose lock is missing at two looks in a row."""


class Heirs:
    """Of one dispatcher."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._holder = holder_on(db.engine)
        self._missing: Counter[str] = Counter()

    def look(self) -> int:
        """Say that we live, and take over from those who do not; how many rows are due again."""
        living = self._holder.living()
        if living is None:
            return 0
        # Only now: a lease with our mark is taken only while others can see that we live.
        self._db.mark = self._holder.mark
        with self._db.read() as tx:
            held = engine.holders(tx) | outbox.holders(tx)
        self._missing = Counter({mark: self._missing[mark] + 1 for mark in held - living})
        gone = {mark for mark, looks in self._missing.items() if looks >= self._holder.looks}
        if not gone:
            return 0
        with self._db.transaction() as tx:
            freed = engine.inherit(tx, gone) + outbox.inherit(tx, gone)
        log.warning("a dispatcher is gone; %s rows that it had claimed are due again", freed)
        return freed

    def close(self) -> None:
        """Say that we are gone."""
        self._db.mark = ""
        self._holder.close()
