"""Secrets in mailed links and invitations: each works once, and only its hash is stored."""

from contextlib import nullcontext
from datetime import timedelta

from peewee import CharField, ForeignKeyField
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.models.exceptions import TokenInvalid, TooManyInvitations
from microblog.models.user import User
from microblog.security import security_log
from microblog.security.random_secret import hash_of, new_secret

RESET_PASSWORD, CHANGE_EMAIL, INVITE = "reset_password", "change_email", "invite"
LASTS = {
    RESET_PASSWORD: timedelta(minutes=10),
    CHANGE_EMAIL: timedelta(days=1),
    INVITE: timedelta(days=7),
}
# Of a member, at a time: enough for a circle of friends, and too few for a list of addresses.
MOST_INVITATIONS = 5


class OneTimeToken(BaseModel):
    id = AutoIncrementField()
    kind = CharField(16, index=True)
    # Whom it authorizes; for an invitation, who made it: None if the command line did.
    user = ForeignKeyField(User, null=True, on_delete="CASCADE")
    email = CharField(254, null=True)
    token_hash = CharField(64, unique=True)
    expires_at = UTCDateTimeField()

    class Meta:
        # The class was once called so; renaming the table would help nobody.
        table_name = "ticket"

    @classmethod
    def issue(cls, kind, user=None, email=None):
        """
        Create a token and return its secret, which cannot be retrieved later.

        Raises:
            CredentialsChanged: an act has revoked what *user* was checked by.
        """
        secret = new_secret()
        expires_at = clock.now() + LASTS[kind]
        with user.as_checked() if user else nullcontext():
            cls.create(kind=kind, user=user, email=email, token_hash=hash_of(secret), expires_at=expires_at)
        return secret

    @classmethod
    def invite(cls, user=None, by=None):
        """
        Create an invitation and return its secret; *user* is the member who made it.

        The operator is no user: then *by* alone is given.

        Raises:
            TooManyInvitations: they have to wait, or to withdraw one; administrators need not.
            CredentialsChanged: an act has revoked what *user* was checked by.
        """
        with db.atomic():
            if user and not user.is_admin and cls.invitations_by(user).count() >= MOST_INVITATIONS:
                raise TooManyInvitations
            secret = cls.issue(INVITE, user)
        security_log.record("invited", user, by=by)
        return secret

    @classmethod
    def active(cls, kind):
        """Valid tokens of *kind*, with their users, none of whom is suspended, newest first."""
        return cls._active(kind, clock.now())

    @classmethod
    def invitations(cls):
        """All invitations that nobody has used yet, newest first."""
        return cls._invitations(clock.now())

    @classmethod
    @prepared
    def _invitations(cls, now):
        return cls._active(INVITE, now)

    @classmethod
    def _active(cls, kind, now):
        valid = (cls.kind == kind, cls.expires_at > now, User.suspended_at.is_null())
        return cls.select(cls, User).left_outer_join(User).where(*valid).order_by(cls.id.desc())

    @classmethod
    def invitations_by(cls, user):
        """The invitations by *user* that nobody has used yet, newest first."""
        return cls.active(INVITE).where(cls.user == user.id)

    @classmethod
    def from_secret(cls, kind, secret):
        """
        The token of *secret*, with its user.

        Raises:
            TokenInvalid: there is none, or not any more.
        """
        token = cls.active(kind).where(cls.token_hash == hash_of(secret or "")).first()
        if token is None:
            raise TokenInvalid
        return token

    @classmethod
    def revoke_all(cls, user):
        """Revoke every link that was mailed to *user*; invitations are no way in for themselves."""
        cls.delete().where(cls.user == user, cls.kind != INVITE).execute()

    @classmethod
    def revoke_invitations(cls, user):
        """Revoke the invitations that *user* made, or whoever acted in their name."""
        cls.delete().where(cls.user == user, cls.kind == INVITE).execute()

    @classmethod
    def delete_expired(cls):
        cls.delete().where(cls.expires_at <= clock.now()).execute()

    def revoke(self, by):
        """Delete an invitation before anybody uses it."""
        self.delete_instance()
        security_log.record("invitation-withdrawn", self.user, by=by)

    def redeem(self):
        """
        Use up the token; call this in the transaction of what it permits.

        Raises:
            TokenInvalid: somebody was faster.
        """
        if not self.delete_instance():
            raise TokenInvalid
