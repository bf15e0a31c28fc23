"""Mails that wait to be sent; what they say is made in the worker, so no secret lies here."""

from peewee import CharField, ForeignKeyField, JSONField

from microblog import clock
from microblog.database import db
from microblog.models.claimable import Claimable, final
from microblog.models.states import CANCELLED, MAILING
from microblog.models.user import User


class Mail(Claimable):
    kind = CharField(32)
    recipient = CharField(254)
    user = ForeignKeyField(User, null=True, on_delete="CASCADE")
    arguments = JSONField(default=dict)

    name = "deliver"

    class Meta:
        indexes = ((("state", "run_after"), False), (("kind", "recipient"), False))

    @classmethod
    def send(cls, job, kind, recipient, user=None, **arguments):
        """Record a mail of *kind*, then ring the queue. *arguments* must hold no secret."""
        with db.atomic():
            mail = cls.create(phase=MAILING, kind=kind, recipient=recipient, user=user, arguments=arguments)
            db.after_commit(lambda: job.ring(mail))
        return mail

    @classmethod
    def send_once(cls, job, kind, recipients, span, key, **arguments):
        """Send a mail to each of *recipients*, unless one of *kind* and *key* was recorded within *span*."""
        lately = (cls.kind == kind, cls.created_at > clock.now() - span, cls.arguments["key"] == key)
        # One transaction: of several processes that come at once the first writes and the others see it.
        with db.atomic():
            if not cls.select().where(*lately).exists():
                for recipient in recipients:
                    cls.send(job, kind, recipient, key=key, **arguments)

    @classmethod
    def addressed_to(cls, user):
        """Mails to *user*, also those that were asked for when nobody knew whose the address is."""
        return cls.select().where(cls._concerns(user))

    @classmethod
    def delete_addressed_to(cls, user):
        cls.delete().where(cls._concerns(user)).execute()

    def asked_before(self, span):
        """How many of this kind were asked for this recipient within *span* before this one."""
        return (
            Mail.select()
            .where(
                Mail.kind == self.kind,
                # However it was spelled: it is one mailbox.
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
            # It may be the address of somebody who has nothing to do with us: not ours to keep.
            values.update(recipient="")
        super().finish(state, **values)


TRIGGERS = [final("mail")]
