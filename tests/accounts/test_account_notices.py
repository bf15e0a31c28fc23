"""
Mails about what was done to one's account.

The table says for each event of the security log whether its user is told by mail; one that is not in it
fails the tests.
"""

import ast
import re

import pytest

from microblog import accounts
from microblog.mail import account_notices
from microblog.mail.account_notices import KIND, MOST, NOTICES
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, User
from microblog.models.one_time_token import CHANGE_EMAIL, RESET_PASSWORD
from tests import second_factors, source
from tests.conftest import PASSWORD

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
NEW = {"password": "battery staple", "password2": "battery staple"}
# What changes who gets in, and what the mail about it is: its kind or, of a notice, its event.
TOLD = {
    "email-changed": "email_changed",
    "password-changed": "password",
    "password-reset": "password",
    "recovery-code-used": "recovery_code",
    "recovery-codes-made": "recovery_codes",
    "second-factor-failed": "wrong_code",
    "second-factor-off": "second_factor_off",
    "second-factor-on": "second_factor_on",
    "second-factor-reset": "second_factor_reset",
    "sign-in": "new_browser",
    "token-made": "token",
}
# What lets nobody in, or is told where it happens; or the user is gone.
SILENT = """
    access-refused account-deleted confirmation-asked demo-people-added demo-people-removed email-change-asked
    email-confirmed
    export-asked export-deleted export-downloaded import-asked import-cancelled
    import-confirmed import-undone invitation-withdrawn invited limit-hit
    made-administrator mail-read oldest-sessions-ended other-sessions-ended password-check-failed
    password-confirmed post-deleted post-put-back posts-deletion-asked posts-deletion-undone registered
    renamed reports-done reset-asked restored session-ended sessions-ended
    failures-discarded failures-tried-again nightly-launched work-held work-resumed
    set-up sign-in-failed sign-in-refused sign-out suspended task-cancelled task-retried token-ended
"""


def sign_in(client, susan):
    User.update(seen_at=susan.created_at).where(User.id == susan.id).execute()
    client.post_form("/auth/login", username="susan", password=PASSWORD, headers={"User-Agent": FIREFOX})


def change_password(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    client.post_form("/account/password", current_password=PASSWORD, headers={"User-Agent": FIREFOX}, **NEW)


def reset_password(client, susan):
    link = f"/auth/reset_password/{OneTimeToken.issue(RESET_PASSWORD, susan)}"
    client.post_form(link, headers={"User-Agent": FIREFOX}, **NEW)


def make_token(client, susan):
    client.post(
        "/api/tokens", json={"name": "mine"}, auth=("susan", PASSWORD), headers={"User-Agent": FIREFOX}
    )


def change_email(client, susan):
    client.get(f"/account/email/{OneTimeToken.issue(CHANGE_EMAIL, susan, 'new@example.org')}")
    client.post_form("/account/confirm_email", headers={"User-Agent": FIREFOX})


def sign_in_with(client, susan, code):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    client.post_form("/auth/second_factor", code=code, headers={"User-Agent": FIREFOX})


def use_a_recovery_code(client, susan):
    sign_in_with(client, susan, second_factors.give(susan)[0])


def give_a_wrong_code(client, susan):
    second_factors.give(susan)
    sign_in_with(client, susan, second_factors.wrong())


def act_on_second_factor(client, act, **fields):
    headers = {"User-Agent": FIREFOX}
    client.post_form(f"/account/second_factor{act}", current_password=PASSWORD, headers=headers, **fields)


def make_recovery_codes(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    second_factors.give(susan)
    act_on_second_factor(client, "/codes", code=second_factors.shown())


def switch_off(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    second_factors.give(susan)
    act_on_second_factor(client, "/delete", code=second_factors.shown())


def switch_on(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    page = client.get("/account/second_factor").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    signed = re.search(r'name="secret" value="([^"]+)"', page)[1]
    act_on_second_factor(client, "", code=second_factors.shown(secret=secret), secret=signed)


# But what the operator alone does.
ACTS = {
    "email-changed": change_email,
    "password-changed": change_password,
    "password-reset": reset_password,
    "recovery-code-used": use_a_recovery_code,
    "recovery-codes-made": make_recovery_codes,
    "second-factor-failed": give_a_wrong_code,
    "second-factor-off": switch_off,
    "second-factor-on": switch_on,
    "sign-in": sign_in,
    "token-made": make_token,
}


@pytest.mark.asvs("6.3.7")
def test_the_table_names_every_event():
    assert set(recorded()) == {*TOLD, *SILENT.split()}


@pytest.mark.parametrize("event", ACTS)
@pytest.mark.asvs("6.3.5", "6.3.7")
def test_the_owner_is_told_when_from_which_browser_and_what_to_do(client, susan, outbox, event):
    ACTS[event](client, susan)

    [mail] = told()
    assert mail.recipient == "susan@example.org"
    assert mail.arguments.get("event", mail.kind) == TOLD[event]
    [text] = outbox()
    assert "To: susan@example.org" in text
    assert re.search(r"When: .*UTC", text)
    assert "From: Firefox, Linux" in text
    assert "tell the administrator" in text
    assert re.findall(r'href="(.*?)"', text) == ["http://127.0.0.1:8000/"], "no link that does anything"


def test_every_notice_is_about_something_in_the_table():
    assert set(NOTICES) == set(TOLD.values()) - {"email_changed"}


def test_a_known_browser_is_no_news(client, susan):
    sign_in(client, susan)
    client.post_form("/auth/logout")
    sign_in(client, susan)

    assert len(told()) == 1


def test_a_new_password_makes_no_stranger_of_the_browser_that_set_it(client, susan):
    change_password(client, susan)

    assert [mail.arguments["event"] for mail in told()] == ["password"]


def test_whoever_just_registered_is_told_nothing(client, susan):
    client.post_form("/auth/register", username="anne", email="anne@example.org", **NEW)

    assert User.named("anne").seen_at
    assert told() == []


def test_what_the_operator_did_names_no_browser(app, susan, outbox):
    app.test_cli_runner().invoke(
        args=["reset-password", "susan", "--password-stdin"], input="battery staple\n"
    )

    [text] = outbox()
    assert "By: whoever runs the site" in text
    assert "From: Firefox" not in text


def test_the_mail_is_in_the_language_of_its_reader(app, susan, outbox):
    susan.set_language("es")
    with app.app_context():
        accounts.change_password(User.get_by_id(susan.id), "battery staple")

    assert "Cuándo: " in outbox()[0]


@pytest.mark.parametrize("name", ["https://evil.example/x", "evil.example", "<b>x</b>", "\u202ex"])
def test_a_browser_cannot_put_a_link_into_the_mail(client, susan, outbox, name):
    User.update(seen_at=susan.created_at).execute()
    client.post_form(
        "/auth/login",
        username="susan",
        password=PASSWORD,
        headers={"User-Agent": name.encode().decode("latin-1")},
    )

    assert "evil.example" not in outbox()[0]
    assert "<b>" not in outbox()[0]


def test_nobody_floods_a_mailbox_and_one_event_hides_no_other(app, susan, later):
    for _ in range(MOST + 2):
        account_notices.send(susan, "token")
    account_notices.send(susan, "password")

    assert [mail.arguments["event"] for mail in told()] == ["token"] * MOST + ["password"]
    later(hours=1, seconds=1)
    account_notices.send(susan, "token")
    assert len(told()) == MOST + 2


@pytest.fixture
def outbox(settings):
    """A function that returns the mails in the outbox as texts."""
    return lambda: [path.read_text() for path in (settings.data_dir / "outbox").glob("*.eml")]


def told():
    return list(Mail.select().where(Mail.kind.in_([KIND, "email_changed"])).order_by(Mail.created_at))


def recorded():
    """The events that the code writes to the security log."""
    for _path, tree in source.trees("security_log"):
        for called, call in source.calls(tree):
            if called == "security_log.record":
                yield from (part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant))
