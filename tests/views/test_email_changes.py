import re

import pytest

from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, User
from microblog.models.one_time_token import CHANGE_EMAIL
from microblog.tasks.states import SUCCEEDED
from tests.conftest import PASSWORD


@pytest.fixture
def sent_mails(settings):
    """A function that returns the texts of the mails in the outbox, by recipient."""
    return lambda: {
        re.search("^To: (.*)$", text, re.MULTILINE)[1]: text
        for path in (settings.data_dir / "outbox").glob("*.eml")
        for text in [path.read_text()]
    }


@pytest.fixture
def link(browser, sent_mails):
    """The path of the link that was mailed to susan's new address."""
    browser.post_form("/account/email", email="new@example.org", current_password=PASSWORD)
    return re.search(r":8000(/account/email/\S+)", sent_mails()["new@example.org"])[1]


def test_a_new_address_is_confirmed_by_mail_and_the_old_one_is_told(browser, susan, link, sent_mails):
    assert User.get_by_id(susan.id).email == "susan@example.org", "nothing has changed so far"

    page = browser.get(link, follow_redirects=True)
    assert "new@example.org" in page.text
    assert User.get_by_id(susan.id).email == "susan@example.org", "looking changes nothing"
    response = browser.post_form("/account/confirm_email")

    assert response.location == "/settings/account"
    assert User.with_email("NEW@example.org") == susan
    assert User.with_email("susan@example.org") is None
    told = sent_mails()["susan@example.org"]
    assert "Your e-mail address was changed" in told
    assert "new@example.org" not in told
    assert {mail.state for mail in Mail.select()} == {SUCCEEDED}


def test_the_link_may_be_opened_in_another_browser(client, susan, link):
    response = client.get(link)

    assert response.location == "/account/confirm_email"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    client.post_form("/account/confirm_email")
    assert User.get_by_id(susan.id).email == "new@example.org"


@pytest.mark.asvs("2.3.1", "6.4.1")
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


def without_tokens(page):
    """The text of *page* without what tells the second at which it was drawn."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_nobody_learns_whether_an_address_has_an_account_but_its_owner(browser, susan, john, sent_mails):
    answers = [
        (response.status_code, response.location, without_tokens(browser.get(response.location).text))
        for address in ("JOHN@example.org", "free@example.org")
        for response in [browser.post_form("/account/email", email=address, current_password=PASSWORD)]
    ]

    taken, free = answers
    assert taken == (*free[:2], free[2].replace("free@", "JOHN@"))
    told = sent_mails()["JOHN@example.org"]
    assert "Hello john," in told
    assert "Somebody asked to use this address" in told
    assert "susan" not in told
    assert "/account/email/" not in told
    assert "/account/email/" in sent_mails()["free@example.org"]
    assert not OneTimeToken.select().where(OneTimeToken.email == "JOHN@example.org").exists()


@pytest.mark.parametrize("address", ["", "x", "a@b@c", "x\r\nBcc: y@example.org", "\x00@x.org", "x" * 5000])
def test_what_is_no_address_is_refused(browser, address):
    response = browser.post_form("/account/email", email=address, current_password=PASSWORD)

    assert response.status_code == 422
    assert Mail.select().count() == 0


def test_ones_own_address_can_be_spelled_in_another_way(browser, susan, sent_mails):
    asked = browser.post_form("/account/email", email="Susan@example.org", current_password=PASSWORD)
    assert asked.status_code == 302
    browser.get(re.search(r":8000(/account/email/\S+)", sent_mails()["Susan@example.org"])[1])
    browser.post_form("/account/confirm_email")

    assert User.get_by_id(susan.id).email == "Susan@example.org"


def test_an_address_can_be_flooded_by_nobody_however_they_spell_it(browser, sent_mails, settings):
    for name in ("victim", "Victim", "VICTIM", "victim", "viCtim", "victiM"):
        browser.post_form("/account/email", email=f"{name}@example.org", current_password=PASSWORD)

    assert len(list((settings.data_dir / "outbox").glob("*.eml"))) == 3


def test_links_for_the_old_address_are_dead_once_it_was_changed(client, susan, link):
    client.post_form("/auth/reset_password_request", email="susan@example.org")
    assert OneTimeToken.select().count() == 2

    client.get(link)
    client.post_form("/account/confirm_email")

    assert OneTimeToken.select().count() == 0


@pytest.mark.parametrize("token", ["x", "%00", "%ff", "x" * 3000])
def test_a_made_up_link_is_dead(client, susan, token):
    assert client.get(f"/account/email/{token}", follow_redirects=True).status_code == 410


def test_without_a_mail_server_the_page_says_who_has_the_mail(browser):
    page = browser.get("/account/email")
    response = browser.post_form("/account/email", email="new@example.org", current_password=PASSWORD)

    assert "the link goes to the administrator" in page.text
    assert "The administrator has the mail" in browser.get(response.location).text


def test_confirming_needs_the_token_of_the_form(client, link):
    client.get(link)

    assert client.post("/account/confirm_email").status_code == 400


def test_confirming_an_address_after_leaving_finds_nothing(app, client, susan):
    token = OneTimeToken.issue(CHANGE_EMAIL, susan, "new@example.org")
    susan.delete_instance()

    assert client.get(f"/account/email/{token}", follow_redirects=True).status_code == 410
