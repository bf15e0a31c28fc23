"""Atom and RSS 2.0."""

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

from microblog.base.clock import in_microseconds
from microblog.base.files import Readable
from microblog.imports import xml_items
from microblog.imports.html_text import html_to_text
from microblog.imports.record import (
    NO_ID,
    NO_TIME,
    Fields,
    Record,
    Unreadable,
    language,
    moment,
    records,
    tidy,
    web_address,
)
from microblog.imports.xml_items import Child

ATOM = "http://www.w3.org/2005/Atom "
CONTENT = "http://purl.org/rss/1.0/modules/content/ encoded"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/ "


def read_atom(file: Readable, name: str = "feed.xml") -> Iterator[Record]:
    """Yield a ``Record`` for each entry in *file*."""
    return records(xml_items.items_in(file, {f"{ATOM}entry"}), _entry, name)


def read_rss(file: Readable, name: str = "feed.xml") -> Iterator[Record]:
    """Yield a ``Record`` for each item in *file*."""
    return records(xml_items.items_in(file, {"item"}), _item, name)


def _entry(children: list[Child]) -> Fields:
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


def _item(children: list[Child]) -> Fields:
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


def _by_name(children: list[Child]) -> dict[str, Child]:
    """The first child of each name."""
    return {child.name: child for child in reversed(children)}


def _first(parts: dict[str, Child], *names: str) -> Child | None:
    """The first child of *names* that has a text; None if none has."""
    return next((parts[name] for name in names if name in parts and parts[name].text.strip()), None)


def _text(parts: dict[str, Child], name: str) -> str:
    return parts[name].text if name in parts else ""


def _as_text(content: Child | None) -> str:
    if content is None:
        return ""
    is_text = content.attributes.get("type", "text") in ("text", "text/plain")
    return tidy(content.text) if is_text else html_to_text(content.text)


def _alternate(children: list[Child]) -> str | None:
    links = (child.attributes for child in children if child.name == f"{ATOM}link")
    return next((link.get("href") for link in links if link.get("rel", "alternate") == "alternate"), None)


def _rss_moment(parts: dict[str, Child]) -> int:
    """RFC 822, as the format wants it, or the time of Dublin Core."""
    text = _text(parts, "pubDate").strip()
    if not text:
        return moment(_text(parts, f"{DUBLIN_CORE}date"))
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError) as error:
        raise Unreadable(NO_TIME) from error
    return in_microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))
