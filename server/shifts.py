"""What follows for phones, in the same commit, when a shift begins or a peer cannot be reached.

Duty and reach are dispatch's, devices are notifications': here one is plugged into the other.
"""

from collections.abc import Callable, Collection

from notifications import mending, trials
from notifications.directory import Directory
from notifications.models import Kind
from server.realtime import changes
from storage.database import Transaction


def plan(directory: Directory, kinds: Collection[Kind]) -> Callable[[Transaction], None]:
    """A hook for `Database.before_commit`, with the channels in use."""

    def hook(tx: Transaction) -> None:
        tx.session.flush()
        found = changes.of(tx)
        begun = {peer_id for peer_id, change in found.items() if change.has_begun}
        lost = {peer_id for peer_id, change in found.items() if change.reach is False}
        if begun:
            trials.begin_shift(tx, directory.recipients_of_peers(tx, begun), kinds)
        if lost:
            mending.tell(tx, directory.recipients_of_peers(tx, lost), kinds)

    return hook
