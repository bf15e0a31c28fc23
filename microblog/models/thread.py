"""
Threads: what two people have written to each other, as one of them sees it.

Each of the two has a row of their own, so that either can delete their side. Triggers make the rows and keep
``newest``, whatever adds or deletes messages: so a list of threads is read from an index, however long they
are.
"""

from peewee import SQL, Case, ForeignKeyField, IntegerField, fn

from microblog.base.database import BaseModel
from microblog.base.prepared import prepared
from microblog.models.user import User


class Thread(BaseModel):
    owner = ForeignKeyField(User, on_delete="CASCADE", index=False)
    other = ForeignKeyField(User, on_delete="CASCADE")
    # The id of the last message that the owner has kept, None if they have deleted all.
    newest = IntegerField(null=True)
    # The id of the last message that the owner has deleted, 0 before they do; all earlier ones are as well.
    deleted_until = IntegerField()

    class Meta:
        primary_key = False
        table_settings = ("WITHOUT ROWID",)
        constraints = (SQL("PRIMARY KEY (owner_id, other_id)"),)

    @classmethod
    def newest_of(cls, owner, other):
        """The id of the last message that *owner* has kept, None if there is none."""
        return cls._of(owner, other).scalar()

    @classmethod
    def beginning(cls, owner, other):
        """The id after which the messages begin that *owner* has kept, for a subquery."""
        return cls.select(cls.deleted_until).where(cls.owner == owner, cls.other == other)

    @classmethod
    def cut(cls, owner, other, until):
        """Take from *owner* the messages up to the id *until*; what came later stays."""
        cls._cut(owner, other, until).execute()

    @classmethod
    @prepared
    def _of(cls, owner, other):
        return cls.select(cls.newest).where(cls.owner == owner, cls.other == other)

    @classmethod
    @prepared
    def _cut(cls, owner, other, until):
        # No later than the last message there is: those yet to come would be lost as well.
        until = until.into(cls.newest)
        values = {
            cls.deleted_until: fn.MAX(cls.deleted_until, fn.MIN(cls.newest, until)),
            cls.newest: Case(None, [(cls.newest > until, cls.newest)]),
        }
        return cls.update(values).where(cls.owner == owner, cls.other == other, cls.newest.is_null(False))


Thread.add_index(Thread.index(Thread.owner, Thread.newest, name="thread_newest"))
# Lists of threads are cut into pages by it.
Thread.paged_by = Thread.newest

_BOTH = """(owner_id = OLD.sender_id AND other_id = OLD.recipient_id
    OR owner_id = OLD.recipient_id AND other_id = OLD.sender_id)"""
# Of the index message_between.
_BETWEEN = """min(sender_id, recipient_id) = min(OLD.sender_id, OLD.recipient_id)
    AND max(sender_id, recipient_id) = max(OLD.sender_id, OLD.recipient_id)"""
TRIGGERS = [
    """
    CREATE TRIGGER IF NOT EXISTS thread_grows AFTER INSERT ON message BEGIN
        INSERT INTO thread (owner_id, other_id, newest, deleted_until)
        VALUES (NEW.sender_id, NEW.recipient_id, NEW.id, 0), (NEW.recipient_id, NEW.sender_id, NEW.id, 0)
        ON CONFLICT (owner_id, other_id) DO UPDATE SET newest = max(coalesce(newest, 0), excluded.newest);
    END
    """,
    f"""
    CREATE TRIGGER IF NOT EXISTS thread_shrinks AFTER DELETE ON message BEGIN
        UPDATE thread
        SET newest = (SELECT max(id) FROM message WHERE {_BETWEEN} AND id > thread.deleted_until)
        WHERE newest = OLD.id AND {_BOTH};
        DELETE FROM thread
        WHERE newest IS NULL AND {_BOTH} AND NOT EXISTS (SELECT 1 FROM message WHERE {_BETWEEN});
    END
    """,  # noqa: S608
]
