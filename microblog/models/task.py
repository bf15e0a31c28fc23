"""What a user asked for and what became of it."""

from datetime import timedelta
from functools import cached_property

from peewee import (
    JOIN,
    BooleanField,
    Case,
    CharField,
    Check,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    JSONField,
    fn,
)

from microblog import clock
from microblog.database import UTCDateTimeField, data_dir, db
from microblog.i18n import N_
from microblog.models.claimable import (
    CANCELLED,
    FAILED,
    MAILING,
    MAX_ATTEMPTS,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    WRITING,
    Claimable,
    Lost,
)
from microblog.models.notification import Notification
from microblog.models.progress import Progress, Reporter, time_left
from microblog.models.user import User
from microblog.queue import huey

SHOWN_AFTER_END = timedelta(hours=24)
MAILED_ALREADY = N_("The mail had left already.")


class TaskInProgress(Exception):
    """The user has an unfinished task of this kind."""


class Cancelled(Exception):
    """The user asked the task to stop."""


class Task(Claimable):
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

    # The envelope by which the worker was called; None elsewhere.
    envelope = None

    @classmethod
    def launch(cls, job, user, description, **arguments):
        """
        Record a task for *user*, then ring the queue.

        The row is committed first: a warm consumer picks an envelope up within a millisecond and must
        find the row. If Redis does not answer, the row stays queued and the reconciler rings again.

        Raises:
            TaskInProgress: the user has an unfinished task of this kind.
        """
        try:
            with db.atomic():
                cls._dismiss_vain(user, job)
                task = cls.create(name=job.name, description=description, user=user, arguments=arguments)
                task.announce()
                db.after_commit(lambda: job.ring(task))
        except IntegrityError as error:
            if "task.user_id, task.name" in str(error):
                raise TaskInProgress(job.name) from error
            raise
        return task

    @classmethod
    def _dismiss_vain(cls, user, job):
        """Take away the cards of earlier tasks of this kind that came to nothing: a new one begins."""
        vain = (cls.user == user, cls.name == job.name, cls.state.in_((FAILED, CANCELLED)))
        cls.update(dismissed_at=clock.now()).where(*vain, cls.dismissed_at.is_null()).execute()

    @classmethod
    def in_progress(cls, user, job=None):
        """Unfinished tasks of *user*, oldest first; with *job*, those of its kind."""
        query = cls.select().where(cls.user == user, cls.finished_at.is_null()).order_by(cls.created_at)
        return query.where(cls.name == job.name) if job else query

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
    def of(cls, user):
        """All tasks of *user*, newest first."""
        return cls.select().where(cls.user == user).order_by(cls.created_at.desc())

    @classmethod
    def not_in_vain(cls, user, job, since):
        """Tasks of this kind that *user* asked for after *since* and that did not fail, oldest first."""
        in_vain = cls.state.in_((FAILED, CANCELLED))
        asked = (cls.user == user, cls.name == job.name, cls.created_at > since, ~in_vain)
        return cls.select().where(*asked).order_by(cls.created_at)

    @classmethod
    def with_file(cls):
        """Tasks whose file is offered."""
        return cls.select().where(cls.file_expires_at.is_null(False))

    @classmethod
    def with_file_at_work(cls):
        """Tasks whose file is offered or being written."""
        return cls.select().where(cls.file_expires_at.is_null(False) | (cls.state == RUNNING))

    @classmethod
    def with_expired_file(cls):
        """Ended tasks whose file has been offered long enough."""
        return cls.with_file().where(cls.file_expires_at <= clock.now(), cls.finished_at.is_null(False))

    @classmethod
    def in_state(cls, *states):
        """Everybody's tasks of these *states* with their users, newest first."""
        with_users = cls.select(cls, User).join(User, JOIN.LEFT_OUTER)
        return with_users.where(cls.state.in_(states)).order_by(cls.created_at.desc())

    @classmethod
    def may_start(cls, worker, now):
        """
        A task on its last attempt runs alone, so that one that kills its worker takes no other down.

        While such a one waits or runs, none beside it starts; and one worker always stays free for mails.
        """
        other = cls.alias()
        running_here = other.select(fn.COUNT(1)).where(other.state == RUNNING, other.worker == worker)
        anything_runs = other.select(fn.COUNT(1)).where(other.state == RUNNING)
        last_attempts = other.select(fn.COUNT(1)).where(
            other.phase == WRITING,
            other.attempts >= MAX_ATTEMPTS - 1,
            ((other.state == QUEUED) & (other.run_after <= now))
            | ((other.state == RUNNING) & (other.attempts == MAX_ATTEMPTS)),
        )
        is_last = (cls.phase == WRITING) & (cls.attempts == MAX_ATTEMPTS - 1)
        alone = (is_last & (anything_runs == 0)) | (~is_last & (last_attempts == 0))
        return running_here < huey.task_slots, alone

    @classmethod
    def record_progress(cls, task_id, progress):
        """Write *progress* while the task is still its worker's; return the task, or None when it is not."""
        done = fn.MIN(progress.total, fn.MAX(cls.done, progress.done))
        # In a second attempt what is shown stands still until it is caught up.
        advanced_at = Case(
            None, [(cls.done < progress.done, cls.advanced_at.db_value(clock.now()))], cls.advanced_at
        )
        changed = (
            cls.update(
                done=done,
                total=progress.total,
                progress=fn.MAX(cls.progress, progress.percent),
                advanced_at=advanced_at,
            )
            .where(
                cls.id == task_id,
                cls.state == RUNNING,
                cls.worker == progress.worker,
                cls.attempts == progress.attempt,
            )
            .execute()
        )
        return cls.get_by_id(task_id) if changed else None

    def advance(self, done, total):
        """
        Report that *done* of *total* steps are behind us, then look whether to go on.

        Emits Huey's ``progress`` signal at most once a per cent and four times a second; the first and
        the last are always told.

        Raises:
            Cancelled: the user does not want it any more.
            Lost: the task was taken away, or its user is gone.
        """
        progress = Progress(done, total, self.worker, self.attempts)
        if self._reporter.is_worth_telling(progress):
            huey.emit_progress(self.envelope, progress)
        self._look_up()

    def offer(self, keep, **result):
        """
        Let the user have the file, which is whole now, for *keep*, a timedelta.

        From here on the task can only succeed or be cancelled.
        """
        with db.atomic():
            self.write(file_expires_at=clock.now() + keep, result=result, phase=MAILING, progress=99)
            self.announce()

    def cancel(self):
        """End the task: at once if nobody works on it, else within its next step. Twice is no harm."""
        with db.atomic():
            fresh = Task.get_by_id(self.id)
            if fresh.complete:
                return
            Task.update(cancel_requested=True).where(Task.id == self.id).execute()
            if fresh.state == QUEUED or fresh.worker not in huey.worker.living():
                fresh.finish(CANCELLED)

    def finish(self, state, **values):
        """Write the one final state; what was asked to be cancelled ends so, however far it came."""
        with db.atomic():
            if self._cancel_requested():
                state, values = CANCELLED, {"error": None, "note": MAILED_ALREADY if self.mailed_at else None}
            if state == SUCCEEDED:
                values.update(progress=100)
            else:
                values.update(file_expires_at=None)
            super().finish(state, **values)
        # Not before the ending stands: a file that is offered must be there.
        db.after_commit(lambda: self.remove_files(drafts_only=state == SUCCEEDED))

    def requeue(self, delay=timedelta(), **values):
        if self._cancel_requested():
            self.finish(CANCELLED)
        else:
            super().requeue(delay, **values)

    def begin_mail(self):
        if self._cancel_requested():
            raise Cancelled(self.id)
        super().begin_mail()

    def give_up_mail(self, reason):
        """The file is there: a mail that could not be sent is a note, not a failure."""
        self.finish(SUCCEEDED, note=reason)

    def withdraw_file(self):
        """Delete the file, at its owner's wish or because its time is over; the task stays."""
        Task.update(file_expires_at=None, dismissed_at=clock.now()).where(Task.id == self.id).execute()
        self.remove_files()

    def dismiss(self):
        """Take the card of an ended task away."""
        Task.update(dismissed_at=clock.now()).where(
            Task.id == self.id, Task.finished_at.is_null(False)
        ).execute()

    @property
    def file(self):
        """Where the file lies; it is there for its owner while ``file_expires_at`` is set."""
        return data_dir() / "exports" / f"{self.id}.json"

    @property
    def draft(self):
        """Where this attempt writes; another attempt has a file of its own."""
        return self.file.with_suffix(f".{self.worker}-{self.attempts}.part")

    def remove_traces(self):
        self.remove_files()
        super().remove_traces()

    def remove_files(self, drafts_only=False):
        for path in self.file.parent.glob(f"{self.id}.*"):
            if path.suffix == ".part" or not drafts_only:
                path.unlink(missing_ok=True)

    @property
    def since(self):
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
        return time_left(self.started_at, self.done, self.total)

    @property
    def ahead(self):
        """How many tasks that are not done with their writing came before this one."""
        unfinished = Task.finished_at.is_null() & (Task.phase == WRITING)
        return Task.select().where(unfinished, Task.created_at < self.created_at).count()

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
            "seconds_left": None if left is None else round(left.total_seconds()),
        }

    def announce(self):
        if self.user_id:
            Notification.push(self.user_id, "task_progress", self.summary(), key=self.id)

    def _cancel_requested(self):
        return Task.select(Task.cancel_requested).where(Task.id == self.id).scalar()

    @cached_property
    def _reporter(self):
        return Reporter()

    def _look_up(self):
        row = Task.select(Task.state, Task.worker, Task.attempts, Task.cancel_requested).where(
            Task.id == self.id
        )
        now = row.tuples().first()
        if now is None or now[:3] != (RUNNING, self.worker, self.attempts):
            raise Lost(self.id)
        if now[3]:
            raise Cancelled(self.id)


Task.add_index(
    Task.index(
        Task.user,
        Task.name,
        unique=True,
        where=Task.finished_at.is_null(),
        name="task_one_unfinished_of_a_kind",
    )
)

TRIGGERS = [
    """
    CREATE TRIGGER IF NOT EXISTS task_final BEFORE UPDATE OF state, finished_at ON task
    WHEN OLD.finished_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a finished task is final'); END
    """
]
