import re
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.exports import export_posts
from microblog.models import Follow, Message, Post, Session, User
from microblog.tasks.task import Task


def test_a_profile_shows_that_persons_posts_only(client, susan, john, write_posts):
    write_posts(susan, "of susan")
    write_posts(john, "of john")

    page = client.get("/user/susan").text

    assert "of susan" in page
    assert "of john" not in page


@pytest.mark.parametrize("name", ["SUSAN", "Susan", "sUSAN"])
def test_a_name_in_another_case_leads_to_the_right_one(client, susan, name):
    response = client.get(f"/user/{name}")

    assert (response.status_code, response.location) == (302, "/user/susan")


@pytest.mark.parametrize(
    "name", ["nobody", "%00", "a%2Fb", "x" * 5000, "susan%20", "%F0%9F%91%8D", "%ED%A0%80", "%25"]
)
def test_nobody_has_a_page(client, susan, name):
    assert client.get(f"/user/{name}").status_code == 404


def test_a_profile_cannot_be_posted_to(browser):
    assert browser.post_form("/user/susan").status_code == 405


def test_the_export_is_offered_on_the_own_profile_only(browser, client, susan, john):
    assert 'action="/export_posts"' in browser.get("/user/susan").text
    assert 'action="/export_posts"' not in browser.get("/user/john").text
    assert 'action="/export_posts"' not in client.get("/user/susan").text


def test_the_export_is_not_offered_while_one_is_under_way(browser, susan):
    Task.create(name=export_posts.name, description="Exporting posts...", user=susan)

    for path in ("/user/susan", "/tasks", "/export_posts"):
        assert 'action="/export_posts"' not in browser.get(path).text


# What a page says of a person


def test_a_profile_tells_how_many_follow_and_are_followed(client, susan, john):
    john.follow(susan)

    assert "1 follower</li>" in client.get("/user/susan").text
    assert "1 following</li>" in client.get("/user/john").text


def test_a_profile_tells_when_the_person_was_last_seen_also_after_they_signed_out(browser, client, susan):
    browser.get("/")
    browser.post_form("/auth/logout")

    assert Session.select().count() == 0
    assert "Last seen: today" in client.get("/user/susan").text


def test_polling_does_not_mean_that_somebody_is_here(browser, susan, monkeypatch):
    task = Task.create(name="export_posts", description="Exporting posts...", user=susan)
    browser.get("/")
    seen_at = User.named("susan").seen_at
    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: later)

    for path in ("/notifications?since=0", "/newer?after=0", f"/tasks/{task.id}/card"):
        assert browser.get(path).status_code == 200
        assert User.named("susan").seen_at == seen_at
    browser.get("/")
    assert User.named("susan").seen_at == later


def test_what_can_be_done_depends_on_who_reads(browser, client, susan, john):
    acts = ("/settings/profile", "/follow/", "/messages/", "/block/")

    def offered(response):
        return [act for act in acts if f'"{act}' in response.text.partition("<main")[2]]

    assert offered(browser.get("/user/susan")) == ["/settings/profile"]
    assert offered(browser.get("/user/john")) == ["/follow/", "/messages/", "/block/"]
    assert offered(client.get("/user/john")) == []


# The card


def card_in(page):
    """What opens on a name."""
    return re.search(r'<template>(<span class="card">.*?)</template>', page.text, re.DOTALL)[1]


def test_the_card_tells_who_it_is_and_offers_what_can_be_done(browser, susan, john):
    john.update_profile("john", "I <b>am</b>")
    susan.follow(john)

    card = card_in(browser.get("/user/john/popup"))

    assert '<a href="/user/john">john</a>' in card
    assert "I &lt;b&gt;am&lt;/b&gt;" in card
    assert ">1 follower</a> · <a" in card
    assert 'action="/unfollow/john"' in card
    assert "Unfollow</button>" in card


def test_the_card_is_a_page_without_script(client, browser, john):
    for someone in (client, browser):
        response = someone.get("/user/JOHN/popup")
        assert response.mimetype == "text/html"
        assert "0 followers" in response.text


def test_the_card_offers_nothing_to_do_to_visitors_and_to_oneself(client, browser, susan, john):
    assert "<form" not in card_in(client.get("/user/john/popup"))
    assert "<form" not in card_in(browser.get("/user/susan/popup"))


def test_nobody_has_a_card_and_it_takes_no_post(client, browser, susan):
    assert client.get("/user/nobody/popup").status_code == 404
    assert browser.post_form("/user/susan/popup").status_code == 405


# Editing


def test_the_form_shows_what_is_there(browser, susan):
    susan.update_profile("susan", "Reads & writes")

    page = browser.get("/settings/profile").text

    assert 'value="susan"' in page
    assert ">\r\nReads &amp; writes</textarea>" in page


def test_renaming_keeps_everything(browser, susan, john, write_posts):
    write_posts(susan, "one")
    john.follow(susan)
    Message.send(john, susan, "hello")

    response = browser.post_form("/edit_profile", username="suzy", about_me="New\r\nname")

    assert (response.status_code, response.location) == (302, "/user/suzy")
    page = browser.get("/user/suzy").text
    assert "1 follower<" in page
    assert ">one</p>" in page
    assert "New\nname" in page
    assert "hello" in browser.get("/messages").text
    assert browser.get("/user/susan").location == "/user/suzy"


def test_a_name_can_stay_or_change_its_case(browser, susan):
    browser.post_form("/edit_profile", username="Susan", about_me="")

    assert User.named("susan").username == "Susan"


@pytest.mark.parametrize(
    ("username", "about_me", "words"),
    [
        ("john", "me", "Somebody has this name already. Choose another."),
        ("JOHN", "me", "Somebody has this name already. Choose another."),
        ("admin", "me", "This name is reserved."),
        ("a b", "me", "3 to 32 letters"),
        ("", "me", "This cannot be empty."),
        ("x" * 5000, "me", "3 to 32 letters"),
        ("susan", "x" * 141, "1 character too many"),
        ("susan", "👩" * 5000, "4860 characters too many"),
    ],
)
def test_what_cannot_be_saved_says_why_and_loses_nothing(browser, john, username, about_me, words):
    response = browser.post_form("/edit_profile", username=username, about_me=about_me)

    assert response.status_code == 422
    assert words in response.text
    assert f'value="{username}"' in response.text
    assert f"{about_me}</textarea>" in response.text
    assert (User.named("susan").username, User.named("susan").about_me) == ("susan", "")


def test_about_me_counts_code_points_and_drops_what_deceives(browser):
    browser.post_form("/edit_profile", username="susan", about_me="\u202e\x00" + "👩" * 140)

    assert User.named("susan").about_me == "👩" * 140


def test_a_missing_field_is_no_wish_to_empty_it(browser, susan):
    susan.update_profile("susan", "Still here")

    browser.post_form("/edit_profile", username="susan")

    assert User.named("susan").about_me == "Still here"


def test_editing_needs_somebody_signed_in(client, susan):
    assert client.get("/settings/profile").location == "/auth/login?next=/settings/profile"
    response = client.post_form("/edit_profile", username="x", about_me="typed")
    assert response.status_code == 401
    assert "typed" in response.text
    assert client.delete("/edit_profile").status_code == 405


# Speed


def test_a_page_takes_at_most_seven_queries_besides_the_sessions(browser, susan, queries):
    for number in range(30):
        other = User.register(f"other{number}", f"{number}@example.org", "hash")
        Follow.create(follower=susan, followed=other)
        Post.create(author=other, body="one")
        Post.create(author=susan, body="two")
        Message.send(other, susan, "three")
    Task.create(name=export_posts.name, description="Exporting posts...", user=susan)

    pages = [
        "/",
        "/explore",
        "/user/susan",
        "/user/other1",
        "/user/other1/popup",
        "/messages",
        "/messages/other1",
    ]
    for path in [
        *pages,
        "/settings/blocked",
        "/settings/profile",
        "/explore?before=30",
        "/?before=30",
        "/?after=20",
    ]:
        queries.clear()
        assert browser.get(path).status_code == 200
        assert len(queries) <= 1 + 7, (path, queries)


def test_a_suspended_person_is_said_to_be_and_cannot_be_followed_or_written_to(browser, john, write_posts):
    write_posts(john, "hidden")
    john.suspend()

    page = browser.get("/user/john").text
    assert "This account is suspended." in page
    assert "has not written anything yet" not in page
    for address in ("/follow/john", "/messages/john"):
        assert address not in page
    card = card_in(browser.get("/user/john/popup"))
    assert "<span>This account is suspended.</span>" in card
    assert "<form" not in card

    response = browser.post_form("/send_message/john", message="keep this")
    assert response.status_code == 403
    assert "This account is suspended." in response.text
    assert "keep this" in response.text
    response = browser.post_form("/follow/john", follow_redirects=True)
    assert '<div class="toast" data-category="message">This account is suspended.</div>' in response.text
    assert Message.select().count() == Follow.select().count() == 0


def test_whoever_follows_a_suspended_person_can_end_it(browser, susan, john):
    susan.follow(john)
    john.suspend()

    assert 'action="/unfollow/john"' in browser.get("/user/john").text
    assert 'action="/unfollow/john"' in card_in(browser.get("/user/john/popup"))
