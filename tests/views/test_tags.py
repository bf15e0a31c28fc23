"""The page of a tag, its feeds, and how posts lead there."""

import re

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from microblog.base import slices
from microblog.base.database import db
from microblog.base.text import clean
from microblog.models import Block, Mention, Post, Tag, User
from tests.conftest import make_user
from tests.posts import insert_posts

ATOM, JSON = "/tag/tea/feed.atom", "/tag/tea/feed.json"


def shown(response):
    return re.findall(r'class="e-content"[^>]*>(.*?)</p>', response.text, re.DOTALL)


def texts(response):
    return [Markup(post).striptags() for post in shown(response)]


def test_a_post_leads_to_its_tag_and_the_tag_to_its_posts(client, susan, john, write_posts):
    write_posts(susan, "Green #Tea", "no tea")
    write_posts(john, "black #tea")

    [link] = {*re.findall(r'rel="tag" href="([^"]+)"', client.get("/explore").text)}
    page = client.get(link)

    assert link == "/tag/tea"
    assert texts(page) == ["black #tea", "Green #Tea"]
    assert '<h1 class="heading" dir="auto">#tea</h1>' in page.text


@pytest.mark.parametrize("tag", ["猫", "दान", "สวัสดี", "مَرْحَبًا", "ü_1", "می\u200cخواهم"])
def test_a_tag_of_any_script_has_a_page_and_feeds(client, susan, write_posts, tag):
    write_posts(susan, f"one #{tag}", f"two #{tag}")
    [link, _same] = re.findall(r'rel="tag" href="([^"]+)"', client.get("/explore").text)

    assert texts(client.get(link)) == [f"two #{tag}", f"one #{tag}"]
    assert len(client.get(f"{link}/feed.json").json["items"]) == 2
    assert len(feedparser.parse(client.get(f"{link}/feed.atom").data).entries) == 2


@pytest.mark.parametrize(
    ("written", "leads_to"),
    [("Tea", "tea"), ("%23tea", "tea"), ("STRASSE", "strasse"), ("cafe%CC%81", "caf%C3%A9")],
)
def test_however_a_tag_is_written_it_has_one_address(client, susan, written, leads_to):
    response = client.get(f"/tag/{written}")

    assert (response.status_code, response.location) == (302, f"/tag/{leads_to}")


@pytest.mark.parametrize(
    "word", ["2026", "tea%20time", "%E2%98%BA", "tea,milk", "x" * 101, "%FF", "%00", "_"]
)
@pytest.mark.parametrize("path", ["/tag/{}", "/tag/{}/feed.atom", "/tag/{}/feed.json"])
def test_what_is_no_tag_is_not_there(client, susan, path, word):
    assert client.get(path.format(word)).status_code == 404


def test_a_tag_that_nobody_used_looks_like_one_whose_posts_are_hidden(browser, susan, john, write_posts):
    write_posts(john, "#secret")
    Block.add(john, susan)

    hidden, unused = browser.get("/tag/secret").text, browser.get("/tag/unused").text

    assert "Nobody has written anything with this tag" in hidden
    assert re.sub("secret|unused|csrf_token.*", "", hidden) == re.sub(
        "secret|unused|csrf_token.*", "", unused
    )


def test_the_pages_of_a_tag_lead_through_all_of_its_posts_once(client, susan, write_posts):
    write_posts(susan, *(f"{number} #tea" if number % 2 else "none" for number in range(120)))

    page, seen = client.get("/tag/tea"), []
    while older := re.search(r'href="(\?before=\d+)"', page.text):
        seen += texts(page)
        page = client.get(f"/tag/tea{older[1]}")
    seen += texts(page)

    assert seen == [f"{number} #tea" for number in range(119, 0, -2)]
    newer = re.search(r'href="(\?after=\d+)"', page.text)[1]
    assert texts(client.get(f"/tag/tea{newer}")) == seen[25:50]


@pytest.mark.parametrize("analysed", [False, True])
@pytest.mark.parametrize(
    ("cut", "range_"), [(lambda posts: slices.newest(posts, 10**15, None, 26, Tag), "<"),
                        (lambda posts: slices.oldest(posts, 10**15, 26, Tag), ">")]
)  # fmt: skip
def test_any_depth_of_a_tag_is_one_search_of_its_index(susan, plan, analysed, cut, range_):
    insert_posts(susan, (f"#tea {number}" for number in range(300)))
    Post.record_entities(Post.select(Post.id, Post.body).tuples())
    for number in range(20):
        make_user(f"reader{number}")
    if analysed:
        db.execute_sql("ANALYZE")

    steps = plan(cut(Post.tagged("tea", susan)))

    assert re.fullmatch(rf"SEARCH t\d USING PRIMARY KEY \(word=\? AND post_id{range_}\?\)", steps[0])
    assert not [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN t")]


def test_feeds_name_the_tags_of_a_post_and_link_people_and_tags(client, susan, john, write_posts):
    write_posts(susan, "#Tea and #milk for @john, not @nobody")

    [item] = client.get(JSON).json["items"]
    [entry] = feedparser.parse(client.get(ATOM).data).entries

    assert item["tags"] == [tag.term for tag in entry.tags] == ["tea", "milk"]
    html = (
        '<div dir="auto">'
        '<a href="http://localhost/tag/tea">#Tea</a> and <a href="http://localhost/tag/milk">#milk</a> for '
        '<a href="http://localhost/user/john">@john</a>, not @nobody</div>'
    )
    assert item["content_html"] == entry.content[0].value == html
    assert client.get(JSON).json["home_page_url"] == "http://localhost/tag/tea"
    assert client.get(JSON).json["title"] == "#tea · Microblog"


TEXTS = st.lists(
    st.sampled_from(
        [
            *("@john", "@Susan", "@nobody", "＠john", "#tea", "＃Tea", "#猫", "#दान", "#2026", "john", "x"),
            *("https://a.example/", "https://", "a.example", "user", "@", "#", "猫", "님", "é", "\u0301"),
            *(".", ",", "/", "-", "_", "'", "&", "<", '"', " ", "\n", "\u200b", "\u200d", "・", "❤️"),
        ]
    ),
    max_size=14,
)


def test_what_is_linked_is_what_the_rows_say(app, client, susan, john):
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(pieces=TEXTS)
    def check(pieces):
        body = clean("".join(pieces)) or "."
        post = Post.create(author=susan, body=body)

        html = shown(client.get(f"/post/{post.id}"))[0]

        people = User.select(User.username).join(Mention, on=(Mention.user == User.id))
        mentioned = {name for (name,) in people.where(Mention.post_id == post.id).tuples()}
        tags = [word for (word,) in Tag.select(Tag.word).where(Tag.post_id == post.id).tuples()]
        with app.test_request_context():
            expected = {app.url_for("tags.show", word=word) for word in tags}
        assert set(re.findall(r'href="/user/(\w+)"', html)) == mentioned
        assert set(re.findall(r'rel="tag" href="([^"]+)"', html)) == expected
        assert "<a" not in re.sub(r"<a [^>]*>[^<]*</a>", "", html), "no link inside of another"

    check()
