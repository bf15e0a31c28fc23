import pytest

from microblog.models import Block, Message
from tests.conftest import make_user


def test_blocking_asks_first(browser, susan, john):
    assert "Block john?" in browser.get("/block/john").text

    assert not Block.person("john", susan).parted


def test_across_a_block_neither_sees_the_other(browser, sign_in, susan, john, write_posts):
    write_posts(susan, "of susan")
    write_posts(john, "of john")
    susan.follow(john)

    response = browser.post_form("/block/john")

    assert (response.status_code, response.location) == (302, "/user/john")
    for path in ("/", "/explore", "/user/john", "/user/john/popup"):
        assert "of john" not in browser.get(path).text, path
    for path in ("/", "/explore", "/user/susan", "/user/susan/popup"):
        assert "of susan" not in sign_in(john).get(path).text, path


def test_across_a_block_nothing_is_told_of_a_person(browser, sign_in, susan, john):
    john.update_profile("john", "Where I live")
    Block.add(susan, john)

    page = browser.get("/user/john").text
    assert "Where I live" not in page
    assert "You have blocked john" in page
    assert 'action="/unblock/john"' in page
    page = sign_in(john).get("/user/susan").text
    assert "susan has blocked you" in page
    assert "/messages/susan" not in page
    assert "/follow/susan" not in page


def test_a_visitor_sees_both(client, susan, john, write_posts):
    write_posts(susan, "of susan")
    write_posts(john, "of john")
    Block.add(susan, john)

    page = client.get("/explore").text
    assert "of susan" in page
    assert "of john" in page


def test_a_block_takes_that_persons_messages_out_of_the_badge_and_the_inbox(browser, susan, john):
    Message.send(john, susan, "hear me")
    browser.post_form("/block/john")

    page = browser.get("/messages").text
    assert "hear me" not in page
    assert "(1)" not in page
    [news] = browser.get("/notifications?since=0").json
    assert (news["name"], news["data"]) == ("unread_message_count", 0)


def test_blocked_people_are_listed_and_can_be_unblocked(browser, susan, john):
    Block.add(susan, john)
    assert 'action="/unblock/john"' in browser.get("/settings/blocked").text

    response = browser.post_form("/unblock/john")

    assert response.location == "/user/john"
    assert not Block.person("john", susan).parted
    assert "You have blocked nobody" in browser.get("/settings/blocked").text


def test_nobody_sees_whom_another_has_blocked(browser, susan, john):
    Block.add(john, susan)

    assert "john" not in browser.get("/settings/blocked").text
    assert 'action="/unblock/john"' not in browser.get("/user/john").text
    browser.post_form("/unblock/john")
    assert Block.person("john", susan).parted


def test_nobody_blocks_themselves(browser):
    assert browser.get("/block/susan").status_code == 409
    assert browser.post_form("/block/susan").status_code == 409


@pytest.mark.parametrize("act", ["block", "unblock"])
def test_blocking_needs_somebody_signed_in_somebody_to_block_and_a_post(client, browser, susan, john, act):
    assert client.post_form(f"/{act}/john").location == "/auth/login"
    assert browser.post_form(f"/{act}/nobody").status_code == 404
    assert browser.put(f"/{act}/john").status_code == 405
    assert not Block.person("john", susan).parted


def test_the_pages_of_blocks_need_somebody_signed_in_and_somebody_there(client, browser, john):
    assert client.get("/settings/blocked").location == "/auth/login?next=/settings/blocked"
    assert client.get("/block/john").location == "/auth/login?next=/block/john"
    assert browser.get("/block/nobody").status_code == 404
    assert browser.get("/unblock/john").status_code == 405


def test_an_administrator_finds_the_post_of_whoever_blocked_them_everywhere(sign_in, john, write_posts):
    admin = make_user("boss", is_admin=True)
    browser = sign_in(admin)
    [post] = write_posts(john, "abuse")
    Block.add(john, admin)

    lists = ("/explore", "/search?q=abuse", "/user/john", "/user/john/feed.atom", "/feed.json")
    for path in (*lists, f"/post/{post.id}", f"/post/{post.id}/delete"):
        assert "abuse" in browser.get(path).text, path
    page = browser.get("/user/john").text
    assert "/follow/john" not in page
    assert "/messages/john" not in page
