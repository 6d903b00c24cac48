"""The chore that learns anew: once a day for each network, from what has happened since.

It reads in one transaction, reckons in none, and writes in another: nobody waits for it. A network
that fails keeps the others from nothing, and its last version holds until it is too old.
"""

import logging
from datetime import timedelta

from sqlalchemy import select

from dispatch.learning import answers, history, versions
from dispatch.learning.versions import Kind
from dispatch.models import Network
from dispatch.policy import parse
from storage.database import Database

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)


def learn(db: Database) -> int:
    """Learn for every network whose time has come; how many new versions there are."""
    with db.read() as tx:
        networks = list(tx.session.scalars(select(Network.id).order_by(Network.id)))
    return sum(_tried(db, network_id) for network_id in networks)


def _tried(db: Database, network_id: str) -> bool:
    try:
        return learn_of(db, network_id)
    except Exception:
        log.exception("nothing was learned of network %s", network_id)
        return False


def learn_of(db: Database, network_id: str) -> bool:
    """Learn for one network, if it is time and there is enough; whether there is a new version."""
    with db.read() as tx:
        last = versions.newest(tx, network_id, Kind.ANSWERS)
        if last is not None and timedelta(0) <= tx.now - last.made_at < EVERY:
            return False
        if history.count(tx, network_id) < answers.LEAST:
            return False
        asked = history.read(tx, network_id)
        pricing = parse(tx.session.get_one(Network, network_id).policy).pricing
        version = last.version + 1 if last is not None else 1
        read_at = tx.now
    model = answers.learn(asked, pricing)
    if model is None:
        return False
    with db.transaction() as tx:
        kept = versions.add(
            tx,
            network_id,
            Kind.ANSWERS,
            version=version,
            made_at=read_at,
            from_at=history.since(read_at),
            until_at=read_at,
            rows=len(asked),
            content=model.model_dump(mode="json"),
        )
    return kept is not None
