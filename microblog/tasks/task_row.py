"""The row of a task: its columns, its files, and what people and programs are shown of it."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Self

from peewee import (
    BackrefAccessor,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    ModelSelect,
)

from microblog.base import clock
from microblog.base.database import UTCDateTimeField, data_dir
from microblog.base.prepared import prepared
from microblog.models import User
from microblog.tasks.progress import estimate_time_left
from microblog.tasks.states import RUNNING
from microblog.tasks.work_item import WorkItem

if TYPE_CHECKING:
    from microblog.mail.mail import Mail

REFERENCE_LENGTH = 8
# After that much silence nobody can tell when the rest will be done.
NO_ESTIMATE_AFTER = timedelta(seconds=30)


class TaskRow(WorkItem):
    """What one row of ``Task`` has and says of itself."""

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
    # Given to this side by the relation of mails.
    mails: BackrefAccessor

    # Its files

    @property
    def file(self) -> Path:
        """Path of the file; its owner can download it while ``file_expires_at`` is set."""
        return data_dir() / "exports" / f"{self.id}.json"

    @property
    def draft(self) -> Path:
        """Path that this attempt writes to; each attempt has its own."""
        return self.file.with_suffix(f".{self.consumer_id}-{self.attempts}.part")

    def delete_drafts(self) -> None:
        """Delete what this attempt or an earlier one began to write."""
        self._delete(".part")

    def delete_files(self) -> None:
        """Delete the file and all drafts of it."""
        self._delete("")

    def delete_leftovers(self) -> None:
        """What was offered before such an end stays."""
        if self.file_expires_at is None:
            self.delete_files()
        else:
            self.delete_drafts()

    def _delete(self, ending: str) -> None:
        for path in self._files():
            if path.name.endswith(ending):
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """Paths of the file and all drafts; none where there is no folder that can be read."""
        # No pattern: `re` would keep one for each task, and soon none of all others.
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            return [path for path in self.file.parent.iterdir() if path.name.startswith(f"{self.id}.")]
        return []

    # What is shown of it

    @property
    def reference(self) -> str:
        """The beginning of the id, by which people name the task."""
        return self.id[:REFERENCE_LENGTH]

    @property
    def state_since(self) -> datetime:
        """When the task entered its state."""
        return self.finished_at or (self.started_at if self.state == RUNNING else self.created_at)

    @property
    def silent_since(self) -> datetime:
        return self.advanced_at or self.started_at

    @property
    def time_left(self) -> timedelta | None:
        """An estimated timedelta; None while there is no estimate."""
        if self.state != RUNNING or clock.now() - self.silent_since > NO_ESTIMATE_AFTER:
            return None
        if self.advanced_at is None or self.total is None:
            return None
        return estimate_time_left(self.started_at, self.advanced_at, self.done, self.total)

    @property
    def shown_done(self) -> int:
        """How many steps are done, as it was shown before: in a second attempt it stands still at first."""
        return max(self.done, self.progress * (self.total or 0) // 100) if not self.complete else self.done

    @cached_property
    def tasks_ahead(self) -> int:
        """Number of older unfinished tasks; counted once for each row that was read."""
        model = type(self)
        return model.select().where(model.finished_at.is_null(), model.created_at < self.created_at).count()

    @cached_property
    def mail(self) -> "Mail | None":
        """The mail about the task's end; None before there is one."""
        # A list of tasks is read along with their mails.
        mails = vars(self).get("mails", self._mails(self))
        return next(iter(mails), None) if self.complete else None

    @classmethod
    @prepared
    def _mails(cls, task: Self) -> "ModelSelect[Mail]":
        # Mails build on tasks: their model is known here by the name that it gave this side.
        return cls.mails.rel_model.select().where(cls.mails.field == task)

    def summary(self) -> dict[str, object]:
        """The data of a ``task_progress`` notification."""
        left = self.time_left
        return {
            "task_id": self.id,
            "progress": self.progress,
            "state": self.state,
            "done": self.shown_done,
            "total": self.total,
            "seconds_left": None if left is None else ceil(left.total_seconds()),
            "mail": self.mail and self.mail.summary(),
        }
