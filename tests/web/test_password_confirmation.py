"""Giving the password again: what it does to the browser; which routes ask is in tests/attacks."""

import pytest

from microblog import accounts
from microblog.base.config import Settings
from microblog.models import Session, Token, User
from microblog.security import security_log
from microblog.web import forms
from tests.conftest import PASSWORD, is_signed_in


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, secret_key="x" * 32)


@pytest.fixture
def long_after(client, susan):
    """A browser that stays signed in, an hour after susan gave her password."""
    client.post_form("/auth/login", username="susan", password=PASSWORD, remember_me="y")
    Session.update(password_confirmed_at=None).execute()
    return client


def test_it_holds_for_ten_minutes(long_after, later):
    long_after.post_form("/account/confirm", current_password=PASSWORD)

    later(minutes=9)
    assert long_after.post_form("/account/tokens", name="first").status_code == 201
    later(minutes=11)
    assert long_after.post_form("/account/tokens", name="second").status_code == 401
    assert [token.name for token in Token.select()] == ["first"]


def test_it_is_in_the_security_log(long_after):
    long_after.post_form("/account/confirm", current_password="wrong horse")
    long_after.post_form("/account/confirm", current_password=PASSWORD)

    assert [text for _at, text in security_log.latest(2)] == [
        "password-confirmed user=susan address=127.0.0.1",
        "password-check-failed user=susan address=127.0.0.1",
    ]


def test_it_holds_for_the_browser_in_which_it_was_given(long_after, sign_in, susan):
    elsewhere = sign_in(susan)
    Session.update(password_confirmed_at=None).execute()

    long_after.post_form("/account/confirm", current_password=PASSWORD)

    assert elsewhere.post_form("/account/tokens", name="x").status_code == 401


def test_the_browser_stays_signed_in_as_long_as_before(long_after):
    [before] = Session.select()

    long_after.post_form("/account/confirm", current_password=PASSWORD)

    [after] = Session.select()
    assert (after.id, after.created_at, after.remembered) == (before.id, before.created_at, True)
    long_after.delete_cookie("session")
    assert is_signed_in(long_after), "by the cookie that outlives the browser"


def test_the_form_of_another_tab_can_be_sent_afterwards(long_after):
    token = long_after.csrf_token

    long_after.post_form("/account/confirm", current_password=PASSWORD)

    assert long_after.post("/", data={"csrf_token": token, "post": "typed before"}).status_code == 302


def test_a_password_that_was_changed_while_it_was_checked_counts_no_more(app, long_after, monkeypatch):
    def check_slowly(user, password):
        with app.app_context():
            accounts.change_password(User.get_by_id(user.id), "battery staple", by="operator")
        return True

    monkeypatch.setattr(forms, "check_password", check_slowly)

    response = long_after.post_form("/account/tokens", name="x", current_password=PASSWORD)

    assert response.status_code == 409
    assert not is_signed_in(long_after)
    assert not Token.select().exists()


def test_guesses_are_limited_and_what_was_typed_is_kept(long_after):
    def guess(password):
        return long_after.post_form("/account/tokens", name="my program", current_password=password)

    assert [guess("wrong horse").status_code for _ in range(10)] == [422] * 10
    refused = guess(PASSWORD)

    assert refused.status_code == 429
    assert 'name="name" value="my program"' in refused.text
    assert PASSWORD not in refused.text
    assert not Token.select().exists()


def test_whoever_is_asked_has_guessed_nothing(long_after):
    asked = [long_after.post_form("/account/tokens", name="x").status_code for _ in range(15)]

    assert asked == [401] * 15
    assert long_after.post_form("/account/confirm", current_password=PASSWORD).status_code == 302
