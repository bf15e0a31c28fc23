"""Signing in with a second factor: the page that asks for the code, and browsers in which none is asked."""

import re
from datetime import timedelta

import pytest

from microblog import accounts
from microblog.accounts import second_factor
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, SecondFactor, Session, User
from microblog.models.one_time_token import RESET_PASSWORD
from tests.conftest import PASSWORD, is_signed_in
from tests.second_factors import give, shown, wrong

PAGE = "/auth/second_factor"


@pytest.fixture
def codes(susan):
    """Susan's recovery codes."""
    return give(susan)


def knock(browser, password=PASSWORD, **fields):
    return browser.post_form("/auth/login", username="susan", password=password, **fields)


def sign_in(browser, code=None, **fields):
    knock(browser)
    return browser.post_form(PAGE, code=code or shown(), **fields)


def test_the_password_alone_lets_nobody_in(client, codes):
    response = knock(client)

    assert response.location == PAGE
    assert not is_signed_in(client)
    assert not Session.select().exists()
    assert client.get_cookie("remember") is None
    assert client.get_cookie("known") is None


def test_with_a_code_one_is_in(client, codes):
    response = sign_in(client)

    assert (response.status_code, response.location) == (302, "/")
    assert is_signed_in(client)


def test_the_page_leads_to_where_one_wanted_to_go(client, codes):
    client.post_form("/auth/login?next=/messages", username="susan", password=PASSWORD)

    assert client.post_form(PAGE, code=shown()).location == "/messages"


def test_people_type_codes_as_they_like(client, codes):
    code = shown()

    assert sign_in(client, f" {code[:3]} {code[3:]} ").status_code == 302


def test_full_width_digits_are_digits(client, codes):
    assert sign_in(client, "".join(chr(ord(digit) + 0xFEE0) for digit in shown())).status_code == 302


def test_a_recovery_code_lets_in_once_and_is_mailed(app, client, codes):
    assert sign_in(client, codes[0].upper()).status_code == 302
    assert "recovery_code" in [mail.arguments["event"] for mail in Mail.select()]

    again = app.test_client()
    assert sign_in(again, codes[0]).status_code == 422
    assert not is_signed_in(again)


def test_a_code_that_was_used_is_refused_in_another_browser(app, client, codes):
    code = shown()
    sign_in(client, code)

    spy = app.test_client()
    response = sign_in(spy, code)

    assert response.status_code == 422
    assert re.search(r'aria-invalid="true"[^>]*name="code"', response.text)
    assert not is_signed_in(spy)


@pytest.mark.parametrize("code", ["", "x", "\x00", "9" * 5000])
def test_what_is_no_code_is_refused(client, codes, code):
    knock(client)

    assert client.post_form(PAGE, code=code).status_code == 422
    assert not is_signed_in(client)


def test_a_wrong_code_in_a_strange_browser_is_mailed_because_somebody_knows_the_password(client, codes):
    sign_in(client, wrong())

    assert [mail.arguments["event"] for mail in Mail.select()] == ["wrong_code"]


def test_a_wrong_code_in_a_known_browser_is_a_slip(client, codes):
    sign_in(client)
    client.post_form("/auth/logout")
    Mail.delete().execute()

    sign_in(client, wrong())

    assert not Mail.select().exists()


def test_to_stay_signed_in_is_chosen_before(client, codes):
    knock(client, remember_me="y")
    client.post_form(PAGE, code=shown())

    assert Session.get().remembered
    client.delete_cookie("session")
    assert is_signed_in(client)


def test_there_is_no_page_without_the_password_before(client, browser, codes):
    assert client.get(PAGE).location == "/auth/login"
    assert client.post_form(PAGE, code=shown()).location == "/auth/login"
    assert browser.get(PAGE).location == "/auth/login"


def test_after_ten_minutes_the_password_is_asked_for_again(client, codes, later):
    knock(client)
    later(minutes=11)

    assert client.get(PAGE).location == "/auth/login"
    assert "Sign in again." in client.get("/auth/login").text


@pytest.mark.parametrize(
    "act",
    [
        lambda susan: accounts.change_password(susan, "battery staple"),
        lambda susan: accounts.suspend(susan, by="mary"),
        lambda susan: second_factor.reset(susan, by="operator"),
        lambda susan: susan.delete_instance(),
    ],
    ids=["new password", "suspended", "reset", "deleted"],
)
def test_what_revokes_the_password_ends_the_step(app, client, susan, codes, act):
    knock(client)

    with app.app_context():
        act(User.named("susan"))

    assert client.post_form(PAGE, code=codes[0]).location == "/auth/login"
    assert not is_signed_in(client)


def test_the_cookie_of_the_step_cannot_be_made_of_another(app, client, susan, john, codes):
    """Nothing of it is believed but what we signed."""
    knock(client)
    kept = client.get_cookie("session").value
    forged = app.test_client()
    forged.set_cookie("session", kept[:-2] + "xx")

    assert forged.post_form(PAGE, code=shown()).location == "/auth/login"


def test_a_new_password_by_mail_does_not_get_past_it(client, susan, codes):
    new = {"password": "battery staple", "password2": "battery staple"}
    client.post_form(f"/auth/reset_password/{OneTimeToken.issue(RESET_PASSWORD, susan)}", **new)
    assert not is_signed_in(client)

    response = client.post_form("/auth/login", username="susan", password="battery staple")

    assert response.location == PAGE
    assert SecondFactor.of(susan)


# Browsers in which no code is asked for


@pytest.fixture
def remembered(client, codes):
    """A browser in which susan has signed in and out, and wants to be asked for no code."""
    sign_in(client, remember_device="y")
    client.post_form("/auth/logout")
    return client


def test_a_remembered_device_is_asked_for_no_code(remembered):
    assert knock(remembered).location == "/"
    assert is_signed_in(remembered)


def test_no_device_is_remembered_unasked(client, codes):
    sign_in(client)
    client.post_form("/auth/logout")

    assert knock(client).location == PAGE


def test_a_device_is_remembered_for_thirty_days(remembered):
    cookie = remembered.get_cookie("device")

    assert cookie.max_age == timedelta(days=30).total_seconds()
    assert cookie.http_only


@pytest.mark.parametrize(
    "act",
    [
        lambda susan: accounts.change_password(susan, "battery staple"),
        lambda susan: accounts.sign_out_everywhere(susan, Session.start(susan, False, "")[0]),
        lambda susan: second_factor.switch_off(susan),
        lambda susan: second_factor.reset(susan, by="operator"),
    ],
    ids=["new password", "everywhere", "switched off", "reset"],
)
def test_what_ends_a_remembered_device(app, remembered, susan, codes, act):
    with app.app_context():
        act(User.named("susan"))
    SecondFactor.of(susan) or give(susan)

    assert PAGE in {knock(remembered, password).location for password in (PASSWORD, "battery staple")}
    assert not is_signed_in(remembered)


def test_the_device_of_one_is_not_that_of_another(remembered, john):
    give(john)

    response = remembered.post_form("/auth/login", username="john", password=PASSWORD)

    assert response.location == PAGE


@pytest.mark.parametrize("value", ["", "x", "WzEsOV0.x.y"])
def test_nobody_makes_themselves_a_remembered_device(client, codes, value):
    client.set_cookie("device", value)

    assert knock(client).location == PAGE
