"""A user as a reader sees them: their follow counts and how the two are related, in one query."""

from typing import NamedTuple

from peewee import Value, fn

from microblog.base.prepared import prepared
from microblog.models.block import Block
from microblog.models.user import Follow, User


class Profile(NamedTuple):
    """*followed*, *blocked*: by the reader; *blocks*: blocks the reader; *moderated*: reader may moderate."""

    user: User
    followers: int
    following: int
    followed: bool
    blocked: bool
    blocks: bool
    moderated: bool

    @property
    def hidden(self):
        """Whether a block hides the person from the reader; nobody hides from an administrator."""
        return self.blocked or (self.blocks and not self.moderated)

    @property
    def reachable(self):
        """Whether the reader can follow them and write to them."""
        return not (self.blocked or self.blocks or self.user.suspended_at)

    @property
    def about_me(self):
        """The user's ``about_me``; empty where a block or a suspension hides it."""
        return "" if self.hidden else self.user.introduction

    @classmethod
    def by_username(cls, username, reader=None):
        """The profile of the user of that name, whatever its case; None when there is none."""
        user = _with_facts(username, reader).first()
        facts = user and (getattr(user, name) for name in cls._fields[1:-1])
        return user and cls(user, *facts, moderated=bool(reader and reader.is_admin))


@prepared
def _with_facts(username, reader):
    """Query for the user of that name, with the facts of a Profile."""
    facts = (
        _count(Follow.follower, Follow.followed == User.id).alias("followers"),
        _count(Follow.followed, Follow.follower == User.id).alias("following"),
        _is(Follow, Follow.follower == reader, Follow.followed == User.id).alias("followed"),
        _is(Block, Block.blocker == reader, Block.blocked == User.id).alias("blocked"),
        _is(Block, Block.blocker == User.id, Block.blocked == reader).alias("blocks"),
    )
    return User.select(User, *facts).where(User.username == username)


def _count(person, condition):
    """Query for the number of follows by *condition*, not counting those whose *person* is suspended."""
    other = User.alias()
    shown = other.suspended_at.is_null()
    return Follow.select(fn.COUNT(1)).join(other, on=(person == other.id)).where(condition, shown)


def _is(model, *conditions):
    return fn.EXISTS(model.select(Value(1)).where(*conditions))
