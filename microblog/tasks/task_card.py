"""What pages and programs are shown of a task."""

from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

from peewee import BackrefAccessor

from microblog.base import clock
from microblog.base.prepared import prepared
from microblog.tasks.progress import estimate_time_left
from microblog.tasks.states import RUNNING
from microblog.tasks.task_lists import REFERENCE_LENGTH
from microblog.tasks.task_row import TaskRow

if TYPE_CHECKING:
    from microblog.mail.mail import Mail

# After that much silence nobody can tell when the rest will be done.
NO_ESTIMATE_AFTER = timedelta(seconds=30)


class TaskCard(TaskRow):
    """What a ``Task`` says of itself."""

    # Given to this side by the relation of mails.
    mails: BackrefAccessor

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
    def _mails(cls, task):
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
