"""Can a peer and an ED be put through to each other? What the settings and the sites say of it.

Whether the provider knows us is asked with the alerts by voice; nobody is called from here.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import select

from dispatch.models import Site
from notifications.calls import numbers
from server.doctor.finding import Finding
from server.settings import LOOPBACK
from server.switchboard import is_on
from server.telephony import calling
from server.wiring import Wired

MOST_NAMED = 5


def examine(wired: Wired) -> Iterator[Finding]:
    """Whether calls are bridged; then what of the sites' numbers cannot be dialled."""
    settings = wired.settings
    account = calling(settings)
    if not is_on(settings):
        why = "PHONE_BRIDGE is off" if account is not None else "no VOICE_FROM"
        yield Finding("phone", True, f"{why}: peers are shown the desk's number instead")
        return
    host = urlsplit(settings.public_url).hostname
    if host in LOOPBACK and settings.is_production:
        yield Finding(
            "phone", False, "PUBLIC_URL cannot be reached by the provider: no call connects"
        )
        return
    with wired.db.read() as tx:
        desks = tx.session.execute(select(Site.name, Site.desk_phone).order_by(Site.name)).all()
    unknown = [name for name, desk in desks if numbers.dialled(desk) is None]
    if unknown:
        shown = ", ".join(unknown[:MOST_NAMED]) + (" and others" if unknown[MOST_NAMED:] else "")
        yield Finding(
            "phone",
            False,
            f"the desk's number cannot be dialled, write it as +16145550142: {shown}",
        )
        return
    yield Finding("phone", True, "peers and EDs are put through to each other, from VOICE_FROM")
