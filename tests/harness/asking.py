"""One wish in person, a search for it that has just begun, and peers by their distance."""

from datetime import timedelta
from typing import Any

from dispatch.geo import Point
from dispatch.matching import Need, PeerView
from dispatch.states import Focus, Modality, RequestState
from dispatch.waves import Search
from tests.harness.databases import START as NOW
from tests.harness.views import SITE

LATER = NOW + timedelta(days=30)
NEED = Need(SITE, frozenset({Modality.IN_PERSON}), "en", Focus.OVERDOSE)
OPEN = Search(
    state=RequestState.SEARCHING,
    modality=Modality.IN_PERSON,
    started_at=NOW,
    waves_used=0,
    video_fallback=True,
    is_widened=False,
    has_alarmed=False,
    asked=frozenset(),
    awaited=(),
    quiet_since=NOW,
)


def peer(id_: str, km: float = 5.0, **values: Any) -> PeerView:
    """Somebody on duty who goes in person only, so far north of the site."""
    fine: dict[str, Any] = {
        "on_duty": True,
        "duty_modalities": frozenset(Modality),
        "modalities": frozenset({Modality.IN_PERSON}),
        "languages": frozenset({"en"}),
        "certified_until": LATER,
        "badge_until": LATER,
        "position": Point(SITE.latitude + km / 111.2, SITE.longitude),
    }
    return PeerView(id_, f"Peer {id_}", **(fine | values))
