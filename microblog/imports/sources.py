"""What a file is, told by its content and never by its name, and the records in it."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, starmap
from typing import IO, NamedTuple

from microblog.base.i18n import N_
from microblog.base.i18n.languages import tag
from microblog.base.json_items import BadJSON, Item, items_after_prefix, items_of
from microblog.base.text import clean
from microblog.base.zips import BadZip, SafeZip
from microblog.exports.archive import names
from microblog.exports.archive.reader import NotOurs, is_ours, read_about
from microblog.imports import feeds, json_feed, mastodon, own_archive, posts_json, x, xml_items
from microblog.imports.folders import Folder
from microblog.imports.record import Record
from microblog.imports.tars import BadTar, SafeTar
from microblog.imports.xml_items import BadXML

UNKNOWN = N_("This site cannot tell what kind of file this is.")
A_WEB_PAGE = N_("This is a web page. Choose an archive, a feed or a file of posts.")
WEB_PAGE = re.compile(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE)
HEAD = 64 * 1024
MOST_FOLLOWED = 2000
ROOT_FILES = (
    names.ABOUT,
    "outbox.json",
    "feed.json",
    "data/tweets.js",
    "tweets.js",
    "data/tweet.js",
    "tweet.js",
)
X_POSTS = re.compile(r"(?:data/)?tweets?(?:-part\d+)?\.js")
X_LONG_POSTS = re.compile(r"(?:data/)?note-tweet(?:-part\d+)?\.js")
# The arrays that hold the posts of files of JSON, with their readers.
ARRAYS = {
    "posts": (N_("Posts of Microblog"), posts_json),
    "orderedItems": (N_("Archive of Mastodon"), mastodon),
    "items": (N_("JSON Feed"), json_feed),
}
ARCHIVE_OF_X = N_("Archive of X")
ROOTS = {f"{feeds.ATOM}feed": feeds.read_atom, "rss": feeds.read_rss}


class UnknownFile(ValueError):
    """The file is of no kind that is read here; the message is for people."""


BAD_FILE = (UnknownFile, NotOurs, BadZip, BadTar, BadJSON, BadXML)


class Source(NamedTuple):
    """
    A file that was recognised: *read()* yields its records; *about_me*, *language*: of its profile, if any.

    *kind*: what it is, in words for people. *is_ours*: whether its posts were written on this software.
    *following*: the addresses of whom its user follows, ``name@host``. *sealed_for*: when the account was
    made that the posts are of by this site's seal, in microseconds since 1970; None: there is no such seal.
    """

    kind: str
    read: Callable[[], Iterable[Record]]
    is_ours: bool = False
    about_me: str | None = None
    language: str | None = None
    following: tuple[str, ...] = ()
    sealed_for: int | None = None


def recognise(file: IO[bytes], keys: Sequence[str] = (), **limits: int) -> Source:
    """
    The ``Source`` in *file*, a seekable one; *limits* are those of ``SafeZip``, *keys* those of seals.

    Raises:
        UnknownFile: and the others of BAD_FILE, here or while records are read.
    """
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"PK"):
        return _in_archive(SafeZip(file, **limits), keys)
    if head.startswith(b"\x1f\x8b"):
        return _in_tar(SafeTar(file, **limits))
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if WEB_PAGE.match(text):
        raise UnknownFile(A_WEB_PAGE)
    if text.startswith(b"<"):
        return _feed(file)
    if text.startswith(b"window."):
        return Source(ARCHIVE_OF_X, lambda: x.read(_begun(file), x.Account()))
    if text.startswith(b"{"):
        return _json(file, head)
    raise UnknownFile(UNKNOWN)


def _feed(file: IO[bytes]) -> Source:
    root = xml_items.root_of(_begun(file))
    if root not in ROOTS:
        raise UnknownFile(UNKNOWN)
    return Source(N_("Feed"), lambda: ROOTS[root](_begun(file)))


def _json(file: IO[bytes], head: bytes) -> Source:
    """By the array that holds the posts; the first one named at the beginning is tried first."""
    for name in sorted(ARRAYS, key=lambda name: head.find(f'"{name}"'.encode()) % len(head)):
        try:
            next(items_of(_begun(file), name), None)
        except BadJSON:
            continue
        return _of_array(name, lambda: _begun(file))
    raise UnknownFile(UNKNOWN)


def _of_array(name: str, opened: Callable[[], IO[bytes]]) -> Source:
    kind, reader = ARRAYS[name]
    return Source(kind, lambda: reader.read(opened()), is_ours=reader is posts_json)


def _begun(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return file


def _in_archive(archive: SafeZip, keys: Sequence[str]) -> Source:
    folder = Folder.with_one_of(archive, ROOT_FILES)
    if is_ours(folder):
        return _ours(folder, keys)
    if "outbox.json" in folder:
        return _mastodon(folder)
    if "feed.json" in folder and "index.html" in folder:
        return _of_array("items", lambda: folder.open("feed.json"))
    if parts := folder.matching(X_POSTS):
        return _x(folder, parts)
    raise UnknownFile(UNKNOWN)


def _in_tar(archive: SafeTar) -> Source:
    folder = Folder.with_one_of(archive, ("outbox.json",))
    if "outbox.json" not in folder:
        raise UnknownFile(UNKNOWN)
    return _mastodon(folder)


def _ours(folder: Folder, keys: Sequence[str]) -> Source:
    read_about(folder)
    profile = folder.object(names.PROFILE)
    return Source(
        N_("Archive of Microblog"),
        lambda: own_archive.read(folder),
        is_ours=True,
        about_me=_own_text(profile.get("about_me")),
        language=tag(_own_text(profile.get("language"))),
        following=_following(folder),
        sealed_for=own_archive.account_made_at(folder, keys),
    )


def _own_text(text: object) -> str | None:
    return clean(text) if isinstance(text, str) else None


def _mastodon(folder: Folder) -> Source:
    return Source(
        ARRAYS["orderedItems"][0],
        lambda: mastodon.read(folder.open("outbox.json")),
        about_me=mastodon.about_me(folder.object("actor.json")),
        following=_following(folder),
    )


def _x(folder: Folder, parts: list[str]) -> Source:
    def items(name: str) -> Iterable[Item]:
        return items_after_prefix(folder.open(name)) if name in folder else ()

    def read() -> Iterator[Record]:
        long_texts = [items(name) for name in folder.matching(X_LONG_POSTS)]
        account = x.Account(x.account_id(items(f"{data}account.js")), x.long_texts(chain(*long_texts)))
        files = ((folder.open(name), account, folder.place_of(name)) for name in parts)
        return chain.from_iterable(starmap(x.read, files))

    data = "data/" if "data/account.js" in folder else ""
    return Source(ARCHIVE_OF_X, read, about_me=x.about_me(items(f"{data}profile.js")))


def _following(folder: Folder) -> tuple[str, ...]:
    """The addresses in ``following_accounts.csv``, which our archive and Mastodon's have alike."""
    try:
        rows = list(csv.reader(io.StringIO(folder.text(names.FOLLOWING_CSV))))
    except csv.Error:
        return ()
    addresses = (row[0].strip() for row in rows[1:] if row)
    return tuple(address for address in addresses if "@" in address)[:MOST_FOLLOWED]
