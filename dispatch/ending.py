"""What ends with a request: everything that stands beside its own visit, before the fact of its end."""

from dispatch import bridge, needs, staying
from dispatch.events import By
from dispatch.models import SupportRequest
from storage.database import Transaction


def end_beside(tx: Transaction, request: SupportRequest, by: By, reason: str) -> None:
    """The bridge, who stays, and the call for a nurse. The request's row is held."""
    bridge.end_all(tx, request, by, reason)
    staying.end(tx, request, by, reason)
    needs.end_with(tx, request, by)
