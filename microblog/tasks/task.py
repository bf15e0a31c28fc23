"""What a user asked for and what became of it."""

from datetime import timedelta

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

from microblog.base.database import UTCDateTimeField, db
from microblog.base.i18n import N_
from microblog.models.user import User
from microblog.security import security_log
from microblog.tasks.exceptions import Cancelled
from microblog.tasks.progress import HasProgress
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, MAILING, QUEUED, SUCCEEDED
from microblog.tasks.task_card import HasCard
from microblog.tasks.task_file import HasFile
from microblog.tasks.transitions import final
from microblog.tasks.work_item import Claimable

# The name of `jobs.export_posts`, which is on a higher layer.
EXPORT = "export_posts"
REFERENCE_LENGTH = 8
MAILED_ALREADY = N_("The mail had left already.")


class TaskInProgress(Exception):
    """The user has an unfinished task of this kind."""


class Task(HasProgress, HasFile, HasCard, Claimable):
    name = CharField(128)
    description = CharField(128)
    user = ForeignKeyField(User, null=True, on_delete="CASCADE", index=False)
    arguments = JSONField(default=dict)
    done = IntegerField(default=0)
    total = IntegerField(null=True)
    progress = IntegerField(default=0)
    advanced_at = UTCDateTimeField(null=True)
    cancel_requested = BooleanField(default=False)
    note = CharField(null=True)
    result = JSONField(null=True)
    file_expires_at = UTCDateTimeField(null=True)
    dismissed_at = UTCDateTimeField(null=True)

    class Meta:
        constraints = (
            *Claimable._meta.constraints,
            Check("progress BETWEEN 0 AND 100 AND (progress = 100) = (state = 'succeeded')"),
        )
        indexes = ((("user", "created_at"), False), (("state", "run_after"), False))

    @classmethod
    def launch(cls, job, user, description, **arguments):
        """
        Record a task for *user*, then ring the queue; return the task.

        The row is committed first: a warm consumer picks up an envelope within a millisecond and must
        find the row. If Redis does not answer, the row stays queued and the reconciler rings again.

        Raises:
            TaskInProgress: the user has an unfinished task of this kind.
        """
        try:
            with db.atomic():
                cls.dismiss_ended(user, job)
                task = cls.create(name=job.name, description=description, user=user, arguments=arguments)
                task.announce()
                db.after_commit(lambda: huey.ring(task))
        except IntegrityError as error:
            if "task.user_id, task.name" in str(error):
                raise TaskInProgress(job.name) from error
            raise
        return task

    @classmethod
    def in_progress(cls, user, job=None):
        """Unfinished tasks of *user*, oldest first; with *job*, those of its kind."""
        query = cls.select().where(cls.user == user, cls.finished_at.is_null()).order_by(cls.created_at)
        return query.where(cls.name == job.name) if job else query

    @classmethod
    def of(cls, user):
        """All tasks of *user*, newest first."""
        return cls.select().where(cls.user == user).order_by(cls.created_at.desc(), cls.id.desc())

    @classmethod
    def age(cls):
        """The sort key of `of`; the id only orders tasks of the same moment."""
        return Tuple(cls.created_at, cls.id)

    @classmethod
    def age_of(cls, task_id):
        """Query for the ``age()`` of one task, to compare with that of others."""
        one = cls.alias()
        return one.select(one.created_at, one.id).where(one.id == task_id)

    @classmethod
    def not_failed(cls, user, job, since):
        """*user*'s tasks of this kind, created after *since*, neither failed nor cancelled, oldest first."""
        in_vain = cls.state.in_((FAILED, CANCELLED))
        asked = (cls.user == user, cls.name == job.name, cls.created_at > since, ~in_vain)
        return cls.select().where(*asked).order_by(cls.created_at)

    @classmethod
    def in_state(cls, *states):
        """Everybody's tasks of these *states* with their users, newest first."""
        with_users = cls.select(cls, User).join(User, JOIN.LEFT_OUTER)
        return with_users.where(cls.state.in_(states)).order_by(cls.created_at.desc())

    @classmethod
    def beginning_with(cls, text):
        """Tasks whose id begins with *text*, newest first; none if *text* is shorter than a reference."""
        long_enough = len(text) >= REFERENCE_LENGTH
        return cls.select().where(long_enough, cls.id.startswith(text)).order_by(cls.created_at.desc())

    @classmethod
    def may_start(cls, worker, now):
        """One worker always stays free for mails."""
        return (cls.slots_left(worker) > huey.slots.reserved, *super().may_start(worker, now))

    @classmethod
    def slots_left(cls, worker):
        """How many more tasks *worker*, this process, may run; the nightly work counts as one."""
        running = [row for kind in Claimable.__subclasses__() for row in kind.running_at(worker)]
        tasks = [row for row in running if isinstance(row, cls)]
        return huey.slots.count({row.id for row in running}) - len(tasks)

    @property
    def is_export(self):
        return self.name == EXPORT

    @property
    def reference(self):
        """The beginning of the id, by which people name the task."""
        return self.id[:REFERENCE_LENGTH]

    def cancel(self, by=None):
        """
        End the task: at once if nobody works on it or its job hangs, otherwise at its next step.

        Idempotent. *by* is the name of who cancels it, if not its user.
        """
        with db.atomic():
            fresh = Task.get_by_id(self.id)
            if fresh.complete:
                return
            Task.update(cancel_requested=True).where(Task.id == self.id).execute()
            if fresh.state == QUEUED or fresh.stuck or fresh.worker not in huey.worker.living():
                fresh.finish(CANCELLED)
        security_log.record("task-cancelled", self.user, task=self.id, by=by)

    def finish(self, state, **values):
        """Write the one final state: always CANCELLED if that was requested, however far the task got."""
        with db.atomic():
            if self._cancel_requested():
                state, values = CANCELLED, {"error": None, "note": MAILED_ALREADY if self.mail_left else None}
            if state == SUCCEEDED:
                values.update(progress=100)
            else:
                values.update(file_expires_at=None)
            super().finish(state, **values)
        # Only after the commit: while the row offers a file, the file must exist.
        db.after_commit(self.remove_drafts if state == SUCCEEDED else self.remove_traces)

    def fail(self, reason, **values):
        """Once the file is offered only its mail can fail: the task then succeeds, with a note."""
        if self.phase == MAILING:
            self.finish(SUCCEEDED, note=None if self.mailed_at else reason, **values)
        else:
            super().fail(reason, **values)

    def requeue(self, pause=timedelta(), **values):
        with db.atomic():
            if self._cancel_requested():
                self.finish(CANCELLED)
            else:
                super().requeue(pause, **values)

    def begin_mail(self):
        if self._cancel_requested():
            raise Cancelled(self.id)
        super().begin_mail()

    def _cancel_requested(self):
        return Task.select(Task.cancel_requested).where(Task.id == self.id).scalar()


Task.add_index(
    Task.index(
        Task.user,
        Task.name,
        unique=True,
        where=Task.finished_at.is_null(),
        name="task_one_unfinished_of_a_kind",
    )
)

TRIGGERS = [final("task", "phase", "progress", "done", "total", "note", "result")]
