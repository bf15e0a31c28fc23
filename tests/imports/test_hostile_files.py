"""Files that are broken, or made to do harm: each ends in one sentence for its user."""

import gzip
import io
import tarfile

import pytest

from microblog.imports import sources
from microblog.imports.sources import BAD_FILE, recognise
from microblog.imports.tars import BadTar, SafeTar
from microblog.imports.xml_items import BadXML
from tests import import_files as files

WHOLE = {
    "ours": files.packed({"data/about.json": {"format": 1}, "data/posts.json": files.POSTS_NEW}),
    "mastodon.zip": files.packed(files.MASTODON),
    "mastodon.tar.gz": files.tarred(files.MASTODON),
    "x.zip": files.packed(files.X),
    "tweets.js": files.X["data/tweets.js"].encode(),
    "feed.bar": files.packed(files.BAR),
    "outbox.json": files.as_bytes(files.OUTBOX),
    "feed.json": files.as_bytes(files.FEED),
    "posts.json": files.as_bytes(files.POSTS_OLD),
    "atom": files.ATOM.encode(),
    "rss": files.RSS.encode(),
}


def read(data, **limits):
    return list(recognise(io.BytesIO(data), **limits).read())


@pytest.mark.parametrize("name", WHOLE)
def test_a_truncated_file_is_refused_as_a_whole(name):
    data = WHOLE[name].rstrip()
    assert read(data)
    for tenth in range(10):
        with pytest.raises(BAD_FILE) as refusal:
            read(data[: len(data) * tenth // 10])
        assert str(refusal.value), tenth


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"{}",
        b"[]",
        b"\0" * 1000,
        b"PK",
        b"\x1f\x8b",
        b'{"orderedItems": 5}',
        b"<html></html>",
        b"<",
        b"\xff\xfe<\0",
        b"window.",
        files.packed({"a.txt": "a"}),
        files.tarred({"a.txt": "a"}),
        files.packed({"feed.json": files.FEED}),
        files.packed({"data/about.json": {"format": 2}, "data/posts.json": files.POSTS_NEW}),
        # Exactly these names are opened, and no path leads anywhere.
        files.packed({"../outbox.json": files.OUTBOX, "a/b/outbox.json": files.OUTBOX}),
    ],
    # A packed file begins with the time, which would make the names differ from one process to the next.
    ids=lambda data: repr(data[:2]),
)
def test_what_is_no_file_of_posts_is_refused(data):
    with pytest.raises(BAD_FILE):
        read(data)


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_xml_with_a_document_type_is_refused(name):
    declaration = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    head, _, rest = WHOLE[name].partition(b"?>")

    with pytest.raises(BadXML, match="document type"):
        read(head + b"?>" + declaration + rest)


def test_a_document_type_after_the_first_element_is_no_xml():
    with pytest.raises(BadXML):
        read(b"<rss>" + b" " * sources.HEAD + b"<!DOCTYPE rss></rss>")


def test_elements_that_lie_too_deep_in_each_other_are_refused():
    with pytest.raises(BadXML):
        read(b"<rss><channel><item>" + b"<a>" * 100_000)


def test_an_item_that_is_too_large_is_unreadable_and_the_next_one_is_read():
    large = "a" * (1024**2 + 1)
    entry = "<item><guid>{}</guid><description>{}</description><pubDate>{}</pubDate></item>"
    day = "Fri, 01 May 2020 10:00:00 GMT"
    many = "<b/>" * 20_000
    entries = [entry.format(number, text, day) for number, text in enumerate((large, many, "b"))]
    rss = f"<rss><channel>{''.join(entries)}</channel></rss>"
    outbox = files.outbox(files.note(1, large), files.note(2, "<p>b</p>"))

    for data in (rss.encode(), files.as_bytes(outbox)):
        *too_large, last = read(data)
        assert [record.unreadable is not None for record in too_large] == [True] * len(too_large)
        assert last.body == "b"


def test_a_nesting_bomb_is_unreadable_and_the_next_item_is_read():
    bomb = b"[" * 100_000 + b"]" * 100_000
    data = b'{"orderedItems": [' + bomb + b", " + files.as_bytes(files.note(2, "<p>b</p>")) + b"]}"

    [deep, last] = read(data)

    assert (deep.unreadable, last.body) == ("It is nested too deeply.", "b")


def test_a_bomb_is_refused_by_what_is_unpacked():
    bomb = files.tarred({"outbox.json": files.OUTBOX, "zeros": bytes(30 * 1024**2)})

    with pytest.raises(BadTar, match="too much"):
        read(bomb, most_ratio=200)
    with pytest.raises(BadTar, match="too much"):
        read(bomb, most_bytes=10 * 1024**2)
    assert read(bomb)


def test_a_tar_with_a_name_that_occurs_twice_is_refused():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("outbox.json"))

    with pytest.raises(BadTar, match="twice"):
        SafeTar(file)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_links_and_devices_in_a_tar_are_no_files(kind):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo("outbox.json")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)

    assert "outbox.json" not in SafeTar(file)


@pytest.mark.parametrize(
    "size", [b"-0000000001\0", b"99999999999\0", b"zzzzzzzzzzz\0", b"\x80" + b"\xff" * 11]
)
def test_a_tar_with_a_size_that_is_not_true_is_refused(size):
    header = b"outbox.json".ljust(100, b"\0") + b"0" * 24 + size.ljust(12, b"\0")
    data = header.ljust(156, b" ") + b"0"
    with pytest.raises(BadTar):
        SafeTar(io.BytesIO(gzip.compress(data.ljust(512, b"\0") + bytes(1024))))
