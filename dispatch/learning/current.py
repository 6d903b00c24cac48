"""Which version of what was learned of answers holds now, and why when none does.

Nothing here can stop a decision: what is missing, old, spoiled or no better than the policy's own
numbers is not used, and those hold.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from dispatch.knowledge import NOTHING, Knowledge
from dispatch.learning import history
from dispatch.learning.model import Learned, Model
from dispatch.learning.versions import Kind
from dispatch.learning.versions import Learned as Version
from dispatch.models import Site
from dispatch.policy import Policy
from storage.database import Transaction

TOO_OLD = timedelta(days=14)
"""With a new version each night, something has been wrong for two weeks then."""

_MOST_KEPT = 64
_models: "OrderedDict[str, Model | None]" = OrderedDict()
"""By the id of a version, which never changes: what it is worth, so that it is judged once."""


class WhyNot(StrEnum):
    """Why what was learned is not used."""

    NONE = "none"
    OLD = "old"
    SPOILED = "spoiled"
    NO_BETTER = "no_better"


@dataclass(frozen=True)
class Standing:
    """The newest version, what is in it if that can be read, and why it is not used."""

    version: int | None
    made_at: datetime | None
    rows: int
    model: Model | None
    why_not: WhyNot | None


def standing(tx: Transaction, network_id: str) -> Standing:
    """Of a network, now."""
    row = tx.session.execute(
        select(Version.id, Version.version, Version.made_at, Version.rows)
        .where(Version.network_id == network_id, Version.kind == Kind.ANSWERS)
        .order_by(Version.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return Standing(None, None, 0, None, WhyNot.NONE)
    model = _model(tx, row.id)
    why_not = None
    if model is None:
        why_not = WhyNot.SPOILED
    elif not tx.now - TOO_OLD < row.made_at <= tx.now + timedelta(hours=1):
        # A version of the future was made by a clock that was wrong.
        why_not = WhyNot.OLD
    elif not model.is_better:
        why_not = WhyNot.NO_BETTER
    return Standing(row.version, row.made_at, row.rows, model, why_not)


def knowledge(tx: Transaction, network_id: str, site: Site, policy: Policy) -> Knowledge:
    """What a decision about a request of this site is told; nothing unless it asks by price."""
    if policy.strategy != "priced":
        return NOTHING
    found = standing(tx, network_id)
    if found.model is None or found.made_at is None or found.why_not is not None:
        return NOTHING
    hour = history.hour_at(tx.now, history.zone(site.time_zone))
    return Knowledge(Learned(found.model, hour, found.made_at), found.version)


def parse(content: Any) -> Model | None:
    """A model from what is kept; None when it is none, or none that people behave by."""
    try:
        return Model.model_validate(content, strict=False)
    except ValidationError:
        return None


def _model(tx: Transaction, version_id: str) -> Model | None:
    if version_id in _models:
        _models.move_to_end(version_id)
        return _models[version_id]
    content = tx.session.scalar(select(Version.content).where(Version.id == version_id))
    model = _models[version_id] = parse(content)
    while len(_models) > _MOST_KEPT:
        _models.popitem(last=False)
    return model
