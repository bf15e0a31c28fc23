"""What other programs and people read in the archive, by judges that are not ours where there are any."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import jsonschema_rs
import mf2py
import pytest

from microblog import exports, models
from microblog.base import clock
from microblog.exports.archive import names
from microblog.exports.archive.markup import html_of
from microblog.exports.archive.site import Site
from microblog.models import Block, Like, Message, Post, Report, User
from tests.posts import write_at

HOSTILE = [
    "<script>alert(1)</script>",
    "</p></div></article><script src=//evil.example></script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://evil.example/\"onmouseover=alert(1)",
    "https://evil.example/'><script>alert(1)</script>",
    "https://good.example@evil.example/",
    "<!--", "-->", "]]>", "</style>", "</title>", "&lt;script&gt;", "{{ 7 * 7 }}", "%(name)s",
    "<a href=https://evil.example>x</a>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
]  # fmt: skip
TEXTS = [
    "plain", "a & b < c > \"d\" 'e'", "one\ntwo\n\nthree", "a\n\n\n\nb", "把博客 👩‍👩‍👧",
    "see https://example.org/x?a=1&b=2.", "a\n\u200b\n\u3164\n b",
]  # fmt: skip

HARMLESS = re.compile(r"https?://|(\.\./)?(pages/\d{4}|index)\.html$")


class Elements(HTMLParser):
    """Every element of a page and its attributes, and all text."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def everything(susan, john, write_posts):
    """Susan has posts of two years and kinds, people and messages."""
    User.update(about_me="Hello <b>&</b> https://susan.example").where(User.id == susan.id).execute()
    first, *others = TEXTS
    write_at(datetime(2025, 11, 22, 14, 31, 0, 123456, tzinfo=UTC), susan, first, language="es")
    write_posts(susan, *others, *HOSTILE)
    susan.follow(john)
    Message.send(john, susan, "secret of john")
    Message.send(susan, john, "secret of susan")


def test_the_feed_is_what_its_standard_says(made, everything):
    feed = json.loads(made().files[names.FEED])

    schema = json.loads(Path(__file__).with_name("json_feed.json").read_text())
    jsonschema_rs.validator_for(schema).validate(feed)
    assert [item["content_text"] for item in feed["items"]] == [*TEXTS, *HOSTILE][::-1]
    assert feed["items"][-1]["date_published"] == "2025-11-22T14:31:00.123456Z"
    assert feed["items"][-1]["language"] == "es"


def test_the_feed_tells_in_an_extension_where_a_post_was_first_written(made, susan):
    origin = {"source": "mastodon.example", "id": "https://mastodon.example/1", "url": None}
    Post.create(author=susan, body="here")
    Post.create(author=susan, body="there", origin=json.dumps(origin))

    feed = json.loads(made().files[names.FEED])

    assert feed["_microblog"] == {"about": "https://blog.example.org/api/docs"}
    there, here = feed["items"]
    assert here["_microblog"] == {"id": here["id"], "origin": None, "reply_to": None}
    assert there["_microblog"] == {"id": there["id"], "origin": origin, "reply_to": None}


def test_the_outbox_has_what_readers_of_mastodons_archives_look_at(made, everything):
    files = made().files
    actor, outbox = json.loads(files[names.ACTOR]), json.loads(files[names.OUTBOX])

    page = "https://blog.example.org/user/susan"
    assert {
        "type": "Person",
        "id": page,
        "outbox": "outbox.json",
        "likes": "likes.json",
    }.items() <= actor.items()
    assert {
        "following",
        "followers",
        "inbox",
        "preferredUsername",
        "name",
        "url",
        "published",
    } <= actor.keys()
    assert actor["icon"] == {"type": "Image", "mediaType": "image/svg+xml", "url": "avatar.svg"}
    assert outbox["totalItems"] == len(outbox["orderedItems"]) == len(TEXTS + HOSTILE)
    for item, body in zip(outbox["orderedItems"], TEXTS + HOSTILE, strict=True):
        note = item["object"]
        assert (item["type"], note["type"], item["actor"]) == ("Create", "Note", page)
        assert note["to"] == item["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
        assert (note["attachment"], note["tag"], note["inReplyTo"]) == ([], [], None)
        assert note["content"] == html_of(body)
        assert note.get("contentMap", {}) == ({"es": note["content"]} if body == "plain" else {})
    for name in (names.LIKED, names.BOOKMARKS):
        assert json.loads(files[name])["orderedItems"] == []


@pytest.mark.parametrize("text", TEXTS + HOSTILE)
def test_sqlite_and_python_write_the_same_html(made, susan, write_posts, text):
    write_posts(susan, text)

    [item] = json.loads(made().files[names.OUTBOX])["orderedItems"]

    assert item["object"]["content"] == html_of(text)


def test_the_outbox_tells_whom_a_post_mentions_and_its_tags(made, susan, john, write_posts):
    User.register("anne", "anne@example.org", "hash")
    write_posts(susan, "#Tea and #猫 for @john, @John, @anne and @nobody")
    john.update_profile("johnny", "")
    Block.add(User.named("anne"), susan)

    [item] = json.loads(made().files[names.OUTBOX])["orderedItems"]

    site = "https://blog.example.org"
    assert item["object"]["tag"] == [
        {"type": "Hashtag", "href": f"{site}/tag/tea", "name": "#tea"},
        {"type": "Hashtag", "href": f"{site}/tag/%E7%8C%AB", "name": "#猫"},
        {"type": "Mention", "href": f"{site}/user/johnny", "name": "@johnny@blog.example.org"},
    ]


def test_the_lists_are_as_mastodon_imports_them(made, susan, john):
    susan.follow(john)
    files = made().files

    rows = list(csv.reader(files[names.FOLLOWING_CSV].decode().splitlines()))
    assert rows == [
        ["Account address", "Show boosts", "Notify on new posts", "Languages"],
        ["john@blog.example.org", "true", "false", ""],
    ]
    Block.add(susan, john)
    files = made().files
    assert files[names.BLOCKED_CSV].decode() == "john@blog.example.org\n"
    assert json.loads(files[names.BLOCKS]) == {"blocks": [{"username": "john", "since": None}]}


def test_pages_are_feeds_of_microformats(made, everything):
    files = made().files

    [newest] = [
        item for item in mf2py.parse(files[names.INDEX].decode())["items"] if item["type"] == ["h-feed"]
    ]
    [old] = mf2py.parse(files["pages/2025.html"].decode())["items"]

    assert len(newest["children"]) == len(TEXTS + HOSTILE)
    [entry] = old["children"]
    assert entry["type"] == ["h-entry"]
    assert entry["properties"]["published"] == ["2025-11-22T14:31:00Z"]
    assert entry["properties"]["url"][0].startswith("https://blog.example.org/post/")
    assert entry["properties"]["content"][0]["value"] == "plain"


def test_every_year_has_a_page_that_leads_on(made, everything):
    files = made().files
    this_year = str(clock.now().year)

    assert f'rel="next" href="pages/{this_year}.html"' in files[names.INDEX].decode()
    assert 'rel="next" href="../pages/2025.html"' in files[f"pages/{this_year}.html"].decode()
    assert f'rel="prev" href="../pages/{this_year}.html"' in files["pages/2025.html"].decode()
    for name, data in files.items():
        if name.endswith(".html"):
            links = re.findall(r'href="([^":]+)"', data.decode())
            places = {link.removeprefix("../") if name.startswith("pages/") else link for link in links}
            assert places <= files.keys(), name


def test_hostile_texts_open_harmlessly(made, everything):
    for name, data in made().files.items():
        if not name.endswith(".html"):
            continue
        page = Elements(data.decode())
        tags = {tag for tag, _ in page.found}
        assert not tags & {"script", "img", "iframe", "base", "form", "object"}, name
        for tag, attributes in page.found:
            assert not [key for key in attributes if key.startswith("on")], attributes
            if tag == "a":
                assert re.match(r"https?://|(\.\./)?(pages/\d{4}|index)\.html$", attributes["href"]), (
                    attributes
                )
                assert not attributes["href"].startswith("http") or "noreferrer" in attributes["rel"]
            assert tag != "meta" or "refresh" not in attributes.values()
        [policy] = [values["content"] for _, values in page.found if "http-equiv" in values]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    for text in HOSTILE:
        assert text in Elements(made().files[names.INDEX].decode()).text


def test_the_picture_is_a_picture(made):
    assert ET.fromstring(made().files[names.AVATAR]).tag == "{http://www.w3.org/2000/svg}svg"


def test_messages_and_address_are_in_it_only_if_asked_for(made, everything):
    without, asked = made("1.zip").files, made("2.zip", messages=True).files

    assert not [name for name, data in without.items() if b"secret" in data or b"susan@example.org" in data]
    assert names.MESSAGES not in without
    assert "which you did not ask for" in without[names.INDEX].decode()
    assert "because you asked for them" in asked[names.INDEX].decode()
    assert json.loads(asked[names.ACCOUNT])["email"] == "susan@example.org"
    received, sent = json.loads(asked[names.MESSAGES])["messages"]
    assert (received["direction"], received["username"], received["body"]) == (
        "received",
        "john",
        "secret of john",
    )
    assert (sent["direction"], sent["username"], sent["body"], sent["read_at"]) == (
        *("sent", "john", "secret of susan", None),
    )


def test_messages_that_their_owner_has_deleted_are_not_in_it(made, everything, susan, john):
    later = Message.send(john, susan, "still here")
    Message.delete_thread(susan, john, later.id - 1)

    [kept] = json.loads(made(messages=True).files[names.MESSAGES])["messages"]

    assert kept["body"] == "still here"


def test_nobody_elses_address_is_in_it(made, everything):
    assert not [name for name, data in made(messages=True).files.items() if b"john@example.org" in data]


def test_what_comes_back_has_nothing_of_the_site_or_the_moment(made, susan, write_posts):
    write_posts(susan, "first")
    files = made("1.zip").files
    site = made("2.zip", site=Site("http://localhost:8000", ("another key",))).files

    assert {name: files[name] for name in names.PAYLOAD} == {name: site[name] for name in names.PAYLOAD}
    assert files[names.MANIFEST] == site[names.MANIFEST]


def test_an_answer_says_what_it_answers_in_every_format(made, susan, john):
    theirs = Post.create(author=john, body="john's")
    answer = Post.create(answers=theirs, author=susan, body="mine")
    again = Post.create(answers=answer, author=susan, body="more")
    # What an import could not join: the number may mean another post here.
    apart = Post.create(author=susan, body="apart", reply_to=7)

    files = made().files
    page = "https://blog.example.org/post/"
    targets = [f"{page}{theirs.id}", f"{page}{answer.id}", None]

    posts = json.loads(files[names.POSTS])["posts"]
    assert [post.get("reply_to") for post in posts] == [str(theirs.id), str(answer.id), "7"]
    notes = [item["object"] for item in json.loads(files[names.OUTBOX])["orderedItems"]]
    assert [note["inReplyTo"] for note in notes] == targets
    assert [note["inReplyToAtomUri"] for note in notes] == targets
    assert [note["conversation"] for note in notes] == [f"{page}{theirs.id}"] * 2 + [None]
    items = json.loads(files[names.FEED])["items"][::-1]
    assert [item["_microblog"]["reply_to"] for item in items] == [str(theirs.id), str(answer.id), "7"]
    [feed] = mf2py.parse(doc=files[names.INDEX], html_parser="html5lib")["items"]
    entries = [entry["properties"] for entry in feed["children"]][::-1]
    assert [entry.get("in-reply-to", [None])[0] for entry in entries] == targets
    assert [entry["url"] for entry in entries] == [[f"{page}{post.id}"] for post in (answer, again, apart)]


def test_what_was_liked_is_there_by_address_and_by_author(made, source, susan, john, write_posts):
    [liked, other] = write_posts(john, "liked", "not liked")
    Like.add(susan, liked)

    files = made().files

    likes = json.loads(files[names.LIKED])
    assert likes["orderedItems"] == [f"{source.site.post_page}{liked.id}"]
    assert likes["totalItems"] == 1
    [kept] = json.loads(files[names.LIKES])["likes"]
    assert (kept["id"], kept["username"]) == (str(liked.id), "john")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", kept["since"])
    assert str(other.id) not in files[names.LIKED].decode() + files[names.LIKES].decode()


def test_the_site_has_its_own_name_in_all_of_it(app, made, susan, write_posts):
    """But where the software is meant, by which it was made."""
    models.Site.change(name="Nora’s <b>garden</b>")
    write_posts(susan, "hello")
    with app.test_request_context():
        source = exports.source_of(susan, messages=True)

    files = made(site=source.site, words=source.words, messages=True).files

    assert json.loads(files[names.FEED])["title"] == "susan · Nora’s <b>garden</b>"
    for name in (names.INDEX, names.page_of(str(clock.now().year))):
        assert "susan · Nora’s &lt;b&gt;garden&lt;/b&gt;</title>" in files[name].decode()
    assert {name for name, content in files.items() if b"Microblog" in content} == {names.BAG_INFO}


def test_what_was_reported_is_in_the_archive_of_who_did_alone(made, susan, john, write_posts):
    [post], [own] = write_posts(john, "unkind"), write_posts(susan, "kind")
    Report.add(susan, post, "it is <unkind>")
    Report.add(john, own, "a secret")

    files = made().files

    [kept] = json.loads(files[names.REPORTS])["reports"]
    assert (kept["id"], kept["username"], kept["reason"]) == (str(post.id), "john", "it is <unkind>")
    assert not any(b"a secret" in content for content in files.values())
