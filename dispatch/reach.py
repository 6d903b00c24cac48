"""Who could be asked if somebody asked now: counts and minutes for a form, no names.

The same constraints and the same order as a real search, so that the form promises nothing else.
"""

from dataclasses import dataclass

from dispatch import access, survey, views
from dispatch.access import Actor
from dispatch.models import Network, SupportRequest
from dispatch.policy import parse
from dispatch.states import Focus, Modality
from storage.database import Transaction
from storage.ids import new_id


@dataclass(frozen=True)
class Way:
    """How many peers could come in one modality, and the seconds until the first could help."""

    peers: int
    help_s: int | None


def ways(
    tx: Transaction, actor: Actor, site_id: str, language: str, focus: Focus | None
) -> dict[Modality, Way]:
    """For each modality who could be asked now. Nothing is written."""
    site = access.site(tx, actor, site_id)
    network = tx.session.get_one(Network, actor.network_id)
    policy = parse(network.policy, site.policy)
    # No row: a question in the shape that the search itself asks.
    asked = SupportRequest(
        id=new_id(),
        network_id=network.id,
        site_id=site.id,
        modality=Modality.IN_PERSON,
        language=language,
        focus=focus,
        is_widened=False,
        video_fallback=False,
        created_at=tx.now,
    )
    peers = views.peer_views(tx, asked, policy)
    found = {}
    for modality in Modality:
        need = views.need_of(asked, site, frozenset({modality}))
        candidates = survey.rank(peers, need, tx.now, policy).candidates
        found[modality] = Way(len(candidates), candidates[0].help_s if candidates else None)
    return found
