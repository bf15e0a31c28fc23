"""The account's pages: who gets in and who changes something; the list of sessions, and leaving."""

import pytest

from microblog.mail.mail import Mail
from microblog.models import Session, User
from microblog.tasks.task import Task
from tests.conftest import PASSWORD, is_signed_in, make_user

NEW = {"password": "battery staple", "password2": "battery staple"}
PAGES = ["/settings/account", "/account/password", "/account/email", "/account/delete"]
FORMS = ["/account/password", "/account/email", "/account/delete"]


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_for_those_who_are_signed_in(client, browser, susan, path):
    assert browser.get(path).status_code == 200
    assert client.get(path).location == f"/auth/login?next={path}"


@pytest.mark.parametrize("path", [*FORMS, "/account/sessions/1/end", "/account/sessions/end_others"])
def test_changes_are_posted_by_those_who_are_signed_in_with_the_token_of_the_form(client, browser, path):
    assert client.post_form(path).location.startswith("/auth/login")
    assert browser.post(path).status_code == 400
    assert browser.delete(path).status_code == 405


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("password", ["", "wrong horse", "\x00", "x" * 5000])
@pytest.mark.asvs("6.2.2", "6.2.3")
def test_the_wrong_password_changes_nothing(app, browser, susan, path, password):
    before = User.get_by_id(susan.id).__data__

    response = browser.post_form(path, current_password=password, email="new@example.org", **NEW)

    assert response.status_code == 422
    assert User.get_by_id(susan.id).__data__ == before
    assert Mail.select().count() == 0
    assert password not in response.text or not password


# Sessions


def test_the_living_sessions_are_listed(susan, john, browser, sign_in, later):
    Session.start(susan, False, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    Session.start(john, False, "Mozilla/5.0 (iPhone) Safari/605")
    Session.update(seen_at=Session.created_at).execute()

    text = browser.get("/settings/account").text

    assert "Firefox, Linux" in text
    assert "this browser" in text
    assert "iPhone" not in text


def test_a_session_that_is_over_is_not_listed(susan, sign_in, later):
    Session.start(susan, False, "Mozilla/5.0 Firefox/128.0")
    later(hours=25)

    assert "Firefox" not in sign_in(susan).get("/settings/account").text


@pytest.mark.parametrize(
    "user_agent", ["", "<script>alert(1)</script>", "curl/8.0", "\u202e" * 50, "/" * 200]
)
def test_whatever_a_browser_calls_itself_is_shown_as_text(susan, browser, user_agent):
    Session.start(susan, False, user_agent)

    page = browser.get("/settings/account")

    assert page.status_code == 200
    assert "<script>alert" not in page.text


# Leaving


def test_the_archive_is_offered_first(browser):
    assert 'action="/export_posts"' in browser.get("/account/delete").text


def test_leaving_deletes_the_account_and_signs_out(browser, susan, john):
    response = browser.post_form("/account/delete", current_password=PASSWORD)

    assert (response.status_code, response.location) == (302, "/auth/login")
    assert [user.username for user in User.select()] == ["john"]
    assert not is_signed_in(browser)
    assert "are deleted" in browser.get(response.location).text


def test_the_only_administrator_cannot_leave(app, sign_in, john):
    admin = make_user("mary", is_admin=True)

    response = sign_in(admin).post_form("/account/delete", current_password=PASSWORD)

    assert response.status_code == 422
    assert "You are the only administrator." in response.text
    assert User.named("mary")


def test_the_only_administrator_is_told_before_a_password_is_asked_for(app, browser, sign_in):
    office = sign_in(make_user("mary", is_admin=True))

    page = office.get("/account/delete")

    assert page.status_code == 200
    assert "You are the only administrator." in page.text
    assert "current_password" not in page.text
    assert "current_password" in browser.get("/account/delete").text


def test_one_of_two_administrators_can_leave(app, sign_in):
    admin, _other = make_user("mary", is_admin=True), make_user("anne", is_admin=True)

    assert sign_in(admin).post_form("/account/delete", current_password=PASSWORD).status_code == 302
    assert User.named("mary") is None


def test_the_name_is_free_again(client, browser, john):
    browser.post_form("/account/delete", current_password=PASSWORD)

    client.post_form("/auth/register", username="susan", email="susan@example.org", **NEW)

    assert User.named("susan")
    assert Task.select().count() == 0


def test_another_session_can_be_ended(susan, browser, sign_in):
    elsewhere = sign_in(susan)
    other = Session.select().order_by(Session.id.desc()).get()

    response = browser.post_form(f"/account/sessions/{other.id}/end")

    assert response.location == "/settings/account"
    assert "That browser is signed out." in browser.get("/settings/account").text
    assert not is_signed_in(elsewhere)
    assert is_signed_in(browser)


def test_all_others_can_be_ended_at_once(susan, john, browser, sign_in):
    elsewhere, johns = [sign_in(susan), sign_in(susan, remember=True)], sign_in(john)

    response = browser.post_form("/account/sessions/end_others", follow_redirects=True)

    assert "the tokens of your programs have ended" in response.text
    assert [is_signed_in(one) for one in elsewhere] == [False, False]
    assert is_signed_in(browser)
    assert is_signed_in(johns)


def test_somebody_elses_session_cannot_be_ended(browser, john, sign_in):
    johns = sign_in(john)
    session = Session.get(Session.user == john)

    assert browser.post_form(f"/account/sessions/{session.id}/end").status_code == 404
    assert is_signed_in(johns)


@pytest.mark.parametrize("number", ["0", "999", "-1", "9" * 30, "x", "%00"])
def test_a_session_that_is_not_there_cannot_be_ended(browser, number):
    assert browser.post_form(f"/account/sessions/{number}/end").status_code == 404
