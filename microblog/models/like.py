"""Likes: who likes which post, shown as names and never as a ranking."""

import json
from typing import NamedTuple

from peewee import SQL, ForeignKeyField, fn
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.models.block import refusing
from microblog.models.exceptions import OWN_POST, translate_integrity_error
from microblog.models.post import AUTHOR, Post
from microblog.models.user import Follow, User
from microblog.models.visibility import hidden_from

# How many are named; of the others it is said how many there are.
NAMED = 2


class Like(BaseModel):
    # In the order in which they came.
    id = AutoIncrementField()
    user = ForeignKeyField(User, on_delete="CASCADE", index=False)
    post = ForeignKeyField(Post, on_delete="CASCADE")
    timestamp = UTCDateTimeField(default=clock.now)

    class Meta:
        # "like" is a word of SQL.
        table_name = "post_like"
        indexes = ((("user", "post"), True),)

    @classmethod
    def add(cls, user, post):
        """
        Note that *user* likes *post*. Idempotent.

        Raises:
            Blocked: the author has blocked *user*, or the other way round.
            OwnPost: *user* wrote it.
        """
        with translate_integrity_error(), db.atomic():
            cls.insert(user=user, post=post).on_conflict_ignore().execute()

    @classmethod
    def remove(cls, user, post):
        cls.delete().where(cls.user == user, cls.post == post).execute()


class Likers(NamedTuple):
    """
    Who likes a post, as a reader sees it: some *names*, and how many *others* there are.

    The reader comes first, then those whom they follow, then who liked it last. *mine*: the reader likes it.
    """

    names: list
    others: int
    mine: bool

    @property
    def count(self):
        return len(self.names) + self.others

    @classmethod
    def of(cls, post, reader=None):
        """Without suspended people and those whom a block hides from *reader*, a user or None."""
        rows = _first_likers(post, reader, bool(reader and reader.is_admin)).tuples()
        names = [username for username, _mine, _count in rows]
        mine, count = rows[0][1:] if rows else (0, 0)
        return cls(names, count - len(names), bool(mine))


@prepared
def _first_likers(post, reader, is_admin):
    """``(username, whether it is the reader, how many there are in all)`` of the first few."""
    followed = Like.user.in_(Follow.select(Follow.followed).where(Follow.follower == reader))
    mine = Like.user == reader
    # Where nobody reads, NULL is no one's id.
    order = fn.COALESCE(mine, 0).desc(), followed.desc(), Like.id.desc()
    in_all = fn.COUNT(SQL("*")).over()
    return likes_of(post, reader, is_admin).select(LIKER.username, mine, in_all).order_by(*order).limit(NAMED)


def count(posts, reader):
    """Tell each of *posts*, a list, how many people like it whom *reader*, a user, may see."""
    ids = json.dumps([post.id for post in posts])
    likes = dict(_counts(ids, reader, reader.is_admin).tuples())
    for post in posts:
        post.likes = likes.get(post.id, 0)


@prepared
def _counts(ids, reader, is_admin):
    """``(id, how many likes)`` of each post in *ids*, a JSON list, that has any."""
    asked = fn.json_each(ids).alias("asked")
    some = Post.id.in_(Post.select(SQL("asked.value")).from_(asked))
    likes = likes_of(Post.id, reader, is_admin).select(fn.COUNT(SQL("*")))
    return Post.select(Post.id, likes).where(some)


def likes_of(post, reader, is_admin):
    """Query for likes of *post* by those whom *reader*, a user or None, may see."""
    likes = Like.select().join(LIKER).where(Like.post == post, LIKER.suspended_at.is_null())
    return likes if reader is None else likes.where(Like.user.not_in(hidden_from(reader, is_admin)))


LIKER = User.alias()
TRIGGERS = [
    refusing("post_like", "NEW.user_id", AUTHOR),
    f"""
    CREATE TRIGGER IF NOT EXISTS post_like_own BEFORE INSERT ON post_like WHEN NEW.user_id = {AUTHOR}
    BEGIN SELECT RAISE(ABORT, '{OWN_POST}'); END
    """,
]
