import pytest

from microblog.models import Block, Follow


def follows():
    return [(follow.follower.username, follow.followed.username) for follow in Follow.select()]


def test_following_and_unfollowing_lead_to_the_persons_page(browser, john):
    response = browser.post_form("/follow/john")
    assert (response.status_code, response.location) == (302, "/user/john")
    assert follows() == [("susan", "john")]
    assert "You are following john now." in browser.get("/user/john").text

    response = browser.post_form("/unfollow/JOHN")
    assert (response.status_code, response.location) == (302, "/user/john")
    assert follows() == []


def test_following_leads_back_to_the_page_of_this_site_that_the_button_stood_on(browser, john):
    assert browser.post_form("/follow/john", next="/explore?before=9").location == "/explore?before=9"
    assert browser.post_form("/follow/john", next="//evil.example").location == "/user/john"


def test_the_button_on_a_page_says_what_it_does(browser, john):
    assert 'action="/follow/john"' in browser.get("/user/john").text

    browser.post_form("/follow/john")

    page = browser.get("/user/john").text
    assert 'action="/unfollow/john"' in page
    assert 'action="/follow/john"' not in page


def test_nobody_follows_themselves(browser, susan):
    browser.post_form("/follow/susan")

    assert follows() == []
    assert (
        "You cannot follow yourself, and need not: your own posts are on your home page."
        in browser.get("/user/susan").text
    )


def test_nobody_follows_across_a_block(browser, susan, john):
    Block.add(john, susan)

    browser.post_form("/follow/john")

    assert follows() == []
    assert "has blocked the other" in browser.get("/user/john").text


@pytest.mark.parametrize("act", ["follow", "unfollow"])
def test_following_needs_somebody_signed_in_somebody_to_follow_and_a_post(client, browser, john, act):
    assert client.post_form(f"/{act}/john").location == "/auth/login"
    assert browser.post_form(f"/{act}/nobody").status_code == 404
    assert browser.get(f"/{act}/john").status_code == 405
    assert browser.post(f"/{act}/john").status_code == 400
    assert follows() == []
