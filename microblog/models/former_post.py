"""
The ids of posts that were deleted, for good: else the permalink of one would lead to another.

A trigger records them, whatever deletes the posts. Only their own author may use such an id again, by putting
the same post back. ``Post.take_back`` undoes an import without leaving any.
"""

from peewee import ForeignKeyField, IntegerField

from microblog.base.database import BaseModel
from microblog.models.user import User


class FormerPost(BaseModel):
    """*author*: None once the account is gone, and then nobody may use the id again."""

    id = IntegerField(primary_key=True)
    author = ForeignKeyField(User, null=True, on_delete="SET NULL")


# The author's row is gone already when their posts are deleted with it.
TRIGGERS = [
    """
    CREATE TRIGGER IF NOT EXISTS former_post_add AFTER DELETE ON post BEGIN
        INSERT OR IGNORE INTO former_post (id, author_id)
        VALUES (OLD.id, (SELECT id FROM user WHERE id = OLD.author_id));
    END
    """,
]
