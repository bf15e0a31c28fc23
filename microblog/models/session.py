"""Signed-in browsers: one row each, so that a copied cookie is useless after sign-out."""

from datetime import timedelta

from peewee import BooleanField, CharField, ForeignKeyField
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, unless_busy
from microblog.base.prepared import prepared
from microblog.models.user import User
from microblog.security import security_log
from microblog.security.random_secret import hash_of, new_secret

SEEN_EVERY = timedelta(minutes=1)
UNUSED_REMEMBERED = timedelta(days=30)
UNUSED = timedelta(hours=24)
LONGEST = timedelta(days=90)
# Of one user at a time. So many are more browsers than anybody has, and a list that anybody can look through.
MOST = 50
# How long whoever gave their password need not do so again.
CONFIRMED_FOR = timedelta(minutes=10)


class Session(BaseModel):
    id = AutoIncrementField()
    user = ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    token_hash = CharField(64, unique=True)
    remembered = BooleanField(default=False)
    user_agent = CharField(200, default="")
    created_at = UTCDateTimeField(default=clock.now)
    seen_at = UTCDateTimeField(default=clock.now)
    # When the user last gave their password in this browser; None of sessions from before it was noted.
    password_confirmed_at = UTCDateTimeField(null=True, default=clock.now)

    @classmethod
    def start(cls, user, remembered, user_agent):
        """
        Start a session and return ``(session, token)``; only the token's hash is kept.

        If the user has ``MOST`` already, the least recently seen one ends.

        Raises:
            CredentialsChanged: an act has revoked what *user* was checked by.
        """
        token = new_secret()
        with user.as_checked():
            session = cls.create(
                user=user, token_hash=hash_of(token), remembered=remembered, user_agent=user_agent[:200]
            )
            User.update(seen_at=session.seen_at).where(User.id == user).execute()
            session._end_those_beyond()
        return session, token

    @classmethod
    def from_token(cls, token):
        """The live session of *token*, with its user; None when there is none, or the user is suspended."""
        return cls._of_token(hash_of(token), *_limits()).first()

    @classmethod
    @prepared
    def _of_token(cls, token_hash, *limits):
        valid = (cls.token_hash == token_hash, ~cls._expired(*limits), User.suspended_at.is_null())
        return cls.select(cls, User).join(User).where(*valid)

    @classmethod
    def active_for(cls, user):
        """The live sessions of *user*, most recently seen first."""
        live = cls.select().where(cls.user == user, ~cls._expired(*_limits()))
        return live.order_by(cls.seen_at.desc(), cls.id.desc()).limit(MOST)

    @classmethod
    def end_all(cls, user, but=None):
        """End all sessions of *user*, except *but*, a session or None."""
        cls.delete().where(cls.user == user, cls.id != (but.id if but else 0)).execute()

    @classmethod
    def delete_expired(cls):
        cls.delete().where(cls._expired(*_limits())).execute()

    @property
    def is_confirmed(self):
        """Whether the user gave their password within ``CONFIRMED_FOR``, as far as the clock tells."""
        at = self.password_confirmed_at
        return at is not None and timedelta(0) <= clock.now() - at < CONFIRMED_FOR

    def renew(self):
        """Note that the user has just given their password; return the new token, which voids the former."""
        token = new_secret()
        Session.update(token_hash=hash_of(token), password_confirmed_at=clock.now()).where(
            Session.id == self.id
        ).execute()
        return token

    def touch(self):
        """Record that the user is active, at most once a minute, unless the database is busy."""
        now = clock.now()
        if now - self.seen_at >= SEEN_EVERY:
            self._note_seen(now)

    @unless_busy
    def _note_seen(self, moment):
        Session.update(seen_at=moment).where(Session.id == self.id).execute()
        User.update(seen_at=moment).where(User.id == self.user_id).execute()

    def _end_those_beyond(self):
        """End the user's least recently seen sessions, so that with this one ``MOST`` are left."""
        others = Session.select(Session.id).where(Session.user == self.user_id, Session.id != self.id)
        # Others only: the new one stays even if a clock that was set back makes it the oldest.
        beyond = others.order_by(Session.seen_at.desc(), Session.id.desc()).offset(MOST - 1)
        if ended := Session.delete().where(Session.id.in_(beyond)).execute():
            security_log.record("oldest-sessions-ended", self.user, number=ended)

    @classmethod
    def _expired(cls, unused, unused_remembered, longest):
        is_unused = (cls.seen_at <= unused) & ~cls.remembered | (cls.seen_at <= unused_remembered)
        return is_unused | (cls.created_at <= longest)


def _limits():
    """The moments since which a session has to be seen, seen if it is remembered, and started."""
    now = clock.now()
    return now - UNUSED, now - UNUSED_REMEMBERED, now - LONGEST
