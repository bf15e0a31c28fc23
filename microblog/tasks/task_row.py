"""The columns of a task: what a user asked for, how far it got and what became of it."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, JSONField

from microblog.base.database import UTCDateTimeField
from microblog.models import User
from microblog.tasks.work_item import WorkItem


class TaskRow(WorkItem):
    """What the parts of ``Task`` read and write."""

    name = CharField(128)
    description = CharField(128)
    # Peewee calls this for each class with the field: the last one, ``Task``, is behind ``User.tasks``.
    user = ForeignKeyField(User, null=True, on_delete="CASCADE", index=False, backref=lambda _field: "tasks")
    user_id: int | None
    arguments = JSONField(default=dict)
    done = IntegerField(default=0)
    total = IntegerField(null=True)
    progress = IntegerField(default=0)
    advanced_at = UTCDateTimeField(null=True)
    cancel_requested = BooleanField(default=False)
    result = JSONField(null=True)
    file_expires_at = UTCDateTimeField(null=True)
    dismissed_at = UTCDateTimeField(null=True)
    thread = CharField(32, null=True)
