"""Blocks: who wants nothing to do with whom."""

from peewee import SQL, Check, ForeignKeyField, fn

from microblog.base.database import BaseModel, db
from microblog.base.prepared import prepared
from microblog.models.exceptions import ACROSS_A_BLOCK
from microblog.models.user import User


class Block(BaseModel):
    blocker = ForeignKeyField(User, on_delete="CASCADE", index=False)
    blocked = ForeignKeyField(User, on_delete="CASCADE")

    class Meta:
        primary_key = False
        table_settings = ("WITHOUT ROWID",)
        constraints = (SQL("PRIMARY KEY (blocker_id, blocked_id)"), Check("blocker_id <> blocked_id"))

    @classmethod
    def add(cls, blocker, blocked):
        """Separate the two: no follows, no messages, neither sees the other's posts. Idempotent."""
        with db.atomic():
            cls.insert(blocker=blocker, blocked=blocked).on_conflict_ignore().execute()
            blocker.unfollow(blocked)
            blocked.unfollow(blocker)

    @classmethod
    def remove(cls, blocker, blocked):
        """Lift the block; the follows that it ended do not come back."""
        cls.delete().where(cls.blocker == blocker, cls.blocked == blocked).execute()

    @classmethod
    def person(cls, username, reader):
        """The user of that name, None if there is none; ``parted``: a block is between them and *reader*."""
        return cls._person(username, reader).first()

    @classmethod
    @prepared
    def _person(cls, username, reader):
        placed = (cls.blocker == reader) & (cls.blocked == User.id)
        met = (cls.blocked == reader) & (cls.blocker == User.id)
        parted = fn.EXISTS(cls.select(SQL("1")).where(placed | met))
        return User.select(User, parted.alias("parted")).where(User.username == username)

    @classmethod
    def placed_by(cls, user):
        """Ids of those whom *user* has blocked, for a subquery."""
        return cls.select(cls.blocked).where(cls.blocker == user)

    @classmethod
    def met_by(cls, user):
        """Ids of those who have blocked *user*, for a subquery."""
        return cls.select(cls.blocker).where(cls.blocked == user)

    @classmethod
    @prepared
    def people(cls, user):
        """The users whom *user* has blocked, newest accounts first."""
        return User.select().where(User.id.in_(cls.placed_by(user))).order_by(User.id.desc())


def parting(one, other):
    """SQL of the condition that one of two people has blocked the other, given the ids of both, as SQL."""
    return f"""EXISTS (
        SELECT 1 FROM block WHERE (blocker_id = {one} AND blocked_id = {other})
        OR (blocker_id = {other} AND blocked_id = {one})
    )"""  # noqa: S608 - no part of it comes from outside


def refusing(table, one, other):
    """
    SQL of a trigger that refuses rows of *table* between two people if one has blocked the other.

    *one*, *other*: the ids of both, as SQL; NULL where there is nobody, and then nothing is refused.
    """
    return f"""
    CREATE TRIGGER IF NOT EXISTS {table}_across_a_block BEFORE INSERT ON {table}
    WHEN {parting(one, other)}
    BEGIN SELECT RAISE(ABORT, '{ACROSS_A_BLOCK}'); END
    """


TRIGGERS = [
    refusing("follow", "NEW.follower_id", "NEW.followed_id"),
    refusing("message", "NEW.sender_id", "NEW.recipient_id"),
]
