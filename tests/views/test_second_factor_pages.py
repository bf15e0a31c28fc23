"""The page *Second factor*: switching on and off, and new recovery codes."""

import re

import pytest

from microblog.mail.mail import Mail
from microblog.models import RecoveryCode, SecondFactor
from tests.conftest import PASSWORD, is_signed_in, make_user
from tests.second_factors import SECRET, give, shown, wrong

PAGE = "/account/second_factor"
ACTS = [f"{PAGE}/codes", f"{PAGE}/delete"]


def offered(page):
    """The secret that the page shows, and the signed one in its form."""
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)[1].replace(" ", "")
    return secret, re.search(r'name="secret" value="([^"]+)"', page.text)[1]


def shown_once(page):
    return re.search(r"<textarea[^>]*>([^<]+)<", page.text)[1].split()


def notices():
    return [mail.arguments["event"] for mail in Mail.select().order_by(Mail.created_at)]


def test_it_is_switched_on_with_the_password_and_a_code(browser, susan):
    secret, signed = offered(browser.get(PAGE))

    page = browser.post_form(PAGE, secret=signed, code=shown(secret=secret), current_password=PASSWORD)

    assert page.status_code == 201
    assert SecondFactor.of(susan).secret == secret
    codes = shown_once(page)
    assert len(codes) == 10
    assert RecoveryCode.redeem(SecondFactor.of(susan), codes[0])
    assert not any(code in browser.get(PAGE).text for code in codes)
    assert "10 recovery codes are left" not in browser.get(PAGE).text
    assert "9 recovery codes are left" in browser.get(PAGE).text
    assert notices() == ["second_factor_on"]


def test_the_code_that_switched_it_on_signs_nobody_in(browser, susan):
    secret, signed = offered(browser.get(PAGE))
    code = shown(secret=secret)

    browser.post_form(PAGE, secret=signed, code=code, current_password=PASSWORD)

    assert not SecondFactor.of(susan).redeem(code)


@pytest.mark.parametrize("wrong_field", [{"current_password": "wrong horse"}, {"code": "000"}, {"code": ""}])
def test_with_a_wrong_password_or_code_it_stays_off_and_the_picture_stays(browser, susan, wrong_field):
    secret, signed = offered(browser.get(PAGE))
    fields = {"secret": signed, "code": shown(secret=secret), "current_password": PASSWORD, **wrong_field}

    page = browser.post_form(PAGE, **fields)

    assert page.status_code == 422
    assert offered(page)[0] == secret
    assert SecondFactor.of(susan) is None


@pytest.mark.parametrize("signed", ["", "x", "ImEi.x.y"])
def test_a_secret_that_the_page_did_not_show_is_not_taken(browser, susan, signed):
    page = browser.post_form(PAGE, secret=signed, code=shown(), current_password=PASSWORD)

    assert page.status_code == 422
    assert offered(page)[0] != SECRET
    assert SecondFactor.of(susan) is None


def test_the_secret_on_the_page_of_somebody_else_is_not_taken(browser, susan, john, sign_in):
    secret, signed = offered(sign_in(john).get(PAGE))

    page = browser.post_form(PAGE, secret=signed, code=shown(secret=secret), current_password=PASSWORD)

    assert page.status_code == 422
    assert SecondFactor.of(susan) is None


def test_each_page_shows_another_secret_and_asking_for_it_stores_nothing(browser):
    assert offered(browser.get(PAGE))[0] != offered(browser.get(PAGE))[0]
    assert not SecondFactor.select().exists()


def test_the_picture_needs_neither_script_nor_style_nor_other_files(browser):
    page = browser.get(PAGE).text
    picture = re.search(r"<svg.*?</svg>", page, re.DOTALL)[0]

    assert re.findall(r"style|script|href|xlink", picture) == []
    assert 'role="img"' in page


def test_other_browsers_are_signed_out_when_it_is_switched_on_or_off(browser, susan, sign_in):
    elsewhere = sign_in(susan)
    secret, signed = offered(browser.get(PAGE))
    [*_, code] = shown_once(
        browser.post_form(PAGE, secret=signed, code=shown(secret=secret), current_password=PASSWORD)
    )
    assert (is_signed_in(browser), is_signed_in(elsewhere)) == (True, False)
    elsewhere = sign_in(type(susan).get_by_id(susan.id))

    response = browser.post_form(f"{PAGE}/delete", code=code, current_password=PASSWORD)

    assert response.location == "/settings/account"
    assert (is_signed_in(browser), is_signed_in(elsewhere)) == (True, False)
    assert SecondFactor.of(susan) is None
    assert notices() == ["second_factor_on", "recovery_code", "second_factor_off"]


def test_a_second_time_it_is_not_switched_on(browser, susan):
    secret, signed = offered(browser.get(PAGE))
    give(susan)

    response = browser.post_form(PAGE, secret=signed, code=shown(secret=secret), current_password=PASSWORD)

    assert response.location == PAGE
    assert SecondFactor.of(susan).secret == SECRET


def test_new_recovery_codes_replace_the_old(browser, susan):
    [old, *_] = give(susan)

    page = browser.post_form(f"{PAGE}/codes", code=shown(), current_password=PASSWORD)

    assert page.status_code == 201
    assert not RecoveryCode.redeem(SecondFactor.of(susan), old)
    assert RecoveryCode.redeem(SecondFactor.of(susan), shown_once(page)[0])
    assert notices() == ["recovery_codes"]


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize("wrong_field", ["current_password", "code"])
def test_neither_password_nor_code_alone_is_enough(browser, susan, path, wrong_field):
    [code, *_] = give(susan)
    fields = {"code": code, "current_password": PASSWORD, wrong_field: wrong()}

    response = browser.post_form(path, **fields)

    assert response.status_code == 422
    factor = SecondFactor.of(susan)
    assert factor.recovery_codes.count() == 10
    assert RecoveryCode.redeem(factor, code)


@pytest.mark.parametrize("path", ACTS)
def test_what_is_off_can_be_neither_switched_off_nor_renewed(browser, path):
    assert browser.post_form(path, code=wrong(), current_password=PASSWORD).status_code == 409


def test_the_account_says_whether_it_is_on(browser, susan):
    assert "Ask for a code at sign-in" in browser.get("/settings/account").text
    give(susan)
    assert "A code is asked for at sign-in" in browser.get("/settings/account").text


def test_the_operator_resets_it(app, susan, sign_in):
    give(susan)
    browser = sign_in(susan)

    result, again, unknown = (
        app.test_cli_runner().invoke(args=["reset-second-factor", name]) for name in ("SUSAN", "susan", "ann")
    )

    assert result.exit_code == 0, result.output
    assert SecondFactor.of(susan) is None
    assert not is_signed_in(browser)
    assert notices() == ["second_factor_reset"]
    assert again.output == "Error: susan has no second factor\n"
    assert unknown.output == "Error: there is no user ann; the page Administration lists all\n"


# Where the site asks for one


@pytest.fixture(params=["administrators", "everybody"])
def asked(request, app, monkeypatch, sign_in):
    """A browser of somebody whom the site asks for a second factor; they have none yet."""
    monkeypatch.setitem(app.config, "SECOND_FACTOR", request.param)
    user = make_user("mary", is_admin=request.param == "administrators")
    browser = sign_in(user)
    browser.user = user
    return browser


def test_who_is_asked_for_it_is_led_to_it_before_anything_else(asked):
    for path in ("/", "/explore", "/account", "/messages", "/user/mary", "/blocks"):
        assert asked.get(path).location == PAGE, path

    assert "This site asks you for a second factor." in asked.get(PAGE).text


def test_what_they_have_written_is_not_lost(asked):
    response = asked.post_form("/", post="a long thought")

    assert response.status_code == 403
    assert "a long thought" in response.text
    assert f'href="{PAGE}"' in response.text


def test_a_script_gets_no_page(asked):
    assert asked.get("/notifications").status_code == 403


def test_once_they_have_it_all_works(asked):
    give(asked.user)

    assert asked.get("/").status_code == 200
    assert asked.get("/notifications").status_code == 200


def test_they_can_sign_out_and_choose_a_language(asked):
    assert asked.get("/settings/preferences").status_code == 200
    assert asked.post_form("/auth/logout").location == "/auth/login"


def test_who_is_not_signed_in_is_not_asked(asked, client):
    assert client.get("/explore").status_code == 200
    assert client.get("/user/nobody_here").status_code == 404


def test_members_are_not_asked_where_only_administrators_are(app, monkeypatch, browser):
    monkeypatch.setitem(app.config, "SECOND_FACTOR", "administrators")

    assert browser.get("/").status_code == 200


def test_a_new_account_is_led_to_it_at_once(client, susan, app, monkeypatch):
    monkeypatch.setitem(app.config, "SECOND_FACTOR", "everybody")
    new = {"password": "battery staple", "password2": "battery staple"}

    client.post_form("/auth/register", username="john", email="john@example.org", **new)

    assert client.get("/").location == PAGE
