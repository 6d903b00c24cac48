"""The chances that were said when people were asked, beside what came of it. It only reads.

This is the honest calibration: every chance was said before the answer was known.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from dispatch.learning import counting
from dispatch.learning.calibration import Said, bins
from dispatch.learning.counting import Counted
from dispatch.learning.model import Bin
from dispatch.learning.offered import COUNTED, offered
from dispatch.learning.silence import Silence
from dispatch.models import Network, Offer
from dispatch.policy import parse
from storage.database import Transaction

WINDOW = timedelta(days=90)
MOST = 10_000
"""The latest of them: enough for every tenth, and a moment of a web process."""


@dataclass(frozen=True)
class Spoken:
    """What one version said, or the policy's own numbers (None)."""

    version: int | None
    bins: tuple[Bin, ...]


def by_version(tx: Transaction, network_id: str) -> list[Spoken]:
    """Of the last 90 days; the newest version first, the policy's own numbers last."""
    policy = parse(tx.session.get_one(Network, network_id).policy)
    rows = tx.session.execute(
        select(
            *COUNTED,
            Offer.chance,
            Offer.learned_version,
        )
        .where(
            Offer.network_id == network_id,
            Offer.asked_at > tx.now - WINDOW,
            Offer.chance.is_not(None),
        )
        .order_by(Offer.asked_at.desc())
        .limit(MOST)
    )
    found: dict[int | None, list[Said]] = {}
    for row in rows:
        offer = offered(row)
        if row.chance is not None and counting.is_learned_from(offer):
            is_yes = counting.counts_as(offer, tx.now) is Counted.YES
            one = Said(row.chance, is_yes, counting.after_s(offer, tx.now))
            found.setdefault(row.learned_version, []).append(one)
    silence = Silence.of(policy.pricing)
    order = sorted(found, key=lambda version: -1 if version is None else version, reverse=True)
    return [Spoken(version, bins(found[version], silence)) for version in order]
