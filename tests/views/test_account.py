import re

import pytest

from microblog.models import Mail, Session, Task, Ticket, User
from microblog.models.states import SUCCEEDED
from microblog.models.ticket import CHANGE_EMAIL
from tests.conftest import PASSWORD, make_user

NEW = {"password": "battery staple", "password2": "battery staple"}
PAGES = ["/account", "/account/password", "/account/email", "/account/delete"]
FORMS = ["/account/password", "/account/email", "/account/delete"]


@pytest.fixture
def letters(settings):
    """A function that returns the texts of the mails in the outbox, by recipient."""
    return lambda: {
        re.search("^To: (.*)$", text, re.MULTILINE)[1]: text
        for path in (settings.data_dir / "outbox").glob("*.eml")
        for text in [path.read_text()]
    }


def is_signed_in(browser):
    return browser.get("/notifications").status_code == 200


def can_sign_in(app, password):
    return app.test_client().post_form("/auth/login", username="susan", password=password).status_code == 302


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
def test_the_wrong_password_changes_nothing(app, browser, susan, path, password):
    before = User.get_by_id(susan.id).__data__

    response = browser.post_form(path, current_password=password, email="new@example.org", **NEW)

    assert response.status_code == 422
    assert User.get_by_id(susan.id).__data__ == before
    assert Mail.select().count() == 0
    assert password not in response.text or not password


# The password


def test_the_password_is_changed_with_the_present_one(app, browser):
    response = browser.post_form("/account/password", current_password=PASSWORD, **NEW)

    assert (response.status_code, response.location) == (302, "/account")
    assert can_sign_in(app, "battery staple")
    assert not can_sign_in(app, PASSWORD)


def test_a_new_password_ends_every_session_but_this_one(susan, browser, sign_in):
    elsewhere = sign_in(susan, remember=True)

    browser.post_form("/account/password", current_password=PASSWORD, **NEW)

    assert is_signed_in(browser)
    assert not is_signed_in(elsewhere)


def test_a_copy_of_the_cookie_of_before_is_dead(app, browser):
    browser.get("/account")
    thief = app.test_client()
    thief.set_cookie("session", browser.get_cookie("session").value)
    assert is_signed_in(thief)

    browser.post_form("/account/password", current_password=PASSWORD, **NEW)

    assert not is_signed_in(thief)


def test_a_remembered_browser_stays_remembered(app, client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD, remember_me="y")
    client.post_form("/account/password", current_password=PASSWORD, **NEW)

    client.delete_cookie("session")

    assert is_signed_in(client)
    assert Session.get().remembered


def test_a_browser_that_is_not_remembered_stays_so(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    client.post_form("/account/password", current_password=PASSWORD, **NEW)

    assert not Session.get().remembered
    assert client.get_cookie("remember") is None


@pytest.mark.parametrize(
    ("password", "password2"), [("short", "short"), ("x" * 129, "x" * 129), ("battery staple", "other")]
)
def test_a_bad_new_password_is_refused(app, browser, password, password2):
    response = browser.post_form(
        "/account/password", current_password=PASSWORD, password=password, password2=password2
    )

    assert response.status_code == 422
    assert can_sign_in(app, PASSWORD)


# The address


@pytest.fixture
def link(browser, letters):
    """The path of the link that was mailed to susan's new address."""
    browser.post_form("/account/email", email="new@example.org", current_password=PASSWORD)
    return re.search(r":8000(/account/email/\S+)", letters()["new@example.org"])[1]


def test_a_new_address_is_confirmed_by_mail_and_the_old_one_is_told(browser, susan, link, letters):
    assert User.get_by_id(susan.id).email == "susan@example.org", "nothing has changed so far"

    page = browser.get(link, follow_redirects=True)
    assert "new@example.org" in page.text
    assert User.get_by_id(susan.id).email == "susan@example.org", "looking changes nothing"
    response = browser.post_form("/account/confirm_email")

    assert response.location == "/account"
    assert User.with_email("NEW@example.org") == susan
    assert User.with_email("susan@example.org") is None
    told = letters()["susan@example.org"]
    assert "Your e-mail address was changed" in told
    assert "new@example.org" not in told
    assert {mail.state for mail in Mail.select()} == {SUCCEEDED}


def test_the_link_may_be_opened_in_another_browser(client, susan, link):
    response = client.get(link)

    assert response.location == "/account/confirm_email"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    client.post_form("/account/confirm_email")
    assert User.get_by_id(susan.id).email == "new@example.org"


def test_the_link_works_once(client, browser, link):
    client.get(link)
    client.post_form("/account/confirm_email")

    browser.get(link)

    assert browser.get("/account/confirm_email").status_code == 410
    assert browser.post_form("/account/confirm_email").status_code == 410


def test_the_link_works_for_a_day(client, link, later):
    later(hours=24)

    assert client.get(link, follow_redirects=True).status_code == 410


def test_an_address_that_somebody_took_meanwhile_is_refused(client, susan, link):
    User.register("mary", "New@example.org", "hash")
    client.get(link)

    client.post_form("/account/confirm_email")

    assert User.get_by_id(susan.id).email == "susan@example.org"
    assert Mail.select().where(Mail.kind == "email_changed").count() == 0


@pytest.mark.parametrize("address", ["susan@example.org", "JOHN@example.org"])
def test_an_address_that_is_taken_is_refused_at_once(browser, john, address):
    response = browser.post_form("/account/email", email=address, current_password=PASSWORD)

    assert response.status_code == 422
    assert (
        "There is an account with this address already. Sign in to it, or use another address."
        in response.text
    )
    assert Mail.select().count() == 0


@pytest.mark.parametrize("address", ["", "x", "a@b@c", "x\r\nBcc: y@example.org", "\x00@x.org", "x" * 5000])
def test_what_is_no_address_is_refused(browser, address):
    response = browser.post_form("/account/email", email=address, current_password=PASSWORD)

    assert response.status_code == 422
    assert Mail.select().count() == 0


def test_ones_own_address_can_be_spelled_in_another_way(browser, susan, letters):
    same = browser.post_form("/account/email", email="susan@example.org", current_password=PASSWORD)
    assert same.status_code == 422

    asked = browser.post_form("/account/email", email="Susan@example.org", current_password=PASSWORD)
    assert asked.status_code == 302
    browser.get(re.search(r":8000(/account/email/\S+)", letters()["Susan@example.org"])[1])
    browser.post_form("/account/confirm_email")

    assert User.get_by_id(susan.id).email == "Susan@example.org"


def test_an_address_can_be_flooded_by_nobody_however_they_spell_it(browser, letters, settings):
    for name in ("victim", "Victim", "VICTIM", "victim", "viCtim", "victiM"):
        browser.post_form("/account/email", email=f"{name}@example.org", current_password=PASSWORD)

    assert len(list((settings.data_dir / "outbox").glob("*.eml"))) == 3


def test_links_for_the_old_address_are_dead_once_it_was_changed(client, susan, link):
    client.post_form("/auth/reset_password_request", email="susan@example.org")
    assert Ticket.select().count() == 2

    client.get(link)
    client.post_form("/account/confirm_email")

    assert Ticket.select().count() == 0


@pytest.mark.parametrize("token", ["x", "%00", "%ff", "x" * 3000])
def test_a_made_up_link_is_dead(client, susan, token):
    assert client.get(f"/account/email/{token}", follow_redirects=True).status_code == 410


def test_without_a_mail_server_the_page_says_who_has_the_mail(browser):
    page = browser.get("/account/email")
    response = browser.post_form("/account/email", email="new@example.org", current_password=PASSWORD)

    assert "the link goes to the administrator" in page.text
    assert "The administrator has the link" in browser.get(response.location).text


def test_confirming_needs_the_token_of_the_form(client, link):
    client.get(link)

    assert client.post("/account/confirm_email").status_code == 400


# Sessions


def test_the_living_sessions_are_listed(susan, john, browser, sign_in, later):
    Session.start(susan, False, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    Session.start(john, False, "Mozilla/5.0 (iPhone) Safari/605")
    Session.update(seen_at=Session.created_at).execute()

    text = browser.get("/account").text

    assert "Firefox, Linux" in text
    assert "this browser" in text
    assert "iPhone" not in text


def test_a_session_that_is_over_is_not_listed(susan, sign_in, later):
    Session.start(susan, False, "Mozilla/5.0 Firefox/128.0")
    later(hours=25)

    assert "Firefox" not in sign_in(susan).get("/account").text


def test_another_session_can_be_ended(susan, browser, sign_in):
    elsewhere = sign_in(susan)
    other = Session.select().order_by(Session.id.desc()).get()

    response = browser.post_form(f"/account/sessions/{other.id}/end")

    assert response.location == "/account"
    assert "That browser is signed out." in browser.get("/account").text
    assert not is_signed_in(elsewhere)
    assert is_signed_in(browser)


def test_all_others_can_be_ended_at_once(susan, john, browser, sign_in):
    elsewhere, johns = [sign_in(susan), sign_in(susan, remember=True)], sign_in(john)

    browser.post_form("/account/sessions/end_others")

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


@pytest.mark.parametrize(
    "user_agent", ["", "<script>alert(1)</script>", "curl/8.0", "\u202e" * 50, "/" * 200]
)
def test_whatever_a_browser_calls_itself_is_shown_as_text(susan, browser, user_agent):
    Session.start(susan, False, user_agent)

    page = browser.get("/account")

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


def test_one_of_two_administrators_can_leave(app, sign_in):
    admin, _other = make_user("mary", is_admin=True), make_user("anne", is_admin=True)

    assert sign_in(admin).post_form("/account/delete", current_password=PASSWORD).status_code == 302
    assert User.named("mary") is None


def test_the_name_is_free_again(client, browser, john):
    browser.post_form("/account/delete", current_password=PASSWORD)

    client.post_form("/auth/register", username="susan", email="susan@example.org", **NEW)

    assert User.named("susan")
    assert Task.select().count() == 0


def test_confirming_an_address_after_leaving_finds_nothing(app, client, susan):
    token = Ticket.issue(CHANGE_EMAIL, susan, "new@example.org")
    susan.delete_instance()

    assert client.get(f"/account/email/{token}", follow_redirects=True).status_code == 410
