"""What must never be true, each as a question to the rows. Run by every test's teardown, by the
simulator and by `python -m server doctor`.

It trusts no code of the product: where it can, it asks the tables in its own words.
"""

# ruff: noqa: S608  The questions are made of this module's constants, never of input.

from datetime import timedelta

from sqlalchemy import select, text

from dispatch.models import SupportRequest
from storage.database import Transaction

TICK_S = 5.0
"""How often a living dispatcher looks, at the slowest; two of these are the grace for an action."""

_LIVE = "('accepted', 'en_route', 'arrived', 'in_session')"
_BUSY = "('accepted', 'en_route', 'arrived', 'in_session', 'staying')"
_AWAITED = "('accepted', 'en_route')"
_FINAL = "('completed', 'cancelled', 'unfilled')"

CHECKS: dict[str, str] = {
    "a request has two live visits of its own, or two bridges": (
        f"SELECT request_id FROM visits WHERE state IN {_LIVE} GROUP BY request_id, is_bridge"
        " HAVING count(*) > 1"
    ),
    "a peer has two live visits": (
        f"SELECT peer_id FROM visits WHERE state IN {_BUSY} GROUP BY peer_id HAVING count(*) > 1"
    ),
    "somebody stays and the request does not say so, or says so of nobody": (
        "SELECT r.id FROM support_requests r WHERE r.is_stayed <> EXISTS (SELECT 1 FROM visits v"
        " WHERE v.request_id = r.id AND v.state = 'staying')"
    ),
    "somebody stays though the next one is there, or the request is over": (
        "SELECT v.id FROM visits v JOIN support_requests r ON r.id = v.request_id"
        " WHERE v.state = 'staying' AND r.state NOT IN"
        " ('searching', 'escalated', 'accepted', 'en_route')"
    ),
    "a request with a yes has no live visit, or the visit has another state": (
        "SELECT r.id FROM support_requests r LEFT JOIN visits v"
        f" ON v.request_id = r.id AND v.state IN {_LIVE} AND NOT v.is_bridge"
        f" WHERE r.state IN {_LIVE} AND (v.id IS NULL OR v.state <> r.state)"
    ),
    "a request without a yes has a live visit": (
        "SELECT r.id FROM support_requests r JOIN visits v ON v.request_id = r.id"
        f" WHERE v.state IN {_LIVE} AND NOT v.is_bridge AND r.state NOT IN {_LIVE}"
    ),
    "a bridge lives beside a request that is over, or is no video": (
        "SELECT v.id FROM visits v JOIN support_requests r ON r.id = v.request_id WHERE v.is_bridge"
        f" AND (v.modality <> 'video' OR (v.state IN {_LIVE} AND r.state IN {_FINAL}))"
    ),
    "a bridge is looked for though nobody is awaited, or beside one that lives": (
        "SELECT r.id FROM support_requests r WHERE r.bridge_since IS NOT NULL"
        f" AND (r.state NOT IN {_AWAITED} OR EXISTS (SELECT 1 FROM visits v"
        f" WHERE v.request_id = r.id AND v.is_bridge AND v.state IN {_LIVE}))"
    ),
    "somebody is asked to bridge where no bridge is looked for": (
        "SELECT o.id FROM offers o JOIN support_requests r ON r.id = o.request_id"
        " WHERE o.is_bridge AND o.state = 'open' AND r.bridge_since IS NULL"
    ),
    "an open request has no next action": (
        f"SELECT id FROM support_requests WHERE state NOT IN {_FINAL} AND next_action_at IS NULL"
    ),
    "a final request still has a next action": (
        f"SELECT id FROM support_requests WHERE state IN {_FINAL} AND next_action_at IS NOT NULL"
    ),
    "a final request has no end, or an open one has": (
        f"SELECT id FROM support_requests WHERE (state IN {_FINAL}) <> (closed_at IS NOT NULL)"
    ),
    "a request that is not looking has an open offer": (
        "SELECT r.id FROM support_requests r JOIN offers o ON o.request_id = r.id"
        " WHERE o.state = 'open' AND NOT o.is_bridge"
        " AND r.state NOT IN ('searching', 'escalated')"
    ),
    "a peer was told of an offer and not how it ended": (
        "SELECT id FROM offers WHERE state IN ('superseded', 'withdrawn') AND closed_at IS NULL"
    ),
    "the facts of a request have a gap, or its seq is not its last fact": (
        "SELECT r.id FROM support_requests r LEFT JOIN facts f ON f.request_id = r.id"
        " GROUP BY r.id, r.seq"
        " HAVING count(f.id) <> r.seq OR coalesce(max(f.seq), 0) <> r.seq"
        " OR coalesce(min(f.seq), 0) > 1"
    ),
    "an escalated request is owned by nobody though somebody could": (
        "SELECT r.id FROM support_requests r WHERE r.state = 'escalated' AND r.owner_id IS NULL"
        " AND EXISTS (SELECT 1 FROM users u WHERE u.network_id = r.network_id AND u.is_active"
        " AND u.role IN ('manager', 'admin') AND u.created_at <= r.created_at)"
    ),
    "a request shows a call for help that does not stand, or hides one that does": (
        "SELECT r.id FROM support_requests r WHERE (r.help IS NOT NULL) <> EXISTS"
        " (SELECT 1 FROM help_calls h WHERE h.request_id = r.id AND h.closed_at IS NULL"
        " AND h.kind = 'unsafe')"
    ),
    "a request shows a need that does not stand, or hides one that does": (
        "SELECT r.id FROM support_requests r WHERE (r.needs IS NOT NULL) <> EXISTS"
        " (SELECT 1 FROM help_calls h WHERE h.request_id = r.id AND h.closed_at IS NULL"
        " AND h.kind <> 'unsafe')"
    ),
    "the nurse is called to a request that is over": (
        "SELECT h.id FROM help_calls h JOIN support_requests r ON r.id = h.request_id"
        f" WHERE h.kind = 'nurse' AND h.closed_at IS NULL AND r.state IN {_FINAL}"
    ),
    "a call for help was closed without a note, or by nobody": (
        "SELECT id FROM help_calls WHERE kind = 'unsafe' AND"
        " ((closed_at IS NULL) <> (note IS NULL) OR (closed_at IS NULL) <> (closed_by_id IS NULL))"
    ),
    "the past of duties has somebody available who is not": (
        "SELECT s.id FROM duty_spells s WHERE s.ended_at IS NULL AND NOT EXISTS (SELECT 1"
        " FROM duty d JOIN peers p ON p.id = d.peer_id"
        " WHERE d.peer_id = s.peer_id AND d.on_duty AND NOT p.is_muted)"
    ),
    "an offer crosses networks": (
        "SELECT o.id FROM offers o JOIN support_requests r ON r.id = o.request_id"
        " JOIN peers p ON p.id = o.peer_id"
        " WHERE o.network_id <> r.network_id OR p.network_id <> r.network_id"
    ),
    "a visit crosses networks": (
        "SELECT v.id FROM visits v JOIN support_requests r ON r.id = v.request_id"
        " JOIN peers p ON p.id = v.peer_id"
        " WHERE v.network_id <> r.network_id OR p.network_id <> r.network_id"
    ),
    "a peer was asked who had been excluded or is not paired with the site": (
        "SELECT o.id FROM offers o JOIN support_requests r ON r.id = o.request_id"
        " JOIN peers p ON p.id = o.peer_id WHERE o.state = 'open'"
        " AND (EXISTS (SELECT 1 FROM exclusions e WHERE e.peer_id = p.id"
        " AND e.request_id = r.id AND e.created_at < o.asked_at)"
        " OR EXISTS (SELECT 1 FROM do_not_pair d WHERE d.peer_id = p.id"
        " AND d.site_id = r.site_id AND d.created_at < o.asked_at))"
    ),
    "a request was made without consent": (
        "SELECT id FROM support_requests WHERE consent_at IS NULL OR consent_at > created_at"
    ),
}
"""Every check: the sentence that would be true, and the question whose answer must be empty."""


def check(tx: Transaction) -> list[str]:
    """The broken invariants, each as one sentence with the rows concerned. Empty is healthy."""
    broken = []
    for sentence, question in CHECKS.items():
        found = [str(row[0]) for row in tx.session.execute(text(question))]
        if found:
            broken.append(f"{sentence}: {', '.join(found[:5])}")
    return broken


def overdue(tx: Transaction) -> list[str]:
    """Open requests whose time came more than two ticks ago: no dispatcher looks at them."""
    horizon = tx.now - timedelta(seconds=2 * TICK_S)
    return list(
        tx.session.scalars(select(SupportRequest.id).where(SupportRequest.next_action_at < horizon))
    )
