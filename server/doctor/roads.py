"""Does the server of roads answer? Asked for a way near one of the sites, of nobody."""

from collections.abc import Iterator

import requests
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dispatch.geo import Point
from dispatch.models import Site
from server.doctor.finding import Finding
from server.doctor.providers import AWAY
from server.roads import NoAnswer, table
from server.wiring import Wired

_SENTENCES = {
    "TIMEOUT": "does not answer in time",
    "NO_CONNECTION": AWAY,
    "NO_JSON": "is not what answers there: look at OSRM_URL",
    "HTTP_404": "is not what answers there: look at OSRM_URL",
}
_KM = 0.03
"""Degrees to the place that is asked about: two or three kilometres."""


def examine(wired: Wired) -> Iterator[Finding]:
    """One finding when `OSRM_URL` is set, none otherwise."""
    url = wired.settings.osrm_url
    if url is None:
        return
    try:
        with wired.db.read() as tx:
            site = tx.session.scalars(
                select(Site).where(Site.is_active).order_by(Site.id).limit(1)
            ).one_or_none()
    except SQLAlchemyError as error:
        yield Finding("roads", False, f"cannot be looked at: {type(error).__name__}")
        return
    if site is None:
        yield Finding("roads", True, "not asked: there is no site yet")
        return
    here = Point(site.latitude, site.longitude)
    with requests.Session() as session:
        session.trust_env = False
        try:
            [way] = table(
                session, url.rstrip("/"), Point(here.latitude + _KM, here.longitude), [here]
            )
        except NoAnswer as failure:
            said = _SENTENCES.get(str(failure), f"answers {failure}")
            yield Finding(
                "roads", False, f"The server of roads {said}; the model answers meanwhile"
            )
            return
    if way is None or way.seconds is None:
        yield Finding(
            "roads", False, f"The server knows no roads around {site.name}: look at its map"
        )
    else:
        yield Finding("roads", True, "times on the road come from OSRM")
