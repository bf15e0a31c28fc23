"""Whom a post mentions and its tags, as Mastodon's outbox has them: the list ``tag`` of each note."""

import json
from urllib.parse import quote, urlsplit

from microblog.base.entities import MENTION, TAG, entities
from microblog.exports.archive.lines import quoted
from microblog.models.block import parting

# What people are called now by what the post calls them, of those whom its author sees.
NAMED = f"""(
    SELECT json_group_object(mention.name, username) FROM mention JOIN user AS person ON person.id = user_id
    WHERE post_id = post.id AND suspended_at IS NULL AND NOT {parting(":user", "person.id")}
)"""  # noqa: S608 - no part of it comes from outside
SIGNS = " OR ".join(f"instr(body, {quoted(sign)})" for sign in "@＠#＃")


def column_of(site):
    """SQL of the list of a post, on a connection that knows the function ``tag_objects``."""
    return (
        f"CASE WHEN {SIGNS} THEN json(tag_objects(body, {NAMED}, {quoted(site.address)})) ELSE json('[]') END"
    )


def tag_objects(text, named, address):
    """JSON of the list for *text*, given that of what people are called, on the site *address*."""
    named, objects = json.loads(named), {}
    for entity in entities(text):
        if made := MAKERS.get(entity.kind, _nothing)(entity.value, named, address):
            objects[made["href"]] = made
    return json.dumps(list(objects.values()), ensure_ascii=False)


def _mention(name, named, address):
    if username := named.get(name):
        where = urlsplit(address).netloc
        return _object("Mention", f"{address}/user/{username}", f"@{username}@{where}")
    return None


def _hashtag(word, _named, address):
    return _object("Hashtag", f"{address}/tag/{quote(word)}", f"#{word}")


def _nothing(*_args):
    return None


def _object(kind, address, name):
    return {"type": kind, "href": address, "name": name}


MAKERS = {MENTION: _mention, TAG: _hashtag}
