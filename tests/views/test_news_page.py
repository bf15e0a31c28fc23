import re

import pytest

from microblog.models import Like, NewsItem, Post
from tests.models.test_news import ACTS

WORDS = {
    "follow": ">john</a> follows you",
    "answer": ">john</a> answers you",
    "mention": ">john</a> mentions you",
    "like": ">john</a> likes this",
    "join": ">john</a> has joined by your invitation",
}


@pytest.fixture
def post(susan, write_posts):
    return write_posts(susan, "Hello")[0]


@pytest.mark.parametrize("kind", ACTS)
def test_the_page_says_what_was_done_and_leads_to_the_post(browser, john, post, kind):
    ACTS[kind][0](john, post)

    page = browser.get("/news").text

    assert WORDS[kind] in page
    about = NewsItem.of(post.author).first().post
    assert not about or f'<a href="/post/{about.id}">{about.body}</a>' in page
    # Where the keys j, k and r find it.
    assert not about or f'<a class="when" href="/post/{about.id}"><time' in page


def test_where_there_is_none_it_says_what_there_will_be(browser):
    assert "No news yet" in browser.get("/news").text


def test_the_badge_and_the_title_count_the_unread_of_both_kinds(browser, john, post):
    assert re.search(r'class="badge" data-unread="news" hidden', browser.get("/").text)
    for kind in ("follow", "like"):
        ACTS[kind][0](john, post)
    page = browser.get("/").text
    assert re.search(r'class="badge" data-unread="news">.*<span>2</span>', page)
    assert "<title>(2) Home" in page


def test_looking_alone_marks_nothing_and_the_form_what_was_shown(browser, susan, john, post):
    john.follow(susan)
    page = browser.get("/news").text
    assert page.count("data-new>") == 1
    shown = dict(re.findall(r'name="(oldest|newest)" value="(\d+)"', page))
    Like.add(john, post)

    response = browser.post_form("/news/read", **shown)

    assert response.location == "/news"
    assert [item.read_at is None for item in NewsItem.of(susan)] == [True, False]
    assert "Mark as read" in browser.get("/news").text


def test_what_was_not_shown_is_refused(browser):
    assert browser.post_form("/news/read", oldest="x").status_code == 400


def test_news_come_in_pages(app, browser, susan, john, write_posts, monkeypatch):
    monkeypatch.setitem(app.config, "POSTS_PER_PAGE", 2)
    for post in write_posts(susan, *map(str, range(5))):
        Like.add(john, post)

    first = browser.get("/news").text
    second = browser.get("/news" + re.search(r'rel="next" href="([^"]+)', first)[1]).text

    assert [">4</a>" in first, ">3</a>" in first, ">2</a>" in first] == [True, True, False]
    assert [">3</a>" in second, ">2</a>" in second, ">1</a>" in second] == [False, True, True]


def test_a_page_of_many_lines_takes_as_many_queries_as_one_of_one(browser, susan, john, write_posts, queries):
    Like.add(john, write_posts(susan, "first")[0])
    browser.get("/news")
    queries.clear()
    browser.get("/news")
    needed = len(queries)
    for post in write_posts(susan, *map(str, range(9))):
        Like.add(john, post)
        Post.answer(post.id, author=john, body=f"so {post.body}")
    queries.clear()

    assert browser.get("/news").text.count("data-new>") == 19

    assert len(queries) == needed
