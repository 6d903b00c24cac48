"""Learning on both databases: the chore and its versions, and what a decision makes of them."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from dispatch import views
from dispatch.actions import people, staff
from dispatch.learning import current, history, training, versions
from dispatch.learning.current import WhyNot
from dispatch.learning.versions import KEPT, Kind, Learned
from dispatch.models import Offer, Peer, Site, SupportRequest
from dispatch.policy import Policy, parse
from dispatch.states import Modality
from server.doctor import learned as doctor
from storage.database import Database
from storage.ids import new_id
from tests.harness.past import past
from tests.integration.conftest import Ward

BY_PRICE = {"strategy": "priced", "pricing": {"at_once": 1}}
MIXED = ["yes", "no", "no", "silent"] * 65


def standing(ward: Ward) -> current.Standing:
    """What holds for the ward's network."""
    with ward.world.db.read() as tx:
        return current.standing(tx, ward.admin.network_id)


def answered(ward: Ward, ends: list[str] = MIXED, **values: object) -> list[str]:
    """Marcus and Dana have answered so until now."""
    until = ward.world.clock.now() - timedelta(days=2)
    both = [ward.marcus, ward.dana]
    return past(ward.world.db, ward.nurse, both, ends, until=until, **values)  # type: ignore[arg-type]


def spoil(ward: Ward, **values: object) -> None:
    """Change the newest version behind everybody's back: as a version of its own."""
    with ward.world.db.transaction() as tx:
        last = versions.newest(tx, ward.admin.network_id, Kind.ANSWERS)
        assert last is not None
        content = {**last.content, **values}
        tx.session.add(
            Learned(
                id=new_id(),
                network_id=last.network_id,
                kind=Kind.ANSWERS,
                version=last.version + 1,
                made_at=tx.now,
                from_at=last.from_at,
                until_at=tx.now,
                rows=last.rows,
                content=content,
            )
        )


def told(ward: Ward) -> list[tuple[bool, str]]:
    """What the doctor says of what was learned."""
    with ward.world.db.read() as tx:
        return [(one.is_well, one.sentence) for one in doctor.networks(tx)]


def offer(ward: Ward, name: str) -> Offer:
    """The newest offer of Marcus or Dana."""
    peer = ward.marcus if name == "marcus" else ward.dana
    with ward.world.db.read() as tx:
        query = select(Offer).where(Offer.peer_id == peer.id).order_by(Offer.asked_at.desc())
        return tx.session.scalars(query.limit(1)).one()


def test_it_learns_once_a_day_and_each_time_a_new_version(ward: Ward, db: Database) -> None:
    assert training.learn(db) == 0
    assert standing(ward).why_not is WhyNot.NONE
    answered(ward)
    assert training.learn(db) == 1
    first = standing(ward)
    assert (first.version, first.rows) == (1, len(MIXED))
    assert first.model is not None
    assert (first.model.yes, first.model.no) == (65, 130)
    assert 60 < first.model.silent <= 65
    assert set(first.model.ratios) == {ward.marcus.id, ward.dana.id}
    assert training.learn(db) == 0, "not twice a day"
    ward.world.clock.advance(86_400)
    assert training.learn(db) == 1
    assert standing(ward).version == 2


def test_nothing_is_learned_from_too_few_nor_from_what_does_not_count(
    ward: Ward, db: Database
) -> None:
    ids = answered(ward, [*MIXED, *["short"] * 40])
    with db.read() as tx:
        before = len(history.read(tx, ward.admin.network_id))
    assert before == len(ids), "a short silence is read, and worth next to nothing"
    with db.transaction() as tx:
        tx.session.execute(update(Offer).where(Offer.id.in_(ids[:100])).values(uncounted_at=tx.now))
        tx.session.execute(
            update(Offer).where(Offer.id.in_(ids[100:130])).values(is_unreachable=True)
        )
        tx.session.execute(update(Peer).where(Peer.id == ward.dana.id).values(counted_from=tx.now))
    with db.read() as tx:
        left = history.read(tx, ward.admin.network_id)
    assert {one.peer_id for one in left} == {ward.marcus.id}
    assert len(left) == (len(ids) - 130) / 2
    assert training.learn(db) == 0


def test_recent_alerts_and_the_sites_own_hour_are_as_they_were(ward: Ward, db: Database) -> None:
    answered(ward, ["no", "yes", "no", "no", "no", "no"], apart_s=10 * 3600.0)
    with db.read() as tx:
        asked = history.read(tx, ward.admin.network_id)
        offers = {
            row.asked_at: row for row in tx.session.scalars(select(Offer).order_by(Offer.asked_at))
        }
    assert [one.alerts for one in asked] == [0, 0, 1, 0, 1, 1]
    first = min(offers)
    assert asked[0].hour == (first.hour - 5) % 24 + first.minute / 60, "Ohio, in winter"
    assert [one.km for one in asked] == [5.0] * 6


def test_a_decision_by_price_uses_the_newest_version_and_keeps_what_it_said(
    ward: Ward, db: Database
) -> None:
    # Marcus lives nearer; but he hardly ever goes, and Dana nearly always does.
    answered(ward, ["no", "yes"] * 150)
    ward.world.do(
        people.set_policy, ward.manager, BY_PRICE | {"pricing": {"at_once": 1, "doubt_min": 3.0}}
    )
    request_id = ward.world.ask(ward.nurse)
    assert ward.world.asked(request_id) == ["Marcus T."], "nothing is known yet"
    plain = offer(ward, "marcus")
    assert plain.learned_version is None
    assert plain.chance == pytest.approx(0.365, abs=0.01)
    ward.world.do(staff.cancel, ward.nurse, request_id, "changed_mind")
    assert training.learn(db) == 1
    assert ward.world.asked(ward.world.ask(ward.nurse)) == ["Dana W."]
    known = offer(ward, "dana")
    assert known.learned_version == 1
    assert known.chance is not None
    assert known.chance > 0.6


def test_by_the_clock_nothing_is_said_of_anybody(ward: Ward, db: Database) -> None:
    assert told(ward) == [], "nothing has been learned, and nothing is wrong"
    answered(ward)
    assert training.learn(db) == 1
    ward.world.ask(ward.nurse)
    assert offer(ward, "marcus").chance is None
    with db.read() as tx:
        site = tx.session.get_one(Site, ward.site)
        assert current.knowledge(tx, ward.admin.network_id, site, Policy()).chances is None


@pytest.mark.parametrize(
    "values, why",
    [
        ({"coefficients": {"base": 99.0}}, WhyNot.SPOILED),
        ({"ratios": {"x": -1.0}}, WhyNot.SPOILED),
        ({"shape": 7}, WhyNot.SPOILED),
        ({"check": None}, WhyNot.SPOILED),
    ],
)
def test_a_spoiled_version_is_not_used_and_stops_nothing(
    ward: Ward, values: dict[str, object], why: WhyNot
) -> None:
    answered(ward)
    assert training.learn(ward.world.db) == 1
    spoil(ward, **values)
    assert standing(ward).why_not is why
    [(is_well, sentence)] = told(ward)
    assert (is_well, sentence[-28:]) == (True, " Nobody here asks by price.".rjust(28, "."))
    ward.world.do(people.set_policy, ward.manager, BY_PRICE)
    [(is_well, sentence)] = told(ward)
    assert not is_well
    assert sentence.endswith(
        "version 2 is not used, because it holds numbers that are none, or none that people behave by."
    )
    assert ward.world.asked(ward.world.ask(ward.nurse)) == ["Marcus T."]
    assert offer(ward, "marcus").learned_version is None


def test_an_old_version_is_not_used_nor_one_of_the_future(ward: Ward, db: Database) -> None:
    answered(ward)
    assert training.learn(db) == 1
    assert standing(ward).why_not is None or standing(ward).why_not is WhyNot.NO_BETTER
    ward.world.clock.advance(15 * 86_400)
    assert standing(ward).why_not is WhyNot.OLD
    ward.world.do(people.set_policy, ward.manager, BY_PRICE)
    [(is_well, sentence)] = told(ward)
    assert not is_well
    assert "version 1 is not used, because it is from 2026-" in sentence
    ward.world.clock.advance(-20 * 86_400)
    assert standing(ward).why_not is WhyNot.OLD


def test_what_foresees_worse_than_the_policy_is_not_used(ward: Ward, db: Database) -> None:
    answered(ward, ["no"] * 320 + ["yes", "no", "yes", "no", "no"] * 16)
    assert training.learn(db) == 1
    assert standing(ward).why_not is WhyNot.NO_BETTER
    ward.world.do(people.set_policy, ward.manager, BY_PRICE)
    [(is_well, sentence)] = told(ward)
    assert is_well, "nothing is broken"
    assert "foresaw the latest answers no better" in sentence


def test_a_network_that_fails_keeps_the_others_from_nothing(
    ward: Ward, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    admin = ward.world.network("Another Network")
    site = ward.world.site(admin, "Elsewhere")
    nurse = ward.world.user(admin, "Nora N.", "staff", site)  # type: ignore[arg-type]
    peer = ward.world.peer(admin, "Otto O.")
    until = ward.world.clock.now() - timedelta(days=2)
    # What no people do: nobody goes who is near, and everybody who is far.
    past(db, nurse, [peer], ["no"] * 100, until=until - timedelta(days=10))
    past(db, nurse, [peer], ["yes"] * 110, until=until)
    with db.transaction() as tx:
        far = select(SupportRequest.id).where(SupportRequest.network_id == admin.network_id)
        tx.session.execute(
            update(Offer)
            .where(Offer.request_id.in_(far), Offer.state == "accepted")
            .values(distance_m=79_000)
        )
        tx.session.execute(
            update(Offer)
            .where(Offer.request_id.in_(far), Offer.state == "declined")
            .values(distance_m=100)
        )
    answered(ward)
    with caplog.at_level(logging.ERROR):
        training.learn(db)
    assert standing(ward).version == 1
    with db.read() as tx:
        own = current.standing(tx, admin.network_id)
        assert own.model is None or set(own.model.ratios) == {peer.id}, "nobody of another network"


def test_old_versions_go_and_a_number_is_given_once(ward: Ward, db: Database) -> None:
    now = ward.world.clock.now()

    def add(version: int) -> bool:
        with db.transaction() as tx:
            return (
                versions.add(
                    tx,
                    ward.admin.network_id,
                    Kind.TRAVEL,
                    version=version,
                    made_at=now,
                    from_at=now,
                    until_at=now,
                    rows=1,
                    content={},
                )
                is not None
            )

    assert all(add(version) for version in range(1, KEPT + 4))
    assert not add(KEPT)
    with db.read() as tx:
        kept = list(tx.session.scalars(select(Learned.version).order_by(Learned.version)))
    assert kept == list(range(4, KEPT + 4))


def test_a_peer_who_begins_anew_is_seen_so_by_the_next_decision(ward: Ward, db: Database) -> None:
    request_id = ward.world.ask(ward.nurse, modality=Modality.VIDEO)
    with db.transaction() as tx:
        tx.session.execute(
            update(Peer).where(Peer.id == ward.marcus.id).values(counted_from=tx.now)
        )
    with db.read() as tx:
        request = tx.session.get_one(SupportRequest, request_id)
        seen = {view.id: view for view in views.peer_views(tx, request, parse(BY_PRICE))}
    assert seen[ward.marcus.id].counted_from == ward.world.clock.now()
    assert seen[ward.dana.id].counted_from is None
