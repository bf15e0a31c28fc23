"""
When what feeds hold last changed, in whole seconds, as HTTP writes dates: no two changes have the same.

Several in one second move it ahead of the clock. So a reader that names a moment which they were told has
seen all up to it, whenever the transaction of a change began, and though the clock was set back.
"""

from contextlib import contextmanager

from peewee import Check, IntegerField

from microblog.base.database import BaseModel, UTCDateTimeField, db


class FeedChange(BaseModel):
    """One row."""

    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    changed_at = UTCDateTimeField()

    @classmethod
    def latest(cls):
        """When the last change was; in the future after many at once."""
        return cls.select(cls.changed_at).scalar()

    @classmethod
    @contextmanager
    def in_bulk(cls):
        """Count the posts that the block inserts or deletes as one change, in a transaction."""
        with db.atomic():
            db.execute_sql("DROP TRIGGER feed_change_post_insert")
            db.execute_sql("DROP TRIGGER feed_change_post_delete")
            yield
            db.execute_sql(ON_INSERT)
            db.execute_sql(ON_DELETE)
            db.execute_sql(MOVE)


FORM = "%Y-%m-%d %H:%M:%S.000000"
MOVE = f"""UPDATE feed_change
    SET changed_at = max(strftime('{FORM}', 'now'), strftime('{FORM}', changed_at, '+1 second'));"""  # noqa: S608


def _on(name, event):
    return f"CREATE TRIGGER IF NOT EXISTS feed_change_{name} AFTER {event} BEGIN {MOVE} END"


ON_INSERT = _on("post_insert", "INSERT ON post")
# Not for each post of an account that goes: its user, who is gone before them, counts for all.
ON_DELETE = _on("post_delete", "DELETE ON post WHEN EXISTS (SELECT 1 FROM user WHERE id = OLD.author_id)")
TRIGGERS = [
    ON_INSERT,
    _on("post_update", "UPDATE ON post"),
    ON_DELETE,
    _on("user_update", "UPDATE OF username, suspended_at ON user"),
    _on("user_delete", "DELETE ON user"),
]
