"""
An archive of ours, read by what has checked it when it was written.

A post that comes back is the same, and under the same id.
"""

from collections.abc import Iterator, Sequence

from microblog.base.i18n.languages import tag
from microblog.base.text import clean, is_blank
from microblog.exports.archive import names
from microblog.exports.archive.check import is_sealed
from microblog.exports.archive.own import ArchivedPost
from microblog.exports.archive.reader import id_of, posts_in
from microblog.imports.folders import Folder
from microblog.imports.posts_json import origin_of
from microblog.imports.record import NO_TEXT, Fields, NoPost, Record, Unreadable, moment, records


def account_made_at(folder: Folder, keys: Sequence[str]) -> int | None:
    """When the account was made whose archive one of *keys* has sealed, in microseconds; None: no seal."""
    if not is_sealed(folder, keys):
        return None
    try:
        return moment(folder.object(names.ACCOUNT).get("created_at"))
    except Unreadable:
        return None


def read(folder: Folder) -> Iterator[Record]:
    """Yield a ``Record`` for each post."""
    return records(posts_in(folder.open(names.POSTS)), fields, folder.place_of(names.POSTS))


def fields(post: ArchivedPost) -> Fields:
    """The fields of a ``Record`` for *post*, as ``posts_in`` yields it."""
    body = clean(post["body"])
    if is_blank(body):
        raise NoPost(NO_TEXT)
    return {
        "key": post["id"],
        "body": body,
        "written_at": int(post["id"]),
        "language": post["language"] and tag(post["language"]),
        "origin": origin_of(post.get("origin")),
        "reply_to": id_of(post.get("reply_to")),
    }
