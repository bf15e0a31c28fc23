"""The two files of an export: what is in them, and that both are of one moment or not there."""

import json
import threading
import zipfile
from datetime import UTC, datetime

import pytest

from microblog.base.database import connected
from microblog.exports import archive
from microblog.exports.archive.pages import Words
from microblog.exports.archive.parts import Source
from microblog.exports.archive.site import Site
from microblog.exports.archive.snapshot import PAGE
from microblog.models import Post
from tests.posts import insert_posts, write_at

SITE = Site("https://blog.example.org", ("a key of tests",))
WORDS = Words(lambda text, **values: text % values if values else text, "en")


@pytest.fixture
def write(susan, tmp_path):
    """A function that writes susan's files and returns (Made, text of posts.json)."""

    def write(report=lambda _done, _total: None, delay_s=0, messages=False):
        path = tmp_path / "exports" / "x.json"
        source = Source(susan.id, SITE, WORDS, messages)
        made = archive.write(source, path, path.with_suffix(".part"), report, delay_s)
        return made, path.read_text(encoding="utf-8")

    return write


@pytest.fixture
def entries(write, tmp_path):
    """A function that writes susan's archive and returns the bytes of each file in it."""

    def entries(**options):
        write(**options)
        with zipfile.ZipFile(tmp_path / "exports" / "x.zip") as file:
            return {name: file.read(name) for name in file.namelist()}

    return entries


def test_no_posts_give_a_valid_empty_file(write):
    made, text = write()

    assert json.loads(text) == {"posts": []}
    assert made.posts == 0
    assert made.size_bytes == len(text)


def test_posts_come_oldest_first_one_a_line(write, susan, write_posts):
    write_posts(susan, "first", 'with "quotes", a \\ and\na new line', "把博客 👩‍👩‍👧")

    made, text = write()

    bodies = [post["body"] for post in json.loads(text)["posts"]]
    assert bodies == ["first", 'with "quotes", a \\ and\na new line', "把博客 👩‍👩‍👧"]
    assert len(text.splitlines()) == 3 + 2
    assert made.posts == 3


def test_the_small_file_has_whole_seconds_and_the_archive_has_all_of_them(write, entries, susan):
    post = write_at(datetime(2026, 11, 22, 14, 31, 0, 123456, tzinfo=UTC), susan, "x", language="es")

    [small] = json.loads(write()[1])["posts"]
    [whole] = json.loads(entries()["data/posts.json"])["posts"]

    told = {"id": str(post.id), "body": "x", "language": "es"}
    assert small == {**told, "timestamp": "2026-11-22T14:31:00Z"}
    assert whole == {**told, "timestamp": "2026-11-22T14:31:00.123456Z"}


def test_where_it_was_written_and_what_it_answers_is_told_of_posts_that_have_it(
    write, entries, susan, write_posts
):
    origin = {"source": "mastodon.example", "id": "https://mastodon.example/1", "url": None}
    [post] = write_posts(susan, "here")
    Post.create(author=susan, body="there", origin=json.dumps(origin), import_id=7)
    Post.create(author=susan, body="an answer", answers=post)

    for text in write()[1], entries()["data/posts.json"]:
        here, there, answer = json.loads(text)["posts"]

        assert not {"origin", "reply_to"} & here.keys()
        assert there["origin"] == origin
        assert answer["reply_to"] == str(post.id)
    assert "import_id" not in there


def test_posts_of_others_are_not_in_it(entries, john, write_posts):
    write_posts(john, "john's secret")

    assert not [name for name, data in entries().items() if b"john" in data]


@pytest.mark.parametrize("count", [1, 36, PAGE - 1, PAGE, PAGE + 1, 2500])
def test_every_page_border_keeps_every_post_once(entries, susan, count):
    insert_posts(susan, map(str, range(count)))
    reports = []

    files = entries(report=lambda done, total: reports.append((done, total)))

    numbers = list(range(count))
    assert [int(post["body"]) for post in json.loads(files["data/posts.json"])["posts"]] == numbers
    assert [int(item["content_text"]) for item in json.loads(files["feed.json"])["items"]] == numbers[::-1]
    contents = [item["object"]["content"] for item in json.loads(files["outbox.json"])["orderedItems"]]
    assert contents == [f"<p>{number}</p>" for number in numbers]
    pages = b"".join(data for name, data in files.items() if name.startswith("pages/")).decode()
    assert [
        int(part.partition("<")[0]) for part in pages.split('e-content p-name" dir="auto"><p>')[1:]
    ] == numbers[::-1]
    assert reports[0] == (0, count)
    assert reports[-1] == (count, count)
    assert reports == sorted(reports)


def test_both_files_are_of_one_moment_whatever_happens_meanwhile(write, entries, susan, write_posts):
    write_posts(susan, "first", "second")

    def interfere(_done, _total):
        if Post.select().count() < 20:
            write_posts(susan, "meanwhile")
        Post.delete().where(Post.body == "first").execute()

    files = entries(report=interfere)

    for text in (files["data/posts.json"], (files["feed.json"]), files["outbox.json"], files["index.html"]):
        assert b"first" in text
        assert b"second" in text
        assert b"meanwhile" not in text


def test_nothing_waits_while_the_transaction_is_open(write, susan, write_posts, monkeypatch):
    """A pause in it would let the write-ahead log grow."""
    write_posts(susan, "first", "second")
    steps = []
    monkeypatch.setattr(archive.time, "sleep", lambda _seconds: steps.append("pause"))
    written = archive.parts.write

    def write_parts(*arguments):
        posts = written(*arguments)
        steps.append("written")
        return posts

    monkeypatch.setattr(archive.parts, "write", write_parts)

    write(lambda done, _total: steps.append(done), delay_s=1)

    assert steps[steps.index("written") :] == ["written", "pause", 1, "pause", 2, 2]
    assert set(steps[: steps.index("written")]) == {0}


@pytest.mark.parametrize("step", [0, 1, 3, 5])
def test_what_report_raises_leaves_no_file(write, susan, write_posts, tmp_path, step):
    write_posts(susan, "first")
    steps = []

    def stop(_done, _total):
        if len(steps) == step:
            raise KeyError("stop")
        steps.append(step)

    with pytest.raises(KeyError):
        write(stop)

    assert list((tmp_path / "exports").iterdir()) == []


def test_what_is_not_read_back_is_not_offered(write, susan, write_posts, monkeypatch, tmp_path):
    write_posts(susan, "first")
    written = archive.parts.write

    def spoil(file, *arguments):
        posts = written(file, *arguments)
        file.seek(40)
        byte = file.read(1)
        file.seek(40)
        file.write(bytes([byte[0] ^ 1]))
        return posts

    monkeypatch.setattr(archive.parts, "write", spoil)

    with pytest.raises(archive.NotReadBack):
        write()

    assert list((tmp_path / "exports").iterdir()) == []


def test_progress_may_be_written_while_posts_are_read_and_another_process_writes(write, susan):
    """Posts are read on a connection of their own: whatever another one writes, no statement is refused."""
    insert_posts(susan, map(str, range(5000)))
    stop = threading.Event()

    def keep_writing():
        with connected():
            while not stop.is_set():
                Post.update(language="en").where(Post.body == "7").execute()

    other = threading.Thread(target=keep_writing)
    other.start()
    try:
        made, _text = write(
            lambda _done, _total: Post.update(language="es").where(Post.body == "8").execute()
        )
    finally:
        stop.set()
        other.join()

    assert made.posts == 5000
