"""
The records of one file in an SQLite file of their own, sorted by time: what is shown, and what is written.

Posts that are inserted in the order of their ids cost the search index a fourth, and a run that is taken up
again finds the same order.
"""

import errno
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Self, TypedDict, cast
from urllib.parse import urlsplit

from microblog.base.i18n import N_
from microblog.base.sqlite import sqlite3
from microblog.base.text import LONGEST, MAX_LENGTH, cut, with_ellipsis
from microblog.imports.record import REPLY, REPLY_TO_OTHERS, REPOST, REPOSTED, THREAD, TOO_NEW, Record
from microblog.imports.sources import Source

CUT = N_("It is cut to 5,000 characters.")
LONG_AND_NEW = N_("It is longer than 140 characters, and newer than the account.")
REPORT_EVERY = 1000
POST, LEFT_OUT, UNREADABLE = "post", "left out", "unreadable"
SCHEMA = """
    CREATE TABLE record (
        written_at INTEGER NOT NULL, number INTEGER NOT NULL, place TEXT NOT NULL, state TEXT NOT NULL,
        reason TEXT, key TEXT, body TEXT, language TEXT, origin TEXT, option TEXT, answers TEXT,
        reply_to INTEGER,
        PRIMARY KEY (written_at, number)
    ) WITHOUT ROWID;
    CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT);
"""
INSERT = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# Answers to posts that are not in the file are to others.
MARK_REPLIES = [
    "CREATE INDEX record_key ON record (key) WHERE key IS NOT NULL",
    f"""UPDATE record SET option = '{REPLY}' WHERE option IS NULL AND state = '{POST}' AND answers IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM record AS other WHERE other.key = record.answers)""",  # noqa: S608 - our own words
    # The others get the ids of what they answer: most posts get the microsecond at which they were written.
    f"""UPDATE record SET reply_to = (
        SELECT written_at FROM record AS other WHERE other.key = record.answers AND other.state = '{POST}'
    ) WHERE answers IS NOT NULL""",  # noqa: S608
    f"UPDATE record SET option = NULL WHERE option = '{THREAD}'",  # noqa: S608
    "DROP INDEX record_key",
]
OPTIONAL = {REPLY: REPLY_TO_OTHERS, REPOST: REPOSTED}


class Facts(TypedDict):
    """What is known of the file as a whole, see ``Source``; *is_sealed*: by us, of this account."""

    kind: str
    is_ours: bool
    about_me: str | None
    language: str | None
    following: Sequence[str]
    pictures: int
    is_sealed: bool


class SortedRecord(NamedTuple):
    """
    A post to be brought here; *number*: its place in the file. *origin*: JSON; None: written here.

    *reply_to*: the id of the post that it answers.
    """

    written_at: int
    number: int
    key: str | None
    body: str
    language: str | None
    origin: str | None
    reply_to: int | None = None


class Remark(NamedTuple):
    """What is told of an item: *state* POST for one that is brought here, but not as it was."""

    place: str
    state: str
    reason: str


def make(
    path: Path, draft: Path, source: Source, now: int, account_since: int, report: Callable[[], None]
) -> None:
    """
    Read *source* and write its records to *path*, whole or not at all.

    *now*: posts after it are left out. *account_since*: when the account was made; posts after it must not be
    longer than those that are written here. Both in microseconds since 1970. *report()* is called now and
    then; it may raise.

    Raises:
        BAD_FILE: the source cannot be read.
        OSError: the disk is full.
    """
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.executescript(f"PRAGMA journal_mode = off; PRAGMA synchronous = off; BEGIN; {SCHEMA}")
            pictures = _fill(connection, source, now, account_since, report)
            facts: Facts = {
                "kind": source.kind,
                "is_ours": source.is_ours,
                "about_me": source.about_me,
                "language": source.language,
                "following": source.following,
                "pictures": pictures,
                # Of this very account: nobody else's archive is vouched for.
                "is_sealed": source.sealed_for == account_since,
            }
            rows = [(name, json.dumps(value)) for name, value in facts.items()]
            connection.executemany("INSERT INTO fact VALUES (?, ?)", rows)
            connection.execute("COMMIT")
        draft.rename(path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_FULL":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
    finally:
        draft.unlink(missing_ok=True)


def _fill(
    connection: sqlite3.Connection, source: Source, now: int, account_since: int, report: Callable[[], None]
) -> int:
    pictures, has_answers = 0, False
    for number, record in enumerate(source.read(), start=1):
        state, reason, body = _judged(record, now, account_since)
        origin = _origin(record, source) if state == POST else None
        values = (record.place, state, reason, record.key, body, record.language, origin)
        relations = (record.option, record.answers, record.reply_to)
        connection.execute(INSERT, (record.written_at, number, *values, *relations))
        pictures += record.pictures if state == POST else 0
        has_answers = has_answers or record.answers is not None
        if number % REPORT_EVERY == 0:
            report()
    for statement in MARK_REPLIES if has_answers else ():
        connection.execute(statement)
    return pictures


def _judged(record: Record, now: int, account_since: int) -> tuple[str, str | None, str | None]:
    """``(state, reason, body)`` of *record*."""
    if record.unreadable or record.left_out:
        return UNREADABLE if record.unreadable else LEFT_OUT, record.unreadable or record.left_out, None
    if record.written_at > now:
        return LEFT_OUT, TOO_NEW, None
    if len(record.body) > MAX_LENGTH and record.written_at >= account_since:
        return LEFT_OUT, LONG_AND_NEW, None
    if len(record.body) > LONGEST:
        return POST, CUT, _cut(record.body, record.url)
    return POST, None, record.body


def _cut(body: str, url: str | None) -> str:
    """The beginning of *body*, up to a word, with the address *url* where all of it is."""
    ending = f"\n{url}" if url else ""
    begin = cut(body, LONGEST - len(ending) - 1)
    words = begin.rpartition(" ")[0]
    return with_ellipsis(words if len(words) > LONGEST // 2 else begin) + ending


def _origin(record: Record, source: Source) -> str | None:
    """JSON that says where the post was written; None if it was here."""
    if source.is_ours:
        return json.dumps(record.origin, ensure_ascii=False) if record.origin else None
    host = urlsplit(record.url or "").hostname or source.kind
    return json.dumps({"source": host, "id": record.key, "url": record.url}, ensure_ascii=False)


class SortedRecords:
    """The records in a file that ``make`` has written."""

    def __init__(self, connection: sqlite3.Connection):
        self._connection = connection
        rows = connection.execute("SELECT name, value FROM fact")
        self.facts = cast(Facts, {name: json.loads(value) for name, value in rows})

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Self]:
        """
        The records in the file *path*, for the block.

        Raises:
            FileNotFoundError: there is none.
        """
        path.stat()
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            yield cls(connection)

    def count(self, state: str) -> int:
        """How many records are of *state*; those of POST that are left out unless asked for do not count."""
        plain = "SELECT count(*) FROM record WHERE state = ? AND option IS NULL"
        return self._connection.execute(plain, (state,)).fetchone()[0]

    def count_optional(self, option: str) -> int:
        """How many posts are left out unless *option* is asked for."""
        optional = "SELECT count(*) FROM record WHERE state = ? AND option = ?"
        return self._connection.execute(optional, (POST, option)).fetchone()[0]

    def span(self) -> tuple[int, int] | None:
        """When the first and the last post were written, in microseconds since 1970; None: no post."""
        span = "SELECT min(written_at), max(written_at) FROM record WHERE state = ?"
        first, last = self._connection.execute(span, (POST,)).fetchone()
        return None if first is None else (first, last)

    def posts(self, options: Sequence[str] = (), first: int = 0, last: int = 2**62) -> Iterator[SortedRecord]:
        """
        Yield a ``SortedRecord`` for each post, oldest first; with *options* those that have to be asked for.

        *first*, *last*: when they were written, in microseconds since 1970.
        """
        fields = ", ".join(SortedRecord._fields)
        marks = ", ".join("?" * len(options))
        query = f"""
            SELECT {fields} FROM record
            WHERE state = ? AND (option IS NULL OR option IN ({marks})) AND written_at BETWEEN ? AND ?
            ORDER BY written_at, number
        """  # noqa: S608 - only names of columns and question marks
        yield from map(SortedRecord._make, self._connection.execute(query, (POST, *options, first, last)))

    def remarks(self, limit: int = -1) -> Iterator[Remark]:
        """Yield a ``Remark`` for each item that is not brought here as it was, in the order of the file."""
        query = """
            SELECT place, state, reason, option FROM record WHERE reason IS NOT NULL OR option IS NOT NULL
            ORDER BY number LIMIT ?
        """
        for place, state, reason, option in self._connection.execute(query, (limit,)):
            yield Remark(place, LEFT_OUT if option else state, OPTIONAL.get(option, reason))
