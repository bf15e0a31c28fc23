"""What a file is, told by its content and never by its name, and the records in it."""

import csv
import io
import json
import re
from itertools import chain
from typing import NamedTuple

from microblog.base.i18n import N_
from microblog.base.i18n.languages import tag
from microblog.base.json_items import BadJSON, items_after_prefix, items_of
from microblog.base.text import clean
from microblog.base.zips import BadZip, SafeZip
from microblog.exports.archive.own import FORMAT
from microblog.exports.archive.reader import TOO_NEW
from microblog.imports import feeds, json_feed, mastodon, posts_json, x, xml_items
from microblog.imports.tars import BadTar, SafeTar
from microblog.imports.xml_items import BadXML

UNKNOWN = N_("This site cannot tell what kind of file this is.")
HEAD = 64 * 1024
MOST_OF_A_SMALL_FILE = 1024**2
MOST_FOLLOWED = 2000
ROOT_FILES = (
    "data/about.json",
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


BAD_FILE = (UnknownFile, BadZip, BadTar, BadJSON, BadXML)


class Source(NamedTuple):
    """
    A file that was recognised: *read()* yields its records; *about_me*, *language*: of its profile, if any.

    *kind*: what it is, in words for people. *is_ours*: whether its posts were written on this software.
    *following*: the addresses of whom its user follows, ``name@host``.
    """

    kind: str
    read: object
    is_ours: bool = False
    about_me: str | None = None
    language: str | None = None
    following: tuple = ()


def recognise(file, **limits):
    """
    The ``Source`` in *file*, a seekable binary one; *limits* are those of ``SafeZip``.

    Raises:
        UnknownFile: and the others of BAD_FILE, here or while records are read.
    """
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"PK"):
        return _in_archive(SafeZip(file, **limits))
    if head.startswith(b"\x1f\x8b"):
        return _in_tar(SafeTar(file, **limits))
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return _feed(file)
    if text.startswith(b"window."):
        return Source(ARCHIVE_OF_X, lambda: x.read(_begun(file), x.Account()))
    if text.startswith(b"{"):
        return _json(file, head)
    raise UnknownFile(UNKNOWN)


def _feed(file):
    root = xml_items.root_of(_begun(file))
    if root not in ROOTS:
        raise UnknownFile(UNKNOWN)
    return Source(N_("Feed"), lambda: ROOTS[root](_begun(file)))


def _json(file, head):
    """By the array that holds the posts; the first one named at the beginning is tried first."""
    for name in sorted(ARRAYS, key=lambda name: head.find(f'"{name}"'.encode()) % len(head)):
        try:
            next(items_of(_begun(file), name), None)
        except BadJSON:
            continue
        return _of_array(name, lambda: _begun(file))
    raise UnknownFile(UNKNOWN)


def _of_array(name, opened):
    kind, reader = ARRAYS[name]
    return Source(kind, lambda: reader.read(opened()), is_ours=reader is posts_json)


def _begun(file):
    file.seek(0)
    return file


def _in_archive(archive):
    folder = _folder_of(archive.entries, *ROOT_FILES)
    if f"{folder}data/about.json" in archive:
        return _ours(archive, folder)
    if f"{folder}outbox.json" in archive:
        return _mastodon(archive, folder)
    if {f"{folder}feed.json", f"{folder}index.html"} <= archive.entries.keys():
        return _of_array("items", lambda: archive.open(f"{folder}feed.json"))
    if parts := _matching(archive, folder, X_POSTS):
        return _x(archive, folder, parts)
    raise UnknownFile(UNKNOWN)


def _in_tar(archive):
    folder = _folder_of(archive.names, "outbox.json")
    if f"{folder}outbox.json" not in archive:
        raise UnknownFile(UNKNOWN)
    return _mastodon(archive, folder)


def _folder_of(names, *wanted):
    """ "" if one of the files *wanted* is at the root; otherwise the folder that has one, with its slash."""
    if not any(name in names for name in wanted):
        for name in names:
            folder, slash, rest = name.partition("/")
            if slash and rest in wanted and folder.strip("."):
                return f"{folder}/"
    return ""


def _ours(archive, folder):
    if _object(archive, f"{folder}data/about.json").get("format") != FORMAT:
        raise UnknownFile(TOO_NEW)
    profile = _object(archive, f"{folder}data/profile.json")
    return Source(
        N_("Archive of Microblog"),
        lambda: posts_json.read(archive.open(f"{folder}data/posts.json"), "data/posts.json"),
        is_ours=True,
        about_me=_own_text(profile.get("about_me")),
        language=tag(profile.get("language")),
        following=_following(archive, folder),
    )


def _own_text(text):
    return clean(text) if isinstance(text, str) else None


def _mastodon(archive, folder):
    actor = _object(archive, f"{folder}actor.json")
    return Source(
        ARRAYS["orderedItems"][0],
        lambda: mastodon.read(archive.open(f"{folder}outbox.json")),
        about_me=mastodon.about_me(actor),
        following=_following(archive, folder),
    )


def _x(archive, folder, parts):
    def items(name):
        return items_after_prefix(archive.open(name)) if name in archive else ()

    def read():
        long_texts = [items(name) for name in _matching(archive, folder, X_LONG_POSTS)]
        account = x.Account(x.account_id(items(f"{data}account.js")), x.long_texts(chain(*long_texts)))
        return chain.from_iterable(x.read(archive.open(name), account, name) for name in parts)

    data = folder + ("data/" if f"{folder}data/account.js" in archive else "")
    return Source(ARCHIVE_OF_X, read, about_me=x.about_me(items(f"{data}profile.js")))


def _matching(archive, folder, pattern):
    """The entries in *folder* of that name, the first part first."""
    found = [name for name in archive.entries if pattern.fullmatch(name.removeprefix(folder))]
    return sorted(found, key=lambda name: (len(name), name))


def _object(archive, name):
    """The small object of JSON in the entry *name*; an empty one if there is none or it is none."""
    try:
        found = json.loads(_small(archive, name))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _following(archive, folder):
    """The addresses in ``following_accounts.csv``, which our archive and Mastodon's have alike."""
    try:
        rows = list(csv.reader(io.StringIO(_small(archive, f"{folder}following_accounts.csv"))))
    except (csv.Error, ValueError):
        return ()
    addresses = (row[0].strip() for row in rows[1:] if row)
    return tuple(address for address in addresses if "@" in address)[:MOST_FOLLOWED]


def _small(archive, name):
    if name not in archive:
        return ""
    with archive.open(name) as file:
        data = file.read(MOST_OF_A_SMALL_FILE + 1)
    return data.decode() if len(data) <= MOST_OF_A_SMALL_FILE else ""
