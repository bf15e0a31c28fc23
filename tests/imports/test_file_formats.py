"""Each format that is read: what it is recognised as, and exactly what comes of each item."""

import io
import json

import pytest

from microblog.imports import sorted_records
from microblog.imports.record import REPOST, THREAD
from microblog.imports.sources import recognise
from tests import import_files as files


def read(content):
    source = recognise(io.BytesIO(files.as_bytes(content)))
    return source, list(source.read())


def counts(records):
    """``(posts, left out, unreadable)``."""
    left_out = sum(record.left_out is not None for record in records)
    unreadable = sum(record.unreadable is not None for record in records)
    return len(records) - left_out - unreadable, left_out, unreadable


def bodies(records):
    return [record.body for record in records if not record.left_out and not record.unreadable]


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (files.packed(files.MASTODON), "Archive of Mastodon", (5, 6, 0)),
        (files.packed(files.MASTODON, "archive-2024/"), "Archive of Mastodon", (5, 6, 0)),
        (files.tarred(files.MASTODON), "Archive of Mastodon", (5, 6, 0)),
        (files.OUTBOX, "Archive of Mastodon", (5, 6, 0)),
        (files.packed(files.X), "Archive of X", (6, 0, 0)),
        (files.packed(files.X, "twitter-2022/"), "Archive of X", (6, 0, 0)),
        (files.X["data/tweets.js"], "Archive of X", (5, 0, 0)),
        (files.packed({"tweet.js": files.X["data/tweets.js"]}), "Archive of X", (5, 0, 0)),
        (files.packed(files.BAR), "JSON Feed", (2, 0, 2)),
        (files.FEED, "JSON Feed", (2, 0, 2)),
        (files.ATOM, "Feed", (2, 0, 1)),
        (files.RSS, "Feed", (2, 0, 1)),
        (files.POSTS_OLD, "Posts of Microblog", (2, 1, 1)),
        (files.POSTS_NEW, "Posts of Microblog", (1, 0, 1)),
    ],
)
@pytest.mark.asvs("5.2.2")
def test_a_format_is_recognised_and_gives_exact_counts(content, kind, expected):
    source, records = read(content)

    assert (source.kind, counts(records)) == (kind, expected)


def test_mastodon_gives_texts_places_answers_and_the_profile():
    source, records = read(files.packed(files.MASTODON))

    assert bodies(records) == [
        "first",
        "on it goes",
        "for you",
        "CW: food\n\nlook https://a.example/x\n\n[picture: a cake]",
        "not listed",
    ]
    assert [record.place for record in records[:2]] == ["outbox.json:1", "outbox.json:2"]
    assert records[1].answers == records[0].key == f"{files.ACTOR}/statuses/1"
    assert records[0].written_at == 1725184800_000000
    assert (records[0].language, records[0].url) == ("en", "https://mastodon.example/@susan/1")
    assert (source.about_me, source.following) == ("I write", ("john@localhost", "ann@far.example"))


@pytest.mark.parametrize("private", [6, 7, 8])
def test_no_private_post_of_mastodon_is_read(private):
    _source, records = read(files.OUTBOX)

    assert records[private - 1].left_out == "It was not public."


def test_x_gives_whole_texts_with_their_links():
    source, records = read(files.packed(files.X))

    assert bodies(records) == [
        "a < b",
        "see https://a.example/",
        "RT @john: his words",
        "@john yes",
        "and more",
        files.LONG.strip(),
    ]
    assert [record.option for record in records] == [None, None, REPOST, None, THREAD, None]
    # The second one answers a post of their own.
    assert [record.answers is not None for record in records] == [False, False, False, True, True, False]
    assert (records[0].language, records[1].pictures, source.about_me) == (None, 1, "I & you")
    assert records[5].place == "data/tweets-part1.js:1"


def test_feeds_give_markup_as_text_with_language_and_address():
    [one, two, _three] = read(files.ATOM)[1]
    assert (one.body, one.key, one.url, one.language) == (
        "one & only",
        "tag:one",
        "https://a.example/one",
        "en",
    )
    assert (two.body, two.language) == ("zwei\n\nAbsätze", "de")
    [one, two, _three] = read(files.RSS)[1]
    assert (one.body, one.key, one.url) == ("whole", "g1", "https://a.example/1")
    assert (two.body, two.key) == ("title alone", "https://a.example/2")
    [one, two, *_others] = read(files.FEED)[1]
    assert (one.body, one.key, one.language) == ("plain", "a", "es")
    assert (two.body, two.key) == ("rich", "2")


OURS = {
    "data/about.json": {"format": 1},
    "data/profile.json": {"about_me": "I write", "language": "es"},
    "data/posts.json": {
        "posts": [
            {
                "id": "1577836800000007",
                "body": "a\n\n\n\nb",
                "timestamp": "2020-01-01T00:00:00.000007Z",
                "language": "zh-Hant",
            }
        ]
    },
}


def test_the_archive_of_this_site_keeps_time_language_and_origin():
    origin = {"source": "mastodon.example", "id": "x", "url": "https://mastodon.example/@susan/1"}
    [post] = OURS["data/posts.json"]["posts"]

    source, [record] = read(
        files.packed({**OURS, "data/posts.json": {"posts": [{**post, "origin": origin}]}})
    )

    assert (source.kind, source.is_ours) == ("Archive of Microblog", True)
    assert (source.about_me, source.language) == ("I write", "es")
    assert (record.body, record.written_at) == ("a\n\n\n\nb", 1577836800_000007)
    assert (record.language, record.origin) == ("zh-Hant", origin)


STRANGE = [None, True, 0, -1, 1e400, "", "x", [], {}, [[]], {"a": 1}, "\ud800", 10**30]


def paths(value, path=()):
    """The path of each value inside *value*."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from paths(each, (*path, key))


def replaced(value, path, other):
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


@pytest.mark.parametrize(
    ("array", "whole"),
    [
        ("orderedItems", files.outbox(files.OUTBOX["orderedItems"][3])),
        ("items", {"items": [{**files.FEED["items"][0], "attachments": [{"url": "x", "title": "t"}]}]}),
        (
            "posts",
            {"posts": [{**files.POSTS_NEW["posts"][0], "origin": {"source": "a", "id": "b", "url": "c"}}]},
        ),
    ],
)
def test_a_strange_value_anywhere_is_the_fault_of_its_item_alone(array, whole, tmp_path):
    """For each value in an item and each strange one in its place: one record, which can be stored."""
    [item] = whole[array]
    found = []
    for path in paths(item):
        for strange in STRANGE:
            source, records = read(json.dumps({array: [replaced(item, path, strange)]}))
            assert len(records) == 1, (path, strange)
            found += records
    store(tmp_path, source, found)


def test_a_strange_value_in_a_post_of_x_is_the_fault_of_that_post_alone(tmp_path):
    item = json.loads(files.X["data/tweets.js"].partition("= ")[2])[1]
    found = []
    for path in paths(item):
        for strange in STRANGE:
            source, records = read(files.script("tweets", [replaced(item, path, strange), item]))
            assert counts(records[1:]) == (1, 0, 0), (path, strange)
            found += records
    store(tmp_path, source, found)


@pytest.mark.parametrize(
    ("archive", "name", "posts"),
    [
        (OURS, "data/profile.json", 1),
        (files.MASTODON, "actor.json", 5),
        (files.X, "data/account.js", 6),
        (files.X, "data/profile.js", 6),
        (files.X, "data/note-tweet.js", 6),
    ],
)
def test_a_strange_value_beside_the_posts_costs_none_of_them(archive, name, posts, tmp_path):
    content = files.as_bytes(archive[name]).decode()
    before = content[: content.index(" = ") + 3] if name.endswith(".js") else ""
    whole = json.loads(content.removeprefix(before))
    for path in paths(whole):
        # A script that holds no list is none.
        for strange in STRANGE if path or not before else ():
            replacement = before + json.dumps(replaced(whole, path, strange))
            source, records = read(files.packed({**archive, name: replacement}))
            assert counts(records)[0] == posts, (path, strange)
            store(tmp_path, source, records)


def store(folder, source, records):
    """Store *records* as an import does, with what *source* says of its user."""
    number = len(list(folder.iterdir()))
    again = source._replace(read=lambda: records)
    sorted_records.make(folder / str(number), folder / "draft", again, 2**62, 0, lambda: None)
