"""What a browser's page may do: the session cookie, other origins, headers, the pages themselves."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.api.layer import COOKIE
from tests.api.conftest import Api, problem
from tests.api.people import PASSWORD, World

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client that keeps cookies."""
    return app.test_client()


def sign_in(browser: FlaskClient, world: World) -> None:
    """Sign in through the form."""
    form = {"email": world.here.staff.email, "password": PASSWORD}
    answer = browser.post("/sign-in", data=form, headers=OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ed"), answer.text


def test_a_page_signs_in_with_a_cookie_that_scripts_cannot_read(
    browser: FlaskClient, world: World
) -> None:
    sign_in(browser, world)
    cookie = browser.get_cookie(COOKIE)
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
    assert browser.get("/api/v1/me").get_json()["name"] == world.here.staff.name
    assert world.here.staff.name in browser.get("/").text
    assert browser.post("/sign-out", headers=OWN).status_code == 303
    assert browser.get_cookie(COOKIE) is None


def test_signing_out_ends_the_cookies_session(browser: FlaskClient, world: World) -> None:
    sign_in(browser, world)
    cookie = browser.get_cookie(COOKIE)
    assert cookie is not None
    browser.post("/sign-out", headers=OWN)
    browser.set_cookie(COOKIE, cookie.value)
    problem(browser.get("/api/v1/me"), 401, "not_signed_in")
    assert "Sign in" in browser.get("/").text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
def test_another_origin_may_not_use_the_cookie(
    browser: FlaskClient, world: World, headers: dict[str, str]
) -> None:
    sign_in(browser, world)
    answer = browser.delete("/api/v1/sessions/current", headers=headers)
    problem(answer, 403, "cross_origin")
    assert browser.get("/api/v1/me", headers=headers).status_code == 200
    problem(browser.post("/sign-out", headers=headers), 403, "cross_origin")
    form = {"email": world.here.staff.email, "password": PASSWORD}
    problem(browser.post("/sign-in", data=form, headers=headers), 403, "cross_origin")


def test_a_form_of_our_own_page_has_no_referrer(browser: FlaskClient, world: World) -> None:
    """`Referrer-Policy: no-referrer` makes a browser send `Origin: null` with a form."""
    sign_in(browser, world)
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/sign-out", headers=headers).status_code == 303
    assert browser.get_cookie(COOKIE) is None
    for site in ("cross-site", "same-site", "none"):
        headers["Sec-Fetch-Site"] = site
        problem(browser.post("/sign-out", headers=headers), 403, "cross_origin")


def test_a_bearer_token_needs_no_origin(api: Api, world: World) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = api.call("DELETE", "/sessions/current", world.here.staff, headers=headers)
    assert answer.status_code == 204


def test_a_refused_form_says_so_and_keeps_nothing(browser: FlaskClient, world: World) -> None:
    form = {"email": world.here.staff.email, "password": "wrong"}
    answer = browser.post("/sign-in", data=form, headers=OWN)
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "wrong" not in answer.text.replace("wrong password", "")
    assert browser.get_cookie(COOKIE) is None


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_answer_carries_the_protecting_headers(api: Api, world: World) -> None:
    for path in ("/", "/docs/api", "/docs/errors", "/openapi.json", "/healthz", "/metrics", "/no"):
        answer = api.http.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_pages_load_nothing_from_elsewhere(api: Api, world: World) -> None:
    for path in ("/", "/docs/api", "/docs/errors"):
        answer = api.http.get(path)
        assert answer.status_code == 200
        nonce = re.search(r"style-src 'self' 'nonce-([^']+)'", str(answer.headers))
        assert nonce is not None
        assert f'<script type="importmap" nonce="{nonce[1]}">' in answer.text
        assert "<style" not in answer.text
        assert not re.search(r"<script(?![^>]* nonce=)| on[a-z]+=", answer.text)
        assert not re.search(r'(?:src|href)="(?!/|#|tel:)', answer.text)
        assert " style=" not in answer.text
        assert nonce[1] not in api.http.get(path).text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_reference_page_tells_of_every_route(api: Api, world: World) -> None:
    from server.api.routes import every_route

    page = api.http.get("/docs/api").text
    for route in every_route():
        assert f"{route.method} {route.path}" in page


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_request_id_is_taken_over_or_made(api: Api, world: World) -> None:
    given = api.http.get("/healthz", headers={"X-Request-Id": "from-the-proxy-1"})
    assert given.headers["X-Request-Id"] == "from-the-proxy-1"
    for bad in ("short", "x" * 65, "a b c d e f g h", '{"a": "log forging"}'):
        made = api.http.get("/healthz", headers={"X-Request-Id": bad})
        assert re.fullmatch("[0-9a-f]{32}", made.headers["X-Request-Id"])
