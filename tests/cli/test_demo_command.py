import dataclasses

import pytest

from microblog import demo
from microblog.demo import samples
from microblog.models import Follow, Like, Mention, NewsItem, Post, Tag, User
from microblog.security.passwords import check_password


def said():
    return [(post.author_id, post.body, post.language) for post in Post.select().order_by(Post.id)]


def test_there_are_as_many_as_were_asked_for(run):
    result = run("demo", "--users", 30, "--posts", 200, "--follows", 3)

    assert result.exit_code == 0, result.output
    assert [user.username for user in User.select()] == [f"demo{number}" for number in range(1, 31)]
    assert Post.select().count() == 200
    assert Mention.select().count() > 15
    assert Tag.select().count() > 15
    answers = list(Post.select().where(Post.conversation.is_null(False)))
    assert len(answers) > 50
    ids = {post.id: post.root for post in Post.select()}
    assert all(ids[answer.reply_to] == answer.conversation for answer in answers)
    assert 60 <= Follow.select().count() <= 90
    assert check_password(User.named("demo30"), demo.PASSWORD)
    assert "30 people and 200 posts; sign in as demo1" in result.output


@pytest.mark.parametrize(("users", "posts"), [(1, 0), (1, 1), (1, 100), (20, 5)])
def test_few_are_as_welcome(run, users, posts):
    assert run("demo", "--users", users, "--posts", posts).exit_code == 0

    assert (User.select().count(), Post.select().count()) == (users, posts)


def test_the_newest_posts_are_the_sample_posts(run):
    run("demo", "--users", 20, "--posts", 100)

    posts = list(Post.select().order_by(Post.id))
    authors = [post.author.username for post in posts[-len(samples.posts(posts[-1].timestamp)) :]]
    assert set(authors) == {f"demo{number}" for number in range(1, 13)}
    assert sorted(post.timestamp for post in posts) == [post.timestamp for post in posts]
    [pump] = [post for post in posts if "Bring me the pump." in post.body]
    assert "I have bought a boat" in Post.get_by_id(pump.reply_to).body


def test_each_speaks_one_language(run):
    run("demo", "--users", 20, "--posts", 400)

    spoken = {}
    for author, _body, language in said():
        spoken.setdefault(author, set()).add(language)
    assert {len(languages) for languages in spoken.values()} == {1}
    assert set().union(*spoken.values()) == {"en", "es", "zh", "ar"}
    assert all(user.about_me for user in User.select())


def test_the_same_seed_gives_the_same(app, run):
    run("demo", "--users", 20, "--posts", 100, "--seed", 7)
    first, followed = said(), set(Follow.select().tuples())
    User.delete().execute()
    run("demo", "--users", 20, "--posts", 100, "--seed", 7)
    offset = User.select(User.id).order_by(User.id).scalar() - 1

    assert [(author - offset, body, language) for author, body, language in said()] == first
    assert {(one - offset, other - offset) for one, other in Follow.select().tuples()} == followed


def test_a_second_time_is_refused(run):
    run("demo", "--users", 2, "--posts", 2)

    again = run("demo", "--users", 2, "--posts", 2)

    assert again.exit_code == 1
    assert "there are demo users already; set DATA_DIR to another folder" in again.output
    assert User.select().count() == 2


@pytest.mark.parametrize("url", ["https://blog.example.org", "http://blog.example.org", "https://localhost"])
def test_a_site_that_others_can_reach_is_refused(app, run, monkeypatch, url):
    public = dataclasses.replace(app.config["SETTINGS"], base_url=url)
    monkeypatch.setitem(app.config, "SETTINGS", public)

    result = run("demo")

    assert result.exit_code == 1
    assert "everybody knows the password" in result.output
    assert not User.exists()


def test_the_newest_posts_are_liked_and_their_writers_read_of_it(run):
    run("demo", "--users", "12", "--posts", "300", "--follows", "2")

    assert 0 < Like.select(Like.post).distinct().count() <= 200
    liked = {like.post.author_id for like in Like.select()}
    assert {item.user_id for item in NewsItem.select().where(NewsItem.kind == "like")} == liked
