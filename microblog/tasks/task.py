"""What a user asked for and what became of it."""

from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Self

from peewee import SQL, Check, IntegrityError, ModelSelect

from microblog.base import clock
from microblog.base.database import db
from microblog.base.prepared import prepared
from microblog.models import Notification, User
from microblog.security import security_log
from microblog.tasks.claims import crashed_index
from microblog.tasks.exceptions import (
    Cancelled,
    NothingToRetry,
    TaskInProgress,
    UnknownJob,
)
from microblog.tasks.jobs import Job, jobs
from microblog.tasks.progress import Throttle, report_progress
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, SUCCEEDED, triggers
from microblog.tasks.task_lists import TaskLists
from microblog.tasks.task_row import TaskRow

# A failure that nobody has seen to: neither tried again nor dismissed. As a literal, like ``CRASHED``;
# with the plus, or SQLite would rather search among all that failed.
FAILURE = SQL("+state = 'failed' AND dismissed_at IS NULL")
# The columns of the index below, by which SQLite names it when it refuses a row.
ONE_UNFINISHED = "task.user_id, task.name"


class Task(TaskLists):
    PAUSES = (timedelta(seconds=10), timedelta(seconds=20))
    # Each attempt begins anew; what was shown of its progress stays.
    CLAIM_VALUES = MappingProxyType({"done": 0, "advanced_at": None})
    FINAL_VALUES = MappingProxyType({SUCCEEDED: {"progress": 100}})

    class Meta:
        constraints = (
            *TaskRow._meta.constraints,
            Check("progress BETWEEN 0 AND 100 AND (progress = 100) = (state = 'succeeded')"),
        )
        indexes = (
            (("user", "created_at"), False),
            (("state", "run_after"), False),
            (("state", "created_at"), False),
            (("name", "state", "created_at"), False),
        )

    @classmethod
    def launch(
        cls, job: Job, user: User | int | None, description: str, by: str | None = None, **arguments: object
    ) -> Self:
        """
        Record a task for *user*, then enqueue it; return the task.

        The row is committed first: a warm consumer takes a message within a millisecond and must find the
        row. If Redis does not answer, the row stays queued and the reconciler enqueues it again. *by* is the
        name of who acts for the user; the job's limit does not count then.

        Raises:
            TaskInProgress: the user has an unfinished task of this kind.
        """
        if job.limit and user and not by:
            job.limit(user)
        try:
            with db.atomic():
                cls._dismiss_ended(user, job)
                task = cls.create(name=job.name, description=description, user=user, arguments=arguments)
                task.notify()
                db.after_commit(lambda: huey.enqueue_item(task))
        except IntegrityError as error:
            if ONE_UNFINISHED in str(error):
                raise TaskInProgress(job.name) from error
            raise
        return task

    @classmethod
    def launch_named(cls, name: str, user: User, description: str, **arguments: object) -> Self:
        """
        ``launch`` the job of that *name*, as the tutorial does.

        Raises:
            UnknownJob: there is none.
            TaskInProgress: the user has an unfinished task of this kind.
        """
        if name not in jobs:
            raise UnknownJob(name)
        return cls.launch(jobs[name], user, description, None, **arguments)

    @property
    def owner(self) -> User:
        """The user of a task that somebody has asked for, as is each with a file."""
        assert self.user is not None
        return self.user

    @property
    def can_be_repeated(self) -> bool:
        """Whether it ended without success, and what it needs is still there."""
        has_job = self.state in (FAILED, CANCELLED) and self.name in jobs
        return has_job and jobs[self.name].can_be_repeated(self)

    def launch_again(self, by: str | None = None) -> "Task":
        """
        Launch and return a new task like this one, which failed or was cancelled; a final row never changes.

        *by* is the name of who does it, if not its user.

        Raises:
            NothingToRetry: it has not ended, or has succeeded, or what it needs is gone.
            UnknownJob: this version of the site has no job of its name.
            TaskInProgress: the user has an unfinished task of this kind.
        """
        if self.state not in (FAILED, CANCELLED):
            raise NothingToRetry(self.id)
        if self.name not in jobs:
            raise UnknownJob(self.name)
        if not self.can_be_repeated:
            raise NothingToRetry(self.id)
        again = Task.launch(jobs[self.name], self.user_id, self.description, by, **self.arguments)
        self.dismiss()
        security_log.record("task-retried", again.user, task=again.id, kind=self.name, by=by)
        return again

    def cancel(self, by: str | None = None) -> None:
        """
        End the task: at once if nobody works on it or its job is silent, otherwise at its next step.

        Idempotent; nothing changes once it has ended. *by* is the name of who cancels it, if not its user.
        """
        with db.atomic():
            fresh = Task.get_by_id(self.id)
            if fresh.complete:
                self.state = fresh.state
                return
            Task.update(cancel_requested=True).where(Task.id == self.id).execute()
            if fresh.state == QUEUED or fresh.is_silent or fresh.consumer_id not in huey.lock.living():
                fresh.finish(CANCELLED)
        security_log.record("task-cancelled", self.user, task=self.id, kind=self.name, by=by)

    def dismiss(self) -> None:
        """Remove the card of an ended task, also from pages that are open in other tabs."""
        shown = (Task.id == self.id, Task.finished_at.is_null(False), Task.dismissed_at.is_null())
        with db.atomic():
            if Task.update(dismissed_at=clock.now()).where(*shown).execute():
                self.notify()

    def refresh(self) -> Self:
        """Read the row again, whatever became of it; return the task."""
        self.__data__.update(Task.get_by_id(self.id).__data__)
        vars(self).pop("tasks_ahead", None)
        return self

    def get_progress(self) -> int:
        """The tutorial's word for ``progress``, as the database knows it now."""
        return self.refresh().progress

    @classmethod
    def _dismiss_ended(cls, user: User | int | None, job: Job) -> None:
        for task in cls._ended(user, job.name):
            task.dismiss()

    @classmethod
    @prepared
    def _ended(cls, user: User | int | None, name: str) -> "ModelSelect[Self]":
        """Those whose cards are still there."""
        ended = (cls.user == user, cls.name == name, cls.finished_at.is_null(False))
        return cls.select().where(*ended, cls.dismissed_at.is_null())

    # For the job

    def advance(self, done: int, total: int) -> None:
        """
        Report that *done* of *total* steps are complete, then check whether to go on.

        Raises:
            Cancelled: the user has asked to cancel it.
            ClaimLost: the task was taken away, or its user is gone.
        """
        report_progress(self, self.message, done, total)
        self.reload()
        if self.cancel_requested:
            raise Cancelled(self.id)

    @cached_property
    def throttle(self) -> Throttle:
        return Throttle()

    def notify(self) -> None:
        """Notify the user's pages that the card changed."""
        if self.user_id:
            Notification.push(self.user_id, "task_progress", self.summary(), key=self.id)

    @property
    def cancel_asked(self) -> bool:
        return self._cancelled(self).scalar()

    @classmethod
    @prepared
    def _cancelled(cls, task: Self) -> "ModelSelect[Self]":
        return cls.select(cls.cancel_requested).where(cls.id == task)


Task.add_index(
    Task.index(
        Task.user,
        Task.name,
        unique=True,
        where=Task.finished_at.is_null(),
        name="task_one_unfinished_of_a_kind",
    )
)
# Few of a user's: whatever is launched dismisses those of its kind that have ended.
Task.add_index(Task.index(Task.user, Task.finished_at, where=Task.dismissed_at.is_null(), name="task_cards"))
Task.add_index(crashed_index(Task))
Task.add_index(Task.index(Task.name, Task.error, Task.created_at, where=FAILURE, name="task_failures"))

TRIGGERS = triggers("task", "progress", "done", "total", "result")
