"""Tables as files: CSV that a spreadsheet opens and does not execute.

It knows rows and commas; who may have them, and writing down that they did, is the caller's.
"""

import csv
import io
from collections.abc import Sequence

from flask import Response
from sqlalchemy import func, select

from dispatch.models import Badge, Certificate, Peer, User
from storage.database import Transaction

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def peers(tx: Transaction, network_id: str) -> list[Sequence[str]]:
    """The active peers of a network by name: what they speak, and when their papers end."""
    until = (
        select(func.max(Certificate.expires_at))
        .where(Certificate.peer_id == Peer.id)
        .scalar_subquery()
    )
    badges = (
        select(func.count())
        .where(Badge.peer_id == Peer.id, Badge.expires_at > tx.now)
        .scalar_subquery()
    )
    found = tx.session.execute(
        select(User.name, Peer.modalities, Peer.languages, Peer.focus, until, badges)
        .join(User, User.id == Peer.id)
        .where(Peer.network_id == network_id, User.is_active)
        .order_by(User.name, User.id)
    )
    rows: list[Sequence[str]] = [
        ("name", "modalities", "languages", "focus", "certified_until", "valid_badges")
    ]
    for name, modalities, languages, focus, certified_until, number in found:
        ends = certified_until.date().isoformat() if certified_until else ""
        rows.append((name, *map(" ".join, (modalities, languages, focus)), ends, str(number)))
    return rows


def as_csv(name: str, rows: Sequence[Sequence[str]]) -> Response:
    """The rows as a file. A cell that a spreadsheet would run as a formula is text."""
    text = io.StringIO()
    csv.writer(text).writerows([[_inert(cell) for cell in row] for row in rows])
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
