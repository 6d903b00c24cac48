"""The live board of a network, whole; the socket says what changes on it."""

from dispatch import board
from dispatch.states import Modality, Role, VisitState
from server.api.answers import Count, Person, PositionAnswer, RequestCore
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment

routes = Routes("board", "The live board of a network.")


class OfferCounts(Answer):
    """How many peers were asked and have not answered, have seen it, said no, cannot be reached."""

    open: Count
    seen: Count
    declined: Count
    unreachable: Count


class BoardRequest(RequestCore):
    """A request as the board shows it."""

    offers: OfferCounts


class AreaAnswer(Answer):
    """The middle of a square of about one kilometre."""

    latitude: float
    longitude: float


class BoardPeer(Answer):
    """A peer on duty or on a visit: an area, and the exact position only on the road."""

    id: str
    name: str
    on_duty: bool
    until: Moment | None
    modalities: list[Modality]
    is_reachable: bool
    request_id: str | None
    visit_state: VisitState | None
    area: AreaAnswer | None
    position: PositionAnswer | None


class BoardNumbers(Answer):
    """The counts at the top, and the middle of the seconds to a yes over the last 12 hours."""

    waiting: Count
    on_the_way: Count
    with_someone: Count
    peers_available: Count
    alarms: Count
    time_to_yes_s: Count | None


class BoardAnswer(Answer):
    """Every open request, those that ended in the last hour, and the peers."""

    network: Person
    seq: Count
    at: Moment
    requests: list[BoardRequest]
    peers: list[BoardPeer]
    numbers: BoardNumbers


@routes.add(
    "GET",
    "/board",
    roles={Role.MANAGER, Role.SUPERVISOR},
    answer=BoardAnswer,
    summary="The live board, whole.",
)
def show(call: Call) -> Json:
    """Each request carries its own `seq`: of two versions the higher is newer."""
    return board.board(call.tx, call.actor)
