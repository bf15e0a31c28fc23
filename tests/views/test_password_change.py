import pytest

from microblog.models import Session
from tests.conftest import PASSWORD, is_signed_in

NEW = {"password": "battery staple", "password2": "battery staple"}


def can_sign_in(app, password):
    return app.test_client().post_form("/auth/login", username="susan", password=password).status_code == 302


@pytest.mark.asvs("6.2.2", "6.2.3")
def test_the_password_is_changed_with_the_present_one(app, browser):
    response = browser.post_form("/account/password", current_password=PASSWORD, **NEW)

    assert (response.status_code, response.location) == (302, "/settings/account")
    assert can_sign_in(app, "battery staple")
    assert not can_sign_in(app, PASSWORD)


def test_a_new_password_ends_every_session_but_this_one(susan, browser, sign_in):
    elsewhere = sign_in(susan, remember=True)

    browser.post_form("/account/password", current_password=PASSWORD, **NEW)

    assert is_signed_in(browser)
    assert not is_signed_in(elsewhere)


def test_a_copy_of_the_cookie_of_before_is_dead(app, browser):
    browser.get("/settings/account")
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
