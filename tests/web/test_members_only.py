"""A members-only site: who may read, and that search engines index nothing."""

import dataclasses
import re
from uuid import uuid4

import pytest

from microblog.models import Post, Site

ID = 1_800_000_000_000_000
READING = (
    "/explore", "/search?q=tea", "/user/susan", "/user/susan/popup", f"/post/{ID}",
    "/preview.png", "/user/susan/preview.png", "/tag/tea", "/tag/tea/feed.atom", "/tag/tea/feed.json",
    "/feed.atom", "/feed.json", "/user/susan/feed.atom", "/user/susan/feed.json",
)  # fmt: skip

# What visitors may see without signing in; every other page asks them to sign in.
OPEN = {
    *(
        "email_changes.edit",
        "email_changes.open_link",
        "password_reset.open_link",
        "password_reset.request_link",
    ),
    *(
        "password_reset.link_sent",
        "password_reset.reset",
        "second_step.show",
        "sign_in.login",
        "sign_in.register",
        "sign_in.setup",
    ),
    *("posts.index", "site.about", "site.manifest", "static", "robots"),
    *("preferences.edit", "preferences.keys", "health.live", "health.ready", "metrics.index"),
    *("api_document.index", "api_document.openapi", "api_document.show"),
}


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, public=False)


@pytest.mark.parametrize("path", READING)
def test_nobody_else_reads(client, susan, path):
    Post.create(id=ID, author=susan, body="tea")

    response = client.get(path)

    assert response.status_code == 302
    assert response.location.startswith("/auth/login?next=")


@pytest.mark.parametrize("path", READING)
def test_members_read(browser, susan, path):
    Post.create(id=ID, author=susan, body="tea")

    assert browser.get(path).status_code == 200


def test_the_way_in_stays_open(client, susan):
    for path in (
        "/auth/login",
        "/auth/register",
        "/auth/reset_password_request",
        "/livez",
        "/robots.txt",
    ):
        assert client.get(path).status_code == 200, path
    assert client.get("/").location == "/auth/login"
    assert client.get("/nowhere").status_code == 404


def test_a_visitor_reads_which_site_it_is_and_signs_in(client, susan):
    Site.change(name="Elm Street", sentence="Letters of the people of Elm Street.")
    Post.create(id=ID, author=susan, body="tea")

    page = client.get("/", follow_redirects=True).text

    assert "<bdi>Elm Street</bdi>" in page
    assert "Letters of the people of Elm Street." in page
    assert 'name="password"' in page
    assert "tea" not in page


def test_every_page_is_closed_that_is_not_opened_by_name(app, client, susan):
    values = {"username": "susan", "recipient": "susan", "kind": "atom", "task_id": uuid4()}
    closed, other = set(), set()
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint.partition(".")[0] not in ("api", "usual_paths"):
            path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda name: str(values.get(name[1], 1)), rule.rule)
            response = client.get(path)
            asks = response.status_code == 401 or (response.location or "").startswith("/auth/login?next=")
            (closed if asks else other).add(rule.endpoint)

    assert other == OPEN
    assert {"posts.explore", "search.index", "users.show", "feeds.index", "tags.show"} <= closed


def test_no_link_leads_to_what_is_closed(client, susan):
    page = client.get("/auth/login").text

    assert "/explore" not in page
    assert "/search" not in page
    assert "feed.atom" not in page


def test_search_engines_keep_nothing(browser, client, susan):
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert browser.get("/user/susan").headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_who_cannot_register_is_shown_no_way_to_what_is_closed(app, client, susan, mode, monkeypatch):
    monkeypatch.setitem(app.config, "REGISTRATION", mode)

    page = client.get("/auth/register").text

    assert 'href="/auth/login"' in page
    assert "/explore" not in page
