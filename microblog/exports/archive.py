"""
The export file: all posts of a user, oldest first, one per line.

Uses neither Flask nor Huey. Each page is fetched completely before anything else happens: a SELECT that
is still open when another statement writes makes SQLite fail at once with "database is locked".
"""

import time
from typing import NamedTuple

from microblog.base.database import db
from microblog.base.files import atomic_write

PAGE = 1000
TIMESTAMP = "substr(timestamp, 1, 10) || 'T' || substr(timestamp, 12, 8) || 'Z'"
# SQLite builds the JSON, without holding the GIL: half the time of json.dumps.
PAGE_SQL = f"""
    SELECT group_concat(line, ',' || char(10)), max(id), count(*) FROM (
        SELECT id, json_object('body', body, 'timestamp', {TIMESTAMP}) AS line
        FROM post WHERE author_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?)
"""  # noqa: S608 - no part of it comes from outside


class Archive(NamedTuple):
    posts: int
    size_bytes: int


def write(user_id, path, draft, report, delay_s=0):
    """
    Write the posts of *user_id* that exist now to *path* and return an ``Archive``.

    The file appears whole or not at all: it is written to *draft*, synced and renamed.
    *report(done, total)* is called before the first page and after each; if it raises, no file is left.
    *delay_s* is a pause after each post in seconds, so that people can watch.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    newest, total = _snapshot(user_id)
    report(0, total)
    with atomic_write(path, draft=draft) as file:
        posts = _write_posts(file, user_id, newest, total, report, delay_s)
    return Archive(posts, path.stat().st_size)


def _write_posts(file, user_id, newest, total, report, delay_s):
    done = last = 0
    file.write('{"posts": [')
    while True:
        lines, page_end, count = _page(user_id, last, newest, 1 if delay_s else PAGE)
        if not count:
            break
        file.write((",\n" if done else "\n") + lines)
        done, last = done + count, page_end
        report(min(done, total), total)
        time.sleep(delay_s)
    file.write("\n]}\n" if done else "]}\n")
    if done < total:
        # Some posts were deleted meanwhile; the last report must still be complete.
        report(total, total)
    return done


def _snapshot(user_id):
    newest, total = db.execute_sql(
        "SELECT max(id), count(*) FROM post WHERE author_id = ?", (user_id,)
    ).fetchone()
    return newest or 0, total


def _page(user_id, after, up_to, limit):
    return db.execute_sql(PAGE_SQL, (user_id, after, up_to, limit)).fetchone()
