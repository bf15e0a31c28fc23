"""To an address that nobody has confirmed go the link that confirms it, and that for a new password."""

import re

import pytest

from microblog import accounts, exports
from microblog.mail import error_mails, templates
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, User
from microblog.models.one_time_token import RESET_PASSWORD
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, SUCCEEDED
from microblog.tasks.task import Task
from tests.conftest import PASSWORD, make_user
from tests.end_to_end.postbox import Postbox

# Not those of tests: one of them would end this process.
KINDS = {kind for kind, text in templates.kinds.items() if text.__module__.startswith("microblog.")}
LINKS = {"change_email", "reset_password"}
# To the addresses of the setting ADMINS.
BY_THE_OPERATOR = {error_mails.ERROR}
ARGUMENTS = {"event": "token", "key": "x", "report": "x", "what": "x"}
NEW = {"password": "battery staple", "password2": "battery staple"}


@pytest.fixture
def postbox(app, monkeypatch):
    with Postbox() as postbox:
        monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
        app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", postbox.port
        yield postbox


@pytest.fixture
def stranger(app):
    """Somebody who gave an address that may be a stranger's."""
    return make_user("stranger", confirmed=False)


@pytest.fixture
def export(app, stranger):
    with app.app_context():
        return exports.request(stranger)


def left(postbox):
    """The subjects of the mails that left since this was last asked, without the site's name."""
    subjects = [mail["Subject"].removeprefix("[Microblog] ") for mail in postbox.mails]
    postbox.mails.clear()
    return subjects


def link(postbox):
    return re.search(r":8000(/\S+)", postbox.mails.pop().get_body(("plain",)).get_content())[1]


@pytest.mark.parametrize("kind", sorted(KINDS - BY_THE_OPERATOR))
def test_only_links_leave_until_the_address_is_confirmed(app, postbox, stranger, export, kind):
    task = export if kind == "export_posts" else None

    def send():
        with app.app_context():
            mail = Mail.send(kind, stranger.email, user=stranger, task=task, **ARGUMENTS)
        return Mail.get_by_id(mail.id).state, [mail["To"] for mail in postbox.mails]

    state, recipients = send()
    assert (state == SUCCEEDED, recipients) == (kind in LINKS, [stranger.email] * (kind in LINKS))

    postbox.mails.clear()
    stranger.confirm()
    assert send() == (SUCCEEDED, [stranger.email])


@pytest.mark.parametrize("kind", sorted(KINDS - BY_THE_OPERATOR - LINKS))
def test_what_waits_for_an_unconfirmed_address_is_not_sent_there_after_it_was_left(
    app, postbox, stranger, export, kind, monkeypatch
):
    former, task = stranger.email, export if kind == "export_posts" else None
    with app.app_context():
        with monkeypatch.context() as patch:
            patch.setattr(huey, "enqueue_item", lambda mail: None)
            mail = Mail.send(kind, former, user=stranger, task=task, **ARGUMENTS)
        stranger.change_email("new@example.org")
        huey.enqueue_item(mail)

    assert Mail.get_by_id(mail.id).complete
    assert former not in [mail["To"] for mail in postbox.mails]


def test_whatever_such_a_user_does_nothing_else_leaves(app, client, postbox):
    make_user("susan")
    client.post_form("/auth/register", username="stranger", email="stranger@example.org", **NEW)
    assert left(postbox) == ["Confirm your e-mail address"]

    client.post_form("/", post="BUY NOW")
    client.post_form("/export_posts")
    client.post("/api/tokens", auth=("stranger", NEW["password"]))
    app.test_client().post_form("/auth/login", username="stranger", password=NEW["password"])
    other = {"password": "correct staple", "password2": "correct staple"}
    client.post_form("/account/password", current_password=NEW["password"], **other)
    browser = app.test_client()
    browser.post_form("/auth/login", username="susan", password=PASSWORD)
    left(postbox)
    browser.post_form("/account/email", email="stranger@example.org", current_password=PASSWORD)
    assert left(postbox) == []

    client.post_form("/account/email", email="new@example.org", current_password=other["password"])
    assert [mail["To"] for mail in postbox.mails] == ["new@example.org"]
    client.get(link(postbox))
    client.post_form("/account/confirm_email")
    assert left(postbox) == [], "the former address is still nobody's"


def test_nobody_keeps_a_warning_back_by_registering_with_the_former_address(app, client, postbox, susan):
    susan.change_email("taken.over@example.org")
    client.post_form("/auth/register", username="mary", email="susan@example.org", **NEW)
    left(postbox)

    with app.app_context():
        Mail.send("email_changed", "susan@example.org", user=susan)

    assert [mail["To"] for mail in postbox.mails] == ["susan@example.org"]


def test_a_mail_by_address_alone_goes_to_no_unconfirmed_one(app, postbox, stranger, monkeypatch):
    monkeypatch.setitem(
        templates.kinds, "news", lambda mail: templates.MailText(mail.recipient, None, "x", {})
    )
    with app.app_context():
        mail = Mail.send("news", stranger.email.upper())

    assert Mail.get_by_id(mail.id).state == CANCELLED
    assert left(postbox) == []


def test_the_mailed_link_confirms(client, postbox):
    make_user("susan")
    client.post_form("/auth/register", username="mary", email="mary@example.org", **NEW)
    page = client.get("/settings/account").text
    assert "not confirmed yet" in page

    client.get(link(postbox))
    client.post_form("/account/confirm_email")

    assert User.named("mary").confirmed_at
    assert left(postbox) == [], "nothing was changed"
    assert "not confirmed yet" not in client.get("/settings/account").text
    client.post_form("/export_posts")
    assert left(postbox) == ["Your blog posts"]


def test_the_link_can_be_asked_for_again(client, postbox):
    make_user("susan")
    client.post_form("/auth/register", username="mary", email="mary@example.org", **NEW)
    assert 'action="/account/confirm_email/send"' in client.get("/settings/account").text

    for _ in range(4):
        client.post_form("/account/confirm_email/send")

    assert left(postbox) == ["Confirm your e-mail address"] * 3, "three within ten minutes, as all links"


def test_a_link_for_a_new_password_confirms(app, client, postbox, stranger):
    token = OneTimeToken.issue(RESET_PASSWORD, stranger)
    client.post_form(f"/auth/reset_password/{token}", **NEW)

    assert User.get_by_id(stranger.id).confirmed_at
    assert left(postbox) == ["Your password was changed"]


def test_the_card_and_the_api_say_why_no_mail_came(app, client, postbox, stranger, sign_in):
    browser = sign_in(stranger)
    assert "not mailed, because your address is not confirmed" in browser.get("/tasks").text

    browser.post_form("/export_posts")

    task = Task.get()
    assert (task.state, task.mail.state) == (SUCCEEDED, FAILED)
    assert (
        "The mail could not be sent: Your e-mail address is not confirmed yet." in browser.get("/tasks").text
    )
    assert "posts" in browser.get(f"/tasks/{task.id}/download", buffered=True).text
    assert task.mail.summary()["error"] == templates.UNCONFIRMED


def test_a_mail_that_no_page_tells_of_ends_quietly(app, postbox, stranger):
    with app.app_context():
        mail = Mail.send("account_notice", stranger.email, user=stranger, **ARGUMENTS)

    assert Mail.get_by_id(mail.id).state == CANCELLED


def test_without_a_mail_server_everybody_counts_as_confirmed(client, susan, settings):
    client.post_form("/auth/register", username="mary", email="mary@example.org", **NEW)
    assert not Mail.select().exists(), "the administrator need not pass on a link"
    assert "not confirmed" not in client.get("/settings/account").text
    client.post_form("/export_posts")

    [mail] = (settings.data_dir / "outbox").glob("*.eml")
    assert "To: mary@example.org" in mail.read_text()
    assert User.named("mary").confirmed_at is None, "once there is a mail server, they are asked"


def test_who_vouches_for_an_account_confirms_its_address(app):
    with app.app_context():
        made = accounts.create("mary", "mary@example.org", "battery staple", is_admin=False, by="operator")
        first = accounts.set_up("anna", "anna@example.org", "battery staple")

    assert made.confirmed_at
    assert first.confirmed_at
