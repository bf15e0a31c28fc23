"""The archive as Mastodon writes it: actor, outbox and collections of ActivityStreams 2, and lists as CSV."""

import csv
import io
import json
from collections.abc import Iterable

from microblog.base.identicon import identicon
from microblog.exports.archive import names, tag_objects
from microblog.exports.archive.container import Container
from microblog.exports.archive.lines import as_json, column, quoted
from microblog.exports.archive.markup import html_of
from microblog.exports.archive.own import write_array
from microblog.exports.archive.site import Site
from microblog.exports.archive.snapshot import WRITTEN_AT, Counted, Page, Snapshot

CONTEXT = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{CONTEXT}#Public"
FOLLOWING_HEADER = ("Account address", "Show boosts", "Notify on new posts", "Languages")
FOLLOWING = (
    "SELECT username FROM follow JOIN user ON user.id = followed_id WHERE follower_id = :user ORDER BY 1"
)
LIKED = "SELECT json_quote(:page || post_id) FROM post_like WHERE user_id = :user ORDER BY id"
BLOCKED = "SELECT username FROM block JOIN user ON user.id = blocked_id WHERE blocker_id = :user ORDER BY 1"


def write_actor(container: Container, snapshot: Snapshot, site: Site) -> None:
    person = snapshot.person
    page = site.user_page(person.username)
    actor = {
        "@context": CONTEXT,
        "id": page,
        "type": "Person",
        "preferredUsername": person.username,
        "name": person.username,
        "summary": html_of(person.about_me) if person.about_me else "",
        "url": page,
        "published": person.created_at,
        "inbox": f"{page}/inbox",
        "outbox": names.OUTBOX,
        "likes": names.LIKED,
        "bookmarks": names.BOOKMARKS,
        "followers": f"{page}/followers",
        "following": f"{page}/following",
        # A viewer of such archives fails without it.
        "icon": {"type": "Image", "mediaType": "image/svg+xml", "url": names.AVATAR},
        "tag": [],
        "attachment": [],
    }
    container.write(names.ACTOR, json.dumps(actor, ensure_ascii=False, indent=1) + "\n")
    picture = str(identicon(person.username)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    container.write(names.AVATAR, f"{picture}\n")


def write_outbox(container: Container, snapshot: Snapshot, site: Site, counted: Counted) -> None:
    activity = activity_of(site.user_page(snapshot.person.username), site)
    pages = snapshot.oldest_first(activity, ",\n")
    _write_collection(container, names.OUTBOX, snapshot.posts, counted(pages))


def write_collections(container: Container, snapshot: Snapshot, site: Site) -> None:
    """What was liked, the first first, and what was bookmarked: nothing, as nobody does that here."""
    [(total,)] = snapshot.rows("SELECT count(*) FROM post_like WHERE user_id = :user")
    liked = snapshot.rows(LIKED, page=site.post_page)
    _write_collection(container, names.LIKED, total, ((line, 1) for (line,) in liked))
    _write_collection(container, names.BOOKMARKS, 0, ())


def write_lists(container: Container, snapshot: Snapshot, site: Site) -> None:
    """Whom the person follows and blocks, as Mastodon imports it: the second list has no header there."""
    following = ((_address(name, site), "true", "false", "") for (name,) in snapshot.rows(FOLLOWING))
    _write_csv(container, names.FOLLOWING_CSV, following, FOLLOWING_HEADER)
    blocked = ((_address(name, site),) for (name,) in snapshot.rows(BLOCKED))
    _write_csv(container, names.BLOCKED_CSV, blocked)


def _write_collection(container: Container, name: str, total: int, pages: Iterable[Page]) -> None:
    head = {"@context": CONTEXT, "id": name, "type": "OrderedCollection", "totalItems": total}
    with container.entry(name) as write:
        write_array(write, json.dumps(head).removesuffix("}") + ', "orderedItems": [', pages)


def activity_of(page: str, site: Site) -> str:
    """SQL of one item of the outbox; programs that read it expect each of these members."""
    post = column(f"{quoted(site.post_page)} || id")
    published = column(WRITTEN_AT)
    answered = column(f"CASE WHEN conversation IS NOT NULL THEN {quoted(site.post_page)} || reply_to END")
    addressed = {"published": published, "to": [PUBLIC], "cc": [f"{page}/followers"]}
    note = {
        "id": post,
        "type": "Note",
        "summary": None,
        "inReplyTo": answered,
        "url": post,
        "attributedTo": page,
        **addressed,
        "sensitive": False,
        "atomUri": post,
        "inReplyToAtomUri": answered,
        "conversation": column(f"{quoted(site.post_page)} || conversation"),
        "content": column("html"),
        "attachment": [],
        "tag": column(tag_objects.column_of(site)),
        "replies": {"type": "Collection", "first": {"type": "CollectionPage", "items": []}},
    }
    activity = {
        "id": column(f"{quoted(site.post_page)} || id || '/activity'"),
        "type": "Create",
        "actor": page,
    }
    plain = as_json({**activity, **addressed, "object": note})
    translated = {**note, "contentMap": {column("language"): column("html")}}
    of_language = as_json({**activity, **addressed, "object": translated})
    return f"CASE WHEN language IS NULL THEN {plain} ELSE {of_language} END"


def _write_csv(
    container: Container, name: str, rows: Iterable[tuple[str, ...]], header: tuple[str, ...] = ()
) -> None:
    with container.entry(name) as write:
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        if header:
            writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            write(file.getvalue())
            file.seek(0)
            file.truncate()
        write(file.getvalue())


def _address(username: str, site: Site) -> str:
    return f"{username}@{site.host}"
