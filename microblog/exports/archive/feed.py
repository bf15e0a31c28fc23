"""The posts as a JSON Feed 1.1, newest first: https://www.jsonfeed.org/version/1.1/."""

import json

from microblog.exports.archive import names
from microblog.exports.archive.container import Container
from microblog.exports.archive.lines import as_json, column, quoted
from microblog.exports.archive.own import write_array
from microblog.exports.archive.site import Site
from microblog.exports.archive.snapshot import WRITTEN_AT, Counted, Snapshot


def write(container: Container, snapshot: Snapshot, site: Site, counted: Counted) -> None:
    username = snapshot.person.username
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{username} · {snapshot.site_name}",
        "home_page_url": site.user_page(username),
        "authors": [{"name": username, "url": site.user_page(username)}],
        "_microblog": {"about": site.document},
    }
    beginning = json.dumps(head, ensure_ascii=False).removesuffix("}")
    with container.entry(names.FEED) as write:
        write_array(write, f'{beginning}, "items": [', counted(snapshot.newest_first(item_of(site), ",\n")))


def item_of(site: Site) -> str:
    item = {
        "id": column("CAST(id AS TEXT)"),
        "url": column(f"{quoted(site.post_page)} || id"),
        "content_text": column("body"),
        "date_published": column(WRITTEN_AT),
        # For programs that bring posts elsewhere: where a post was first written, null if it was here, and
        # the id of the post that it answers.
        "_microblog": {
            "id": column("CAST(id AS TEXT)"),
            "origin": column("json(origin)"),
            "reply_to": column("CAST(reply_to AS TEXT)"),
        },
    }
    with_language = as_json({**item, "language": column("language")})
    # The standard knows no null.
    return f"CASE WHEN language IS NULL THEN {as_json(item)} ELSE {with_language} END"
