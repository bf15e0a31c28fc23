"""Tokens that programs sign in with: named, ended one by one or unused; only their hash is stored."""

from datetime import timedelta

from peewee import SQL, BooleanField, CharField, ForeignKeyField, fn
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, unless_busy
from microblog.base.prepared import prepared
from microblog.models.exceptions import TooManyTokens
from microblog.models.user import User
from microblog.security import security_log
from microblog.security.random_secret import hash_of, new_secret

# Lets secret scanners recognize our tokens in public code.
PREFIX = "microblog_"
LONGEST_NAME = 64
MOST = 50
NOTED_EVERY = timedelta(minutes=1)
# Who needs one yearly makes a new one: a forgotten one is a door that nobody watches.
UNUSED = timedelta(days=180)


class Token(BaseModel):
    id = AutoIncrementField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    name = CharField(LONGEST_NAME)
    token_hash = CharField(64, unique=True)
    created_at = UTCDateTimeField(default=clock.now)
    used_at = UTCDateTimeField(null=True)
    # It may ask for everything and change nothing.
    read_only = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])

    @classmethod
    def issue(cls, user, name, read_only=False):
        """
        Create a token and return ``(row, secret)``; the secret cannot be retrieved later.

        Without a name it is called "API".

        Raises:
            TooManyTokens: one must be deleted first.
            CredentialsChanged: an act has revoked what *user* was checked by.
        """
        secret = PREFIX + new_secret()
        with user.as_checked():
            if len(list(cls.for_user(user))) >= MOST:
                raise TooManyTokens
            token = cls.create(user=user, name=name or "API", token_hash=hash_of(secret), read_only=read_only)
        security_log.record("token-made", user, token=token.id)
        return token, secret

    @classmethod
    def from_secret(cls, secret):
        """The token of *secret*, with its user; None when there is none, or the user is suspended."""
        return cls._of_secret(hash_of(secret), _limit()).first()

    @classmethod
    @prepared
    def _of_secret(cls, token_hash, limit):
        valid = (cls.token_hash == token_hash, ~cls._expired(limit), User.suspended_at.is_null())
        return cls.select(cls, User).join(User).where(*valid)

    @classmethod
    def for_user(cls, user):
        """The tokens of *user* that work, newest first."""
        return cls._for_user(user, _limit())

    @classmethod
    @prepared
    def _for_user(cls, user, limit):
        return cls.select().where(cls.user == user, ~cls._expired(limit)).order_by(cls.id.desc())

    @classmethod
    def end_all(cls, user):
        cls.delete().where(cls.user == user).execute()

    @classmethod
    def delete_expired(cls):
        cls.delete().where(cls._expired(_limit())).execute()

    @property
    def expires_at(self):
        """When it ends unless it is used before."""
        return (self.used_at or self.created_at) + UNUSED

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

    @classmethod
    def _expired(cls, limit):
        return fn.COALESCE(cls.used_at, cls.created_at) <= limit


def _limit():
    """The moment since which a token has to be used, or made, as the database stores it."""
    return UTCDateTimeField().db_value(clock.now() - UNUSED)
