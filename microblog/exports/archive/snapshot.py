"""
What one read transaction sees of a person, on a connection of its own.

Several passes over the posts are in it, between which nothing changes. While it is open SQLite cannot
shorten its write-ahead log: nothing may wait in it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from microblog.base import clock
from microblog.base.database import BUSY_TIMEOUT_MS, LARGEST_ID, db
from microblog.base.sqlite import sqlite3
from microblog.exports.archive.markup import HTML, html_of
from microblog.exports.archive.tag_objects import tag_objects

PAGE = 1000
# The text of a page of posts, and how many they are.
Page = tuple[str, int]
# Passes pages on, and counts their posts.
Counted = Callable[[Iterable[Page]], Iterable[Page]]
# When a row was written, as RFC 3339 has it, in SQL; the same of a post, by its id.
MOMENT = "substr({0}, 1, 10) || 'T' || substr({0}, 12) || 'Z'"
SECOND = "strftime('%Y-%m-%dT%H:%M:%S', id / 1000000, 'unixepoch')"
WRITTEN_AT = f"{SECOND} || '.' || substr(1000000 + id % 1000000, 2) || 'Z'"
# Counted by ranges of ids: to group a million posts by a year that is computed, SQLite would sort them.
YEARS = """
    WITH RECURSIVE
        span (oldest, newest) AS (SELECT min(id), max(id) FROM post WHERE author_id = :user),
        year (number) AS (
            SELECT CAST(strftime('%Y', oldest / 1000000, 'unixepoch') AS INTEGER) FROM span
            UNION ALL SELECT number + 1 FROM year, span
            WHERE number < CAST(strftime('%Y', newest / 1000000, 'unixepoch') AS INTEGER)
        )
    SELECT CAST(number AS TEXT), (
        SELECT count(*) FROM post WHERE author_id = :user
        AND id >= strftime('%s', number || '-01-01') * 1000000
        AND id < strftime('%s', (number + 1) || '-01-01') * 1000000
    ) AS posts FROM year WHERE posts > 0 ORDER BY number DESC
"""


class Person(NamedTuple):
    """*created_at* is a text, as RFC 3339 has it."""

    username: str
    about_me: str
    language: str | None
    created_at: str
    email: str


class Snapshot:
    """
    *person*, the number of their *posts*, the id of the *newest*, None without any, and its *day*.

    *site_name*: how the site is called.
    """

    def __init__(self, connection: sqlite3.Connection, user_id: int):
        self._connection, self._user_id = connection, user_id
        columns = f"username, about_me, language, {MOMENT.format('created_at')}, email"
        [person] = self.rows(f"SELECT {columns} FROM user WHERE id = :user")  # noqa: S608
        self.person = Person(*person)
        [(self.posts, self.newest, newest_at)] = self.rows(
            f"SELECT count(*), max(id), {WRITTEN_AT} FROM post WHERE author_id = :user"  # noqa: S608
        )
        [(self.site_name,)] = self.rows("SELECT name FROM site")
        # The day of the newest post, or that of the account.
        self.day = (newest_at or self.person.created_at)[:10]

    def rows(self, sql: str, **values: object) -> sqlite3.Cursor:
        """The rows of *sql*, in which ``:user`` is the user's id."""
        return self._connection.execute(sql, {"user": self._user_id, **values})

    def years(self) -> list[tuple[str, int]]:
        """Pairs of a year, a text of four digits, and the number of its posts, newest first."""
        return self.rows(YEARS).fetchall()

    def oldest_first(self, line: str, separator: str) -> Iterator[Page]:
        """Yield ``(text, count)`` for each page of posts; *line*: the SQL of what is said of one."""
        return self._pages(_page_sql(line, "id > :last", "ASC", "max"), separator, 0)

    def newest_first(
        self, line: str, separator: str, year: str | None = None, most: int = LARGEST_ID
    ) -> Iterator[Page]:
        """The same from the newest, of all posts or those of *year*; *most*: how many."""
        first, last = _ids_of(year) if year else (0, LARGEST_ID)
        sql = _page_sql(line, "id < :last AND id >= :first", "DESC", "min")
        return self._pages(sql, separator, last, most, first=first)

    def _pages(
        self, sql: str, separator: str, last: int, most: int = LARGEST_ID, **values: int
    ) -> Iterator[Page]:
        while most:
            page = {"separator": separator, "last": last, "size": min(PAGE, most), **values}
            [(text, last, count)] = self.rows(sql, **page)
            if not count:
                return
            yield text, count
            most -= count


@contextmanager
def taken(user_id: int) -> Iterator[Snapshot]:
    """The ``Snapshot`` of the user for the block."""
    timeout_s = BUSY_TIMEOUT_MS / 1000
    with closing(sqlite3.connect(db.database, timeout_s, isolation_level=None)) as connection:
        connection.create_function("html_of", 1, html_of, deterministic=True)
        connection.create_function("tag_objects", 3, tag_objects, deterministic=True)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("BEGIN")
        yield Snapshot(connection, user_id)


def _ids_of(year: str) -> list[int]:
    """The first id of *year*, a text of four digits, and the first after it."""
    begins = [datetime(int(year) + more, 1, 1, tzinfo=UTC) for more in (0, 1)]
    return [clock.in_microseconds(moment) for moment in begins]


def _page_sql(line: str, condition: str, order: str, end: str) -> str:
    """SQLite builds the text of a page, without holding the GIL; *line* may ask for the HTML as well."""
    return f"""
        SELECT group_concat({line}, :separator), {end}(id), count(*) FROM (
            SELECT *, {HTML} AS html FROM post
            WHERE author_id = :user AND {condition} ORDER BY id {order} LIMIT :size) AS post
    """  # noqa: S608 - no part of it comes from outside
