"""What the ED's form and its last page ask for: who could come, and whether it helped."""

from dispatch import access, reach
from dispatch.actions import staff
from dispatch.models import Rating
from dispatch.states import Focus, Helped, Modality, Role
from server.api.answers import Count
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Body, Language, OpaqueId, Query
from server.errors import invalid

routes = Routes("reach", "Who could come now, and whether a visit helped.")

ASKING = {Role.STAFF, Role.MANAGER}


class ReachQuery(Query):
    """For whom."""

    site_id: OpaqueId | None = None
    language: Language
    focus: Focus | None = None


class WayAnswer(Answer):
    """One way to meet: how many peers could, and seconds until the first could help."""

    modality: Modality
    peers: Count
    help_s: Count | None


class ReachAnswer(Answer):
    """Who could be asked now: counts and minutes, no names."""

    ways: list[WayAnswer]


class RatingBody(Body):
    """Whether it helped."""

    rating: Helped


class RatingAnswer(Answer):
    """What the staff said, or null."""

    rating: Helped | None


@routes.add(
    "GET",
    "/reach",
    roles=ASKING,
    answer=ReachAnswer,
    summary="Who could be asked now, by way to meet.",
    problems=("not_found",),
)
def show(call: Call, query: ReachQuery) -> Json:
    """The constraints of a real search. `site_id` defaults to the caller's own site."""
    site_id = query.site_id or call.actor.site_id
    if site_id is None:
        raise invalid("site_id", "Say which site.")
    found = reach.ways(call.tx, call.actor, site_id, query.language, query.focus)
    return {
        "ways": [
            {"modality": modality.value, "peers": way.peers, "help_s": way.help_s}
            for modality, way in found.items()
        ]
    }


@routes.add(
    "POST",
    "/requests/{request_id}/rating",
    roles={Role.STAFF},
    answer=RatingAnswer,
    summary="Whether a finished visit helped.",
    problems=("illegal_step",),
)
def rate(call: Call, request_id: str, body: RatingBody) -> Json:
    """One tap; said again, the last word counts."""
    row = staff.rate(call.tx, call.actor, request_id, body.rating)
    return {"rating": row.rating.value}


@routes.add(
    "GET",
    "/requests/{request_id}/rating",
    roles=ASKING,
    answer=RatingAnswer,
    summary="What was said about a finished visit.",
)
def rating(call: Call, request_id: str) -> Json:
    """Null until somebody said something."""
    request = access.request(call.tx, call.actor, request_id)
    row = call.tx.session.get(Rating, request.id)
    return {"rating": row.rating.value if row else None}
