"""The records of a file in a file of their own: sorted, judged, and counted."""

import io
import json

import pytest

from microblog.imports import sorted_records
from microblog.imports.record import REPLY, REPOST
from microblog.imports.sorted_records import LEFT_OUT, POST, UNREADABLE, SortedRecords
from microblog.imports.sources import BAD_FILE, recognise
from tests import import_files as files

YEAR_2030 = 1893456000_000000


def make(folder, content, now=YEAR_2030, longest_since=YEAR_2030, report=lambda: None):
    source = recognise(io.BytesIO(files.as_bytes(content)))
    path = folder / "records"
    sorted_records.make(path, folder / "draft", source, now, longest_since, report)
    return SortedRecords.opened(path)


def feed(*items):
    return {"items": [{"id": str(number), **item} for number, item in enumerate(items)]}


def item(year, text="hello", **fields):
    return {"content_text": text, "date_published": f"{year}-01-01T00:00:00Z", **fields}


def test_posts_come_by_time_and_those_of_one_moment_in_the_order_of_the_file(tmp_path):
    content = feed(item(2020, "d"), item(2010, "a"), item(2015, "b"), item(2015, "c"))

    with make(tmp_path, content) as records:
        assert [record.body for record in records.posts()] == ["a", "b", "c", "d"]
        assert records.span() == (1262304000_000000, 1577836800_000000)
        assert [record.body for record in records.posts(first=1262304000_000001, last=1577836799_000000)] == [
            "b",
            "c",
        ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (files.packed(files.MASTODON), (4, 6, 0, 1, 0)),
        (files.packed(files.X), (4, 0, 0, 1, 1)),
        (files.POSTS_OLD, (2, 1, 1, 0, 0)),
    ],
)
def test_posts_to_others_and_of_others_count_apart(tmp_path, content, expected):
    with make(tmp_path, content) as records:
        counts = [records.count(state) for state in (POST, LEFT_OUT, UNREADABLE)]
        optional = [records.count_optional(option) for option in (REPLY, REPOST)]
        assert (*counts, *optional) == expected
        assert len(list(records.posts((REPLY, REPOST)))) == expected[0] + sum(optional)
        assert len(list(records.remarks())) == sum(expected[1:])


def test_each_item_that_is_not_brought_is_told_of_with_place_and_reason(tmp_path):
    with make(tmp_path, files.packed(files.MASTODON)) as records:
        remarks = [(remark.place, remark.reason) for remark in records.remarks()]

    assert remarks == [
        ("outbox.json:3", "It answers somebody else."),
        ("outbox.json:6", "It was not public."),
        ("outbox.json:7", "It was not public."),
        ("outbox.json:8", "It was not public."),
        ("outbox.json:9", "Somebody else wrote it."),
        ("outbox.json:10", "It is no post."),
        ("outbox.json:11", "It has no text."),
    ]


def test_a_long_text_is_cut_at_a_word_with_the_address_of_the_whole(tmp_path):
    content = feed(item(2020, "word " * 2000, url="https://a.example/1"), item(2021, "x" * 6000))

    with make(tmp_path, content) as records:
        [words, unbroken] = records.posts()
        assert [remark.reason for remark in records.remarks()] == ["It is cut to 5,000 characters."] * 2
    assert words.body.endswith("word…\nhttps://a.example/1")
    assert unbroken.body == "x" * 4999 + "…"
    assert 4900 < len(words.body) <= 5000


def test_what_is_too_new_or_too_old_is_left_out(tmp_path):
    content = feed(item(1989), item(1990), item(2020, "x" * 140), item(2020, "x" * 141), item(2025))
    since = 1577836800_000000  # 2020

    with make(tmp_path, content, now=since, longest_since=since) as records:
        assert [len(record.body) for record in records.posts()] == [5, 140]
        assert [remark.reason for remark in records.remarks()] == [
            "It is dated before 1990.",
            "It is longer than 140 characters, and newer than the account.",
            "It is dated in the future.",
        ]


def test_where_a_post_was_written_is_kept(tmp_path):
    with make(tmp_path, files.packed(files.MASTODON)) as records:
        first = next(records.posts())

    address = "https://mastodon.example/@susan/1"
    key = f"{files.ACTOR}/statuses/1"
    assert json.loads(first.origin) == {"source": "mastodon.example", "id": key, "url": address}


def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing(tmp_path):
    with pytest.raises(BAD_FILE), make(tmp_path, files.as_bytes(files.OUTBOX)[:-50]):
        pass
    assert list(tmp_path.iterdir()) == []


def test_whoever_is_told_of_progress_can_stop_it(tmp_path):
    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        make(tmp_path, feed(*[item(2020)] * 1000), report=stop).__enter__()
    assert list(tmp_path.iterdir()) == []
