"""Whom a post mentions and its tags, as Mastodon's outbox has them: the list ``tag`` of each note."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from microblog.base.entities import MENTION, TAG, entities
from microblog.exports.archive.lines import quoted
from microblog.exports.archive.site import Site
from microblog.models.block import parting

# What people are called now by what the post calls them, of those whom its author sees.
NAMED = f"""(
    SELECT json_group_object(mention.name, username) FROM mention JOIN user AS person ON person.id = user_id
    WHERE post_id = post.id AND suspended_at IS NULL AND NOT {parting(":user", "person.id")}
)"""  # noqa: S608 - no part of it comes from outside
SIGNS = " OR ".join(f"instr(body, {quoted(sign)})" for sign in "@＠#＃")
# Its type, address and name.
TagObject = dict[str, str]
# Of a value, what people are called, and the site's address.
Make = Callable[[str, Mapping[str, str], str], TagObject | None]


def column_of(site: Site) -> str:
    """SQL of the list of a post, on a connection that knows the function ``tag_objects``."""
    return (
        f"CASE WHEN {SIGNS} THEN json(tag_objects(body, {NAMED}, {quoted(site.address)})) ELSE json('[]') END"
    )


def tag_objects(text: str, named: str, address: str) -> str:
    """JSON of the list for *text*, given that of what people are called, on the site *address*."""
    names, objects = json.loads(named), {}
    for entity in entities(text):
        if made := MAKERS.get(entity.kind, _nothing)(entity.value, names, address):
            objects[made["href"]] = made
    return json.dumps(list(objects.values()), ensure_ascii=False)


def _mention(name: str, names: Mapping[str, str], address: str) -> TagObject | None:
    if username := names.get(name):
        where = urlsplit(address).netloc
        return _object("Mention", f"{address}/user/{username}", f"@{username}@{where}")
    return None


def _hashtag(word: str, _names: Mapping[str, str], address: str) -> TagObject:
    return _object("Hashtag", f"{address}/tag/{quote(word)}", f"#{word}")


def _nothing(*_args: object) -> None:
    return None


def _object(kind: str, address: str, name: str) -> TagObject:
    return {"type": kind, "href": address, "name": name}


MAKERS: dict[str, Make] = {MENTION: _mention, TAG: _hashtag}
