"""Mails to be sent; the worker composes them, so that no secret is stored here."""

from peewee import CharField, ForeignKeyField, JSONField

from microblog.base import clock
from microblog.base.database import db
from microblog.models.user import User
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, MAILING
from microblog.tasks.transitions import final
from microblog.tasks.work_item import Claimable


class Mail(Claimable):
    kind = CharField(32)
    recipient = CharField(254)
    user = ForeignKeyField(User, null=True, on_delete="CASCADE")
    arguments = JSONField(default=dict)

    name = "deliver"

    class Meta:
        indexes = ((("state", "run_after"), False), (("kind", "recipient"), False))

    @classmethod
    def send(cls, kind, recipient, user=None, **arguments):
        """Record a mail of *kind*, then ring the queue; return the row. *arguments* must hold no secret."""
        with db.atomic():
            mail = cls.create(phase=MAILING, kind=kind, recipient=recipient, user=user, arguments=arguments)
            db.after_commit(lambda: huey.ring(mail))
        return mail

    @classmethod
    def send_once(cls, kind, recipients, span, key, **arguments):
        """
        Send a mail to each of *recipients*, unless one of *kind* and *key* was recorded lately.

        *span* is a timedelta.
        """
        lately = (cls.kind == kind, cls.created_at > clock.now() - span, cls.arguments["key"] == key)
        # One transaction: of several processes at once, the first one writes and the others see it.
        with db.atomic():
            if not cls.select().where(*lately).exists():
                for recipient in recipients:
                    cls.send(kind, recipient, key=key, **arguments)

    @classmethod
    def addressed_to(cls, user):
        """Mails to *user*, including those requested by address, before its owner was looked up."""
        return cls.select().where(cls._concerns(user))

    @classmethod
    def delete_addressed_to(cls, user):
        cls.delete().where(cls._concerns(user)).execute()

    @classmethod
    def adopt_addressed_to(cls, user):
        """Give *user* the mails requested by their address, which they are about to leave."""
        cls.update(user=user).where(cls.recipient == user.email_key, cls.user.is_null()).execute()

    def asked_before(self, span):
        """How many mails of this kind were requested for its recipient in *span*, a timedelta, before it."""
        return (
            Mail.select()
            .where(
                Mail.kind == self.kind,
                # In whatever case: it is the same mailbox.
                Mail.recipient.collate("NOCASE") == self.recipient,
                Mail.created_at.between(self.created_at - span, self.created_at),
                Mail.id != self.id,
            )
            .count()
        )

    @classmethod
    def _concerns(cls, user):
        return (cls.user == user) | (cls.recipient == user.email_key)

    def finish(self, state, **values):
        if state == CANCELLED:
            # The address may belong to somebody without an account: not ours to keep.
            values.update(recipient="")
        super().finish(state, **values)


TRIGGERS = [final("mail")]
