"""What is new to a user: one live row for each (user, name, key), read by cursor."""

from peewee import CharField, ForeignKeyField, JSONField
from playhouse.sqlite_ext import AutoIncrementField

from microblog import clock
from microblog.database import BaseModel, UTCDateTimeField, db
from microblog.models.user import User


class Notification(BaseModel):
    # AUTOINCREMENT: an id that was used again after a deletion would lie behind a reader's cursor.
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
        """Tell *user* something; it takes the place of the older of the same name and key."""
        with db.atomic():
            cls.delete().where(cls.user == user, cls.name == name, cls.key == key).execute()
            return cls.create(user=user, name=name, data=data, key=key)

    @classmethod
    def since(cls, user, cursor):
        """What came after *cursor*, an id, oldest first."""
        return cls.select().where(cls.user == user, cls.id > cursor).order_by(cls.id)

    @classmethod
    def newest_id(cls, user):
        """The cursor of now: 0 when there is nothing yet."""
        return cls.newest(user).scalar() or 0

    @classmethod
    def newest(cls, user):
        """The query of the newest one's id, to be asked together with others."""
        return cls.select(cls.id).where(cls.user == user).order_by(cls.id.desc()).limit(1)

    def as_json(self):
        return {
            "id": self.id,
            "name": self.name,
            "data": self.data,
            "timestamp": self.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
