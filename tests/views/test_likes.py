import pytest

from microblog.models import Block, Like
from tests.conftest import make_user


@pytest.fixture
def post(john, write_posts):
    """A post of john, which susan may like."""
    return write_posts(john, "Hello")[0]


def likes():
    return [(like.user.username, like.post.body) for like in Like.select()]


def test_a_post_is_liked_and_the_like_taken_back_on_its_page(browser, post):
    page = f"/post/{post.id}"
    assert f'action="{page}/like"' in browser.get(page).text

    response = browser.post_form(f"{page}/like")
    assert (response.status_code, response.location) == (302, page)
    liked = browser.get(page).text
    assert ">susan</a> likes this" in liked
    assert f'action="{page}/unlike"' in liked
    assert f'action="{page}/like"' not in liked

    browser.post_form(f"{page}/unlike")
    assert likes() == []
    assert "likes this" not in browser.get(page).text


def test_several_who_like_a_post_are_named_and_the_others_counted(browser, client, post):
    for name in ("anna", "bert", "carl", "dora"):
        Like.add(make_user(name), post)

    shown = client.get(f"/post/{post.id}").text

    assert ">dora</a>, <a" in shown
    assert ">carl</a>, and 2 others like this" in shown
    assert f"/post/{post.id}/like" not in shown


def test_lists_show_no_likes(browser, susan, post):
    Like.add(susan, post)
    susan.follow(post.author)

    for path in ("/", "/explore", "/user/john", "/search?q=Hello"):
        page = browser.get(path).text
        assert "Hello" in page
        assert "like" not in page


def test_nobody_likes_their_own_post(browser, susan, write_posts):
    [own] = write_posts(susan, "mine")
    assert f"/post/{own.id}/like" not in browser.get(f"/post/{own.id}").text

    browser.post_form(f"/post/{own.id}/like")

    assert likes() == []
    assert "You wrote this yourself." in browser.get("/").text


def test_an_administrator_who_sees_a_post_across_a_block_does_not_like_it(browser, susan, john, post):
    susan.is_admin = True
    susan.save()
    Block.add(john, susan)

    browser.post_form(f"/post/{post.id}/like")

    assert likes() == []
    assert "has blocked the other" in browser.get("/").text


@pytest.mark.parametrize("act", ["like", "unlike"])
def test_liking_needs_somebody_signed_in_a_post_and_a_form(client, browser, post, act):
    assert client.post_form(f"/post/{post.id}/{act}").location == "/auth/login"
    assert browser.post_form(f"/post/1/{act}").status_code == 404
    assert browser.get(f"/post/{post.id}/{act}").status_code == 405
    assert browser.post(f"/post/{post.id}/{act}").status_code == 400
    assert likes() == []
