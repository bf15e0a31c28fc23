from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.base.clock import in_microseconds
from microblog.models import Post
from tests.posts import write_at


@pytest.fixture
def later(monkeypatch):
    """A function that moves the clock forward."""
    moment = clock.now()

    def later(**amount):
        nonlocal moment
        moment += timedelta(**amount)
        monkeypatch.setattr(clock, "now", lambda: moment)

    later()
    return later


@pytest.fixture
def home(browser, susan, john):
    """A function that opens susan's home page, where john's posts are, and counts those marked new."""
    susan.follow(john)
    return lambda query="": browser.get(f"/{query}").text.count("data-new>")


def test_nothing_is_new_on_the_first_visit(home, john, write_posts):
    write_posts(john, "one", "two")

    assert home() == 0


def test_what_came_since_the_last_visit_is_new_until_the_visit_ends(home, john, write_posts, later):
    write_posts(john, "old")
    home()
    later(hours=1)
    write_posts(john, "new")

    assert home() == 1
    later(minutes=10)
    write_posts(john, "newer")
    assert home() == 2
    later(minutes=31)
    assert home() == 0


def test_own_posts_are_never_new(home, susan, john, write_posts, later):
    write_posts(john, "old")
    home()
    later(hours=1)
    write_posts(susan, "own")

    assert home() == 0


def test_posts_of_before_are_not_new_to_who_begins_to_follow(browser, susan, john, write_posts, later):
    write_posts(john, "old")
    browser.get("/")
    susan.follow(john)
    assert "data-new>" not in browser.get("/").text

    later(hours=1)
    write_posts(john, "new")

    assert browser.get("/").text.count("data-new>") == 1


def test_an_older_page_ends_no_visit(home, john, write_posts, later):
    posts = write_posts(john, "old", "older than new")
    home()
    later(hours=1)
    write_posts(john, "new")
    home(f"?before={posts[1].id}")
    later(minutes=10)

    assert home() == 1


def test_somebody_else_in_the_same_browser_has_a_visit_of_their_own(home, browser, john, write_posts):
    write_posts(john, "old")
    browser.set_cookie("visit", f"{john.id}.0.0.0")

    assert home() == 0


@pytest.mark.parametrize(
    "cookie", ["", "1", "1.2.3.4.5", "a.b.c.d", "1.2.3." + "9" * 400, "...", "-1.-1.-1.-1"]
)
def test_a_broken_cookie_is_no_visit(home, browser, john, write_posts, cookie):
    write_posts(john, "old")
    browser.set_cookie("visit", cookie)

    assert home() == 0


def test_a_cookie_of_when_posts_were_counted_is_no_visit(home, browser, susan, john, write_posts):
    write_posts(john, "old")
    browser.set_cookie("visit", f"{susan.id}.24.25.1700000000")

    assert home() == 0


def test_a_post_of_the_past_that_comes_later_is_no_news(home, browser, john, write_posts, later):
    write_posts(john, "old")
    home()
    later(hours=1)
    write_at(clock.now() - timedelta(days=9), john, "from elsewhere")

    assert home() == 0
    assert browser.get(f"/newer?after={Post.get(body='old').id}").json["text"] == ""


def test_a_post_of_a_clock_that_was_wrong_keeps_no_others_from_being_new(home, john, write_posts, later):
    ahead = write_at(clock.now() + timedelta(days=99), john, "of another time")
    home()
    ahead.delete_instance()
    later(hours=2)
    write_posts(john, "new")

    assert home() == 1


def test_a_cookie_that_a_clock_was_wrong_for_is_no_visit(home, browser, susan, john, write_posts):
    write_posts(john, "old")
    ahead = in_microseconds(clock.now() + timedelta(days=99))
    browser.set_cookie("visit", f"{susan.id}.{ahead}.{ahead}.1700000000")

    assert home() == 0
    write_posts(john, "new")
    assert home() == 1
