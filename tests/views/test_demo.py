import dataclasses
import re
from datetime import timedelta

import pytest

from microblog import demo
from microblog.base import clock
from microblog.demo import samples
from microblog.models import Message, Post, User
from microblog.security import security_log
from microblog.security.passwords import check_password
from tests.conftest import make_user
from tests.posts import write_at


@pytest.fixture
def admin(susan):
    User.update(is_admin=True).where(User.id == susan.id).execute()


def test_the_administrator_of_an_empty_site_can_fill_it(admin, browser, susan):
    assert 'action="/admin/demo"' in browser.get("/").text

    response = browser.post_form("/admin/demo")

    assert (response.status_code, response.location) == (302, "/")
    assert User.select().count() == 13
    assert len(list(Post.timeline(susan))) > 25
    assert 'action="/admin/demo"' not in browser.get("/").text


def test_what_they_wrote_before_is_no_news(admin, browser):
    browser.get("/")
    browser.post_form("/admin/demo")

    assert "data-new>" not in browser.get("/").text


def test_they_can_move_in_when_home_is_not_empty_any_more(admin, browser, susan, write_posts):
    write_posts(susan, "hello")
    assert 'action="/admin/demo"' in browser.get("/").text
    browser.post_form("/welcome/close")

    assert 'action="/admin/demo"' not in browser.get("/").text
    assert 'action="/admin/demo"' in browser.get("/admin/users").text
    browser.post_form("/admin/demo")
    assert 'action="/admin/demo"' not in browser.get("/admin/users").text


def test_whoever_lets_them_in_is_followed_and_written_to(admin, browser, susan):
    browser.post_form("/admin/demo")

    assert "one has written to you" in browser.get("/").text
    assert "2 followers" in browser.get("/user/susan").text
    assert [message.body for message in Message.inbox(susan)] == [demo.GREETING]


def test_they_talk_to_each_other_in_their_own_languages_the_newest_last(admin, browser):
    browser.post_form("/admin/demo")

    posts = list(Post.select().order_by(Post.id))
    assert sorted(post.timestamp for post in posts) == [post.timestamp for post in posts]
    assert {post.language for post in posts} == {"en", "es", "zh", "ar"}
    pump = next(post for post in posts if "Bring me the pump." in post.body)
    assert Post.get_by_id(pump.reply_to).author.username == "june"
    assert "{" not in " ".join(post.body for post in posts)


def test_what_they_wrote_stands_below_the_days_of_then(admin, app, browser, susan, monkeypatch):
    monkeypatch.setitem(app.config, "POSTS_PER_PAGE", 1000)
    old = write_at(clock.now() - timedelta(days=3), susan, "mine of long ago")
    browser.post_form("/admin/demo")

    text = browser.get("/explore").text

    days = re.findall(r'<h2 class="day"><time datetime="[^"]*">([^<]*)<', text)
    assert len(days) > 5
    assert len(set(days)) == len(days)
    times = re.findall(r'<time class="dt-published" datetime="([^"]*)"', text)
    assert times == sorted(times, reverse=True)
    assert f"{old.timestamp:%Y-%m-%dT%H:%M:%SZ}" in times[1:-1]


def test_a_name_that_somebody_has_stays_theirs(admin, browser, susan):
    make_user("June")

    browser.post_form("/admin/demo")

    assert User.named("june_demo").about_me == samples.people()[1].about
    assert not Post.by_author(User.named("June")).exists()
    lent = Post.get(Post.body.startswith("I have bought a boat"))
    assert lent.author.username == "june_demo"
    assert Post.get(Post.body.startswith("Bring me the pump.")).reply_to == lent.id


def test_one_can_sign_in_as_any_of_them(admin, browser):
    browser.post_form("/admin/demo")

    assert check_password(User.named("nora"), demo.PASSWORD)


def test_they_can_be_sent_away_and_leave_nothing(admin, browser, susan, write_posts):
    write_posts(susan, "mine")
    browser.post_form("/admin/demo")
    assert 'href="/admin/demo/delete"' in browser.get("/admin/users").text
    assert 'action="/admin/demo/delete"' in browser.get("/admin/demo/delete").text

    response = browser.post_form("/admin/demo/delete")

    assert (response.status_code, response.location) == (302, "/admin/users")
    assert [user.username for user in User.select()] == ["susan"]
    assert [post.body for post in Post.select()] == ["mine"]
    assert not Message.select().exists()
    assert 'href="/admin/demo/delete"' not in browser.get("/admin/users").text
    assert "demo-people-removed user=susan" in security_log.latest(1)[0][1]


def test_those_of_the_command_are_sent_away_too_whatever_they_are_called(admin, app, browser, susan):
    real = make_user("demo_5"), make_user("nora")
    demo.fill(users=30, posts=50, follows=2, seed=1)
    demo2 = User.named("demo2")
    demo2.update_profile("renamed", "")
    demo2.change_email("somebody@else.example")

    browser.post_form("/admin/demo/delete")

    assert set(User.select()) == {susan, *real}
    assert not Post.select().exists()


def test_a_demo_person_who_became_administrator_stays_while_they_send_the_others_away(sign_in, app):
    demo.fill(users=3, posts=0, follows=0, seed=1)
    User.update(is_admin=True).where(User.username << ["demo1", "demo2"]).execute()

    response = sign_in(User.named("demo1")).post_form("/admin/demo/delete")

    assert response.status_code == 302
    assert [user.username for user in User.select()] == ["demo1"]


def test_sending_away_harms_nobody_else(admin, browser, susan):
    make_user("nora")

    browser.post_form("/admin/demo/delete")

    assert {user.username for user in User.select()} == {"susan", "nora"}


def test_a_second_click_does_no_harm(admin, browser):
    browser.post_form("/admin/demo")

    assert browser.post_form("/admin/demo").status_code == 302
    assert User.select().count() == 13


def test_a_site_that_others_can_reach_is_not_filled(admin, app, browser, monkeypatch):
    settings = app.config["SETTINGS"]
    public = dataclasses.replace(settings, base_url="https://blog.example.org")
    monkeypatch.setitem(app.config, "SETTINGS", public)

    assert 'action="/admin/demo"' not in browser.get("/").text
    assert browser.post_form("/admin/demo").status_code == 403


def test_nobody_else_fills_the_site_or_empties_it(susan, browser, client):
    assert 'action="/admin/demo"' not in browser.get("/").text
    for path in ("/admin/demo", "/admin/demo/delete"):
        assert browser.post_form(path).status_code == 404
        assert client.post_form(path).location.startswith("/auth/login")
    assert browser.get("/admin/demo/delete").status_code == 404
    assert User.select().count() == 1
