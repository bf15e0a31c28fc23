"""A members-only site: who may read, and that search engines keep nothing."""

import dataclasses

import pytest

from microblog.models import Post

READING = (
    "/explore", "/search?q=tea", "/user/susan", "/user/susan/popup", "/post/1",
    "/feed.atom", "/feed.json", "/user/susan/feed.atom", "/user/susan/feed.json",
)  # fmt: skip


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, public=False)


@pytest.mark.parametrize("path", READING)
def test_nobody_else_reads(client, susan, path):
    Post.create(author=susan, body="tea")

    answer = client.get(path)

    assert answer.status_code == 302
    assert answer.location.startswith("/auth/login?next=")


@pytest.mark.parametrize("path", READING)
def test_members_read(browser, susan, path):
    Post.create(author=susan, body="tea")

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


def test_every_page_is_closed_that_is_not_opened_by_name(app, client, susan):
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    closed = {rule.endpoint for rule in rules if client.get(rule.rule).status_code in (302, 401)}

    assert {"posts.explore", "search.index", "messages.index", "tasks.index"} <= closed


def test_no_link_leads_to_what_is_closed(client, susan):
    page = client.get("/auth/login").text

    assert "/explore" not in page
    assert "/search" not in page
    assert "feed.atom" not in page


def test_search_engines_keep_nothing(browser, client, susan):
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert browser.get("/user/susan").headers["X-Robots-Tag"] == "noindex"
