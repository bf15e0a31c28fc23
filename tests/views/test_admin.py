"""All of the administrator's pages: who gets in."""

import pytest

from microblog.models import OneTimeToken, User

PAGES = ["/admin", "/admin/users", "/admin/invites", "/admin/outbox", "/admin/security"]
FORMS = [
    "/admin/users/susan/suspend",
    "/admin/users/susan/restore",
    "/admin/invites",
    "/admin/invites/1/delete",
]


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_the_administrators_alone(client, sign_in, office, john, path):
    assert office.get(path, follow_redirects=True).status_code == 200
    assert sign_in(john).get(path).status_code == 404
    assert client.get(path).location == f"/auth/login?next={path}"


@pytest.mark.parametrize("path", FORMS)
def test_the_acts_are_the_administrators_alone(client, sign_in, office, susan, john, path):
    assert sign_in(john).post_form(path).status_code == 404
    assert client.post_form(path).location.startswith("/auth/login")
    assert office.post(path).status_code == 400, "without the token of the form"
    assert office.put(path).status_code == 405
    assert not User.named("susan").suspended_at
    assert OneTimeToken.select().count() == 0


def test_only_the_administrator_sees_the_way_there(office, browser):
    assert 'href="/admin"' in office.get("/").text
    assert 'href="/admin"' not in browser.get("/").text
