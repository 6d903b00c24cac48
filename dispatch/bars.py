"""What ends an open offer, and what no telephone call can mend. Pure.

Narrower than `survey`: somebody who was asked, or whom a manager has on the telephone, is judged by
what they may do and not by where they are.
"""

from datetime import datetime

from dispatch.matching import PeerView, Reason
from dispatch.states import REMOTE, Modality


def keeps_offer(peer: PeerView, now: datetime) -> bool:
    """Whether a peer who was asked may still answer; true for one who has no open offer.

    Narrower than `judge`: somebody who was asked does not lose the offer by driving away.
    """
    if peer.open_offer is None:
        return True
    has_badge = peer.open_offer in REMOTE or _is_valid(peer.badge_until, now)
    return (
        has_badge
        and peer.on_duty
        and not _is_past(peer.until, now)
        and not peer.is_busy
        and not peer.is_excluded
        and not peer.is_do_not_pair
        and _is_valid(peer.certified_until, now)
        and peer.open_offer in peer.modalities & peer.duty_modalities
    )


def bars_assignment(
    peer: PeerView, modality: Modality, language: str, now: datetime
) -> Reason | None:
    """What keeps a peer from being assigned after a call: what no telephone call can mend."""
    needs_badge = modality not in REMOTE
    checks = (
        (peer.is_excluded, Reason.EXCLUDED),
        (peer.is_do_not_pair, Reason.DO_NOT_PAIR),
        (not _is_valid(peer.certified_until, now), Reason.CERTIFICATE),
        (modality not in peer.modalities, Reason.MODALITY),
        (language not in peer.languages, Reason.LANGUAGE),
        (needs_badge and not _is_valid(peer.badge_until, now), Reason.BADGE),
    )
    return next((reason for applies, reason in checks if applies), None)


def _is_valid(until: datetime | None, now: datetime) -> bool:
    return until is not None and until > now


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
