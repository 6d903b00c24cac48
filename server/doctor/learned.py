"""Is what was learned of answers used? Where it is not, which version it is, and why."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dispatch.learning import current
from dispatch.learning.current import TOO_OLD, Standing, WhyNot
from dispatch.models import Network, Site
from dispatch.policy import parse
from server.doctor.finding import Finding
from server.wiring import Wired
from storage.database import Transaction

_SENTENCES = {
    WhyNot.OLD: f"is from {{made_at:%Y-%m-%d}}: more than {TOO_OLD.days} days old, or of a clock that was "
    "ahead",
    WhyNot.SPOILED: "holds numbers that are none, or none that people behave by",
    WhyNot.NO_BETTER: "foresaw the latest answers no better than the policy's own numbers",
}


def examine(wired: Wired) -> list[Finding]:
    """One finding for each network that has learned something that is not used."""
    try:
        with wired.db.read() as tx:
            return list(networks(tx))
    except SQLAlchemyError as error:
        return [Finding("learned", False, f"cannot be looked at: {type(error).__name__}")]


def networks(tx: Transaction) -> Iterator[Finding]:
    """The findings of all networks, by name."""
    for network in tx.session.scalars(select(Network).order_by(Network.name, Network.id)):
        found = current.standing(tx, network.id)
        if found.why_not not in (None, WhyNot.NONE):
            yield _finding(network, found, matters=_asks_by_price(tx, network))


def _finding(network: Network, found: Standing, *, matters: bool) -> Finding:
    """No better than the policy's own numbers is nothing that is broken; nor is what nobody asks."""
    assert found.why_not is not None
    why = _SENTENCES[found.why_not].format(made_at=found.made_at)
    until = "" if matters else " Nobody here asks by price."
    said = f"{network.name}: version {found.version} is not used, because it {why}.{until}"
    is_broken = matters and found.why_not is not WhyNot.NO_BETTER
    return Finding("learned", not is_broken, said)


def _asks_by_price(tx: Transaction, network: Network) -> bool:
    """Whether the network, or one of its sites, asks by the strategy that uses it."""
    own = [{}, *tx.session.scalars(select(Site.policy).where(Site.network_id == network.id))]
    return any(parse(network.policy, one).strategy == "priced" for one in own)
