import re
from html import unescape

import mf2py
import pytest

from microblog import accounts
from microblog.models import Block, OldPermalink, Post
from tests.posts import write_at


def microformats(response):
    return mf2py.parse(doc=response.text, url="http://localhost/", html_parser="html5lib")


def about(response):
    """The metadata in the head of the page, by name."""
    named = re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)">', response.text)
    return {name: unescape(content) for name, content in named}


def test_a_post_has_a_page_that_everybody_can_read(client, susan, write_posts):
    [post] = write_posts(susan, "hello, world")

    assert "hello, world" in client.get(f"/post/{post.id}").text
    assert f'href="/post/{post.id}"' in client.get("/explore").text


def test_what_is_not_there_has_no_page(client, browser, susan, john, write_posts):
    gone, hidden, blocked = *write_posts(john, "gone", "hidden"), *write_posts(susan, "blocked")
    gone.delete_instance()
    Block.add(john, susan)

    assert client.get(f"/post/{gone.id}").status_code == 404
    assert client.get(f"/post/{hidden.id}").status_code == 200
    assert browser.get(f"/post/{hidden.id}").status_code == 404
    accounts.suspend(john, by="mary")
    assert client.get(f"/post/{hidden.id}").status_code == 404
    assert client.get(f"/post/{blocked.id}").status_code == 200


@pytest.fixture
def moved(susan):
    """A post of susan's that was ``/post/25`` once."""
    post = Post.create(author=susan, body="hello")
    OldPermalink.create(id=25, post_id=post.id)
    return post


def test_a_link_from_when_posts_were_counted_leads_to_the_post(client, moved):
    response = client.get("/post/25")

    assert (response.status_code, response.location) == (301, f"/post/{moved.id}")
    assert client.get("/post/24").status_code == 404


HIDING = {
    "deleted": lambda post, _john: post.delete_instance(),
    "suspended": lambda post, _john: accounts.suspend(post.author, by="mary"),
    "blocked": lambda post, john: Block.add(post.author, john),
    "gone": lambda post, _john: accounts.delete(post.author),
}


@pytest.mark.parametrize("hide", HIDING.values(), ids=HIDING)
def test_an_old_link_says_nothing_of_what_its_reader_may_not_see(sign_in, john, moved, hide):
    johns = sign_in(john)
    assert johns.get("/post/25").status_code == 301

    hide(moved, john)

    gone, never = johns.get("/post/25"), johns.get("/post/24")
    assert (gone.status_code, never.status_code) == (404, 404)
    # But for the tokens of forms, which change with each second.
    told, known = (re.sub(r'value="[\w.-]{40,}"', "", page.text) for page in (gone, never))
    assert told == known.replace("/post/24", "/post/25")


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 18, "9" * 19, "9" * 400, "1.0", "%00", "١"])
def test_no_number_can_break_the_page(client, susan, number):
    assert client.get(f"/post/{number}").status_code == 404


def test_a_post_cannot_be_posted_to(browser, susan, write_posts):
    [post] = write_posts(susan, "one")

    assert browser.post_form(f"/post/{post.id}").status_code == 405


def test_a_shared_link_says_what_it_leads_to(client, susan):
    post = Post.create(author=susan, body='"quoted" & <b>\nsecond')

    said = about(client.get(f"/post/{post.id}"))

    assert said["og:title"] == "susan"
    assert said["og:description"] == said["description"] == '"quoted" & <b>\nsecond'
    assert said["og:url"] == f"http://localhost/post/{post.id}"
    assert said["og:type"] == "article"
    assert said["article:published_time"] == f"{post.timestamp:%Y-%m-%dT%H:%M:%SZ}"
    assert said["article:author"] == "http://localhost/user/susan"


def test_a_long_post_is_cut_where_it_stands_among_others(client, browser, susan):
    post = Post.create(author=susan, body=f"tea {'word ' * 200}the end", language="en")

    for path in ("/", "/explore", "/user/susan", "/search?q=tea"):
        text = browser.get(path).text
        assert "the end" not in text, path
        assert f'<a href="/post/{post.id}">more</a>' in text, path
    whole = client.get(f"/post/{post.id}").text
    assert "the end</p>" in whole
    assert ">more</a>" not in whole
    for feed in ("/feed.atom", "/feed.json"):
        assert "the end" in client.get(feed).text, feed


def test_a_post_of_a_usual_length_is_never_cut(browser, susan):
    Post.create(author=susan, body="x" * 500)

    assert ">more</a>" not in browser.get("/").text


def test_a_shared_profile_says_whose_it_is(client, susan):
    susan.update_profile("susan", "I write.")

    said = about(client.get("/user/susan"))

    assert (said["og:type"], said["og:title"], said["og:description"]) == ("profile", "susan", "I write.")


def test_a_post_is_an_entry_for_programs(client, susan):
    post = Post.create(author=susan, body="hello https://example.org/", language="en")

    [entry] = microformats(client.get(f"/post/{post.id}"))["items"]

    assert entry["type"] == ["h-entry"]
    said = entry["properties"]
    assert said["url"] == said["uid"] == [f"http://localhost/post/{post.id}"]
    assert said["published"] == [f"{post.timestamp:%Y-%m-%dT%H:%M:%SZ}"]
    [content] = said["content"]
    assert content["value"] == "hello https://example.org/"
    assert content["lang"] == "en"
    [author] = said["author"]
    assert author["type"] == ["h-card"]
    assert author["properties"]["name"] == ["susan"]
    assert author["properties"]["url"] == ["http://localhost/user/susan"]


def test_a_page_of_posts_is_one_feed_for_programs(client, susan, write_posts):
    [new] = write_posts(susan, "two")
    old = write_at(new.timestamp.replace(year=2020), susan, "one")

    [feed] = microformats(client.get("/explore"))["items"]

    assert feed["type"] == ["h-feed"]
    urls = [entry["properties"]["url"] for entry in feed["children"]]
    assert urls == [[f"http://localhost/post/{post.id}"] for post in (new, old)]


def test_a_profile_is_a_card_for_programs(client, susan):
    susan.update_profile("susan", "I write.")

    card, feed = microformats(client.get("/user/susan"))["items"]

    assert (card["type"], feed["type"]) == (["h-card"], ["h-feed"])
    assert card["properties"]["name"] == ["susan"]
    assert card["properties"]["url"] == card["properties"]["uid"] == ["http://localhost/user/susan"]
    assert card["properties"]["note"] == ["I write."]
