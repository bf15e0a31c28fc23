"""An import: one file, from its preview to its posts, and their undoing."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from peewee import SQL, CharField, ForeignKeyField, IntegerField, JSONField, ModelSelect
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, data_dir
from microblog.models import User
from microblog.tasks.states import CANCELLED, FAILED, SUCCEEDED
from microblog.tasks.task import Task

# What the user has chosen, by the names of fields of forms.
Choices = dict[str, Any]
KEEP_FILE_FOR = timedelta(hours=24)
UNDO_WITHIN = timedelta(days=30)
# As a literal: SQLite uses the index for the condition only that it was made with.
BEGUN = SQL("done > 0 AND brought_at IS NULL")
# What an import can be; the last ones are ends. While posts of one that failed are left, they are REMOVED.
LOOKING, PREVIEW, BRINGING, REMOVING, BROUGHT, UNDOING, UNDONE = (
    "looking",
    "preview",
    "bringing",
    "removing",
    "brought",
    "undoing",
    "undone",
)


class Import(BaseModel):
    """
    The row of an import; what becomes of its tasks says what state it is in.

    *task*: the newest that works on it. *done*: how many posts of the file were dealt with so far; with each
    batch it is written in the same transaction. *former*: what an undoing needs besides the posts. *choices*:
    what ``jobs`` and ``profiles`` do besides.
    """

    # AUTOINCREMENT: posts name the import that brought them.
    id = AutoIncrementField()
    user = ForeignKeyField(User, on_delete="CASCADE", backref="imports")
    task = ForeignKeyField(Task, null=True, on_delete="SET NULL")
    task_id: str | None
    user_id: int
    name = CharField(255)
    kind = CharField(64, null=True)
    counts = JSONField(null=True)
    choices = JSONField(default=dict)
    done = IntegerField(default=0)
    former = JSONField(null=True)
    created_at = UTCDateTimeField(default=lambda: clock.now())
    confirmed_at = UTCDateTimeField(null=True)
    brought_at = UTCDateTimeField(null=True)
    undone_at = UTCDateTimeField(null=True)

    @classmethod
    def of(cls, user: User) -> "ModelSelect[Self]":
        """The imports of *user* with their tasks, newest first."""
        with_tasks = cls.select(cls, Task).left_outer_join(Task)
        return with_tasks.where(cls.user == user).order_by(cls.id.desc())

    @classmethod
    def leftovers(cls) -> "ModelSelect[Self]":
        """Imports that were begun and did not come to their end, with posts that are to be removed."""
        one = cls.alias()
        begun = one.select(one.id).where(BEGUN)
        return cls.select(cls, Task).join(Task).where(cls.id.in_(begun), Task.state.in_((FAILED, CANCELLED)))

    @property
    def state(self) -> str:
        """One of the words above, or the state of a task that came to no good end: FAILED or CANCELLED."""
        ended = self.task is None or self.task.complete
        if self.undone_at:
            return UNDONE
        if self.brought_at:
            return BROUGHT if ended else UNDOING
        if not ended or (self.confirmed_at and self.task is None):  # That is a command.
            return BRINGING if self.confirmed_at else LOOKING
        if self.confirmed_at and self.task:
            return REMOVING if self.done else self.task.state
        if self.task and self.task.state != SUCCEEDED:
            return self.task.state
        return PREVIEW if self.counts else CANCELLED

    @classmethod
    def of_anybody(cls, import_id: int) -> Self | None:
        """The import of that id, whosever it is; None if there is none."""
        return (
            cls.select(cls, Task, User)
            .left_outer_join(Task)
            .switch(cls)
            .join(User)
            .where(cls.id == import_id)
            .first()
        )

    @property
    def result(self) -> dict[str, int] | None:
        """The numbers of posts brought and of those that were here; None once nobody knows them any more."""
        return self.former and self.former["result"]

    @property
    def can_be_confirmed(self) -> bool:
        return self.state == PREVIEW and self.records.exists()

    @property
    def can_be_undone(self) -> bool:
        return self.state == BROUGHT and not self.undoes and clock.now() - self.brought_at <= UNDO_WITHIN

    @property
    def undoes(self) -> str | None:
        """The id of the task that has deleted what this brings back; None: it comes from a file."""
        return self.choices.get("undoes")

    @property
    def undo_until(self) -> datetime:
        return self.brought_at + UNDO_WITHIN

    @property
    def file(self) -> Path:
        """Path of what was uploaded."""
        return folder() / f"{self.id}.upload"

    @property
    def records(self) -> Path:
        """Path of its records, once they are read."""
        return folder() / f"{self.id}.records"

    @property
    def draft(self) -> Path:
        """Where this process writes its records: another may not know yet that it lost its claim."""
        return folder() / f"{self.id}.{os.getpid()}.part"

    def delete_files(self) -> None:
        for path in folder().glob(f"{self.id}.*"):
            path.unlink(missing_ok=True)

    def write(self, **values: object) -> None:
        """Store *values*, and have them here as well."""
        type(self).update(**values).where(Import.id == self.id).execute()
        for name, value in values.items():
            setattr(self, name, value)


Import.add_index(Import.index(Import.id, where=BEGUN, name="import_begun"))


def folder() -> Path:
    """Where files wait until they are imported."""
    return data_dir() / "imports"
