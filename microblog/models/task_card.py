"""The card that shows a task to its user on each page, until it is dismissed."""

from datetime import timedelta
from math import ceil

from microblog import clock
from microblog.database import db
from microblog.models.notification import Notification
from microblog.models.states import CANCELLED, FAILED, RUNNING, WRITING
from microblog.models.task_progress import time_left

SHOWN_AFTER_END = timedelta(hours=24)


class HasCard:
    """What a task tells on its card, and whether that is shown."""

    @classmethod
    def shown(cls, user):
        """Tasks whose cards stand on each page of *user*: unfinished, or ended and not yet dismissed."""
        recent = cls.finished_at > clock.now() - SHOWN_AFTER_END
        return (
            cls.select()
            .where(cls.user == user, cls.finished_at.is_null() | (recent & cls.dismissed_at.is_null()))
            .order_by(cls.created_at.desc())
        )

    @classmethod
    def dismiss_failed(cls, user, job):
        """Take away the cards of tasks of this kind that came to nothing."""
        vain = (cls.user == user, cls.name == job.name, cls.state.in_((FAILED, CANCELLED)))
        for task in list(cls.select().where(*vain, cls.dismissed_at.is_null())):
            task.dismiss()

    def dismiss(self):
        """Take the card of an ended task away, from pages that are open in other tabs too."""
        cls = type(self)
        shown = (cls.id == self.id, cls.finished_at.is_null(False), cls.dismissed_at.is_null())
        with db.atomic():
            if cls.update(dismissed_at=clock.now()).where(*shown).execute():
                self.announce()

    @property
    def state_since(self):
        """When the task came into its state."""
        return self.finished_at or (self.started_at if self.state == RUNNING else self.created_at)

    @property
    def time_left(self):
        """A timedelta; None while it cannot be told."""
        if self.state != RUNNING or self.phase != WRITING:
            return None
        if self.advanced_at is None or self.advanced_at < self.started_at:
            # This attempt has not caught up with the one before: its pace cannot be told.
            return None
        return time_left(self.started_at, self.advanced_at, self.done, self.total)

    @property
    def tasks_ahead(self):
        """How many tasks that are not done with their writing came before this one."""
        cls = type(self)
        unfinished = cls.finished_at.is_null() & (cls.phase == WRITING)
        return cls.select().where(unfinished, cls.created_at < self.created_at).count()

    def summary(self):
        """What a ``task_progress`` notification says."""
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
        """Tell the user's pages that the card changed."""
        if self.user_id:
            Notification.push(self.user_id, "task_progress", self.summary(), key=self.id)
