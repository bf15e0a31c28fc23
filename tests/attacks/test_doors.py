"""Every door that leads to a session or a token asks for the second factor of who has one."""

from base64 import b64encode
from itertools import product

import pytest

from microblog.base.config import ROOT
from microblog.models import OneTimeToken, Session, Token, User
from microblog.models.one_time_token import CHANGE_EMAIL, INVITE, RESET_PASSWORD
from tests import source
from tests.apps import Snapshot
from tests.attacks.test_routes import PASSWORD, ROWS, address, ask, rows
from tests.second_factors import give, shown, wrong

# What opens without a second factor; a door that is added belongs here, and closes with one.
DOORS = {"POST /auth/login", "POST /api/tokens"}
# All that somebody who knows susan's password, and reads her mail, can fill in anywhere.
FIELDS = {
    "username": "susan",
    "password": PASSWORD,
    "password2": PASSWORD,
    "current_password": PASSWORD,
    "email": "susans-secret@example.org",
    "name": "a program",
    "remember_me": "y",
    "remember_device": "y",
}
BASIC = {"Authorization": "Basic " + b64encode(f"susan:{PASSWORD}".encode()).decode()}
# Who may make a session or a token, and thereby has to ask for the second factor.
MAKERS = {
    "Session.start": {"microblog/web/auth.py"},
    "start_session": {"microblog/web/auth.py", "microblog/views/second_step.py"},
    "login_user": {"microblog/web/auth.py"},
    "Token.issue": {"microblog/accounts/__init__.py"},
    "make_token": {"microblog/api/tokens.py", "microblog/views/tokens.py"},
}

# What somebody can do who lacks the second factor that the site asks them for.
ALL_THAT_WORKS = {
    *("GET /account/second_factor", "POST /account/second_factor"),
    *("POST /account/second_factor/codes", "POST /account/second_factor/delete"),
    *("GET /settings/preferences", "POST /preferences", "GET /keys", "POST /auth/logout"),
    *("GET /api", "GET /api/docs", "GET /api/openapi.json", "GET /livez", "GET /readyz", "GET /robots.txt"),
    *("GET /feed.<any:kind>", "GET /user/<username>/feed.<any:kind>", "GET /tag/<word>/feed.<any:kind>"),
    *("GET /preview.png", "GET /user/<username>/preview.png"),
    *("GET /manifest.webmanifest", "GET /static/<version>/<path:filename>"),
}


@pytest.fixture
def doors(site):
    """A function that returns the routes by which a stranger, or john, comes to be susan."""

    def opened(code=None):
        cookies, token = _prepared(site, code)
        prepared = Snapshot()
        before = _made(site.susan)
        fields = FIELDS if code is None else FIELDS | {"code": code, "otp": code}
        found = set()
        for cookie, (method, route, *_) in product(cookies, ROWS):
            prepared.restore()
            browser = site.app.test_client()
            browser.set_cookie("session", cookie)
            sent = {"json": fields} if route.startswith("/api") else {"data": fields}
            if "data" in sent and method != "GET":
                sent["data"] = {"csrf_token": token, **fields}
            browser.open(address(site, route), method=method, headers=BASIC, buffered=True, **sent)
            if _made(site.susan) > before:
                found.add(f"{method} {route}")
        prepared.close()
        return found

    return opened


def _prepared(site, code):
    """Session cookies of a stranger and of john, who hold links of susan's, and the token of their forms."""
    site.restore()
    if code is not None:
        give(site.susan)
    susan = User.named("susan")
    links = {
        kind: OneTimeToken.issue(kind, susan, "new@example.org") for kind in (RESET_PASSWORD, CHANGE_EMAIL)
    }
    links[INVITE] = OneTimeToken.issue(INVITE)
    browsers = [site.visitors[visitor] for visitor in ("nobody", "john")]
    for browser in browsers:
        with browser.session_transaction() as session:
            session.update(links, csrf_token="the same")
    return [browser.get_cookie("session").value for browser in browsers], browsers[0].csrf_token


def _made(user):
    return sum(row.select().where(row.user == user).count() for row in (Session, Token))


@pytest.mark.asvs("6.3.3", "6.4.3")
def test_no_door_opens_without_the_second_factor(doors):
    """The doors of who has none show that what is sent would open them."""
    assert (doors(), doors(wrong())) == (DOORS, set())


def test_a_program_gets_in_with_a_code_and_a_browser_by_its_step_alone(doors):
    assert doors(shown()) == {"POST /api/tokens"}


def test_nobody_else_makes_sessions_or_tokens():
    """A door that does is to go by ``auth.sign_in``, or to be looked at and listed here."""
    makers = {name: set() for name in MAKERS}
    for path, tree in source.trees(*MAKERS):
        for called, _call in source.calls(tree):
            for name in MAKERS:
                if called == name or called.endswith(f".{name}"):
                    makers[name].add(str(path.relative_to(ROOT)))

    assert makers == MAKERS


def test_who_lacks_the_second_factor_that_the_site_asks_for_can_do_nothing_else(site, monkeypatch):
    """By page or by program, whatever the route; what is for everybody alike knows of nobody."""
    monkeypatch.setitem(site.app.config, "SECOND_FACTOR", "everybody")
    done, before = set(), rows()
    for method, route, *_ in ROWS:
        site.restore()
        response = ask(site, "mary", method, route)
        led = response.location == "/account/second_factor" or response.status_code in (401, 403)
        if not led or rows() != before:
            done.add(f"{method} {route}")

    assert done == ALL_THAT_WORKS
