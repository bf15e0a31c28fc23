"""``posts.json``: what this site mails. Old ones have neither ids nor languages."""

from collections.abc import Iterator
from typing import Any

from microblog.base.files import Readable
from microblog.base.i18n.languages import tag
from microblog.base.json_items import items_of
from microblog.base.text import clean, is_blank
from microblog.exports.archive.reader import DISAGREE, NO_ID, NOT_A_POST, id_of
from microblog.imports.record import (
    NO_TEXT,
    Fields,
    NoPost,
    Origin,
    Record,
    Unreadable,
    moment,
    records,
    web_address,
)

SECOND = 10**6
LONGEST_ORIGIN = 500


def read(file: Readable) -> Iterator[Record]:
    """Yield a ``Record`` for each post in *file*."""
    return records(items_of(file, "posts"), fields, "posts.json")


def fields(post: Any) -> Fields:
    """The fields of a ``Record`` for *post*, an object of a ``posts.json``."""
    body, written_at = clean(post["body"]), moment(post.get("timestamp"))
    if is_blank(body):
        raise NoPost(NO_TEXT)
    post_id = post.get("id")
    return {
        "key": None if post_id is None else str(post_id),
        "body": body,
        "written_at": written_at if post_id is None else _same_time(int(post_id), written_at),
        "language": post.get("language") and tag(post["language"]),
        "origin": origin_of(post.get("origin")),
        "reply_to": _answered(post.get("reply_to")),
    }


def _answered(text: object) -> int | None:
    answered = id_of(text)
    if answered is NO_ID:
        raise Unreadable(NOT_A_POST)
    return answered


def _same_time(post_id: int, written_at: int) -> int:
    """*post_id*, which is the microsecond of *written_at*, or of the second that this is cut to."""
    if post_id != written_at and post_id // SECOND * SECOND != written_at:
        raise Unreadable(DISAGREE)
    return post_id


def origin_of(origin: object) -> Origin | None:
    """*origin* as a post keeps it; None if it says nothing that can be kept."""
    if not isinstance(origin, dict):
        return None
    kept = {name: origin.get(name) for name in ("source", "id")}
    if not all(isinstance(text, str) and text and len(text) <= LONGEST_ORIGIN for text in kept.values()):
        return None
    return kept | {"url": web_address(origin.get("url"))}
