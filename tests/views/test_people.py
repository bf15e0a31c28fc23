import re

import pytest

from microblog.models import Block, User
from tests.conftest import make_user

LISTS = ["/people", "/user/susan/followers", "/user/susan/following"]


@pytest.fixture
def circle(susan):
    """Thirty people who follow susan and whom she follows."""
    circle = [make_user(f"friend{number:02}") for number in range(30)]
    for friend in circle:
        friend.follow(susan)
        susan.follow(friend)
    return circle


def listed(page):
    return re.findall(r'<a href="/user/(\w+)" data-person', page.text)


@pytest.mark.parametrize("path", LISTS)
def test_pages_lead_from_one_to_the_next_and_back(browser, circle, path):
    first = browser.get(path)
    [older] = re.findall(r'rel="next" href="([^"]+)"', first.text)
    second = browser.get(path + older)
    [newer] = re.findall(r'rel="prev" href="([^"]+)"', second.text)

    assert len(listed(first)) == 25
    assert not set(listed(first)) & set(listed(second))
    assert {friend.username for friend in circle} <= {*listed(first), *listed(second)}
    assert listed(browser.get(path + newer)) == listed(first)


@pytest.mark.parametrize("path", LISTS)
def test_a_page_costs_as_many_queries_however_many_people_are_on_it(browser, susan, circle, queries, path):
    def cost():
        del queries[:]
        browser.get(path)
        return len(queries)

    browser.get(path)
    full = cost()
    User.delete().where(User.username.startswith("friend"), User.username > "friend01").execute()
    assert full == cost()


@pytest.mark.parametrize("path", LISTS)
def test_only_members_see_lists_of_people(client, susan, path):
    assert client.get(path).location.startswith("/auth/login?next=")


def test_one_follows_and_stops_in_the_list_and_stays_in_it(browser, susan, john):
    page = browser.get("/people?before=999999999999999999")
    assert page.text.count('action="/follow/john"') == 1
    assert "/follow/susan" not in page.text
    [back] = re.findall(r'/follow/john">.*?name="next" value="([^"#]*)"', page.text, re.DOTALL)

    assert back.startswith("/people?before=")
    assert browser.post_form("/follow/john", next=back).location == back
    assert browser.get("/people").text.count('action="/unfollow/john"') == 1


def test_the_counts_of_a_profile_lead_members_to_its_lists(browser, client, susan, john):
    susan.follow(john)
    for path in ("/user/john", "/user/john/popup"):
        page = browser.get(path).text
        assert '<a href="/user/john/followers">1 follower</a>' in page
        assert '<a href="/user/john/following">0 following</a>' in page
        assert "/followers" not in client.get(path).text


def test_the_name_is_written_as_its_owner_does(browser, susan):
    assert browser.get("/user/SUSAN/followers").location == "/user/susan/followers"


@pytest.mark.parametrize("act", ["followers", "following"])
def test_there_are_no_lists_around_whom_one_may_not_see(browser, susan, john, act):
    path = f"/user/john/{act}"
    Block.add(john, susan)
    assert browser.get(path).status_code == 404
    Block.remove(john, susan)
    assert browser.get(path).status_code == 200
    john.suspend()
    assert browser.get(path).status_code == 404
    assert browser.get(f"/user/nobody_there/{act}").status_code == 404


def test_a_search_shows_people_above_the_posts(browser, client, susan, john, write_posts):
    write_posts(susan, "john likes tea")

    page = browser.get("/search?q=JO").text
    assert 'href="/user/john"' in page
    assert "Nothing found" not in page
    both = browser.get("/search?q=john").text
    assert both.index('action="/follow/john"') < both.index("h-entry")
    assert "/follow/john" not in browser.get("/search?q=john&before=1").text, "only above the first page"
    assert 'data-person="/user/john/popup"' not in client.get("/search?q=john").text
