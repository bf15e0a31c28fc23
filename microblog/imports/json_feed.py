"""JSON Feed 1 and 1.1, alone or in a .bar file."""

from collections.abc import Iterator
from typing import Any

from microblog.base.files import Readable
from microblog.base.json_items import items_of
from microblog.imports.html_text import html_to_text
from microblog.imports.record import (
    NO_ID,
    Fields,
    Record,
    Unreadable,
    language,
    moment,
    records,
    tidy,
    web_address,
    with_pictures,
)


def read(file: Readable, name: str = "feed.json") -> Iterator[Record]:
    """Yield a ``Record`` for each item in *file*."""
    feed: dict[str, object] = {}
    return records(items_of(file, "items", feed), lambda item: _fields(item, feed), name)


def _fields(item: Any, feed: dict[str, object]) -> Fields:
    pictures = [each for each in item.get("attachments") or () if "url" in each]
    titles = [each.get("title") or "" for each in pictures]
    return {
        "key": _id(item),
        "body": with_pictures(_text(item), titles, len(pictures)),
        "written_at": moment(item.get("date_published") or item.get("date_modified")),
        "language": language(item.get("language") or feed.get("language")),
        "url": web_address(item.get("url"), item.get("external_url"), item.get("id")),
        "pictures": len(pictures),
    }


def _id(item: dict[str, Any]) -> str:
    """By the specification an item without an id is discarded, and a number is a string without quotes."""
    found = item.get("id")
    if found is None or found == "" or isinstance(found, (bool, dict, list)):
        raise Unreadable(NO_ID)
    return str(found)


def _text(item: dict[str, Any]) -> str:
    text = item.get("content_text")
    if not isinstance(text, str) or not text.strip():
        text = html_to_text(item.get("content_html") or item.get("summary") or "")
    return tidy(text) or tidy(item.get("title") or "")
