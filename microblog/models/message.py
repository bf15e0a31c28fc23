"""
Private messages from one user to another.

Each of the two has a ``Thread`` of them. Whoever deletes theirs keeps nothing of it here; a message that both
have deleted is gone.
"""

from peewee import SQL, CharField, Check, ForeignKeyField, fn
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock, slices
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.base.slices import COUNTED
from microblog.base.text import MAX_LENGTH
from microblog.models.block import Block
from microblog.models.exceptions import Suspended, translate_integrity_error
from microblog.models.notification import Notification
from microblog.models.thread import Thread
from microblog.models.user import SHOWN, User


class Message(BaseModel):
    id = AutoIncrementField()
    sender = ForeignKeyField(User, on_delete="CASCADE")
    recipient = ForeignKeyField(User, on_delete="CASCADE")
    body = CharField(MAX_LENGTH, constraints=[Check(f"length(body) BETWEEN 1 AND {MAX_LENGTH}")])
    timestamp = UTCDateTimeField(default=clock.now)
    read_at = UTCDateTimeField(null=True)

    @classmethod
    def send(cls, sender, recipient, body):
        """
        Create and return a message, and notify *recipient* of their unread count.

        Raises:
            Blocked: one of the two has blocked the other.
            Suspended: *recipient* could not read it.
        """
        if recipient.suspended_at:
            raise Suspended
        with db.atomic(), translate_integrity_error():
            message = cls.create(sender=sender, recipient=recipient, body=body)
            cls.notify_unread(recipient)
        return message

    @classmethod
    @prepared
    def threads(cls, user):
        """
        The last message of each thread of *user*, newest first, to be cut ``by=Thread``.

        Each has ``other``, whom it is with, and ``unread``, how many messages of theirs are, counted up to
        ``COUNTED``. There are none of people whom *user* has blocked.
        """
        unread = cls.alias()
        theirs = unread.recipient == Thread.owner, unread.sender == Thread.other, unread.read_at.is_null()
        count = _count(unread.select(SQL("1")).where(*theirs))
        return (
            cls.select(cls, *SHOWN, count.alias("unread"))
            .join(Thread, on=(Thread.newest == cls.id))
            .join_from(cls, User, on=(User.id == Thread.other), attr="other")
            .where(Thread.owner == user, Thread.other.not_in(Block.placed_by(user)))
            .order_by(Thread.newest.desc())
        )

    @classmethod
    def between(cls, user, other):
        """What the two wrote to each other, newest first, without what *user* has deleted or does not see."""
        return cls._between(user, other, *_pair(user, other))

    @classmethod
    @prepared
    def _between(cls, user, other, lower, higher):
        return (
            cls.select()
            .where(
                *cls._of(lower, higher),
                cls.id > Thread.beginning(user, other),
                ~fn.EXISTS(Block.placed_by(user).where(Block.blocked == other)),
            )
            .order_by(cls.id.desc())
        )

    @classmethod
    @prepared
    def inbox(cls, user):
        """Messages to *user*, newest first, without those deleted or from people whom they have blocked."""
        return cls._kept(user, cls.sender).where(*cls._to(user))

    @classmethod
    @prepared
    def sent(cls, user):
        """Messages that *user* wrote, newest first, without those deleted."""
        return cls._kept(user, cls.recipient).where(cls.sender == user)

    @classmethod
    def received(cls, user, message_id):
        """The message of that id in the inbox of *user*, None if there is none."""
        return slices.of_id(cls.inbox(user), message_id).first()

    @classmethod
    def mark_read(cls, user, other, until):
        """Mark what *other* wrote to *user* as read, up to the message of the id *until*."""
        with db.atomic():
            cls._reading(user, other, until, clock.now()).execute()
            cls.notify_unread(user)

    def mark_alone(self, user):
        """Mark this message to *user* as read, and no other one."""
        with db.atomic():
            Message.update(read_at=clock.now()).where(
                Message.id == self.id, Message.read_at.is_null()
            ).execute()
            Message.notify_unread(user)

    @classmethod
    def delete_thread(cls, user, other, until):
        """
        Delete what is between the two up to the id *until* on the side of *user*: *other* keeps theirs.

        The unread ones count as read: they are in nobody's way any more.
        """
        lower, higher = _pair(user, other)
        with db.atomic():
            Thread.cut(user, other, until)
            cls._reading(user, other, until, clock.now()).execute()
            cls._leftovers(user, other, lower, higher).execute()
            cls.notify_unread(user)

    @classmethod
    def delete_all_from(cls, sender):
        """Delete all messages from *sender*, and notify those who had unread ones of their new count."""
        unread = cls.select(cls.recipient).where(cls.sender == sender, cls.read_at.is_null())
        with db.atomic():
            disappointed = list(User.select().where(User.id.in_(unread)))
            cls.delete().where(cls.sender == sender).execute()
            for user in disappointed:
                cls.notify_unread(user)

    @classmethod
    def notify_unread(cls, user):
        """Notify *user* of the number of their unread messages."""
        Notification.push(user, "unread_message_count", cls.unread(user).scalar())

    @classmethod
    @prepared
    def unread(cls, user):
        """Query for the number of messages that *user* has not read, counted up to ``COUNTED``."""
        return _count(cls.select(SQL("1")).where(*cls._to(user), cls.read_at.is_null()))

    @classmethod
    @prepared
    def _reading(cls, user, other, until, now):
        return cls.update(read_at=now.into(cls.read_at)).where(
            *cls._to(user), cls.sender == other, cls.read_at.is_null(), cls.id <= until
        )

    @classmethod
    @prepared
    def _leftovers(cls, user, other, lower, higher):
        """What neither of the two has kept."""
        return cls.delete().where(
            *cls._of(lower, higher),
            cls.id <= Thread.beginning(user, other),
            cls.id <= Thread.beginning(other, user),
        )

    @classmethod
    def _to(cls, user):
        return cls.recipient == user, cls.sender.not_in(Block.placed_by(user))

    @classmethod
    def _kept(cls, user, other):
        mine = (Thread.owner == user) & (Thread.other == other)
        return cls.select().join(Thread, on=mine).where(cls.id > Thread.deleted_until).order_by(cls.id.desc())

    @classmethod
    def _of(cls, lower, higher):
        """Conditions: the ids of the two people. As in the index ``message_between``."""
        first, second = _ends(cls)
        return first == lower.into(cls.sender), second == higher.into(cls.sender)


def _count(messages):
    return Message.select(fn.COUNT(SQL("*"))).from_(messages.limit(COUNTED))


def _pair(user, other):
    return sorted((user.id, other.id))


def _ends(message):
    """The lower and the higher id of the two people, whoever of them wrote it."""
    return fn.MIN(message.sender, message.recipient), fn.MAX(message.sender, message.recipient)


_unread_by_sender = Message.index(
    Message.recipient, Message.sender, where=Message.read_at.is_null(), name="message_unread"
)
Message.add_index(_unread_by_sender)
Message.add_index(Message.index(*_ends(Message), name="message_between"))
