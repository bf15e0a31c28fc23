"""
A filled site several times over: each row again for other people, without running a trigger for each.

The people of each copy follow, name and answer each other; what all of them wrote lies between each other in
time. Copies of a row lie next to each other in the file, as if they had been written one after the other.
"""

from microblog.base import schema
from microblog.base.database import db
from microblog.models import Follow, Like, Mention, Message, NewsItem, Notification, Post, Tag, Thread, User
from microblog.tables import TRIGGERS

COPIED = [User, Follow, Post, Mention, Tag, Like, NewsItem, Notification, Message, Thread]
# SQL for the copy of a column, of the number n from 0: of the id of a person or a row, of a post, of a name.
ROW = '("{0}" - 1) * {times} + n + 1'
POST = '"{0}" - {times} + n'
NAME = 'iif(n, "{0}" || \'_\' || n, "{0}")'
POSTS = {"post_id", "reply_to", "conversation", "last_post_id"}
NAMES = {(User, "username"), (User, "email"), (User, "email_key")}
# The file is thrown away and need not survive anything; the index of authors fits into memory.
PRAGMAS = {"synchronous": "off", "foreign_keys": 0, "cache_size": -400_000}


def multiply(times):
    """Have everything in the database *times* over."""
    for name, value in PRAGMAS.items():
        db.execute_sql(f"PRAGMA {name} = {value}")
    with db.atomic():
        for (name,) in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute_sql(f'DROP TRIGGER "{name}"')
        for model in COPIED:
            _multiply(model, times)
        db.execute_sql("INSERT INTO post_index (post_index) VALUES ('rebuild')")
    schema.migrate(TRIGGERS)
    # The next connection has its own pragmas again.
    db.close_all()
    db.connect()


def _multiply(model, times):
    table, columns = model._meta.table_name, [field.column_name for field in model._meta.sorted_fields]
    named = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(_value(model, column).format(column, times=times) for column in columns)
    # One copy after the other of each row, so that all come in the order of their keys.
    for statement in (
        f'CREATE TEMP TABLE original AS SELECT * FROM "{table}"',  # noqa: S608 - no part of it
        f'DELETE FROM "{table}"',  # noqa: S608 - comes from outside
        f'INSERT INTO "{table}" ({named})'  # noqa: S608
        f" WITH RECURSIVE copies(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM copies WHERE n + 1 < {times})"
        f" SELECT {values} FROM temp.original CROSS JOIN copies",
        "DROP TABLE temp.original",
    ):
        db.execute_sql(statement)


def _value(model, column):
    field = model._meta.columns[column]
    of_model, is_key = getattr(field, "rel_model", None), field is model._meta.primary_key
    if (model, column) in NAMES:
        return NAME
    if column in POSTS or of_model is Post or (is_key and model is Post):
        return POST
    if is_key or of_model is User or column == "newest":
        return ROW
    return '"{0}"'
