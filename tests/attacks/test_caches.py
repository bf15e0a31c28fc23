"""
What may be kept of an answer, and by whom: each route, whatever it answers, to whomever.

The views are replaced here by ones that answer what is asked for, so that a route added later is tested too.
"""

import logging

import pytest
from flask import Response, abort
from flask_login import current_user, encode_cookie
from peewee import OperationalError

from microblog.models import Session, User
from tests.attacks.test_routes import address, check_all, rules

# The same for everybody. A route is added here only if no cookie changes what it answers.
FOR_EVERYBODY = {"api_document.openapi", "feeds.index", "feeds.show", "feeds.tagged"}
FOR_EVERYBODY |= {"health.live", "health.ready"}
FOR_EVERYBODY |= {"previews.index", "previews.show", "robots", "site.manifest", "static"}
VISITORS = ("nobody", "session", "remember cookie only")


def public_page():
    """What a later view might do: draw for the reader, and let everybody keep it."""
    response = Response(current_user.username if current_user.is_authenticated else "nobody")
    response.cache_control.public = True
    response.cache_control.max_age = 60
    return response


def unchanged():
    response = public_page()
    response.status_code = 304
    return response


def bug():
    return 1 / 0


def outage():
    raise OperationalError("disk I/O error")


ANSWERS = {
    200: public_page,
    304: unchanged,
    404: lambda: abort(404),
    405: lambda: abort(405),
    413: lambda: abort(413),
    429: lambda: abort(429),
    500: bug,
    503: outage,
}


@pytest.fixture
def endpoint(site, monkeypatch):
    """The endpoint of a method and a route, its view replaced by a function that answers with a status."""
    monkeypatch.setitem(site.app.config, "PROPAGATE_EXCEPTIONS", False)
    endpoints = {
        (method, route): rule.endpoint
        for rule in site.app.url_map.iter_rules()
        for method, route in rules(site.app, [rule])
    }

    def endpoint(method, route, status):
        name = endpoints[method, route]
        monkeypatch.setitem(site.app.view_functions, name, lambda **_values: ANSWERS[status]())
        return name

    return endpoint


@pytest.fixture
def visitors(site):
    """A function that returns a new browser of a visitor; susan's keeps her signed in or remembers her."""
    token = Session.start(User.named("susan"), True, "susan's browser")[1]
    with site.app.app_context():
        remembered = encode_cookie(token)

    def visitor(name):
        browser = site.app.test_client()
        if name == "session":
            with browser.session_transaction() as session:
                session.update(_user_id=token, _fresh=True)
        if name == "remember cookie only":
            browser.set_cookie("remember", remembered)
        return browser

    return visitor


@pytest.mark.asvs("14.3.1", "14.2.2", "14.2.5", "14.3.2")
def test_no_cache_keeps_what_was_drawn_for_one_person(site, endpoint, visitors, caplog):
    token = f"Bearer {site.secrets['susan']}"
    anybodys = {}

    def check(method, route, status, visitor):
        name = endpoint(method, route, status)
        browser = visitors(visitor)
        headers = {"X-CSRFToken": browser.csrf_token} if method != "GET" else {}
        if name.startswith("api."):
            headers["Authorization"] = token

        response = browser.open(address(site, route), method=method, headers=headers)

        kept = response.cache_control
        if name.startswith("api."):
            assert kept.private
            assert kept.no_store or status < 400
        elif name in FOR_EVERYBODY:
            assert "susan" not in response.text
            assert not response.vary
            assert response.data == anybodys.setdefault((method, route, status), response.data)
            assert kept.public if status < 400 else kept.no_store
        elif visitor != "nobody":
            # A page of an error of ours is drawn for nobody: asking who it is may fail again.
            assert "susan" in response.text or response.mimetype != "text/html" or status >= 500
            assert kept.private
            assert kept.no_store
        assert not (kept.public and (kept.private or kept.no_store))
        if "Set-Cookie" in response.headers:
            assert name not in FOR_EVERYBODY
            assert kept.private
            assert kept.no_store

    alike = {
        row
        for rule in site.app.url_map.iter_rules()
        if rule.endpoint in FOR_EVERYBODY
        for row in rules(site.app, [rule])
    }
    # Each route with every answer and for every visitor, each answer for every visitor: all pairs.
    cases = [
        (*route, status, visitor)
        for number, route in enumerate(sorted(rules(site.app)))
        for turn, status in enumerate(ANSWERS)
        for visitor in (VISITORS if route in alike else [VISITORS[(number + turn) % len(VISITORS)]])
    ]
    with caplog.at_level(logging.CRITICAL, "microblog"):
        check_all(None, cases, check)


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("path", ["/static/x/evil.css", "/static/x/../../evil.css", "/static/x/"])
@pytest.mark.asvs("14.2.5")
def test_a_file_that_is_missing_is_no_page(site, visitors, visitor, path):
    response = visitors(visitor).get(path)

    assert response.status_code == 404
    if path.endswith(".css") and ".." not in path:
        assert response.mimetype == "text/plain"
        assert "Set-Cookie" not in response.headers
    assert response.cache_control.no_store


@pytest.mark.parametrize("visitor", VISITORS)
def test_a_page_of_an_address_without_a_view_is_kept_by_nobody(site, visitors, visitor):
    for path in ("/nothing.css", "/static/nothing.css", "/feed.css", "/api/nothing.css"):
        response = visitors(visitor).get(path)

        assert response.status_code == 404
        assert response.cache_control.private
        assert response.cache_control.no_store
