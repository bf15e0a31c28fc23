"""The card that shows a task to its user on each page, until it is dismissed."""

from datetime import timedelta
from functools import cached_property
from math import ceil

from microblog.base import clock
from microblog.base.database import db
from microblog.models.notification import Notification
from microblog.tasks.progress import time_left
from microblog.tasks.states import RUNNING, WRITING

SHOWN_AFTER_END = timedelta(hours=24)
# After that much silence nobody can tell when the rest will be done.
SILENT = timedelta(seconds=30)


class HasCard:
    """What a task's card says, and whether it is shown."""

    @classmethod
    def shown(cls, user):
        """Tasks whose cards *user* sees: unfinished, or just ended and not yet dismissed; newest first."""
        recent = cls.finished_at > clock.now() - SHOWN_AFTER_END
        return (
            cls.select()
            .where(cls.user == user, cls.finished_at.is_null() | (recent & cls.dismissed_at.is_null()))
            .order_by(cls.created_at.desc())
        )

    @classmethod
    def dismiss_ended(cls, user, job):
        """Dismiss the cards of *user*'s ended tasks of this kind."""
        ended = (cls.user == user, cls.name == job.name, cls.finished_at.is_null(False))
        for task in list(cls.select().where(*ended, cls.dismissed_at.is_null())):
            task.dismiss()

    def dismiss(self):
        """Remove the card of an ended task, also from pages that are open in other tabs."""
        cls = type(self)
        shown = (cls.id == self.id, cls.finished_at.is_null(False), cls.dismissed_at.is_null())
        with db.atomic():
            if cls.update(dismissed_at=clock.now()).where(*shown).execute():
                self.announce()

    @property
    def state_since(self):
        """When the task entered its state."""
        return self.finished_at or (self.started_at if self.state == RUNNING else self.created_at)

    @property
    def time_left(self):
        """An estimated timedelta; None while there is no estimate."""
        if self.state != RUNNING or self.phase != WRITING or clock.now() - self.silent_since > SILENT:
            return None
        if self.advanced_at is None or self.advanced_at < self.started_at:
            # This attempt has not caught up with the one before: its pace is unknown.
            return None
        return time_left(self.started_at, self.advanced_at, self.done, self.total)

    @cached_property
    def tasks_ahead(self):
        """Number of older tasks that have not finished writing; counted once for each row that was read."""
        cls = type(self)
        unfinished = cls.finished_at.is_null() & (cls.phase == WRITING)
        return cls.select().where(unfinished, cls.created_at < self.created_at).count()

    def summary(self):
        """The data of a ``task_progress`` notification."""
        left = self.time_left
        return {
            "task_id": self.id,
            "progress": self.progress,
            "state": self.state,
            "phase": self.phase,
            "done": self.done,
            "total": self.total,
            "seconds_left": None if left is None else ceil(left.total_seconds()),
        }

    def announce(self):
        """Notify the user's pages that the card changed."""
        if self.user_id:
            Notification.push(self.user_id, "task_progress", self.summary(), key=self.id)
