"""Our own format: ``data/`` is what comes back, byte for byte; ``record/`` is for its owner to keep."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from microblog.exports.archive import names
from microblog.exports.archive.container import Container, Write
from microblog.exports.archive.lines import as_json, column
from microblog.exports.archive.snapshot import MOMENT, WRITTEN_AT, Counted, Page, Snapshot

FORMAT = 1
# A post as the archive has it: the members below, by name.
ArchivedPost = dict[str, Any]
MEMBERS = {
    "id": column("CAST(id AS TEXT)"),
    "body": column("body"),
    "timestamp": column(WRITTEN_AT),
    "language": column("language"),
}
# Of what was written elsewhere, ``source``, ``id`` and ``url``; of an answer, the id of what it answers.
ORIGIN = {"origin": column("json(origin)")}
ANSWER = {"reply_to": column("CAST(reply_to AS TEXT)")}
POST = f"""CASE
    WHEN origin IS NULL AND reply_to IS NULL THEN {as_json(MEMBERS)}
    WHEN reply_to IS NULL THEN {as_json(MEMBERS | ORIGIN)}
    WHEN origin IS NULL THEN {as_json(MEMBERS | ANSWER)}
    ELSE {as_json(MEMBERS | ORIGIN | ANSWER)}
END"""
# Nobody knows since when.
PERSON = as_json({"username": column("username"), "since": None})
PEOPLE = """SELECT {line} FROM {table} JOIN user ON user.id = {table}.{other}
    WHERE {table}.{own} = :user ORDER BY username"""
LIKE = as_json(
    {
        "id": column("CAST(post_id AS TEXT)"),
        "username": column("username"),
        "since": column(MOMENT.format("timestamp")),
    }
)
LIKES = f"""SELECT {LIKE} FROM post_like JOIN post ON post.id = post_id JOIN user ON user.id = author_id
    WHERE user_id = :user ORDER BY post_like.id"""  # noqa: S608
# Of a report, of which nobody whose post it is learns, with the ``reason`` that its owner wrote.
REPORT = as_json(
    {
        "id": column("CAST(post_id AS TEXT)"),
        "username": column("username"),
        "reason": column("reason"),
        "since": column(MOMENT.format("timestamp")),
    }
)
REPORTS = f"""SELECT {REPORT} FROM report JOIN post ON post.id = post_id JOIN user ON user.id = author_id
    WHERE reporter_id = :user ORDER BY report.id"""  # noqa: S608
MESSAGE = as_json(
    {
        "direction": column("CASE sender_id WHEN :user THEN 'sent' ELSE 'received' END"),
        "username": column("username"),
        "body": column("body"),
        "timestamp": column(MOMENT.format("timestamp")),
        "read_at": column(MOMENT.format("read_at")),
    }
)
# Those that the user has kept.
MESSAGES = f"""SELECT {MESSAGE} FROM message
    JOIN user ON user.id = CASE sender_id WHEN :user THEN recipient_id ELSE sender_id END
    JOIN thread ON owner_id = :user AND other_id = user.id AND message.id > deleted_until
    WHERE sender_id = :user OR recipient_id = :user ORDER BY message.id"""  # noqa: S608


def write_data(container: Container, snapshot: Snapshot, counted: Counted) -> None:
    """The truth: posts, oldest first, one a line, and the profile; nothing of the site or of this moment."""
    person = snapshot.person
    with container.entry(names.POSTS) as write:
        write_array(write, '{"posts": [', counted(snapshot.oldest_first(POST, ",\n")))
    _write(container, names.PROFILE, {"about_me": person.about_me, "language": person.language})
    newest = None if snapshot.newest is None else str(snapshot.newest)
    _write(container, names.ABOUT, {"format": FORMAT, "posts": snapshot.posts, "newest": newest})


def write_record(container: Container, snapshot: Snapshot, messages: bool) -> None:
    """What no import puts back by itself; *messages*: with the messages and the e-mail address."""
    person = snapshot.person
    account = {"username": person.username, "created_at": person.created_at}
    _write(container, names.ACCOUNT, {**account, "email": person.email} if messages else account)
    for name, key, table, own, other in (
        (names.FOLLOWING, "following", "follow", "follower_id", "followed_id"),
        (names.FOLLOWERS, "followers", "follow", "followed_id", "follower_id"),
        (names.BLOCKS, "blocks", "block", "blocker_id", "blocked_id"),
    ):
        people = PEOPLE.format(line=PERSON, table=table, own=own, other=other)
        _write_rows(container, name, key, snapshot.rows(people))
    _write_rows(container, names.LIKES, "likes", snapshot.rows(LIKES))
    _write_rows(container, names.REPORTS, "reports", snapshot.rows(REPORTS))
    if messages:
        _write_rows(container, names.MESSAGES, "messages", snapshot.rows(MESSAGES))


def write_array(write: Write, beginning: str, pages: Iterable[Page], end: str = "]}\n") -> None:
    """Write *pages*, pairs of a text and a count, one item a line, between *beginning* and *end*."""
    write(beginning)
    separator = "\n"
    for text, _count in pages:
        write(separator + text)
        separator = ",\n"
    write(f"\n{end}" if separator == ",\n" else end)


def _write_rows(container: Container, name: str, key: str, rows: Iterable[tuple[str]]) -> None:
    with container.entry(name) as write:
        write_array(write, f'{{"{key}": [', ((line, 1) for (line,) in rows))


def _write(container: Container, name: str, value: Mapping[str, object]) -> None:
    container.write(name, json.dumps(value, ensure_ascii=False) + "\n")
