import re
import threading

import pytest

from microblog.base.config import Settings
from microblog.base.database import data_dir
from microblog.models import Session, User
from tests.conftest import is_signed_in

PASSWORD = "correct horse"
CODE = "the code"
NEW = {
    "username": "mary",
    "email": "mary@example.org",
    "password": "battery staple",
    "password2": "battery staple",
}


@pytest.fixture
def code(app):
    (data_dir() / "setup_code").write_text(CODE)


# Signing in


def test_signing_in_leads_home(client, susan):
    response = client.post_form("/auth/login", username="susan", password=PASSWORD)

    assert (response.status_code, response.location) == (302, "/")
    assert is_signed_in(client)


def test_the_name_is_known_in_any_case(client, susan):
    client.post_form("/auth/login", username=" SUSAN ", password=PASSWORD)

    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("susan", "wrong horse"),
        ("susan", f" {PASSWORD}"),
        ("nobody", PASSWORD),
        ("susan' OR 1=1 --", PASSWORD),
        ("\x00", "\x00"),
        ("\ufffd" * 5000, "x" * 5000),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(client, susan, username, password):
    response = client.post_form("/auth/login", username=username, password=password)

    assert response.status_code == 422
    assert "The username or the password is wrong. Check both and try again." in response.text
    assert not is_signed_in(client)


def test_a_failed_try_keeps_the_name_and_never_the_password(client, susan):
    response = client.post_form("/auth/login", username="susan", password="wrong horse")

    assert 'value="susan"' in response.text
    assert "wrong horse" not in response.text


def test_signing_in_needs_the_token_of_the_form(client, susan):
    response = client.post("/auth/login", data={"username": "susan", "password": PASSWORD})

    assert response.status_code == 400
    assert not is_signed_in(client)


def test_the_page_one_came_for_comes_next(client, susan):
    asked = client.get("/tasks?x=1")
    response = client.post_form(asked.location, username="susan", password=PASSWORD)

    assert asked.location == "/auth/login?next=/tasks?x%3D1"
    assert response.location == "/tasks?x=1"


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.com",
        "///evil.com",
        "/\\evil.com",
        "/\t/evil.com",
        "/\n/evil.com",
        "https://evil.com",
        "javascript:alert(1)",
        "evil.com",
        "\\\\evil.com",
        " /",
    ],
)
def test_next_never_leads_away(client, susan, evil):
    response = client.post(
        "/auth/login",
        query_string={"next": evil},
        data={"username": "susan", "password": PASSWORD, "csrf_token": client.csrf_token},
    )

    assert response.location == "/"


def test_who_is_signed_in_already_is_led_on(browser):
    assert browser.get("/auth/login?next=/explore").location == "/explore"
    assert browser.get("/auth/login?next=//evil.com").location == "/"


def test_without_remember_me_nothing_outlives_the_browser(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    client.get("/")

    assert not Session.get().remembered
    assert client.get_cookie("remember") is None


def test_remember_me_is_kept_in_the_session_row(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD, remember_me="y")

    assert Session.get().remembered
    assert client.get_cookie("remember")


# Signing out


def test_signing_out_kills_every_copy_of_the_cookie(client, susan):
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    copy = client.get_cookie("session").value

    assert client.post_form("/auth/logout").location == "/auth/login"
    assert "You are signed out." in client.get("/auth/login").text

    client.set_cookie("session", copy)
    assert not is_signed_in(client)


def test_signing_out_by_get_is_refused(browser):
    assert browser.get("/auth/logout").status_code == 405
    assert is_signed_in(browser)


def test_signing_out_when_signed_out_leads_to_the_sign_in_page(client):
    assert client.post_form("/auth/logout").location.startswith("/auth/login")


# Registering


def test_registering_makes_an_account_and_signs_in(client, susan):
    response = client.post_form("/auth/register", **NEW)

    assert (response.status_code, response.location) == (302, "/")
    assert not User.named("mary").is_admin
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"username": "SUSAN"}, "Somebody has this name already. Choose another."),
        (
            {"email": "Susan@Example.ORG"},
            "There is an account with this address already. Sign in to it, or use another address.",
        ),
        ({"username": "a/b"}, "letters from A to Z"),
        ({"username": "admin"}, "reserved"),
        ({"password2": "something else"}, "The two passwords differ. Type both again."),
        ({"email": "nowhere"}, "does not look like an e-mail address"),
    ],
)
def test_a_registration_that_cannot_be_says_why_and_keeps_what_was_typed(client, susan, wrong, words):
    response = client.post_form("/auth/register", **NEW | wrong)

    assert response.status_code == 422
    assert words in response.text
    assert f'value="{(NEW | wrong)["username"]}"' in response.text
    assert "battery staple" not in response.text
    assert User.select().count() == 1


@pytest.mark.asvs("1.3.2")
def test_weird_input_gives_a_form_error(client, susan):
    for value in (
        "\x00",
        "\u202e",
        "%00",
        "x" * 10_000,
        "{{ 7 * 7 }}",
        "\ud83d".encode("utf-16", "surrogatepass"),
    ):
        response = client.post_form("/auth/register", **NEW | {"username": value, "email": value})

        assert response.status_code == 422
        assert ">49<" not in response.text


def test_of_twenty_who_register_one_name_at_once_one_gets_it(app, susan):
    browsers = [app.test_client() for _ in range(20)]
    tokens = [browser.csrf_token for browser in browsers]
    answers = []

    def register(number):
        fields = NEW | {"username": ("newbie", "Newbie")[number % 2], "email": f"new{number}@example.org"}
        data = {**fields, "csrf_token": tokens[number]}
        answers.append(browsers[number].post("/auth/register", data=data))

    threads = [threading.Thread(target=register, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(response.status_code for response in answers) == [302] + [422] * 19
    for response in answers:
        assert response.status_code == 302 or "Somebody has this name already." in response.text
    assert User.select().where(User.username == "newbie").count() == 1


def test_without_any_account_the_first_one_is_set_up(client):
    assert client.get("/auth/register").location == "/"
    assert client.post_form("/auth/register", **NEW).location == "/"
    assert not User.exists()


class TestClosed:
    @pytest.fixture(params=["closed", "invite"])
    def settings(self, tmp_path, request):
        return Settings(data_dir=tmp_path, secret_key="x" * 32, rate_limits=False, registration=request.param)

    def test_registering_is_refused_in_words(self, client, susan):
        for response in (client.get("/auth/register"), client.post_form("/auth/register", **NEW)):
            assert response.status_code == 403
            assert "closed" in response.text or "By invitation only" in response.text
        assert User.select().count() == 1

    def test_no_page_offers_it(self, client, susan):
        assert "/auth/register" not in client.get("/auth/login").text


# Setting up


def test_without_any_account_the_first_page_says_how_to_set_up(client):
    response = client.get("/")

    assert response.status_code == 200
    assert "setup_code" in response.text
    assert 'action="/setup"' in response.text


@pytest.mark.asvs("6.3.2")
def test_the_code_makes_the_administrator_once(client, code):
    assert client.get(f"/setup?code={CODE}").status_code == 200
    response = client.post_form(f"/setup?code={CODE}", **NEW)

    assert response.location == "/"
    assert User.named("mary").is_admin
    assert is_signed_in(client)
    assert not (data_dir() / "setup_code").exists()
    assert client.get(f"/setup?code={CODE}").location == "/auth/login"


@pytest.mark.parametrize(
    "wrong", ["", "?code=", "?code=wrong", "?code=%00", "?code=ümläut", "?code=%ED%A0%80"]
)
def test_a_wrong_code_is_refused_with_where_to_find_it(client, code, wrong):
    for response in (client.get(f"/setup{wrong}"), client.post_form(f"/setup{wrong}", **NEW)):
        assert response.status_code == 403
        assert "setup_code" in response.text
    assert not User.exists()


@pytest.mark.parametrize("left", [None, "", "\n"])
@pytest.mark.asvs("6.3.2")
def test_without_a_code_nothing_is_right(client, left):
    if left is not None:
        (data_dir() / "setup_code").write_text(left)

    assert client.get("/setup?code=").status_code == 403
    assert client.post_form("/setup?code=", **NEW).status_code == 403
    assert not User.exists()


def test_without_an_administrator_setting_up_stays_open(client, susan, code):
    client.post_form(f"/setup?code={CODE}", **NEW)

    assert User.named("mary").is_admin


@pytest.mark.asvs("7.2.4")
def test_setting_up_ends_the_session_of_who_was_signed_in_before(client, browser, code):
    copy = browser.get_cookie("session").value

    browser.post_form(f"/setup?code={CODE}", **NEW)

    assert is_signed_in(browser)
    client.set_cookie("session", copy)
    assert not is_signed_in(client)


def test_once_there_is_an_administrator_setting_up_is_over(client, susan, code):
    User.update(is_admin=True).execute()

    assert client.get(f"/setup?code={CODE}").location == "/auth/login"
    assert client.post_form(f"/setup?code={CODE}", **NEW).location == "/auth/login"
    assert User.named("mary") is None


def test_setting_up_has_the_rules_of_registering(client, code):
    response = client.post_form(f"/setup?code={CODE}", **NEW | {"username": "a/b"})

    assert response.status_code == 422
    assert re.search(r'aria-invalid="true"[^>]*name="username"', response.text)
    assert (data_dir() / "setup_code").exists()
