"""What a link in a mail or an invitation carries: a secret that works once, of which only a hash is kept."""

from datetime import timedelta

from peewee import CharField, ForeignKeyField
from playhouse.sqlite_ext import AutoIncrementField

from microblog import clock
from microblog.database import BaseModel, UTCDateTimeField
from microblog.models.secret import hash_of, new_secret
from microblog.models.user import User

RESET_PASSWORD, CHANGE_EMAIL, INVITE = "reset_password", "change_email", "invite"
LASTS = {
    RESET_PASSWORD: timedelta(minutes=10),
    CHANGE_EMAIL: timedelta(days=1),
    INVITE: timedelta(days=7),
}


class TicketUsed(Exception):
    """Somebody was faster: the ticket has been used, or withdrawn."""


class Ticket(BaseModel):
    id = AutoIncrementField()
    kind = CharField(16)
    # Whom it lets do something; for an invitation who made it, which is nobody for the command.
    user = ForeignKeyField(User, null=True, on_delete="CASCADE")
    email = CharField(254, null=True)
    token_hash = CharField(64, unique=True)
    expires_at = UTCDateTimeField()

    @classmethod
    def issue(cls, kind, user=None, email=None):
        """Make a ticket and return its token, which cannot be had a second time."""
        token = new_secret()
        expires_at = clock.now() + LASTS[kind]
        cls.create(kind=kind, user=user, email=email, token_hash=hash_of(token), expires_at=expires_at)
        return token

    @classmethod
    def living(cls, kind):
        """Tickets of *kind* that can be used, with their users, newest first."""
        return (
            cls.select(cls, User)
            .left_outer_join(User)
            .where(cls.kind == kind, cls.expires_at > clock.now())
            .order_by(cls.id.desc())
        )

    @classmethod
    def of(cls, kind, token):
        """The living ticket of *token*, with its user; None when there is none."""
        return cls.living(kind).where(cls.token_hash == hash_of(token or "")).first()

    @classmethod
    def void(cls, user):
        """Take from *user* all that was mailed to them; invitations they made stay."""
        cls.delete().where(cls.user == user, cls.kind != INVITE).execute()

    @classmethod
    def delete_expired(cls):
        """Delete the rows that nobody can use any more."""
        cls.delete().where(cls.expires_at <= clock.now()).execute()

    def use(self):
        """
        Make sure that nobody uses it again; to be called in the transaction of what it permits.

        Raises:
            TicketUsed: somebody has.
        """
        if not self.delete_instance():
            raise TicketUsed
