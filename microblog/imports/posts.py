"""The posts of an import: which of them are here already, how they are written, and how they go."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from microblog.base.database import db, execute_many
from microblog.imports.sorted_records import Facts, SortedRecord
from microblog.models import Post
from microblog.models.block import parting

BATCH = 1000
SECOND = 10**6
# What the author has within the seconds of a batch, except what this import has brought. By seconds, never by
# author: SQLite takes CROSS JOIN for an order, and the plus sign keeps it from the index.
HERE = """
    SELECT post.id, body, json_extract(origin, '$.id') FROM json_each(?) CROSS JOIN post
    ON post.id BETWEEN value AND value + 999999 WHERE +author_id = ? AND import_id IS NOT ? ORDER BY post.id
"""
# Ids that nobody may take, or only their author again.
TAKEN = """
    SELECT post.id, NULL FROM json_each(?) CROSS JOIN post ON post.id BETWEEN value AND value + 1999999
    UNION ALL
    SELECT former_post.id, author_id FROM json_each(?)
    CROSS JOIN former_post ON former_post.id BETWEEN value AND value + 1999999
"""
# A list of lists. One statement for a batch: at the start of each, the index of words writes what it has to
# its table, which takes twice as long as all the rest.
INSERT = f"""
    INSERT INTO post (id, author_id, body, language, origin, import_id, sealed, reply_to)
    SELECT {", ".join(f"value ->> {place}" for place in range(8))} FROM json_each(?)
"""  # noqa: S608 - no part of it comes from outside
# An answer joins a conversation if what it answers is its author's too, or this site's seal vouches for it;
# never across a block, like those that are written here.
JOIN = f"""
    UPDATE post SET conversation = coalesce(target.conversation, target.id) FROM post AS target
    WHERE post.id = ? AND target.id = post.reply_to AND (post.sealed OR target.author_id = post.author_id)
    AND NOT {parting("target.author_id", "post.author_id")}
"""  # noqa: S608 - no part of it comes from outside
SOME = "SELECT id FROM post WHERE import_id = ? ORDER BY id LIMIT ?"


# A post that is here: its id, its text, and its id where it was written, if that was elsewhere.
Here = tuple[int, str, str | None]
# Whether a record is that post.
Likeness = Callable[[SortedRecord, int, str, str | None], bool]


class Matcher:
    """
    Tells which records are posts that *user_id* had before the import *import_id*, each post once.

    Records must come by time, in batches.
    """

    def __init__(self, user_id: int, import_id: int, is_ours: bool):
        self._user_id, self._import_id, self.is_ours = user_id, import_id, is_ours
        self._used: set[int] = set()

    def new(self, batch: list[SortedRecord]) -> list[SortedRecord]:
        """Those of the records *batch* that are not here yet."""
        seconds = {_second(record.written_at) for record in batch}
        by_second: dict[int, list[Here]] = defaultdict(list)
        values = (json.dumps(sorted(seconds)), self._user_id, self._import_id)
        for post in db.execute_sql(HERE, values).fetchall():
            by_second[_second(post[0])].append(post)
        # A second may go on in the next batch.
        if not by_second:
            return batch
        self._used = {post_id for post_id in self._used if _second(post_id) in seconds}
        for is_like in self._likenesses():
            batch = [record for record in batch if not self._is_here(record, by_second, is_like)]
        return batch

    def _likenesses(self) -> tuple[Likeness, ...]:
        """How a post is told, the surest way first."""
        if self.is_ours:
            return _has_id, _has_body, _has_key
        return (_has_key,)

    def _is_here(self, record: SortedRecord, by_second: dict[int, list[Here]], is_like: Likeness) -> bool:
        for post in by_second[_second(record.written_at)]:
            if post[0] not in self._used and is_like(record, *post):
                self._used.add(post[0])
                return True
        return False


def _has_id(record: SortedRecord, post_id: int, _body: str, _key: str | None) -> bool:
    return record.written_at == post_id


def _has_body(record: SortedRecord, _post_id: int, body: str, _key: str | None) -> bool:
    return record.body == body


def _has_key(record: SortedRecord, _post_id: int, _body: str, key: str | None) -> bool:
    return key is not None and record.origin is not None and json.loads(record.origin)["id"] == key


def batches(records: Iterable[SortedRecord]) -> Iterator[list[SortedRecord]]:
    """Yield all of *records* in lists."""
    records = iter(records)
    while batch := list(islice(records, BATCH)):
        yield batch


def write(records: list[SortedRecord], user_id: int, import_id: int, facts: Facts) -> None:
    """
    Insert *records* as posts of *user_id*: each at its own microsecond, or the next that is free.

    *facts*: of the file, see ``sorted_records``.
    """
    is_ours, is_sealed = facts["is_ours"], facts["is_sealed"]
    seconds = json.dumps(sorted({_second(record.written_at) for record in records}))
    taken = dict(db.execute_sql(TAKEN, (seconds, seconds)).fetchall())
    rows = []
    for record in records:
        post_id = record.written_at
        # An archive of ours brings back what its author has deleted, under its own id.
        while post_id in taken and not (is_ours and taken[post_id] == user_id):
            post_id += 1
        taken[post_id] = None
        told = (record.body, record.language, record.origin)
        rows.append((post_id, user_id, *told, import_id, is_sealed, record.reply_to))
    db.execute_sql(INSERT, (json.dumps(rows),))
    Post.record_entities((row[0], row[2]) for row in rows)
    # One after the other: whom an answer answers has joined before.
    execute_many(JOIN, [(row[0],) for row in rows if row[-1]])


def remove_some(import_id: int) -> int:
    """Take back a batch of the posts of the import *import_id*, and return how many there were."""
    ids = [row[0] for row in db.execute_sql(SOME, (import_id, BATCH)).fetchall()]
    Post.take_back(ids)
    return len(ids)


def count(import_id: int) -> int:
    """How many posts of the import *import_id* are here."""
    return db.execute_sql("SELECT count(*) FROM post WHERE import_id = ?", (import_id,)).fetchone()[0]


def count_of(user_id: int) -> int:
    """How many posts *user_id* has."""
    return db.execute_sql("SELECT count(*) FROM post WHERE author_id = ?", (user_id,)).fetchone()[0]


def _second(microseconds: int) -> int:
    return microseconds - microseconds % SECOND
