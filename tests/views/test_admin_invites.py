import re
import threading

import pytest

from microblog.base import clock
from microblog.models import Invited, OneTimeToken, User, people
from microblog.models.one_time_token import INVITE
from microblog.security import security_log


@pytest.fixture
def by_invitation(app, monkeypatch):
    monkeypatch.setitem(app.config, "REGISTRATION", "invite")


def link_in(response):
    return re.search(r"http://127.0.0.1:8000(/auth/register\?invite=[\w-]+)", response.text)[1]


NEW = {
    "username": "newbie",
    "email": "new@example.org",
    "password": "long enough",
    "password2": "long enough",
}


def test_an_invitation_makes_one_account(app, client, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))

    response = client.get(link)
    assert (response.status_code, response.location) == (302, "/auth/register")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/auth/register").status_code == 200
    assert client.post_form("/auth/register", **NEW).location == "/"
    assert User.named("newbie")

    second = app.test_client()
    page = second.get(link, follow_redirects=True)
    assert page.status_code == 403
    assert "Your invitation has been used" in page.text
    assert second.post_form("/auth/register", **NEW | {"username": "other"}).status_code == 403


def test_a_name_that_is_taken_does_not_cost_the_invitation(client, office, susan, by_invitation):
    client.get(link_in(office.post_form("/admin/invites")))

    assert client.post_form("/auth/register", **NEW | {"username": "susan"}).status_code == 422
    assert client.post_form("/auth/register", **NEW).status_code == 302


def test_twenty_at_once_make_one_account_by_one_invitation(app, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))
    browsers = [app.test_client() for _ in range(20)]
    for browser in browsers:
        browser.get(link)
    statuses = []

    def register(number):
        fields = NEW | {"username": f"newbie{number % 2}", "email": f"new{number}@example.org"}
        statuses.append(browsers[number].post_form("/auth/register", **fields).status_code)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [302] + [403] * 19
    assert User.select().where(User.username.startswith("newbie")).count() == 1


def test_without_an_invitation_the_door_is_closed(client, admin, by_invitation):
    page = client.get("/auth/register")

    assert page.status_code == 403
    assert "By invitation only" in page.text
    assert client.post_form("/auth/register", **NEW).status_code == 403
    assert client.get("/auth/register?invite=made-up", follow_redirects=True).status_code == 403


def test_an_invitation_lasts_seven_days(client, office, by_invitation, later):
    link = link_in(office.post_form("/admin/invites"))
    later(days=7, minutes=1)

    assert client.get(link, follow_redirects=True).status_code == 403


def test_an_invitation_can_be_withdrawn(client, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))

    office.post_form(f"/admin/invites/{OneTimeToken.get().id}/delete")

    assert client.get(link, follow_redirects=True).status_code == 403
    assert "Withdraw" not in office.get("/admin/invites").text


def test_the_link_is_shown_once(office, by_invitation):
    token = link_in(office.post_form("/admin/invites")).rpartition("=")[2]

    assert token not in office.get("/admin/invites").text


@pytest.mark.parametrize("number", ["999", "9" * 30, "x", "-1"])
def test_what_is_no_invitation_cannot_be_withdrawn(office, number):
    assert office.post_form(f"/admin/invites/{number}/delete").status_code == 404


def test_another_token_is_no_invitation(office, susan):
    OneTimeToken.issue("reset_password", susan)

    assert office.post_form(f"/admin/invites/{OneTimeToken.get().id}/delete").status_code == 404
    assert OneTimeToken.select().count() == 1


def test_closed_is_closed_to_the_invited_too(app, client, office, monkeypatch):
    link = link_in(office.post_form("/admin/invites"))
    monkeypatch.setitem(app.config, "REGISTRATION", "closed")

    assert client.get(link, follow_redirects=True).status_code == 403
    assert client.post_form("/auth/register", **NEW).status_code == 403


def test_a_form_that_is_sent_to_the_link_itself_makes_the_account(client, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))

    response = client.post_form(link, **NEW | {"password2": "another"})
    assert response.status_code == 422
    assert 'value="newbie"' in response.text

    assert client.post_form(link, **NEW).location == "/"


def test_an_open_door_needs_no_invitation(app, client, office, monkeypatch):
    """Somebody else may use it up between the look at it and its use."""
    client.get(link_in(office.post_form("/admin/invites")))
    monkeypatch.setattr(OneTimeToken, "redeem", lambda _token: pytest.fail("it was redeemed"))

    assert client.post_form("/auth/register", **NEW).location == "/"


def test_the_command_prints_such_a_link(app, client, admin, by_invitation):
    link = app.test_cli_runner().invoke(args=["invite"]).stdout.strip()

    assert link.startswith("http://127.0.0.1:8000/auth/register?invite=")
    client.get(link.removeprefix("http://127.0.0.1:8000"))
    assert client.post_form("/auth/register", **NEW).status_code == 302
    assert OneTimeToken.active(INVITE).count() == 0


def test_the_command_says_when_its_link_does_nothing(app):
    assert "REGISTRATION=open" in app.test_cli_runner().invoke(args=["invite"]).stderr


def test_no_invitation_is_made_or_logged_when_its_url_cannot_be_built(app, monkeypatch):
    monkeypatch.setitem(app.config, "SITE_URL", "http://exa mple")

    result = app.test_cli_runner().invoke(args=["invite"])

    assert result.exit_code == 1
    assert not OneTimeToken.select().exists()
    assert security_log.latest(1) == []


def test_who_was_invited_and_who_invited_follow_each_other(client, office, admin, by_invitation):
    client.get(link_in(office.post_form("/admin/invites")))
    client.post_form("/auth/register", **NEW)

    newbie = User.named("newbie")
    assert Invited.inviter_of(newbie) == admin.id
    assert list(people.followed_by(newbie, newbie)) == list(people.followers_of(newbie, newbie)) == [admin]


def test_whom_the_command_line_invited_follows_nobody(client, app, susan, by_invitation):
    client.get(f"/auth/register?invite={OneTimeToken.invite(by='operator')}")
    client.post_form("/auth/register", **NEW)

    newbie = User.named("newbie")
    assert Invited.inviter_of(newbie) is None
    assert list(people.followed_by(newbie, newbie)) == []


def test_an_invitation_by_somebody_suspended_opens_nothing(client, office, admin, by_invitation):
    client.get(link_in(office.post_form("/admin/invites")))
    # As it was left by versions that did not end it with the suspension.
    User.update(suspended_at=clock.now()).where(User.id == admin.id).execute()

    assert client.post_form("/auth/register", **NEW).status_code == 403
