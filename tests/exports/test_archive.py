import json
import threading

import pytest

from microblog.base.database import connected
from microblog.exports import archive
from microblog.models import Post


@pytest.fixture
def write(susan, tmp_path):
    """A function that writes susan's archive and returns (Archive, text of the file)."""

    def write(report=lambda _done, _total: None, delay_s=0):
        path = tmp_path / "exports" / "posts.json"
        made = archive.write(susan.id, path, path.with_suffix(".part"), report, delay_s)
        return made, path.read_text(encoding="utf-8")

    return write


def test_no_posts_give_a_valid_empty_archive(write):
    made, text = write()

    assert json.loads(text) == {"posts": []}
    assert made == (0, len(text))


def test_posts_come_oldest_first_one_a_line(write, susan, write_posts):
    write_posts(susan, "first", 'with "quotes", a \\ and\na new line', "把博客 👩‍👩‍👧")

    made, text = write()

    bodies = [post["body"] for post in json.loads(text)["posts"]]
    assert bodies == ["first", 'with "quotes", a \\ and\na new line', "把博客 👩‍👩‍👧"]
    assert len(text.splitlines()) == 3 + 2
    assert made.posts == 3


def test_timestamps_are_utc_by_rfc_3339(write, susan):
    Post.create(author=susan, body="x")
    Post.update(timestamp=Post.timestamp.python_value("2026-11-22 14:31:00.123456")).execute()

    _made, text = write()

    assert json.loads(text)["posts"][0]["timestamp"] == "2026-11-22T14:31:00Z"


def test_posts_of_others_are_not_in_it(write, susan, john, write_posts):
    write_posts(john, "john's")

    assert json.loads(write()[1]) == {"posts": []}


@pytest.mark.parametrize("count", [1, 36, archive.PAGE - 1, archive.PAGE, archive.PAGE + 1, 2500])
def test_every_page_border_keeps_every_post_once(write, susan, count):
    Post.insert_many([{"author": susan, "body": str(number)} for number in range(count)]).execute()
    reports = []

    _made, text = write(lambda done, total: reports.append((done, total)))

    assert [post["body"] for post in json.loads(text)["posts"]] == [str(number) for number in range(count)]
    assert reports[0] == (0, count)
    assert reports[-1] == (count, count)


def test_a_post_written_meanwhile_is_not_in_the_snapshot(write, susan, write_posts):
    write_posts(susan, "before")

    _made, text = write(lambda _done, _total: write_posts(susan, "meanwhile"))

    assert [post["body"] for post in json.loads(text)["posts"]] == ["before"]


def test_a_post_deleted_meanwhile_may_be_missing_and_the_last_report_is_the_whole(write, susan, write_posts):
    write_posts(susan, "kept", "deleted")
    reports = []

    def delete(done, total):
        reports.append((done, total))
        Post.delete().where(Post.body == "deleted").execute()

    made, text = write(delete)

    assert made.posts == 1
    assert reports[-1] == (2, 2)
    assert [post["body"] for post in json.loads(text)["posts"]] == ["kept"]


def test_what_report_raises_leaves_no_file(write, susan, write_posts, tmp_path):
    write_posts(susan, "first")

    def stop(done, _total):
        if done:
            raise KeyError("stop")

    with pytest.raises(KeyError):
        write(stop)

    assert list((tmp_path / "exports").iterdir()) == []


def test_progress_may_be_written_while_posts_are_read_and_another_process_writes(write, susan):
    """
    The trap: a statement that writes while a SELECT is open fails at once with "database is locked".

    Pages are fetched whole, so each report finds no SELECT open, whatever another connection writes.
    """
    Post.insert_many([{"author": susan, "body": str(number)} for number in range(5000)]).execute()
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
