"""Tokens that programs sign in with: named, revoked one by one; only their hash is stored."""

from datetime import timedelta

from peewee import CharField, ForeignKeyField
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, unless_busy
from microblog.models.exceptions import TooManyTokens
from microblog.models.user import User
from microblog.security import security_log
from microblog.security.random_secret import hash_of, new_secret

# Lets secret scanners recognize our tokens in public code.
PREFIX = "microblog_"
LONGEST_NAME = 64
MOST = 50
NOTED_EVERY = timedelta(minutes=1)


class Token(BaseModel):
    id = AutoIncrementField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    name = CharField(LONGEST_NAME)
    token_hash = CharField(64, unique=True)
    created_at = UTCDateTimeField(default=clock.now)
    used_at = UTCDateTimeField(null=True)

    @classmethod
    def issue(cls, user, name):
        """
        Create a token and return ``(row, secret)``; the secret cannot be retrieved later.

        Without a name it is called "API".

        Raises:
            TooManyTokens: one must be deleted first.
            CredentialsChanged: an act has revoked what *user* was checked by.
        """
        secret = PREFIX + new_secret()
        with user.as_checked():
            if cls.for_user(user).count() >= MOST:
                raise TooManyTokens
            token = cls.create(user=user, name=name or "API", token_hash=hash_of(secret))
        security_log.record("token-made", user, token=token.id)
        return token, secret

    @classmethod
    def from_secret(cls, secret):
        """The token of *secret*, with its user; None when there is none, or the user is suspended."""
        valid = (cls.token_hash == hash_of(secret), User.suspended_at.is_null())
        return cls.select(cls, User).join(User).where(*valid).first()

    @classmethod
    def for_user(cls, user):
        """The tokens of *user*, newest first."""
        return cls.select().where(cls.user == user).order_by(cls.id.desc())

    @classmethod
    def end_all(cls, user):
        cls.delete().where(cls.user == user).execute()

    def end(self):
        """Delete the token: from now on it signs nobody in."""
        self.delete_instance()
        security_log.record("token-ended", self.user, token=self.id)

    def note_use(self):
        """Record that it was used, at most once a minute, unless the database is busy."""
        now = clock.now()
        if self.used_at is None or now - self.used_at >= NOTED_EVERY:
            self._note_use(now)

    @unless_busy
    def _note_use(self, moment):
        Token.update(used_at=moment).where(Token.id == self.id).execute()
