"""What a user asked for and what became of it."""

from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from itertools import chain
from math import ceil
from types import MappingProxyType

from peewee import (
    JOIN,
    BooleanField,
    CharField,
    Check,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    JSONField,
    Tuple,
)

from microblog.base import clock
from microblog.base.database import UTCDateTimeField, data_dir, db
from microblog.base.prepared import prepared
from microblog.models import Notification, User
from microblog.security import security_log
from microblog.tasks.exceptions import (
    Cancelled,
    NothingToRetry,
    TaskInProgress,
    UnknownJob,
)
from microblog.tasks.progress import Throttle, estimate_time_left, report_progress
from microblog.tasks.queue import huey, jobs
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.work_item import WorkItem, crashed_index, triggers

SHOWN_AFTER_END = timedelta(hours=24)
# After that much silence nobody can tell when the rest will be done.
NO_ESTIMATE_AFTER = timedelta(seconds=30)
REFERENCE_LENGTH = 8
# The columns of the index below, by which SQLite names it when it refuses a row.
ONE_UNFINISHED = "task.user_id, task.name"


class Task(WorkItem):
    PAUSES = (timedelta(seconds=10), timedelta(seconds=20))
    # Each attempt begins anew; what was shown of its progress stays.
    CLAIM_VALUES = MappingProxyType({"done": 0, "advanced_at": None})
    FINAL_VALUES = MappingProxyType({SUCCEEDED: {"progress": 100}})
    # The queue message that a worker received for this object; None elsewhere.
    message = None

    name = CharField(128)
    description = CharField(128)
    user = ForeignKeyField(User, null=True, on_delete="CASCADE", index=False, backref="tasks")
    arguments = JSONField(default=dict)
    done = IntegerField(default=0)
    total = IntegerField(null=True)
    progress = IntegerField(default=0)
    advanced_at = UTCDateTimeField(null=True)
    cancel_requested = BooleanField(default=False)
    result = JSONField(null=True)
    file_expires_at = UTCDateTimeField(null=True)
    dismissed_at = UTCDateTimeField(null=True)

    class Meta:
        constraints = (
            *WorkItem._meta.constraints,
            Check("progress BETWEEN 0 AND 100 AND (progress = 100) = (state = 'succeeded')"),
        )
        indexes = (
            (("user", "created_at"), False),
            (("state", "run_after"), False),
            (("state", "created_at"), False),
        )

    @classmethod
    def launch(cls, job, user, description, by=None, **arguments):
        """
        Record a task for *user*, then enqueue it; return the task.

        The row is committed first: a warm consumer takes a message within a millisecond and must find the
        row. If Redis does not answer, the row stays queued and the reconciler enqueues it again. *by* is the
        name of who acts for the user; the job's limit does not count then.

        Raises:
            TaskInProgress: the user has an unfinished task of this kind.
        """
        if job.limit and not by:
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

    def launch_again(self, by=None):
        """
        Launch and return a new task like this one, which failed or was cancelled; a final row never changes.

        *by* is the name of who does it, if not its user.

        Raises:
            NothingToRetry: it has not ended, or has succeeded.
            UnknownJob: this version of the site has no job of its name.
            TaskInProgress: the user has an unfinished task of this kind.
        """
        if self.state not in (FAILED, CANCELLED):
            raise NothingToRetry(self.id)
        if self.name not in jobs:
            raise UnknownJob(self.name)
        again = Task.launch(jobs[self.name], self.user_id, self.description, by, **self.arguments)
        self.dismiss()
        security_log.record("task-retried", again.user, task=again.id, by=by)
        return again

    def cancel(self, by=None):
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
        security_log.record("task-cancelled", self.user, task=self.id, by=by)

    def dismiss(self):
        """Remove the card of an ended task, also from pages that are open in other tabs."""
        shown = (Task.id == self.id, Task.finished_at.is_null(False), Task.dismissed_at.is_null())
        with db.atomic():
            if Task.update(dismissed_at=clock.now()).where(*shown).execute():
                self.notify()

    @classmethod
    def _dismiss_ended(cls, user, job):
        for task in cls._ended(user, job.name):
            task.dismiss()

    @classmethod
    @prepared
    def _ended(cls, user, name):
        """Those whose cards are still there."""
        ended = (cls.user == user, cls.name == name, cls.finished_at.is_null(False))
        return cls.select().where(*ended, cls.dismissed_at.is_null())

    # For the job

    def advance(self, done, total):
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
    def throttle(self):
        return Throttle()

    @property
    def file(self):
        """Path of the file; its owner can download it while ``file_expires_at`` is set."""
        return data_dir() / "exports" / f"{self.id}.json"

    @property
    def draft(self):
        """Path that this attempt writes to; each attempt has its own."""
        return self.file.with_suffix(f".{self.consumer_id}-{self.attempts}.part")

    def delete_drafts(self):
        """Delete what this attempt or an earlier one began to write."""
        self._delete(".part")

    def delete_files(self):
        """Delete the file and all drafts of it."""
        self._delete("")

    def delete_leftovers(self):
        """What was offered before such an end stays."""
        if self.file_expires_at is None:
            self.delete_files()
        else:
            self.delete_drafts()

    def _delete(self, ending):
        for path in self._files():
            if path.name.endswith(ending):
                path.unlink(missing_ok=True)

    def _files(self):
        """Paths of the file and all drafts; none where there is no folder that can be read."""
        # No pattern: `re` would keep one for each task, and soon none of all others.
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            return [path for path in self.file.parent.iterdir() if path.name.startswith(f"{self.id}.")]
        return []

    # For whoever shows it

    @classmethod
    def in_progress(cls, user, job=None):
        """Unfinished tasks of *user*, oldest first; with *job*, those of its kind."""
        query = cls.select().where(cls.user == user, cls.finished_at.is_null()).order_by(cls.created_at)
        return query.where(cls.name == job.name) if job else query

    @classmethod
    def for_user(cls, user):
        """All tasks of *user*, newest first."""
        return cls.select().where(cls.user == user).order_by(cls.created_at.desc(), cls.id.desc())

    @classmethod
    def age(cls):
        """The sort key of `for_user`; the id only orders tasks of the same moment."""
        return Tuple(cls.created_at, cls.id)

    @classmethod
    def age_of(cls, task_id):
        """Query for the ``age()`` of one task, to compare with that of others."""
        one = cls.alias()
        return one.select(one.created_at, one.id).where(one.id == task_id)

    @classmethod
    def in_state(cls, *states):
        """Everybody's tasks of these *states* with their users, newest first."""
        with_users = cls.select(cls, User).join(User, JOIN.LEFT_OUTER)
        return with_users.where(cls.state.in_(states)).order_by(cls.created_at.desc())

    @classmethod
    def newest(cls, limit, *states):
        """The *limit* newest of ``in_state``, a list: of each state by its index, however many have ended."""
        tasks = chain.from_iterable(cls.in_state(state).limit(limit) for state in states)
        return sorted(tasks, key=lambda task: task.created_at, reverse=True)[:limit]

    @classmethod
    def beginning_with(cls, text):
        """Tasks whose id begins with *text*, newest first; none if *text* is shorter than a reference."""
        long_enough = len(text) >= REFERENCE_LENGTH
        return cls.select().where(long_enough, cls.id.startswith(text)).order_by(cls.created_at.desc())

    @classmethod
    def shown(cls, user):
        """Tasks whose cards *user* sees: unfinished, or just ended and not yet dismissed; newest first."""
        return cls._shown(user, clock.now() - SHOWN_AFTER_END)

    @classmethod
    @prepared
    def _shown(cls, user, since):
        just_ended = (cls.finished_at > since) & cls.dismissed_at.is_null()
        shown = cls.select().where(cls.user == user, cls.finished_at.is_null() | just_ended)
        return shown.order_by(cls.created_at.desc())

    @property
    def reference(self):
        """The beginning of the id, by which people name the task."""
        return self.id[:REFERENCE_LENGTH]

    @property
    def state_since(self):
        """When the task entered its state."""
        return self.finished_at or (self.started_at if self.state == RUNNING else self.created_at)

    @property
    def time_left(self):
        """An estimated timedelta; None while there is no estimate."""
        if self.state != RUNNING or clock.now() - self.silent_since > NO_ESTIMATE_AFTER:
            return None
        if self.advanced_at is None:
            return None
        return estimate_time_left(self.started_at, self.advanced_at, self.done, self.total)

    @property
    def shown_done(self):
        """How many steps are done, as it was shown before: in a second attempt it stands still at first."""
        return max(self.done, self.progress * (self.total or 0) // 100) if not self.complete else self.done

    @cached_property
    def tasks_ahead(self):
        """Number of older unfinished tasks; counted once for each row that was read."""
        return Task.select().where(Task.finished_at.is_null(), Task.created_at < self.created_at).count()

    @cached_property
    def mail(self):
        """The mail about the task's end; None before there is one."""
        # A list of tasks is read along with their mails.
        mails = vars(self).get("mails", self._mails(self))
        return next(iter(mails), None) if self.complete else None

    @classmethod
    @prepared
    def _mails(cls, task):
        # Mails build on tasks: their model is known here by the name that it gave this side.
        return cls.mails.rel_model.select().where(cls.mails.field == task)

    def summary(self):
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

    def notify(self):
        """Notify the user's pages that the card changed."""
        if self.user_id:
            Notification.push(self.user_id, "task_progress", self.summary(), key=self.id)

    @property
    def cancel_asked(self):
        return self._cancelled(self).scalar()

    @classmethod
    @prepared
    def _cancelled(cls, task):
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
Task.add_index(crashed_index(Task))

TRIGGERS = triggers("task", "progress", "done", "total", "result")
