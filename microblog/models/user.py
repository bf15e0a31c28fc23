"""Users and whom they follow."""

from contextlib import contextmanager

from flask_login import UserMixin
from peewee import SQL, BooleanField, CharField, Check, ForeignKeyField, IntegerField, fn
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.addresses import email_key
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.models.exceptions import CredentialsChanged, Suspended, translate_integrity_error
from microblog.models.tutorial_words import TutorialWords
from microblog.security import security_log

# Follows "z" and "_" in the order of names, which has no case.
AFTER_NAMES = "{"


class User(TutorialWords, UserMixin, BaseModel):
    id = AutoIncrementField()
    username = CharField(32, unique=True, collation="NOCASE")
    email = CharField(254)
    email_key = CharField(254, unique=True)
    password_hash = CharField()
    about_me = CharField(140, default="", constraints=[Check("length(about_me) <= 140")])
    language = CharField(8, null=True)
    is_admin = BooleanField(default=False)
    created_at = UTCDateTimeField(default=clock.now)
    # Kept here as well as in the session, which is deleted when it ends.
    seen_at = UTCDateTimeField(null=True)
    suspended_at = UTCDateTimeField(null=True)
    # Counts the acts that revoke something: see ``as_checked``. No time, because clocks are set back.
    credentials = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    # What ``credentials`` was raised to when the user's device cookies ended: those of before are void.
    devices_since = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    # A made-up person, whose password everybody knows.
    is_demo = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])
    # When a link that was mailed to the address was opened, or whoever made the account vouched for it.
    confirmed_at = UTCDateTimeField(null=True)
    # Kept by triggers: see ``models.people``.
    last_post_id = IntegerField(null=True)
    # They have closed the welcome of the home page.
    is_welcomed = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])

    class Meta:
        constraints = (Check("length(username) BETWEEN 3 AND 32 AND username NOT GLOB '*[^A-Za-z0-9_]*'"),)

    # Rows are equal by their id; Flask-Login's mixin would compare session tokens.
    __eq__, __ne__, __hash__ = BaseModel.__eq__, BaseModel.__ne__, BaseModel.__hash__

    # The browser session that this request belongs to, and its token; None outside requests.
    session = None
    token = None

    # Where they stand in a list by last posts, and whether its reader follows them; only lists select these.
    place = None
    is_followed = False
    # The last that they wrote; only ``people.to_meet`` selects it.
    last_words = None

    def get_id(self):
        """What the cookies carry: the token of the session, not the user's id."""
        return self.token

    @classmethod
    def register(cls, username, email, password_hash, is_admin=False, confirmed=False):
        """
        Make an account and return it; *confirmed*: its address needs no link to be opened.

        Raises:
            UsernameTaken: or
            EmailTaken: somebody was there first.
        """
        with translate_integrity_error(), db.atomic():
            return cls.create(
                username=username,
                email=email,
                email_key=email_key(email),
                password_hash=password_hash,
                is_admin=is_admin,
                confirmed_at=clock.now() if confirmed else None,
            )

    @classmethod
    def exists(cls):
        """Whether there is any account at all."""
        return cls._anybody().exists()

    @classmethod
    @prepared
    def _anybody(cls):
        return cls.select(cls.id).limit(1)

    @classmethod
    def first_registered_at(cls):
        """When the first of all present users registered, None if there is nobody: when the site began."""
        return cls.select(fn.MIN(cls.created_at)).scalar()

    @classmethod
    def has_admin(cls):
        """Whether the site has an administrator."""
        return cls.select().where(cls.is_admin).exists()

    @classmethod
    def named(cls, username):
        """The user of that name, whatever its case; None when there is none."""
        return cls._named(username).first()

    @classmethod
    @prepared
    def _named(cls, username):
        return cls.select().where(cls.username == username)

    @classmethod
    def name_of(cls, user_id):
        """The username of the user of that id; None when there is none."""
        return cls._name_of(user_id).scalar()

    @classmethod
    @prepared
    def _name_of(cls, user_id):
        return cls.select(cls.username).where(cls.id == user_id)

    @classmethod
    def demo_people(cls):
        """The made-up people, whatever they are called by now."""
        return cls.select().where(cls.is_demo)

    @classmethod
    def with_email(cls, email):
        """The user of that address; None when there is none."""
        return cls.get_or_none(cls.email_key == email_key(email))

    @contextmanager
    def as_checked(self):
        """
        A transaction for what is permitted by the check that read this object: a password, a session, a link.

        Everything by which somebody can come back, or that only its owner may do, is done inside.

        Raises:
            CredentialsChanged: since then an act has revoked what the check relied on.
        """
        with db.atomic():
            same = (User.id == self.id, User.credentials == self.credentials)
            if not User.select().where(*same).exists():
                raise CredentialsChanged
            yield

    def raise_credentials(self):
        """Count an act that revokes; whoever holds this object may go on after it."""
        with db.atomic():
            User.update(credentials=User.credentials + 1).where(User.id == self.id).execute()
            self.credentials = User.select(User.credentials).where(User.id == self.id).scalar()

    def end_devices(self):
        """Make void every device cookie that was given to the user before the last ``raise_credentials``."""
        User.update(devices_since=User.credentials).where(User.id == self.id).execute()

    def set_language(self, language):
        """Use *language*, a tag, for the user's pages and mails from now on."""
        User.update(language=language).where(User.id == self.id).execute()

    @property
    def introduction(self):
        """What others may read of ``about_me``: nothing during a suspension."""
        return "" if self.suspended_at else self.about_me

    def update_profile(self, username, about_me):
        """
        Set *username*, which may be unchanged, and *about_me*.

        Raises:
            UsernameTaken: somebody else has this name, or had it until lately.
            TooManyNames: they have given up several of their own lately, and it is none of these.
        """
        with translate_integrity_error():
            User.update(username=username, about_me=about_me).where(User.id == self.id).execute()
        if username != self.username:
            security_log.record("renamed", self, to=username)

    @classmethod
    @prepared
    def active(cls):
        """All users who are not suspended, newest accounts first."""
        return cls.select().where(cls.suspended_at.is_null()).order_by(cls.id.desc())

    @classmethod
    def suspended(cls):
        """Ids of all users who are suspended, for a subquery."""
        return cls.select(cls.id).where(cls.suspended_at.is_null(False))

    @classmethod
    def whose_name_begins(cls, beginning):
        """Users whose name starts with *beginning*, in any case, newest first; everybody if it is empty."""
        return cls._named_between(beginning, beginning + AFTER_NAMES) if beginning else cls._everybody()

    @classmethod
    @prepared
    def _everybody(cls):
        return cls.select().order_by(cls.id.desc())

    @classmethod
    @prepared
    def _named_between(cls, first, after):
        # Found by the index of names, however many are called otherwise: 0.25 µs for each that begins so.
        named = cls.alias()
        found = named.select(named.id).where(named.username >= first, named.username < after)
        return cls._everybody().query.where(cls.id.in_(found))

    def close_welcome(self):
        User.update(is_welcomed=True).where(User.id == self.id).execute()

    def change_password(self, password_hash):
        User.update(password_hash=password_hash).where(User.id == self.id).execute()
        self.password_hash = password_hash

    def rehash(self, password_hash):
        """Store a new hash of the same password, unless the password was changed meanwhile."""
        same = (User.id == self.id, User.password_hash == self.password_hash)
        User.update(password_hash=password_hash).where(*same).execute()

    def change_email(self, email):
        """
        Set the address, which is confirmed.

        Raises:
            EmailTaken: somebody else has it.
        """
        with translate_integrity_error(), db.atomic():
            User.update(email=email, email_key=email_key(email)).where(User.id == self.id).execute()
        self.email = email
        self.confirm()

    def confirm(self):
        """Record that the user reads what is mailed to their address."""
        self.confirmed_at = clock.now()
        User.update(confirmed_at=self.confirmed_at).where(User.id == self.id).execute()

    def suspend(self):
        """Lock the user out and hide their posts; return whether it was done: administrators are exempt."""
        ordinary = (User.id == self.id, ~User.is_admin)
        return bool(User.update(suspended_at=clock.now()).where(*ordinary).execute())

    def restore(self):
        """Undo a suspension."""
        User.update(suspended_at=None).where(User.id == self.id).execute()

    @property
    def is_last_admin(self):
        """Whether nobody could look after the site without this user."""
        return self.is_admin and not User.select().where(User.is_admin, User.id != self.id).exists()

    def follow(self, other):
        """
        Follow *other*. Idempotent; following oneself is ignored.

        Raises:
            Blocked: one of the two has blocked the other.
            Suspended: *other* is suspended.
        """
        if other.suspended_at:
            raise Suspended
        with translate_integrity_error():
            Follow.insert(follower=self, followed=other).on_conflict_ignore().execute()

    def unfollow(self, other):
        Follow.delete().where(Follow.follower == self, Follow.followed == other).execute()


# Of whoever wrote what a list shows, so much is read, and not even the hash of a password.
SHOWN = (User.id, User.username, User.about_me, User.created_at, User.suspended_at)
User.add_index(User.index(User.suspended_at, where=User.suspended_at.is_null(False), name="user_suspended"))
# Few are, so the indexes are small.
User.add_index(User.index(User.is_admin, where=User.is_admin, name="user_admins"))
User.add_index(User.index(User.is_demo, where=User.is_demo, name="user_demo_people"))
User.add_index(SQL('CREATE INDEX "user_by_last_post" ON "user" (coalesce("last_post_id", "id"))'))


class Follow(BaseModel):
    follower = ForeignKeyField(User, on_delete="CASCADE", index=False)
    followed = ForeignKeyField(User, on_delete="CASCADE")

    class Meta:
        primary_key = False
        table_settings = ("WITHOUT ROWID",)
        constraints = (SQL("PRIMARY KEY (follower_id, followed_id)"), Check("follower_id <> followed_id"))

    @classmethod
    def those_of(cls, follower):
        """Ids of those whom *follower* follows, for a subquery."""
        return cls.select(cls.followed).where(cls.follower == follower)

    @classmethod
    def are_by(cls, follower, count):
        """Whether *follower* follows *count* people or more."""
        return len(cls._some_by(follower, count).tuples()) == count

    @classmethod
    @prepared
    def _some_by(cls, follower, most):
        return cls.select(cls.followed).where(cls.follower == follower).limit(most)
