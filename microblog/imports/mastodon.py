"""The archive of Mastodon, and of the many servers that write the same: an outbox of ActivityPub."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from microblog.base.files import Readable
from microblog.base.json_items import items_of
from microblog.imports.html_text import html_to_text
from microblog.imports.record import (
    NOT_A_POST,
    PRIVATE,
    REPOSTED,
    Fields,
    NoPost,
    Record,
    Unreadable,
    language,
    moment,
    records,
    web_address,
    with_pictures,
)

PUBLIC = {"as:Public", "https://www.w3.org/ns/activitystreams#Public", "Public"}
MADE_OF_TEXT = ("Note", "Question", "Article")
# An object of ActivityStreams.
Thing = dict[str, Any]


def read(file: Readable, name: str = "outbox.json") -> Iterator[Record]:
    """Yield a ``Record`` for each activity in *file*."""
    # totalItems is often wrong: private posts are in the file and not in the number.
    return records(items_of(file, "orderedItems"), _fields, name)


def about_me(actor: Thing) -> str:
    """The summary of *actor*, the object of ``actor.json``, as text; "" if it has none."""
    summary = actor.get("summary")
    return html_to_text(summary) if isinstance(summary, str) else ""


def _fields(activity: Any) -> Fields:
    if activity["type"] == "Announce":
        raise NoPost(REPOSTED)
    note = activity["object"]
    if activity["type"] != "Create" or not isinstance(note, dict) or note["type"] not in MADE_OF_TEXT:
        raise NoPost(NOT_A_POST)
    if not _is_public(activity) or not _is_public(note) or note.get("directMessage"):
        raise NoPost(PRIVATE)
    if not isinstance(note["id"], str):
        raise Unreadable("id")
    pictures = [each for each in _list(note.get("attachment")) if isinstance(each, dict)]
    return {
        "key": note["id"],
        "body": with_pictures(_text(note), [_description(each) for each in pictures], len(pictures)),
        "written_at": moment(note.get("published") or activity.get("published")),
        "language": _language(note),
        "url": web_address(note.get("url"), note["id"]),
        "answers": _id(note.get("inReplyTo")),
        "pictures": len(pictures),
    }


def _is_public(thing: Thing) -> bool:
    """Whether everybody may read *thing*; what does not say is as the activity around it."""
    named = [*_list(thing.get("to")), *_list(thing.get("cc"))]
    return not {"to", "cc"} & thing.keys() or any(each in PUBLIC for each in named if isinstance(each, str))


def _text(note: Thing) -> str:
    content = note.get("content")
    if not isinstance(content, str):
        content = next((each for each in _languages(note).values() if isinstance(each, str)), "")
    text = html_to_text(content, _mentions(note))
    warning = note.get("summary")
    return f"CW: {html_to_text(warning)}\n\n{text}" if isinstance(warning, str) and warning.strip() else text


def _mentions(note: Thing) -> dict[str, str]:
    """From addresses of people to what they are called; the anchor itself holds only ``@user``."""
    found = {}
    for each in _list(note.get("tag")):
        if isinstance(each, dict) and each.get("type") == "Mention" and isinstance(each.get("href"), str):
            found[each["href"]] = _full_name(str(each.get("name") or ""), each["href"])
    return found | {_page_of(href): name for href, name in found.items()}


def _full_name(name: str, href: str) -> str:
    name = "@" + name.lstrip("@")
    host = urlsplit(href).hostname
    return name if "@" in name[1:] or not host else f"{name}@{host}"


def _page_of(href: str) -> str:
    """Mastodon's page of a person, which the anchor leads to, of the address that the tag names."""
    return href.replace("/users/", "/@")


def _languages(note: Thing) -> dict[str, object]:
    found = note.get("contentMap")
    return found if isinstance(found, dict) else {}


def _language(note: Thing) -> str | None:
    return next((language(each) for each in _languages(note)), None)


def _description(picture: Thing) -> str:
    return str(picture.get("name") or "")


def _id(target: object) -> str | None:
    target = target.get("id") if isinstance(target, dict) else target
    return target if isinstance(target, str) and target else None


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
