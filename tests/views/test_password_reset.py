import re
import threading

import pytest

from microblog import accounts
from microblog.base.database import connected
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, Session, User
from microblog.models.exceptions import TokenInvalid
from microblog.models.one_time_token import CHANGE_EMAIL, RESET_PASSWORD
from microblog.security import passwords
from microblog.tasks.states import CANCELLED, SUCCEEDED

REQUEST = "/auth/reset_password_request"
NEW = {"password": "battery staple", "password2": "battery staple"}


@pytest.fixture
def sent_mails(settings):
    """A function that returns the texts of the mails in the outbox."""
    return lambda: [path.read_text() for path in (settings.data_dir / "outbox").glob("*.eml")]


@pytest.fixture
def link(client, susan, sent_mails):
    """The path of the link that susan was mailed."""
    client.post_form(REQUEST, email=susan.email)
    [mail] = sent_mails()
    return re.search(r"http://127.0.0.1:8000(/auth/reset_password/\S+)", mail)[1]


def can_sign_in(app, password, username="susan"):
    response = app.test_client().post_form("/auth/login", username=username, password=password)
    return response.status_code == 302


# Asking


def test_asking_mails_a_link_and_leads_to_a_page_that_says_so(client, susan, sent_mails):
    response = client.post_form(REQUEST, email="susan@example.org")

    assert (response.status_code, response.location) == (302, "/auth/reset_password_request/sent")
    assert "If there is an account with this address" in client.get(response.location).text
    [text] = sent_mails()
    assert "Subject: [Microblog] Reset your password" in text
    assert "To: susan@example.org" in text
    mail = Mail.get()
    assert (mail.kind, mail.state) == ("reset_password", SUCCEEDED)
    assert f"Message-ID: <reset_password-{mail.id}@127.0.0.1>" in text


def test_the_address_is_known_in_any_case_and_the_mail_goes_to_it_as_it_was_given(client, susan, sent_mails):
    client.post_form(REQUEST, email="SUSAN@Example.Org")

    [mail] = sent_mails()
    assert "To: susan@example.org" in mail


@pytest.mark.asvs("6.4.2")
def test_nobody_can_tell_whether_there_is_such_an_account(app, susan, queries, monkeypatch):
    """Text, status, queries and hashes are the same; only the worker behaves differently."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", "")
    seen = []
    for address in ("susan@example.org", "stranger@example.org"):
        browser = app.test_client()
        response = browser.post_form(REQUEST, email=address)
        page = browser.get(response.location)
        seen.append((response.status_code, response.location, re.sub(r'value="[^"]*"', "", page.text)))

    assert seen[0] == seen[1]


@pytest.mark.parametrize("address", ["susan@example.org", "stranger@example.org"])
def test_the_request_itself_only_records_a_mail(client, susan, queries, monkeypatch, address):
    monkeypatch.setattr("microblog.tasks.queue.MicroblogHuey.enqueue_item", lambda *_: None)
    monkeypatch.setattr(passwords, "hasher", None)
    queries.clear()

    client.post_form(REQUEST, email=address)

    assert [query.split()[0] for query in queries] == ["INSERT"]
    assert Mail.get().recipient == address
    assert OneTimeToken.select().count() == 0


def test_a_strangers_address_is_not_kept(client, susan, sent_mails):
    client.post_form(REQUEST, email="stranger@example.org")

    assert sent_mails() == []
    mail = Mail.get()
    assert (mail.state, mail.recipient) == (CANCELLED, "")


def test_asking_again_and_again_floods_nobody(client, susan, sent_mails):
    for _ in range(6):
        client.post_form(REQUEST, email=susan.email)

    assert len(sent_mails()) == 3


@pytest.mark.parametrize(
    "address",
    [
        "",
        "susan",
        "a@b",
        "susan@example.org\r\nBcc: x@example.org",
        "\x00@\x00",
        "x" * 5000,
        "@",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(client, susan, address):
    response = client.post_form(REQUEST, email=address)

    assert response.status_code == 422
    assert 'class="error"' in response.text
    assert Mail.select().count() == 0


def test_without_a_mail_server_the_page_says_who_has_the_mail(client, susan):
    page = client.get(REQUEST)
    response = client.post_form(REQUEST, email=susan.email)

    assert "the link goes to the administrator" in page.text
    assert "the administrator has the link" in client.get(response.location).text


def test_asking_needs_the_token_of_the_form(client, susan):
    assert client.post(REQUEST, data={"email": susan.email}).status_code == 400
    assert client.delete(REQUEST).status_code == 405


# The mail


def test_no_secret_lies_in_the_database(client, susan, link, settings):
    token = link.rpartition("/")[2].encode()

    assert OneTimeToken.select().count() == 1
    for path in settings.data_dir.glob("microblog.db*"):
        assert token not in path.read_bytes()


def test_the_link_is_in_both_bodies_and_leads_to_the_site_only(client, susan, sent_mails):
    client.post_form(REQUEST, email=susan.email, headers={"X-Forwarded-Host": "evil.example"})

    [mail] = sent_mails()
    # In HTML twice: as the link, and written out for programs that show no links.
    assert mail.count("http://127.0.0.1:8000/auth/reset_password/") == 3
    assert "evil" not in mail


# Setting


@pytest.mark.asvs("14.2.1")
def test_the_token_leaves_the_address_at_once(client, link):
    response = client.get(link)

    assert (response.status_code, response.location) == (302, "/auth/reset_password")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    page = client.get(response.location)
    assert page.status_code == 200
    assert link.rpartition("/")[2] not in page.text
    assert page.cache_control.private


def test_a_new_password_takes_the_place_of_the_old(app, client, link):
    response = client.post_form(client.get(link).location, **NEW)

    assert (response.status_code, response.location) == (302, "/auth/login")
    assert "Your new password is set." in client.get(response.location).text
    assert can_sign_in(app, "battery staple")
    assert not can_sign_in(app, "correct horse")


def test_the_form_may_be_sent_to_the_link_itself(app, client, link):
    assert client.post_form(link, **NEW).location == "/auth/login"
    assert can_sign_in(app, "battery staple")


def test_looking_at_the_link_does_not_use_it_up(app, client, link):
    app.test_client().get(link, follow_redirects=True)

    assert client.post_form(link, **NEW).status_code == 302


def test_the_link_works_once(app, client, link):
    client.post_form(link, **NEW)
    browser = app.test_client()

    again = browser.get(link, follow_redirects=True)
    posted = browser.post_form(link, password="third password", password2="third password")

    assert (again.status_code, posted.status_code) == (410, 410)
    assert "This link does not work any more" in again.text
    assert can_sign_in(app, "battery staple")


@pytest.mark.parametrize(("minutes", "status"), [(9, 200), (10, 410)])
@pytest.mark.asvs("6.4.1")
def test_the_link_works_for_ten_minutes(client, link, later, minutes, status):
    later(minutes=minutes)

    assert client.get(link, follow_redirects=True).status_code == status


def test_a_new_password_voids_every_other_link(app, client, susan, link, sent_mails):
    client.post_form(REQUEST, email=susan.email)
    links = {re.search(r":8000(/auth/reset_password/\S+)", mail)[1] for mail in sent_mails()}
    email_token = OneTimeToken.issue(CHANGE_EMAIL, susan, "thief@example.org")
    client.post_form(link, **NEW)

    [other] = links - {link}
    assert client.get(other, follow_redirects=True).status_code == 410
    with pytest.raises(TokenInvalid):
        OneTimeToken.from_secret(CHANGE_EMAIL, email_token)


def test_every_session_ends(app, client, susan, link, sign_in):
    elsewhere, remembered = sign_in(susan), sign_in(susan, remember=True)

    client.post_form(link, **NEW)

    assert [browser.get("/notifications").status_code for browser in (elsewhere, remembered)] == [401, 401]


def test_who_is_signed_in_here_stays_so_by_a_session_of_its_own(susan, link, sign_in):
    browser = sign_in(susan, remember=True)
    before = Session.get().id

    browser.post_form(link, **NEW)

    assert browser.get("/notifications").status_code == 200
    assert Session.get().id != before
    assert Session.get().remembered


def test_somebody_elses_browser_is_not_signed_in(app, susan, john, link, sign_in):
    browser = sign_in(john)

    browser.post_form(link, **NEW)

    assert Session.get().user == john
    assert can_sign_in(app, "battery staple")


@pytest.mark.parametrize(
    ("password", "password2"),
    [
        ("", ""),
        ("short", "short"),
        ("x" * 129, "x" * 129),
        ("battery staple", "other staple"),
        ("\x00", "\x00"),
    ],
)
def test_a_bad_password_is_refused_and_the_link_stays_good(app, client, link, password, password2):
    response = client.post_form(link, password=password, password2=password2)

    assert response.status_code == 422
    assert can_sign_in(app, "correct horse")
    assert client.post_form(link, **NEW).status_code == 302


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%00", "%ff%fe", "..", "%ed%a0%80", "博客"])
def test_a_made_up_link_is_dead(client, susan, token):
    assert client.get(f"/auth/reset_password/{token}", follow_redirects=True).status_code == 410
    assert client.post_form(f"/auth/reset_password/{token}", **NEW).status_code == 410


def test_without_a_link_there_is_nothing_to_set(client, susan):
    assert client.get("/auth/reset_password").status_code == 410
    assert client.post_form("/auth/reset_password", **NEW).status_code == 410
    assert client.put("/auth/reset_password").status_code == 405


def test_a_link_for_something_else_sets_no_password(client, susan):
    token = OneTimeToken.issue(CHANGE_EMAIL, susan, "new@example.org")

    assert client.post_form(f"/auth/reset_password/{token}", **NEW).status_code == 410


def test_setting_needs_the_token_of_the_form(app, client, link):
    assert client.post(link, data=NEW).status_code == 400
    assert can_sign_in(app, "correct horse")


@pytest.mark.asvs("2.3.1")
def test_twenty_at_once_redeem_a_token_once(app, susan):
    token = OneTimeToken.issue(RESET_PASSWORD, susan)
    tokens = [OneTimeToken.from_secret(RESET_PASSWORD, token) for _ in range(20)]
    outcomes = []

    def use(number):
        with app.app_context(), connected():
            try:
                accounts.change_password(User.get_by_id(susan.id), f"battery staple {number}", tokens[number])
                outcomes.append("used")
            except TokenInvalid:
                outcomes.append("too late")

    threads = [threading.Thread(target=use, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["too late"] * 19 + ["used"]
