"""Where others can reach the site, nobody is in as a demo person: by no door, whatever was before."""

import base64
import dataclasses

import pytest

from microblog import demo
from microblog.api.operation import BASIC, OPERATIONS
from microblog.models import Token, User
from microblog.security import security_log
from tests.conftest import is_signed_in


@pytest.fixture
def person(app):
    demo.fill(users=1, posts=1, follows=0, seed=1)
    return User.named("demo1")


@pytest.fixture
def open_to_all(app, monkeypatch):
    """A function that lets others reach the site."""

    def open_to_all(url="http://blog.example.org"):
        changed = dataclasses.replace(app.config["SETTINGS"], base_url=url)
        monkeypatch.setitem(app.config, "SETTINGS", changed)

    return open_to_all


@pytest.fixture
def present(app, person):
    """A browser in which the demo person is signed in and remembered, and the headers of their token."""
    browser = app.test_client()
    browser.post_form("/auth/login", username="demo1", password=demo.PASSWORD, remember_me="y")
    assert is_signed_in(browser)
    _token, secret = Token.issue(person, "x")
    return browser, {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("url", ["http://blog.example.org", "https://blog.example.org"])
def test_signing_in_says_why_it_is_refused(client, person, open_to_all, url):
    open_to_all(url)

    refused = client.post_form("/auth/login", username="demo1", password=demo.PASSWORD)
    wrong = client.post_form("/auth/login", username="demo1", password="battery staple")

    assert refused.status_code == 422
    assert "their password is known" in refused.text
    assert "is known" not in wrong.text, "whoever does not know it learns nothing"
    assert [event.text.split()[0] for event in security_log.latest(2)] == [
        "sign-in-failed",
        "sign-in-refused",
    ]
    assert not is_signed_in(client)


@pytest.mark.parametrize("cookie", ["session", "remember"])
@pytest.mark.asvs("6.3.2")
def test_who_is_in_already_is_a_stranger_on_every_page(app, client, present, open_to_all, cookie):
    browser = app.test_client()
    browser.set_cookie(cookie, present[0].get_cookie(cookie).value)
    assert is_signed_in(browser)

    open_to_all()

    pages = [rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    answers = {path: (browser.get(path), client.get(path)) for path in pages}
    assert len(pages) > 30
    for path, (theirs, strangers) in answers.items():
        assert (theirs.status_code, theirs.location) == (strangers.status_code, strangers.location), path
        assert b"demo1</a>" not in theirs.data.partition(b"<main")[0], path


def test_no_operation_of_the_api_lets_them_in(client, present, open_to_all):
    password = base64.b64encode(f"demo1:{demo.PASSWORD}".encode()).decode()
    basic = {"Authorization": f"Basic {password}"}
    calls = [
        (one.method, one.path.replace("{", "").replace("}", ""), basic if one.access == BASIC else present[1])
        for one in OPERATIONS.values()
    ]
    assert client.get("/api/posts", headers=present[1]).status_code == 200

    open_to_all()

    statuses = {
        call[:2]: client.open(call[1], method=call[0], json={}, headers=call[2]).status_code for call in calls
    }
    assert set(statuses.values()) == {401}, statuses


def test_they_are_back_once_the_site_is_private_again(app, present, monkeypatch, open_to_all):
    settings = app.config["SETTINGS"]
    open_to_all()
    assert not is_signed_in(present[0])

    monkeypatch.setitem(app.config, "SETTINGS", settings)

    assert is_signed_in(present[0])


def test_real_people_come_and_go(client, susan, open_to_all):
    open_to_all()

    client.post_form("/auth/login", username="susan", password="correct horse")

    assert is_signed_in(client)


def test_the_page_of_people_says_that_they_are_shut_out(susan, sign_in, person, open_to_all):
    User.update(is_admin=True).where(User.id == susan.id).execute()
    office = sign_in(susan)
    assert "They cannot sign in" not in office.get("/admin/users").text

    open_to_all()

    assert "They cannot sign in" in office.get("/admin/users").text


def test_the_start_says_that_they_are_shut_out(app, person, open_to_all):
    start = app.test_cli_runner()
    assert start.invoke(args=["migrate"]).output == ""

    open_to_all()

    assert start.invoke(args=["migrate"]).output.startswith("demo people: 1 who cannot sign in")
