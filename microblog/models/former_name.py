"""
Names that people gave up: they lead to their person still, and nobody else can take one.

Triggers keep them, whatever changes a name, and refuse them to others, whatever makes or renames a person. So
a name is somebody's or a former one, never both. Nightly work frees each after 90 days; they go with the
account.
"""

from datetime import timedelta

from peewee import SQL, CharField, Check, ForeignKeyField, fn

from microblog.base import clock
from microblog.base.database import NOW, BaseModel, UTCDateTimeField
from microblog.base.prepared import prepared
from microblog.models.block import Block
from microblog.models.exceptions import KEPT_NAME, TOO_MANY_NAMES
from microblog.models.user import User

KEPT_FOR = timedelta(days=90)
# Else one person could keep any number of names from all others.
MOST = 5


class FormerName(BaseModel):
    name = CharField(32, primary_key=True, collation="NOCASE")
    user = ForeignKeyField(User, on_delete="CASCADE", backref="former_names")
    given_up_at = UTCDateTimeField()

    class Meta:
        table_settings = ("WITHOUT ROWID",)
        constraints = (Check("length(name) BETWEEN 3 AND 32 AND name NOT GLOB '*[^A-Za-z0-9_]*'"),)

    @property
    def kept_until(self):
        """When nightly work frees it."""
        return self.given_up_at + KEPT_FOR

    @classmethod
    def person(cls, name):
        """The user who was called *name*, whatever its case; None when nobody was, or it was too long ago."""
        return cls._person(name).first()

    @classmethod
    @prepared
    def _person(cls, name):
        return User.select().join(cls).where(cls.name == name)

    @classmethod
    def leads(cls, name, reader):
        """
        The same for *reader*, None for a visitor: None as well if they may not learn the present name.

        Nobody learns that of a suspended person, and a blocked reader not that of whoever has blocked them;
        administrators do.
        """
        return cls._leads(name, reader, bool(reader and reader.is_admin)).first()

    @classmethod
    @prepared
    def _leads(cls, name, reader, is_admin):
        people = User.select().join(cls).where(cls.name == name)
        if is_admin:
            return people
        people = people.where(User.suspended_at.is_null())
        if reader is None:
            return people
        met = Block.select(SQL("1")).where(Block.blocker == User.id, Block.blocked == reader)
        return people.where(~fn.EXISTS(met))

    @classmethod
    def of(cls, user):
        """The former names of *user*, the latest first."""
        return cls.select().where(cls.user == user).order_by(cls.given_up_at.desc())

    @classmethod
    def delete_expired(cls):
        cls.delete().where(cls.given_up_at < clock.now() - KEPT_FOR).execute()


IS_KEPT = "EXISTS (SELECT 1 FROM former_name WHERE name = NEW.username{})"
IS_ANOTHER = "NEW.username <> OLD.username COLLATE NOCASE"

TRIGGERS = [
    f"""
    CREATE TRIGGER IF NOT EXISTS former_name_is_kept_from_new BEFORE INSERT ON user
    WHEN {IS_KEPT.format("")}
    BEGIN SELECT RAISE(ABORT, '{KEPT_NAME}'); END
    """,
    f"""
    CREATE TRIGGER IF NOT EXISTS former_name_is_kept_from_others BEFORE UPDATE OF username ON user
    WHEN {IS_KEPT.format(" AND user_id <> NEW.id")}
    BEGIN SELECT RAISE(ABORT, '{KEPT_NAME}'); END
    """,
    f"""
    CREATE TRIGGER IF NOT EXISTS former_name_too_many BEFORE UPDATE OF username ON user
    WHEN {IS_ANOTHER} AND NOT {IS_KEPT.format(" AND user_id = NEW.id")}
    AND (SELECT count(*) FROM former_name WHERE user_id = NEW.id) >= {MOST}
    BEGIN SELECT RAISE(ABORT, '{TOO_MANY_NAMES}'); END
    """,  # noqa: S608 - no part of it comes from outside
    f"""
    CREATE TRIGGER IF NOT EXISTS former_name_add AFTER UPDATE OF username ON user
    WHEN {IS_ANOTHER}
    BEGIN
        DELETE FROM former_name WHERE name = NEW.username;
        INSERT INTO former_name (name, user_id, given_up_at)
        VALUES (OLD.username, NEW.id, {NOW});
    END
    """,  # noqa: S608 - no part of it comes from outside
]
