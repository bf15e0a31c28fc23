"""Every change of a user has a limit, wherever its route comes from, whoever adds it and whenever."""

from itertools import product

import pytest

from microblog.base import counts
from microblog.security import sliding_windows
from microblog.web import rate_limits
from microblog.web.csrf import SAFE
from tests import apps
from tests.attacks.test_routes import ask, check_all, outcome, rows, rules
from tests.conftest import PASSWORD

# The administrator gets everywhere; a stranger counts by address, where one gets anywhere at all.
VISITORS = ("nobody", "mary")
SHUT_OUT = ("login", "401")
BY_PASSWORD = ("POST", "/api/tokens")


@pytest.fixture
def site(site, monkeypatch):
    """The site with a common limit of one change a minute."""
    monkeypatch.setitem(site.app.config, "RATE_LIMITS", True)
    monkeypatch.setattr(rate_limits.changing, "rates", sliding_windows.rates("1 per minute"))
    return site


def changes(app):
    return [(method, route) for method, route in rules(app) if method not in SAFE]


def make_one_change(site, visitor):
    counts.transact(lambda connection: connection.execute("DELETE FROM hit"))
    response = ask(site, visitor, "POST", "/preferences")
    assert response.status_code == 302


def attempt(site, visitor, method, route):
    """Send the request, by the name and password of a visitor who has one if the operation wants these."""
    if (method, route) == BY_PASSWORD and visitor != "nobody":
        return site.app.test_client().post(route, json={"name": "a program"}, auth=(visitor, PASSWORD))
    return ask(site, visitor, method, route)


@pytest.mark.asvs("2.4.1")
def test_every_change_has_a_limit(site):
    # The one change is of a cookie.
    fresh = rows()

    def check(visitor, change):
        make_one_change(site, visitor)
        before = apps.changes()

        response = attempt(site, visitor, *change)

        if visitor == "nobody" and outcome(response) in SHUT_OUT:
            return
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) > 50
        is_problem = response.content_type == "application/problem+json"
        assert is_problem == change[1].startswith("/api/")
        assert apps.changes() == before or rows() == fresh

    assert len(changes(site.app)) > 50
    check_all(site, product(VISITORS, changes(site.app)), check)


def test_people_and_programs_of_theirs_share_the_limit_of_changes(site):
    make_one_change(site, "susan")

    assert ask(site, "susan", "POST", "/api/posts").status_code == 429
    assert ask(site, "john", "POST", "/api/posts").status_code == 201


def test_reading_is_no_change(site):
    make_one_change(site, "susan")

    assert ask(site, "susan", "GET", "/").status_code == 200
    assert ask(site, "susan", "GET", "/api/timeline").status_code == 200


@pytest.mark.parametrize(
    ("route", "field"),
    [("/", "post"), ("/send_message/<recipient>", "message"), ("/edit_profile", "about_me")],
)
def test_what_was_typed_survives_the_common_limit(site, route, field):
    make_one_change(site, "susan")
    browser = site.visitors["susan"]

    response = browser.post_form(route.replace("<recipient>", "john"), **{field: "a <long> text"})

    assert response.status_code == 429
    assert "a &lt;long&gt; text</textarea>" in response.text


def test_it_is_off_with_all_limits(site, monkeypatch):
    monkeypatch.setitem(site.app.config, "RATE_LIMITS", False)
    make_one_change(site, "susan")

    assert ask(site, "susan", "POST", "/preferences").status_code == 302
