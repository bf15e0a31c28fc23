"""Atom and RSS 2.0."""

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from microblog.base.clock import in_microseconds
from microblog.imports import xml_items
from microblog.imports.html_text import html_to_text
from microblog.imports.record import (
    NO_ID,
    NO_TIME,
    Record,
    Unreadable,
    language,
    moment,
    records,
    tidy,
    web_address,
)

ATOM = "http://www.w3.org/2005/Atom "
CONTENT = "http://purl.org/rss/1.0/modules/content/ encoded"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/ "


def read_atom(file: BinaryIO, name: str = "feed.xml") -> Iterator[Record]:
    """Yield a ``Record`` for each entry in *file*, a binary one."""
    return records(xml_items.items_in(file, {f"{ATOM}entry"}), _entry, name)


def read_rss(file: BinaryIO, name: str = "feed.xml") -> Iterator[Record]:
    """Yield a ``Record`` for each item in *file*, a binary one."""
    return records(xml_items.items_in(file, {"item"}), _item, name)


def _entry(children):
    parts = _by_name(children)
    content = _first(parts, f"{ATOM}content", f"{ATOM}summary", f"{ATOM}title")
    key = _text(parts, f"{ATOM}id").strip()
    if not key:
        raise Unreadable(NO_ID)
    return {
        "key": key,
        "body": _as_text(content),
        "written_at": moment(_text(parts, f"{ATOM}published") or _text(parts, f"{ATOM}updated")),
        "language": language(_text(parts, xml_items.LANGUAGE)),
        "url": web_address(_alternate(children), key),
    }


def _item(children):
    parts = _by_name(children)
    content = _first(parts, CONTENT, "description", "title")
    link = _text(parts, "link").strip()
    key = _text(parts, "guid").strip() or link
    if not key:
        raise Unreadable(NO_ID)
    return {
        "key": key,
        "body": html_to_text(content.text) if content else "",
        "written_at": _rss_moment(parts),
        "language": language(_text(parts, f"{DUBLIN_CORE}language") or _text(parts, xml_items.LANGUAGE)),
        "url": web_address(link, key),
        "pictures": sum(child.name == "enclosure" for child in children),
    }


def _by_name(children):
    """The first child of each name."""
    return {child.name: child for child in reversed(children)}


def _first(parts, *names):
    """The first child of *names* that has a text; None if none has."""
    return next((parts[name] for name in names if name in parts and parts[name].text.strip()), None)


def _text(parts, name):
    return parts[name].text if name in parts else ""


def _as_text(content):
    if content is None:
        return ""
    is_text = content.attributes.get("type", "text") in ("text", "text/plain")
    return tidy(content.text) if is_text else html_to_text(content.text)


def _alternate(children):
    links = (child.attributes for child in children if child.name == f"{ATOM}link")
    return next((link.get("href") for link in links if link.get("rel", "alternate") == "alternate"), None)


def _rss_moment(parts):
    """RFC 822, as the format wants it, or the time of Dublin Core."""
    text = _text(parts, "pubDate").strip()
    if not text:
        return moment(_text(parts, f"{DUBLIN_CORE}date"))
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError) as error:
        raise Unreadable(NO_TIME) from error
    return in_microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))
