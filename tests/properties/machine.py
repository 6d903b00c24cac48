"""A machine that does whatever anybody can do, in any order, in two networks, as time passes.

Whoever acts may be the wrong one, of the wrong network, or too late: then it must be refused, and
nothing may have changed.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select

from dispatch import board, invariants
from dispatch.actions import (
    bridges,
    duty,
    help_calls,
    managers,
    needs,
    peers,
    people,
    staff,
    stays,
    visits,
)
from dispatch.actions.duty import Position
from dispatch.actions.people import Permission, Profile
from dispatch.events import apply
from dispatch.help_calls import NEEDS, HelpKind
from dispatch.models import SupportRequest
from dispatch.queries import facts_after
from dispatch.states import LIVE_VISIT, Modality, RequestState, Role, VisitState
from tests.harness.story import without_position
from tests.harness.world import COLUMBUS, KM_NORTH
from tests.properties.ground import Ground
from tests.properties.own_words import asked_now, wrong_stories

NUMBER = st.integers(0, 40)
WAIT_S = st.sampled_from([1, 5, 15, 60, 90, 185, 365, 1300, 5500])
WAYS = [list(Modality)] * 4 + [[Modality.VIDEO], [Modality.IN_PERSON], []]
STEPS = [
    visits.depart,
    visits.arrive,
    visits.start,
    visits.complete,
    visits.withdraw,
    visits.hand_over,
    visits.undo,
]


class Hospitals(Ground):
    """What anybody can do, and what must hold after it."""

    # What people do.

    @rule(
        who=NUMBER,
        way=st.sampled_from(Modality),
        language=st.sampled_from(["en", "en", "es"]),
        video=st.booleans(),
    )
    def asks(self, who: int, way: Modality, language: str, video: bool) -> None:
        """A nurse asks for a peer; at most six requests at a time."""
        if len(self.requests_open) < 6:
            nurse = self.nurses[who % len(self.nurses)]
            self.world.ask(nurse, modality=way, language=language, video_fallback=video)

    @precondition(lambda self: bool(self.offers_open))
    @rule(which=NUMBER, stranger=st.sampled_from([False] * 5 + [True]), who=NUMBER)
    def says_yes(self, which: int, stranger: bool, who: int) -> None:
        """The asked peer, or now and then another."""
        offer = self.an_offer(which)
        peer = self.peers[who % 7] if stranger else self.peer_of(offer.peer_id)
        done = self.attempt(peers.accept, peer, offer.id)
        assert not done or peer.id == offer.peer_id

    @precondition(lambda self: bool(self.offers_open))
    @rule(which=NUMBER, action=st.sampled_from([peers.decline, peers.decline, peers.see]))
    def answers(self, which: int, action: Callable[..., Any]) -> None:
        """Not this time, or the app has shown it."""
        offer = self.an_offer(which)
        self.attempt(action, self.peer_of(offer.peer_id), offer.id)

    @precondition(lambda self: bool(self.offers_open))
    @rule(which=NUMBER)
    def phone_is_dead(self, which: int) -> None:
        """No address of an asked peer works."""
        self.attempt(peers.unreachable, self.an_offer(which).id)

    @precondition(lambda self: bool(self.visits_live))
    @rule(which=NUMBER)
    def goes_on(self, which: int) -> None:
        """The peer of a live visit takes the step that comes next by nature."""
        visit = self.a_visit(which)
        is_remote = visit.modality is not Modality.IN_PERSON
        step = {
            VisitState.ACCEPTED: visits.start if is_remote else visits.depart,
            VisitState.EN_ROUTE: visits.arrive,
            VisitState.ARRIVED: visits.start,
            VisitState.IN_SESSION: visits.complete,
        }.get(visit.state)
        if step is not None:
            assert self.attempt(step, self.peer_of(visit.peer_id), visit.id)

    @precondition(lambda self: bool(self.visits_live))
    @rule(which=NUMBER, by_staff=st.booleans())
    def turns_back(self, which: int, by_staff: bool) -> None:
        """Somebody else is looked for: before the conversation, or in the middle of it."""
        visit = self.a_visit(which)
        peer = self.peer_of(visit.peer_id)
        actor = self.mostly_own(self.managers, visit.request_id, 0) if by_staff else peer
        is_running = visit.state is VisitState.IN_SESSION
        step, actor = (visits.hand_over, peer) if is_running else (visits.withdraw, actor)
        done = self.attempt(step, actor, visit.id, "reason")
        assert done == (visit.state in LIVE_VISIT)

    @precondition(lambda self: bool(self.visits_live))
    @rule(which=NUMBER)
    def hands_over_and_stays(self, which: int) -> None:
        """The peer stays until the next one is there."""
        visit = self.a_visit(which)
        done = self.attempt(visits.hand_over, self.peer_of(visit.peer_id), visit.id, stays=True)
        assert done == (visit.state is VisitState.IN_SESSION and not visit.is_bridge)

    @precondition(lambda self: bool(self.visits_any))
    @rule(which=NUMBER, step=st.sampled_from([stays.still, stays.leave, stays.carry_on]))
    def who_stays(self, which: int, step: Callable[..., Any]) -> None:
        """Still can, has to go, or goes on after all."""
        visit = self.any_visit(which)
        if self.attempt(step, self.peer_of(visit.peer_id), visit.id):
            assert visit.state is VisitState.STAYING

    @precondition(lambda self: bool(self.visits_any))
    @rule(which=NUMBER, kind=st.sampled_from(sorted(NEEDS)), is_over=st.booleans())
    def needs_more(self, which: int, kind: HelpKind, is_over: bool) -> None:
        """A peer calls for the nurse or a supervisor; or needs nobody any more."""
        visit = self.any_visit(which)
        action = needs.take_back if is_over else needs.call
        self.attempt(action, self.peer_of(visit.peer_id), visit.id, kind)

    @precondition(lambda self: bool(self.visits_live))
    @rule(
        which=NUMBER,
        step=st.sampled_from(STEPS),
        who=st.sampled_from([0, 0, 0, 0, 1, 2, 3]),
        other=NUMBER,
    )
    def steps(self, which: int, step: Callable[..., Any], who: int, other: int) -> None:
        """Any step of a visit, mostly by its peer; else by any nurse, manager or other peer."""
        visit = self.a_visit(which)
        groups = [[self.peer_of(visit.peer_id)], self.nurses, self.managers, self.peers]
        actor = groups[who][other % len(groups[who])]
        if self.attempt(step, actor, visit.id):
            assert actor.network_id == visit.network_id
            assert actor.role is not Role.PEER or actor.id == visit.peer_id

    @precondition(lambda self: bool(self.requests_open))
    @rule(
        which=NUMBER,
        who=NUMBER,
        by_manager=st.booleans(),
        action=st.sampled_from([staff.cancel, staff.close, staff.widen]),
    )
    def ends(self, which: int, who: int, by_manager: bool, action: Callable[..., Any]) -> None:
        """Cancel, close or widen, by any nurse or manager."""
        request_id = self.a_request(which)
        actor = self.mostly_own(self.managers if by_manager else self.nurses, request_id, who)
        args = () if action is staff.widen else ("over",)
        if self.attempt(action, actor, request_id, *args):
            assert actor.network_id == self.network_of(request_id)

    @precondition(lambda self: bool(self.requests_open))
    @rule(which=NUMBER, who=NUMBER)
    def owns(self, which: int, who: int) -> None:
        """A manager has it."""
        request_id = self.a_request(which)
        manager = self.mostly_own(self.managers, request_id, who)
        done = self.attempt(managers.claim, manager, request_id)
        assert not done or manager.network_id == self.network_of(request_id)

    @precondition(lambda self: bool(self.requests_escalated))
    @rule(which=NUMBER, who=NUMBER, video=st.sampled_from([None, True, False]))
    def searches_again(self, which: int, who: int, video: bool | None) -> None:
        """A manager lets an escalated search begin anew."""
        request_id = self.requests_escalated[which % len(self.requests_escalated)]
        manager = self.mostly_own(self.managers, request_id, who)
        done = self.attempt(managers.resume, manager, request_id, video_fallback=video)
        assert not done or manager.network_id == self.network_of(request_id)

    @precondition(lambda self: bool(self.requests_open))
    @rule(which=NUMBER, who=NUMBER, whom=NUMBER, way=st.sampled_from([None, Modality.VIDEO]))
    def assigns(self, which: int, who: int, whom: int, way: Modality | None) -> None:
        """A manager has called somebody."""
        request_id = self.a_request(which)
        manager = self.mostly_own(self.managers, request_id, who)
        peer = self.mostly_own(self.peers, request_id, whom)
        done = self.attempt(managers.assign, manager, request_id, peer.id, way)
        own = self.network_of(request_id)
        assert not done or manager.network_id == peer.network_id == own

    @precondition(lambda self: bool(self.requests_awaiting))
    @rule(which=NUMBER, who=NUMBER, is_stopped=st.sampled_from([False, False, False, True]))
    def wants_video_until_then(self, which: int, who: int, is_stopped: bool) -> None:
        """A nurse asks for somebody by video until the other arrives, or for nobody any more."""
        request_id = self.requests_awaiting[which % len(self.requests_awaiting)]
        nurse = self.mostly_own(self.nurses, request_id, who)
        done = self.attempt(bridges.stop if is_stopped else bridges.want, nurse, request_id)
        assert not done or nurse.network_id == self.network_of(request_id)

    @precondition(lambda self: bool(self.requests_bridged))
    @rule(which=NUMBER, who=NUMBER, is_enough=st.sampled_from([True, True, True, False]))
    def says_video_is_enough(self, which: int, who: int, is_enough: bool) -> None:
        """Staff let the bridge be the visit; or want one beside it."""
        request_id = self.requests_bridged[which % len(self.requests_bridged)]
        manager = self.mostly_own(self.managers, request_id, who)
        action = staff.keep_video if is_enough else bridges.want
        done = self.attempt(action, manager, request_id)
        assert not done or manager.network_id == self.network_of(request_id)

    @precondition(lambda self: bool(self.visits_any))
    @rule(which=NUMBER, stranger=st.sampled_from([False] * 5 + [True]), who=NUMBER)
    def calls_for_help(self, which: int, stranger: bool, who: int) -> None:
        """A peer does not feel safe, on a visit or after it."""
        visit = self.any_visit(which)
        peer = self.peers[who % 7] if stranger else self.peer_of(visit.peer_id)
        done = self.attempt(help_calls.call, peer, visit.id)
        assert not done or peer.id == visit.peer_id
        assert stranger or done or visit.ended_at is not None

    @precondition(lambda self: bool(self.requests_calling))
    @rule(which=NUMBER, who=NUMBER, is_closed=st.booleans())
    def answers_a_call(self, which: int, who: int, is_closed: bool) -> None:
        """A manager has it, or closes it with a note."""
        request_id = self.requests_calling[which % len(self.requests_calling)]
        manager = self.mostly_own(self.managers, request_id, who)
        action = help_calls.close if is_closed else help_calls.hold
        done = self.attempt(action, manager, request_id, *(["safe again"] if is_closed else []))
        assert done == (manager.network_id == self.network_of(request_id))

    @rule(
        who=NUMBER,
        hours=st.sampled_from([None, None, 1, 8]),
        ways=st.sampled_from(WAYS),
    )
    def changes_duty(self, who: int, hours: int | None, ways: list[Modality]) -> None:
        """On duty in some ways, or off."""
        until = None if hours is None else self.clock.now() + timedelta(hours=hours)
        self.attempt(
            duty.set_duty, self.peers[who % 7], on_duty=bool(ways), modalities=ways, until=until
        )

    @rule(
        who=NUMBER, km=st.sampled_from([0.0, 1.0, 5.0, 45.0]), age_s=st.sampled_from([0, 30, 400])
    )
    def moves(self, who: int, km: float, age_s: int) -> None:
        """A position arrives, some of them too old or from too far away to be true."""
        recorded_at = self.clock.now() - timedelta(seconds=age_s)
        reading = Position(COLUMBUS[0] + km * KM_NORTH, COLUMBUS[1], 20.0, recorded_at)
        self.attempt(duty.record_position, self.peers[who % 7], reading)

    @rule(who=NUMBER, days=st.sampled_from([-1, 0, 1, 400]), what=NUMBER)
    def profile_changes(self, who: int, days: int, what: int) -> None:
        """A certificate, badges, languages, pairing or the bell of a peer change."""
        peer = self.peers[who % 7]
        admin = self.world.actors["admin:Scioto" if who % 7 < 5 else "admin:Hocking"]
        until = self.clock.now() + timedelta(days=days, minutes=2)
        names = ["Scioto Ridge", "Olentangy General"] if who % 7 < 5 else ["Hocking Valley"]
        sites = [self.world.sites[name] for name in names]
        profile = [
            Profile(certificates=[Permission("Certified Peer Supporter", until)]),
            Profile(badges=[Permission(site, until) for site in sites]),
            Profile(badges=[Permission(sites[0], until)]),
            Profile(languages=["en", "es"] if days > 0 else ["es"]),
            Profile(do_not_pair=sites[:1] if days < 0 else []),
            Profile(is_muted=days < 0),
        ][what % 6]
        self.attempt(people.update_peer, admin, peer.id, profile)

    @rule(seconds=WAIT_S)
    def time_passes(self, seconds: int) -> None:
        """And the dispatcher looks, once in the middle and once at the end."""
        for part in (seconds / 2, seconds / 2):
            self.clock.advance(part)
            self.world.tick()
            self.nobody_wrong_is_asked()
        with self.db.read() as tx:
            assert invariants.overdue(tx) == []
        self.boards_keep_to_their_network()

    @rule(seconds=WAIT_S)
    def nobody_looks(self, seconds: int) -> None:
        """Time passes without a dispatcher."""
        self.clock.advance(seconds)

    # What must hold after every step.

    @invariant()
    def nothing_is_broken(self) -> None:
        """The invariants of the product, and its stories in the test's own words."""
        with self.db.read() as tx:
            assert invariants.check(tx) == []
            assert wrong_stories(tx.session) == []
        self.remember()

    @invariant()
    def nobody_wrong_is_asked(self) -> None:
        """Of those who have been asked since the last step; later much may change."""
        with self.db.read() as tx:
            found = asked_now(tx.session, tx.now)
        new = {offer_id: why for offer_id, why in found.items() if offer_id not in self.judged}
        self.judged |= new.keys()
        assert not any(new.values()), new

    @invariant()
    def screens_follow_the_facts(self) -> None:
        """The last snapshot and the facts since are the fresh one; somebody holds what is open."""
        with self.db.read() as tx:
            rows = tx.session.execute(select(SupportRequest.id, SupportRequest.seq)).all()
        for request_id, seq in rows:
            kept = self.seen.get(request_id)
            if kept is not None and kept["closed_at"] is not None and kept["seq"] == seq:
                continue  # The end of a request is looked at once.
            fresh = without_position(self.world.snapshot(request_id))
            kept = kept or fresh
            with self.db.read() as tx:
                for fact in facts_after(tx, request_id, kept["seq"], 1000):
                    kept = apply(kept, fact.seq, fact.data)
            assert kept == fresh
            self.seen[request_id] = fresh
            assert (fresh["owner"] is None) == (fresh["closed_at"] is not None)
            if fresh["state"] == RequestState.ESCALATED:
                assert fresh["owner"]["kind"] == "manager"

    def boards_keep_to_their_network(self) -> None:
        """A manager's board has their own requests and peers, and every open one."""
        for manager in self.managers:
            with self.db.read() as tx:
                shown = board.board(tx, manager)
            own = {peer.id for peer in self.peers if peer.network_id == manager.network_id}
            assert {row["id"] for row in shown["peers"]} <= own
            mine = SupportRequest.network_id == manager.network_id
            open_ids = self.ids(SupportRequest.id, mine, SupportRequest.closed_at.is_(None))
            assert set(open_ids) <= {row["id"] for row in shown["requests"]}
            assert {row["id"] for row in shown["requests"]} <= set(
                self.ids(SupportRequest.id, mine)
            )
