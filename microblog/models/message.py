"""Private messages from one user to another."""

from peewee import CharField, Check, ForeignKeyField, fn
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock, slices
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.base.text import MAX_LENGTH
from microblog.models.block import Block
from microblog.models.exceptions import Suspended, translate_integrity_error
from microblog.models.notification import Notification
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
    def inbox(cls, user):
        """Messages to *user*, with their senders, newest first; none from people whom they have blocked."""
        return cls._newest_first(cls.sender).where(*cls._to(user))

    @classmethod
    @prepared
    def sent(cls, user):
        """Messages that *user* wrote, with their recipients, newest first."""
        return cls._newest_first(cls.recipient).where(cls.sender == user)

    @classmethod
    def latest(cls, user, sender):
        """The last message that *sender* wrote to *user*, None if there is none or *user* blocked them."""
        return cls._of(cls.inbox(user), sender).first()

    @classmethod
    def received(cls, user, message_id):
        """The message of that id in the inbox of *user*, None if there is none."""
        return slices.of_id(cls.inbox(user), message_id).first()

    @classmethod
    @prepared
    def _of(cls, messages, sender):
        return messages.where(cls.sender == sender).limit(1)

    @classmethod
    def mark_read(cls, user, oldest, newest):
        """Mark messages in the inbox of *user* as read, from id *oldest* to id *newest* inclusive."""
        with db.atomic():
            cls.update(read_at=clock.now()).where(
                *cls._to(user), cls.read_at.is_null(), cls.id.between(oldest, newest)
            ).execute()
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
        Notification.push(user, "unread_message_count", cls._unread(user).scalar())

    @classmethod
    def unread_and_cursor(cls, user):
        """``(unread count, newest notification id or 0)`` of the same moment, in one query."""
        return cls._unread_and_cursor(user).tuples()[0]

    @classmethod
    @prepared
    def _unread_and_cursor(cls, user):
        newest = fn.COALESCE(Notification.newest(user), 0)
        return cls._unread(user).query.select_extend(newest)

    @classmethod
    @prepared
    def _unread(cls, user):
        return cls.select(fn.COUNT(cls.id)).where(*cls._to(user), cls.read_at.is_null())

    @classmethod
    def _to(cls, user):
        return cls.recipient == user, cls.sender.not_in(Block.placed_by(user))

    @classmethod
    def _newest_first(cls, other):
        return cls.select(cls, *SHOWN).join(User, on=other).order_by(cls.id.desc())


Message.add_index(Message.index(Message.recipient, where=Message.read_at.is_null(), name="message_unread"))
