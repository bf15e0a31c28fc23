"""The cookies that a browser carries, and what a copy of them is worth."""

import re
import threading

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from microblog import accounts
from microblog.models import User
from microblog.security import passwords
from microblog.tasks.queue import huey
from tests.conftest import PASSWORD, is_signed_in


def sign_in(browser, username="john", password=PASSWORD, **options):
    return browser.post_form("/auth/login", username=username, password=password, **options)


@pytest.mark.asvs("7.2.4")
def test_signing_in_begins_a_new_session(site):
    browser = site.app.test_client()
    browser.get("/auth/login")
    before = browser.csrf_token
    with browser.session_transaction() as session:
        session["planted"] = "by somebody else"
        known = session["csrf_token"]

    sign_in(browser)

    with browser.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != known
    assert browser.post("/", data={"csrf_token": before, "post": "x"}).status_code == 400


@pytest.mark.parametrize("end", ["logout", "password", "reset", "deletion", "suspension"])
@pytest.mark.asvs("7.4.1", "7.4.2")
def test_copied_cookies_are_dead_once_the_session_has_ended(site, end):
    browser = site.app.test_client()
    sign_in(browser, remember_me="y")
    copies = {name: browser.get_cookie(name).value for name in ("session", "remember")}
    new = {"password": "battery staple", "password2": "battery staple"}

    if end == "logout":
        browser.post_form("/auth/logout")
    elif end == "password":
        browser.post_form("/account/password", current_password=PASSWORD, **new)
    elif end == "reset":
        with site.app.app_context():
            accounts.change_password(User.named("john"), "battery staple")
    elif end == "deletion":
        browser.post_form("/account/delete", current_password=PASSWORD)
    else:
        site.browsers["mary"].post_form("/admin/users/john/suspend")

    for name, value in copies.items():
        thief = site.app.test_client()
        thief.set_cookie(name, value)
        assert not is_signed_in(thief), name


@pytest.mark.parametrize("way", ["/auth/logout", "/account/delete"])
@pytest.mark.asvs("14.3.1")
def test_the_browser_is_told_to_forget_what_was_written(site, way):
    browser = site.app.test_client()
    sign_in(browser)

    response = browser.post_form(way, current_password=PASSWORD)

    assert response.headers["Clear-Site-Data"] == '"storage"'


@pytest.mark.asvs("11.4.1")
def test_what_is_signed_is_signed_by_hmac_sha256_or_longer(site):
    browser = site.app.test_client()
    sign_in(browser, remember_me="y")
    message = huey.serializer.serialize("a queue message")
    cookies = {name: browser.get_cookie(name).value for name in ("session", "known", "remember")}
    by_hmac_sha512 = cookies.pop("remember").rpartition("|")[2]
    signed = cookies | {"token": browser.csrf_token, "message": message.decode("latin-1")}

    # 32 bytes in Base64 without padding; HMAC-SHA-1 gives 27 characters.
    assert {name: len(value.rpartition(".")[2]) for name, value in signed.items()} == dict.fromkeys(
        signed, 43
    )
    assert len(by_hmac_sha512) == 128


def test_known_and_unknown_accounts_cost_the_same_number_of_hashes(site, monkeypatch):
    verified = []
    verify = PasswordHasher.verify

    def count(hasher, *arguments):
        verified.append(arguments)
        return verify(hasher, *arguments)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    answers = [sign_in(site.visitors["nobody"], name, "wrong horse") for name in ("john", "nobody_here")]

    assert len(verified) == 2
    assert len({response.status_code for response in answers}) == 1
    pages = [re.sub(r'value="[^"]*"', "", response.text) for response in answers]
    assert pages[0] == pages[1]


@pytest.mark.asvs("11.4.1")
def test_passwords_are_hashed_by_the_parameters_that_owasp_recommends_or_above(site, real_hashes):
    parameters = extract_parameters(passwords.hash_password("battery staple"))

    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) >= (19 * 1024, 2)
    assert extract_parameters(passwords.NOBODY) == parameters


def test_at_most_two_passwords_are_hashed_at_once(monkeypatch):
    """Each takes 19 MiB and a core: with more, a flood of tries would starve everything else."""
    at_work, most, third = [], [], threading.Event()

    def verify(_hasher, _hash, _password):
        at_work.append(1)
        most.append(len(at_work))
        if len(at_work) > 2:
            third.set()
        third.wait(0.2)
        at_work.pop()

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    threads = [threading.Thread(target=passwords.check_password, args=(None, "x")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(most) == 2
    assert len(most) == 6


def test_a_weaker_hash_is_exchanged_at_the_next_sign_in(site, real_hashes):
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    User.update(password_hash=weak.hash(PASSWORD)).where(User.username == "john").execute()

    assert sign_in(site.visitors["nobody"]).status_code == 302

    now = User.named("john").password_hash
    assert not passwords.hasher.check_needs_rehash(now)
    assert sign_in(site.visitors["nobody"]).status_code == 302
    assert User.named("john").password_hash == now


@pytest.mark.parametrize("common", ["password1", "PASSWORD1", "12345678", "qwertyuiop", "Iloveyou1"])
def test_the_commonest_passwords_are_refused(site, common):
    response = site.visitors["nobody"].post_form(
        "/auth/register", username="new_one", email="new@example.org", password=common, password2=common
    )

    assert response.status_code == 422
    assert "others would guess" in response.text


def test_other_hosts_are_refused_and_no_link_names_them(site):
    for host in ("evil.com", "localhost.evil.com", "evil.com:80", "localhost@evil.com"):
        response = site.app.test_client().get("/auth/login", headers={"Host": host})
        assert response.status_code == 400
        assert "evil" not in response.text
