"""
Prints a database as SQL, to be kept in ``tests/fixtures``: ``python tools/dump.py data/microblog.db``.

The search index is built anew when that is read: SQL must not write to the tables in which FTS5 keeps it.
"""

import sys
from contextlib import closing

from peewee import sqlite3

REBUILD = "INSERT INTO post_index (post_index) VALUES ('rebuild');"


def dump(database):
    """Lines of SQL that make *database* again."""
    tables = _parts(database, "table")
    yield "BEGIN TRANSACTION;"
    for name, sql in tables:
        yield f"{sql};"
        if name != "post_index":
            yield from _rows(database, name)
    # Triggers come last: filling the tables must not set them off.
    for kind in ("index", "view", "trigger"):
        yield from (f"{sql};" for _name, sql in _parts(database, kind))
    if "post_index" in dict(tables):
        yield REBUILD
    yield "DELETE FROM sqlite_sequence;"
    yield from _rows(database, "sqlite_sequence")
    yield "COMMIT;"


def _parts(database, kind):
    """Name and SQL of each, but for what SQLite and FTS5 make for themselves."""
    parts = database.execute(
        """SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL
        AND NOT (type = 'table' AND (name GLOB 'sqlite_*' OR name GLOB 'post_index_*')) ORDER BY name""",
        (kind,),
    )
    return [(name, sql.strip()) for name, sql in parts]


def _rows(database, table):
    columns = [name for _, name, *_ in database.execute(f'PRAGMA table_info("{table}")')]
    values = " || ',' || ".join(f'quote("{name}")' for name in columns)
    for (row,) in database.execute(f'SELECT {values} FROM "{table}"'):  # noqa: S608
        yield " ".join(("INSERT INTO", f'"{table}"', f"VALUES({row});"))


if __name__ == "__main__":
    with closing(sqlite3.connect(sys.argv[1])) as database:
        print(*dump(database), sep="\n")
