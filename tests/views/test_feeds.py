import json
import re
import shutil
import threading
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import feedparser
import pytest

from microblog import accounts
from microblog.base import database
from microblog.base.database import db
from microblog.imports.html_text import html_to_text
from microblog.models import Block, Post, VisibleChange
from microblog.views import feeds
from tests.posts import write_at

ATOM, JSON = "/user/susan/feed.atom", "/user/susan/feed.json"
ALL = ("/feed.atom", "/feed.json", ATOM, JSON)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
AWKWARD = "<b>&amp;</b> \"'\x0b\x00\ufffe\U0001f600 ]]> https://example.org/?a=1&b=2\nsecond line"


def by_tag(response):
    return {"If-None-Match": response.headers["ETag"]}


def atom(response):
    feed = feedparser.parse(response.data, response_headers={"content-type": response.content_type})
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def assert_json_feed(document):
    """The rules of JSON Feed 1.1 that a feed of ours can break."""
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(document["title"], str)
    for name in ("home_page_url", "feed_url"):
        assert document[name].startswith("http://localhost/")
    people = [*document.get("authors", [])]
    ids = [item["id"] for item in document["items"]]
    assert len(set(ids)) == len(ids)
    for item in document["items"]:
        assert isinstance(item["id"], str)
        assert item["content_text"]
        assert item["content_html"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item["date_published"])
        assert "language" not in item or isinstance(item["language"], str)
        people += item["authors"]
    assert all(set(person) <= {"name", "url", "avatar"} and person for person in people)
    known = {"version", "title", "home_page_url", "feed_url", "next_url", "authors", "items"}
    known_of_item = {"id", "url", "content_text", "content_html", "date_published", "authors"}
    known_of_item |= {"language", "tags"}
    assert set(document) <= known
    assert all(set(item) <= known_of_item for item in document["items"])


def test_the_feed_of_a_person_holds_their_posts_newest_first(client, susan, john, write_posts):
    write_posts(susan, "one", "two")
    write_posts(john, "other")

    feed = atom(client.get(ATOM))
    document = client.get(JSON).get_json(force=True)

    assert [entry.title for entry in feed.entries] == ["two", "one"]
    assert feed.feed.title == "susan · Microblog"
    assert feed.feed.link == "http://localhost/user/susan"
    assert feed.entries[0].author == "susan"
    assert_json_feed(document)
    assert [item["content_text"] for item in document["items"]] == ["two", "one"]
    assert document["authors"] == [{"name": "susan", "url": "http://localhost/user/susan"}]


def test_the_feed_of_everybody_holds_everybody(client, susan, john, write_posts):
    write_posts(susan, "one")
    write_posts(john, "two")

    feed = atom(client.get("/feed.atom"))
    document = client.get("/feed.json").get_json(force=True)

    assert [(entry.title, entry.author) for entry in feed.entries] == [("two", "john"), ("one", "susan")]
    assert_json_feed(document)
    assert [item["authors"][0]["name"] for item in document["items"]] == ["john", "susan"]


def test_a_feed_leads_to_each_post(client, susan, write_posts):
    [post] = write_posts(susan, "one")

    [entry] = atom(client.get(ATOM)).entries
    [item] = client.get(JSON).get_json(force=True)["items"]

    assert entry.link == entry.id == item["url"] == item["id"] == f"http://localhost/post/{post.id}"
    assert client.get(f"/post/{post.id}").status_code == 200


@pytest.mark.parametrize("path", ALL)
def test_a_feed_holds_one_page(client, susan, write_posts, path):
    write_posts(susan, *map(str, range(30)))

    response = client.get(path)

    posts, _older = page_of_feed(response)
    assert len(posts) == 25


def page_of_feed(response):
    """The posts on a page of a feed, as it orders them, and the address of the page with older ones."""
    if response.mimetype.endswith("json"):
        document = json.loads(response.data)
        assert_json_feed(document)
        return [item["content_text"] for item in document["items"]], document.get("next_url")
    feed = atom(response)
    pages = {link.rel: link.href for link in feed.feed.links}
    return [entry.title for entry in feed.entries], pages.get("next")


@pytest.mark.parametrize("path", [*ALL, "/tag/tea/feed.atom", "/tag/tea/feed.json"])
def test_a_feed_leads_from_page_to_page_to_its_oldest_post(client, susan, write_posts, path):
    bodies = [f"{number} #tea" for number in range(60)]
    write_posts(susan, *bodies)

    read, tags, address = [], set(), path
    while address:
        last, response = address, client.get(address)
        tags.add(response.headers["ETag"])
        posts, older = page_of_feed(response)
        read += posts
        assert older is None or older.startswith(f"http://localhost{path}?before=")
        address = older

    assert read == bodies[::-1]
    assert len(tags) == 3
    assert client.get(last, headers=by_tag(response)).status_code == 304
    if path.endswith("atom"):
        assert {link.rel for link in atom(response).feed.links} == {"alternate", "previous"}


@pytest.mark.parametrize("path", ALL)
def test_what_is_no_cursor_is_the_first_page_of_a_feed(client, susan, write_posts, path):
    write_posts(susan, "one")

    for query in ("before=x", "before=", "page=2"):
        response = client.get(f"{path}?{query}")
        assert response.data == client.get(path).data
        assert response.headers["ETag"] == client.get(path).headers["ETag"]
    assert page_of_feed(client.get(f"{path}?before=1")) == ([], None)


def test_no_text_can_break_a_feed(client, susan):
    Post.create(author=susan, body=AWKWARD, language="en")

    [entry] = atom(client.get(ATOM)).entries
    document = client.get(JSON).get_json(force=True)

    assert entry.title == "<b>&amp;</b> \"'😀 ]]> https://example.org/?a=1&b=2…"
    [content] = entry.content
    assert "<b>" not in content.value
    assert '<a href="https://example.org/?a=1&amp;b=2"' in content.value
    assert content.value.endswith('<div dir="auto">second line</div>')
    assert content.language == "en"
    assert_json_feed(document)
    [item] = document["items"]
    assert item["content_text"].endswith("second line")
    assert item["language"] == "en"
    assert item["content_html"].startswith('<div dir="auto">&lt;b&gt;&amp;amp;&lt;/b&gt;')


def test_each_line_of_a_feed_has_its_own_direction_and_comes_back_as_it_was(client, susan, write_posts):
    text = "שלום hello!\nSecond line, ends here.\n\n<br>מה?"
    write_posts(susan, text)

    [item] = client.get(JSON).get_json(force=True)["items"]
    [entry] = atom(client.get(ATOM)).entries

    lines = re.findall(r'<div dir="auto">(.*?)</div>', item["content_html"])
    assert lines == ["שלום hello!", "Second line, ends here.", "&lt;br&gt;מה?"]
    assert entry.content[0].value.count('dir="auto"') == 3
    assert html_to_text(item["content_html"]) == text


@pytest.mark.parametrize("path", ALL)
def test_an_unchanged_feed_is_not_even_built_again(client, susan, write_posts, later, queries, path):
    write_posts(susan, "one")
    first = client.get(path)
    later(minutes=1)
    queries.clear()

    again = client.get(path, headers=by_tag(first))

    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert "Content-Type" not in again.headers
    assert len(queries) == 1


CHANGES = {
    "same second": lambda susan, _john, _post: write_at(LONG_AGO + timedelta(microseconds=9), susan, "new"),
    "deleted": lambda _susan, _john, post: post.delete_instance(),
    "changed": lambda _susan, _john, post: Post.update(body="changed").where(Post.id == post.id).execute(),
    "renamed": lambda susan, _john, _post: susan.update_profile("Susan", ""),
    "suspended": lambda susan, _john, _post: accounts.suspend(susan, by="mary"),
}
OF_OTHERS = {
    "somebody suspended": lambda _susan, john, _post: accounts.suspend(john, by="mary"),
    "somebody gone": lambda _susan, john, _post: accounts.delete(john),
}


@pytest.mark.parametrize(
    ("path", "change"), [*product(ALL, CHANGES.values()), *product(ALL[:2], OF_OTHERS.values())]
)
def test_a_changed_feed_is_sent_again(client, susan, john, path, change):
    said = ((susan, "old"), (susan, "gone"), (john, "other"), (susan, "newest"))
    for number, (author, body) in enumerate(said):
        write_at(LONG_AGO + timedelta(microseconds=number), author, body)
    first = client.get(path)

    change(susan, john, Post.get(body="gone"))

    again = client.get(path, headers=by_tag(first))
    assert again.status_code == 200
    assert again.data != first.data


@pytest.mark.parametrize("path", ALL)
def test_a_feed_is_sent_again_after_a_restoration(client, susan, write_posts, path):
    write_posts(susan, "secret")
    accounts.suspend(susan, by="mary")
    first = client.get(path)

    susan.restore()

    assert b"secret" in client.get(path, headers=by_tag(first)).data


@pytest.mark.parametrize("path", ALL)
def test_no_change_of_one_second_is_missed(client, susan, write_posts, path):
    for number in range(5):
        response = client.get(path)

        write_posts(susan, f"post {number}")

        assert f"post {number}".encode() in client.get(path, headers=by_tag(response)).data


@pytest.mark.parametrize("path", ALL)
def test_a_change_that_is_committed_while_a_feed_is_read_is_not_missed(
    client, susan, write_posts, path, monkeypatch
):
    """It may be in the feed or not, but the tag goes with what is."""
    latest = VisibleChange.latest

    def read_while_somebody_writes():
        number = latest()
        thread = threading.Thread(target=database.connected()(lambda: write_posts(susan, "meanwhile")))
        thread.start()
        thread.join()
        return number

    monkeypatch.setattr(VisibleChange, "latest", read_while_somebody_writes)
    first = client.get(path)
    monkeypatch.undo()

    assert b"meanwhile" not in first.data
    assert b"meanwhile" in client.get(path, headers=by_tag(first)).data


def test_a_former_state_that_comes_back_is_that_state(client, susan, write_posts, tmp_path):
    """By a restore, or when the copy from before an upgrade is put back by hand."""
    write_posts(susan, "one")
    former = client.get(ATOM)
    database.copy_into(tmp_path / "copy.db")
    write_posts(susan, "two")
    lost = client.get(ATOM)

    replace_database(tmp_path / "copy.db")
    write_posts(susan, "three")

    for response in (former, lost):
        assert b"three" in client.get(ATOM, headers=by_tag(response)).data
    replace_database(tmp_path / "copy.db")
    assert client.get(ATOM, headers=by_tag(former)).status_code == 304
    assert client.get(ATOM, headers=by_tag(lost)).data == former.data


def replace_database(copy):
    db.close_all()
    for path in (Path(db.database), *(Path(f"{db.database}{end}") for end in ("-wal", "-shm"))):
        path.unlink(missing_ok=True)
    shutil.copy(copy, db.database)
    db.connect()


@pytest.mark.parametrize(("name", "value"), [("BASE_URL", "https://blog.example.org"), ("POSTS_PER_PAGE", 1)])
def test_a_feed_is_sent_again_after_a_setting_was_changed(
    app, client, susan, write_posts, monkeypatch, name, value
):
    write_posts(susan, "one", "two")
    first = client.get(ATOM)

    monkeypatch.setitem(app.config, name, value)

    assert client.get(ATOM, headers=by_tag(first)).status_code == 200


def test_a_feed_is_sent_again_after_an_update(client, susan, monkeypatch):
    first = client.get(ATOM)

    monkeypatch.setattr(feeds, "CODE", "another")

    assert client.get(ATOM, headers=by_tag(first)).status_code == 200


def test_the_tag_of_one_feed_says_nothing_about_another(client, susan, john):
    first = client.get(ATOM)

    assert client.get("/user/john/feed.atom", headers=by_tag(first)).status_code == 200
    for tag in (first.headers["ETag"], "*"):
        assert client.get("/user/nobody/feed.atom", headers={"If-None-Match": tag}).status_code == 404


def test_a_tag_that_a_proxy_made_strong_or_named_among_others_is_known(client, susan):
    tag = client.get(ATOM).headers["ETag"]

    for known in (tag.removeprefix("W/"), f'"another", {tag}'):
        assert client.get(ATOM, headers={"If-None-Match": known}).status_code == 304


@pytest.fixture
def for_members_only(app, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC", False)


@pytest.mark.parametrize("path", ALL[:2])
@pytest.mark.usefixtures("for_members_only")
def test_a_member_gets_the_whole_feed_each_time(browser, susan, john, write_posts, path):
    """What they see depends on blocks too."""
    write_posts(john, "hidden")
    first = browser.get(path)
    assert "ETag" not in first.headers
    assert "Cookie" in first.vary
    assert first.cache_control.no_store

    Block.add(susan, john)

    assert b"hidden" not in browser.get(path).data


@pytest.mark.parametrize("path", ALL)
def test_an_empty_feed_is_valid_and_stays_the_same(client, susan, path):
    first = client.get(path)

    if path.endswith("atom"):
        assert atom(first).entries == []
    else:
        assert_json_feed(json.loads(first.data))
    assert client.get(path, headers=by_tag(first)).status_code == 304


@pytest.mark.parametrize("path", ALL)
def test_suspended_people_are_in_no_feed(client, susan, write_posts, path):
    write_posts(susan, "secret")
    assert b"secret" in client.get(path).data

    accounts.suspend(susan, by="mary")

    response = client.get(path)
    assert response.status_code == 200
    assert b"secret" not in response.data


@pytest.mark.usefixtures("for_members_only")
def test_blocked_people_are_in_no_feed_that_the_other_reads(browser, susan, john, write_posts):
    write_posts(john, "hidden")
    for path in ALL[:2]:
        assert b"hidden" in browser.get(path).data

    Block.add(susan, john)

    for path in ALL[:2]:
        assert b"hidden" not in browser.get(path).data
    for path in ("/user/john/feed.atom", "/user/john/feed.json"):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize("path", ALL)
def test_a_feed_of_a_public_site_is_the_same_for_everybody(browser, client, susan, john, write_posts, path):
    """Also for a member whom one of its authors has blocked: they may sign out and read it."""
    Block.add(john, susan)
    write_posts(john, "hello")

    anybodys, hers = client.get(path), browser.get(path)

    assert hers.data == anybodys.data
    assert hers.cache_control.public
    for response in (anybodys, hers):
        assert not response.vary
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "path", ["/user/nobody/feed.atom", "/user/susan/feed.rss", "/feed.xml", "/user/%00/feed.json"]
)
def test_other_feeds_are_missing(client, susan, path):
    assert client.get(path).status_code == 404


def test_a_feed_cannot_be_posted_to(browser):
    assert browser.post_form("/feed.atom").status_code == 405


@pytest.mark.parametrize(("path", "named"), [("/explore", ALL[:2]), ("/user/susan", ALL)])
def test_pages_name_their_feeds(client, susan, path, named):
    found = re.findall(
        r'rel="alternate" type="application/(\w+)\+\w+" title="\w+" href="([^"]+)"', client.get(path).text
    )

    assert sorted(address for _type, address in found) == sorted(named)


def test_a_feed_costs_three_queries_however_many_posts(client, susan, write_posts, queries):
    write_posts(susan, "one")
    queries.clear()
    client.get("/feed.atom")
    few = len(queries)

    write_posts(susan, *"abcdefghij")
    queries.clear()
    client.get("/feed.atom")

    assert len(queries) == few == 3


def test_a_feed_is_the_same_whatever_the_case_of_the_name(client, susan, write_posts):
    write_posts(susan, "one")

    assert client.get("/user/SUSAN/feed.json").data == client.get(JSON).data
