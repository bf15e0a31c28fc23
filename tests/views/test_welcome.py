"""The welcome of the home page: whom it shows, and when it goes."""

import re

import pytest

from microblog.models import Block, Invited, Post, User
from tests.conftest import make_user


def welcomed(browser, path="/"):
    return 'aria-labelledby="welcome"' in browser.get(path).text


def met(browser):
    return re.findall(r'<a href="/user/(\w+)" data-person', browser.get("/").text.partition("h-feed")[0])


@pytest.fixture
def circle(write_posts):
    """Six people who have written, each twice."""
    circle = [make_user(f"friend{number}") for number in range(6)]
    for friend in circle:
        write_posts(friend, f"old by {friend.username}", f"new by {friend.username}")
    return circle


def test_it_shows_the_last_that_people_wrote_in_one_line_each(browser, susan, circle, write_posts):
    make_user("silent")
    write_posts(susan, "hello")

    page = browser.get("/").text
    assert met(browser) == ["friend5", "friend4", "friend3", "friend2", "friend1"]
    assert ">new by friend5</p>" in page
    assert "old by friend5" not in page
    assert page.count('action="/follow/friend5"') == 1


def test_the_inviter_stands_first(browser, susan, circle):
    Invited.welcome(susan, circle[0])

    assert met(browser) == ["friend0", "friend5", "friend4", "friend3", "friend2"]
    assert 'action="/unfollow/friend0"' in browser.get("/").text


def test_it_stays_until_three_people_are_followed(browser, susan, circle):
    for friend in circle[:3]:
        assert welcomed(browser)
        susan.follow(friend)

    assert not welcomed(browser)
    susan.unfollow(circle[0])
    assert welcomed(browser)
    assert not welcomed(browser, f"/?before={Post.by_author(circle[1]).first().id}"), "on the first page only"


def test_it_can_be_closed_for_good(browser, susan, sign_in, circle):
    assert browser.post_form("/welcome/close").location == "/"

    assert not welcomed(browser)
    assert not welcomed(sign_in(User.get_by_id(susan.id))), "in every browser"
    assert 'href="/people"' in browser.get("/").text


@pytest.mark.parametrize("who", ["suspended", "blocked", "blocks", "the inviter blocks"])
def test_nobody_is_shown_whom_the_reader_may_not_see(browser, susan, circle, who):
    friend = circle[-1]
    if who == "suspended":
        friend.suspend()
    elif who == "the inviter blocks":
        Invited.welcome(susan, friend)
        Block.add(friend, susan)
    else:
        Block.add(*((susan, friend) if who == "blocked" else (friend, susan)))

    assert met(browser) == ["friend4", "friend3", "friend2", "friend1", "friend0"]
    assert "by friend5" not in browser.get("/").text


def test_demo_people_are_offered_until_the_administrator_has_people_of_their_own(office):
    assert 'action="/admin/demo"' in office.get("/").text

    make_user("guest")

    assert 'action="/admin/demo"' not in office.get("/").text


def test_it_costs_as_many_queries_however_many_there_are(browser, susan, circle, queries):
    def cost():
        del queries[:]
        browser.get("/")
        return len(queries)

    browser.get("/")
    full = cost()
    User.delete().where(User.username.between("friend2", "friend5")).execute()
    assert full == cost()
