"""What is new for a user: one row for each (user, name, key), read by cursor."""

from peewee import CharField, ForeignKeyField, JSONField
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField
from microblog.base.prepared import prepared
from microblog.models.user import User

PAGE = 100


class Notification(BaseModel):
    # AUTOINCREMENT: an id reused after a deletion would be behind a reader's cursor, and never read.
    id = AutoIncrementField()
    user = ForeignKeyField(User, on_delete="CASCADE", index=False)
    name = CharField(128)
    key = CharField(36, default="")
    data = JSONField()
    timestamp = UTCDateTimeField(default=clock.now)

    class Meta:
        indexes = ((("user", "name", "key"), True), (("user", "id"), False))

    @classmethod
    def push(cls, user, name, data, key=""):
        """Notify *user*; replaces the older notification of the same name and key. Returns the new one."""
        row = cls(user=user, name=name, key=key, data=data)
        # The unique index makes it take the older one's place, with an id after every reader's cursor.
        row.id = cls._replacement(user, name, key, data, row.timestamp).execute()
        return row

    @classmethod
    def since(cls, user, cursor):
        """Notifications of *user* after *cursor*, an id, oldest first; at most ``PAGE`` at once."""
        return cls._since(user, cursor, PAGE)

    @classmethod
    @prepared
    def _since(cls, user, cursor, most):
        return cls.select().where(cls.user == user, cls.id > cursor).order_by(cls.id).limit(most)

    @classmethod
    def newest(cls, user):
        """Query for the newest notification's id, to be combined with others."""
        return cls.select(cls.id).where(cls.user == user).order_by(cls.id.desc()).limit(1)

    @classmethod
    @prepared
    def _replacement(cls, user, name, key, data, timestamp):
        values = {"user": user, "name": name, "key": key, "data": data, "timestamp": timestamp}
        return cls.replace({field: value.into(getattr(cls, field)) for field, value in values.items()})

    def as_json(self):
        return {
            "id": self.id,
            "name": self.name,
            "data": self.data,
            "timestamp": self.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
