"""Every door at which a password is set refuses the same ones."""

import inspect
import re
from pathlib import Path

import pytest

from microblog import accounts
from microblog.accounts.new_password import PasswordRefused
from microblog.base.config import ROOT
from microblog.base.database import data_dir
from microblog.models import OneTimeToken, User
from microblog.models.one_time_token import INVITE, RESET_PASSWORD
from microblog.security import setup_code
from microblog.security.passwords import check_password, hash_password
from tests.conftest import PASSWORD

NAME, ADDRESS = "guess_me", "Quixotic.77@mail.example"
GUESSABLE = [
    "guess_me",
    "GuessMe_1999!",
    "quixotic.77@mail.example",
    "Quixotic!2024",
    "microblog123",
    "garden-party.example",
    "gardenparty#9",
    "Summer2024!",
    "P@ssw0rd123",
    "Qwerty123!",
    "iloveyou",
    "ｉｌｏｖｅｙｏｕ",
]


@pytest.fixture
def site(app, monkeypatch):
    monkeypatch.setitem(app.config, "SITE_URL", "https://garden-party.example")
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["localhost", "127.0.0.1", "garden-party.example"])
    return app


@pytest.fixture
def run(site):
    return lambda *words, stdin: site.test_cli_runner().invoke(args=words, input=f"{stdin}\n").output


def somebody_is_there():
    User.named("first") or User.register("first", "first@example.org", "hash")


def user():
    return User.named(NAME) or User.register(NAME, ADDRESS, hash_password(PASSWORD))


@pytest.fixture
def doors(site, run, client, monkeypatch, sign_in):
    """Functions by door, which set a password and return what is said then."""

    def send(browser, path, password, **fields):
        return browser.post_form(path, **fields, password=password, password2=password).text

    def register(password):
        somebody_is_there()
        return send(client, "/auth/register", password, username=NAME, email=ADDRESS)

    def invited(password):
        somebody_is_there()
        monkeypatch.setitem(site.config, "REGISTRATION", "invite")
        client.get(f"/auth/register?invite={OneTimeToken.issue(INVITE)}")
        return register(password)

    def set_up(password):
        setup_code.issue(data_dir())
        return send(
            client, f"/setup?code={setup_code.read(data_dir())}", password, username=NAME, email=ADDRESS
        )

    def change(password):
        return send(sign_in(user()), "/account/password", password, current_password=PASSWORD)

    def reset(password):
        link = f"/auth/reset_password/{OneTimeToken.issue(RESET_PASSWORD, user())}"
        return send(client, link, password)

    def create_user(password):
        return run("create-user", NAME, ADDRESS, "--password-stdin", stdin=password)

    def reset_password(password):
        return run("reset-password", user().username, "--password-stdin", stdin=password)

    return {name: door for name, door in locals().items() if name in DOORS}


# Which of them know a present password.
DOORS = {
    "register": False,
    "invited": False,
    "set_up": False,
    "change": True,
    "reset": True,
    "create_user": False,
    "reset_password": True,
}
# The doors at which each template with a field for a new password is shown.
SHOWN_AT = {
    "sign_in/_account_fields.html": ["register", "invited", "set_up"],
    "password_change/edit.html": ["change"],
    "password_reset/reset.html": ["reset"],
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.asvs("6.2.4", "6.1.2", "6.2.11", "6.2.12")
def test_no_door_takes_a_password_that_others_would_guess(doors, door):
    said = {password: doors[door](password) for password in GUESSABLE}

    assert [password for password in said if "others would guess" not in said[password]] == []


@pytest.mark.parametrize("door", [door for door, knows in DOORS.items() if knows])
def test_no_door_takes_the_present_password_again(doors, door):
    assert "your password already" in doors[door](PASSWORD)


@pytest.mark.parametrize("password", ["demo-password", "microblogging Ｓｕｍｍｅｒ"])
@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_a_good_password(doors, door, password):
    doors[door](password)

    assert check_password(User.named(NAME), password)


def test_every_field_for_a_new_password_is_at_a_door():
    templates = ROOT / "templates"
    with_field = {
        str(path.relative_to(templates))
        for path in templates.rglob("*.html")
        if 'autocomplete="new-password"' in path.read_text()
    }

    assert with_field == set(SHOWN_AT)
    assert {door for doors in SHOWN_AT.values() for door in doors} <= set(DOORS)


def acts():
    """The acts of ``accounts`` that are given a password."""
    functions = inspect.getmembers(accounts, inspect.isfunction)
    here = [(name, act) for name, act in functions if act.__module__ == accounts.__name__]
    return [name for name, act in here if "password" in inspect.signature(act).parameters]


@pytest.mark.parametrize("act", acts())
def test_every_act_that_is_given_a_password_refuses_a_guessable_one(site, susan, act):
    known = {"user": susan, "username": NAME, "email": ADDRESS, "password": "iloveyou"}
    function = getattr(accounts, act)
    values = {name: known.get(name) for name in inspect.signature(function).parameters}

    with site.app_context(), pytest.raises(PasswordRefused):
        function(**values)


def test_nobody_else_makes_hashes_of_passwords():
    """The demo people's password is public: they are let in only where nobody else can reach the site."""
    package = ROOT / "microblog"
    hashing = {
        str(path.relative_to(package))
        for path in Path(package).rglob("*.py")
        if re.search(r"\bhash_password\(|hasher\.hash\(", path.read_text())
    }

    assert hashing == {"accounts/new_password.py", "demo/__init__.py", "security/passwords.py"}
