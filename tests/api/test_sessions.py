"""Signing in, refreshing, signing out; and what ends a session."""

from datetime import timedelta

from sqlalchemy import select, update

from dispatch.models import User
from dispatch.states import Role
from server.auth import sessions
from server.auth.tokens import ACCESS_LIFE_S
from server.models import RefreshToken, UserSession
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import PASSWORD, World


def test_a_sign_in_gives_tokens_and_says_who_it_is(api: Api, world: World) -> None:
    answer = api.sign_in(world.here.staff)
    assert answer["expires_in"] == ACCESS_LIFE_S
    assert answer["user"]["role"] == "staff"
    assert answer["user"]["site"]["id"] == world.here.site_id
    assert set(answer["user"]["site"]) == {
        "id", "name", "latitude", "longitude", "time_zone", "desk_phone",
    }  # fmt: skip
    me = api.get("/me", world.here.staff)
    assert me.get_json() == answer["user"]


def test_a_peer_sees_their_profile(api: Api, world: World) -> None:
    me = api.get("/me", world.here.peers[0]).get_json()
    assert me["peer"]["id"] == me["id"] == world.here.peers[0].id
    assert me["network"]["name"] == "Network here"


def test_e_mail_addresses_are_compared_without_case(api: Api, world: World) -> None:
    sent = {"email": world.here.staff.email.upper(), "password": PASSWORD}
    assert api.post("/sessions", json=sent).status_code == 201


def test_a_wrong_password_and_an_unknown_user_are_the_same(api: Api, world: World) -> None:
    wrong = api.post("/sessions", json={"email": world.here.staff.email, "password": "x"})
    unknown = api.post("/sessions", json={"email": "nobody@here.example", "password": "x"})
    assert problem(wrong, 401, "bad_credentials") == problem(unknown, 401, "bad_credentials")


def test_an_inactive_user_cannot_sign_in(api: Api, world: World, wired: Wired) -> None:
    with wired.db.transaction() as tx:
        tx.session.execute(
            update(User).where(User.id == world.here.staff.id).values(is_active=False)
        )
    sent = {"email": world.here.staff.email, "password": PASSWORD}
    problem(api.post("/sessions", json=sent), 401, "bad_credentials")


def test_an_access_token_ends_after_fifteen_minutes(
    api: Api, world: World, clock: ManualClock
) -> None:
    api.sign_in(world.here.staff)
    clock.advance(ACCESS_LIFE_S - 2)
    assert api.get("/me", world.here.staff).status_code == 200
    clock.advance(3)
    problem(api.get("/me", world.here.staff), 401, "not_signed_in")


def test_a_forged_or_broken_token_is_refused(api: Api, world: World) -> None:
    token = api.sign_in(world.here.staff)["access_token"]
    head, claims, signature = token.split(".")
    other = "A" if signature[0] != "A" else "B"
    unsigned = "eyJhbGciOiJub25lIn0"
    for bad in (
        f"{head}.{claims}.{other}{signature[1:]}",
        f"{unsigned}.{claims}.",
        "x",
        "",
        "a.b.c",
        "é",
        "x" * 5000,
    ):
        answer = api.get(
            "/me", headers={"Authorization": f"Bearer {bad}".encode().decode("latin1")}
        )
        problem(answer, 401, "not_signed_in")
    problem(api.get("/me", headers={"Authorization": "Basic eDp5"}), 401, "not_signed_in")
    problem(api.get("/me"), 401, "not_signed_in")


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(api: Api, world: World) -> None:
    first = api.sign_in(world.here.staff)
    answer = api.post("/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    second = answer.get_json()
    assert answer.status_code == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert second["user"] == first["user"]

    again = api.post("/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    problem(again, 401, "refresh_reused")
    # The family is over: the newest refresh token and every access token with it.
    newest = api.post("/sessions/refresh", json={"refresh_token": second["refresh_token"]})
    problem(newest, 401, "refresh_invalid")
    for token in (first["access_token"], second["access_token"]):
        answer = api.get("/me", headers={"Authorization": f"Bearer {token}"})
        problem(answer, 401, "not_signed_in")


def test_an_unknown_refresh_token_is_refused(api: Api, world: World) -> None:
    problem(api.post("/sessions/refresh", json={"refresh_token": "x"}), 401, "refresh_invalid")


def test_a_reuse_in_one_session_leaves_the_other_sessions_alone(api: Api, world: World) -> None:
    phone, tablet = api.sign_in(world.here.staff), api.sign_in(world.here.staff)
    for _ in range(2):
        api.post("/sessions/refresh", json={"refresh_token": phone["refresh_token"]})
    answer = api.get("/me", headers={"Authorization": f"Bearer {tablet['access_token']}"})
    assert answer.status_code == 200


def test_signing_out_ends_the_session_at_once(api: Api, world: World) -> None:
    refresh_token = api.sign_in(world.here.staff)["refresh_token"]
    assert api.call("DELETE", "/sessions/current", world.here.staff).status_code == 204
    problem(api.get("/me", world.here.staff), 401, "not_signed_in")
    again = api.post("/sessions/refresh", json={"refresh_token": refresh_token})
    problem(again, 401, "refresh_invalid")


def test_a_revoked_session_and_a_changed_role_count_at_once(
    api: Api, world: World, wired: Wired
) -> None:
    api.sign_in(world.here.manager)
    with wired.db.transaction() as tx:
        tx.session.execute(
            update(User).where(User.id == world.here.manager.id).values(role=Role.SUPERVISOR)
        )
    assert api.get("/me", world.here.manager).get_json()["role"] == "supervisor"
    with wired.db.transaction() as tx:
        assert sessions.revoke_user(tx, world.here.manager.id, "left") == 1
    problem(api.get("/me", world.here.manager), 401, "not_signed_in")


def test_live_sessions_are_those_that_still_count(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    for person in (world.here.staff, world.here.manager, world.there.staff):
        api.sign_in(person)
    with wired.db.read() as tx:
        rows = tx.session.execute(select(UserSession.user_id, UserSession.id))
        ids = {row.user_id: row.id for row in rows}
    with wired.db.transaction() as tx:
        sessions.revoke(tx, ids[world.here.manager.id], "test")
        tx.session.execute(
            update(User).where(User.id == world.there.staff.id).values(is_active=False)
        )
    with wired.db.read() as tx:
        live = sessions.live_sessions(tx, [*ids.values(), "unknown"])
        assert sessions.live_sessions(tx, []) == set()
    assert live == {ids[world.here.staff.id]}
    clock.advance(sessions.BEARER_LIFE.total_seconds() + 1)
    with wired.db.read() as tx:
        assert sessions.live_sessions(tx, live) == set()


def test_ended_sessions_are_purged_after_a_day(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    api.sign_in(world.here.staff)
    api.sign_in(world.here.manager)
    api.call("DELETE", "/sessions/current", world.here.staff)
    with wired.db.transaction() as tx:
        assert sessions.purge(tx) == 0
    clock.advance(timedelta(days=1, seconds=1).total_seconds())
    with wired.db.transaction() as tx:
        assert sessions.purge(tx) == 1
    with wired.db.read() as tx:
        assert len(tx.session.scalars(select(UserSession.id)).all()) == 1
        assert len(tx.session.scalars(select(RefreshToken.id)).all()) == 1


def test_secrets_are_stored_hashed(api: Api, world: World, wired: Wired) -> None:
    answer = api.sign_in(world.here.staff)
    with wired.db.read() as tx:
        (stored,) = tx.session.scalars(select(RefreshToken.token_hash))
    assert answer["refresh_token"] != stored
    assert len(stored) == 64
