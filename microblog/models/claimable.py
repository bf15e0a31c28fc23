"""
A row that stands for work: claimed by one worker, worked on, ended once.

The row is the truth; the envelope in Redis is a doorbell that may ring twice, late or not at all.
``docs/architecture.md`` tells the whole life.
"""

import uuid
from datetime import timedelta

from peewee import BooleanField, CharField, Check, IntegerField

from microblog import clock
from microblog.database import BaseModel, UTCDateTimeField, db
from microblog.i18n import N_
from microblog.models.mail_tries import MAIL_CUT_SHORT, MAX_MAIL_ATTEMPTS, HasMail
from microblog.models.states import FAILED, MAILING, QUEUED, RUNNING, SUCCEEDED, WRITING

MAX_ATTEMPTS = 3
WORKER_STOPPED = N_("The background worker stopped three times while working on this.")


class Lost(Exception):
    """The row was taken away from this worker, ended by someone else, or is gone: stop quietly."""


class Cancelled(Exception):
    """The user asked the work to stop, or nobody needs it any more."""


class Claimable(HasMail, BaseModel):
    id = CharField(36, primary_key=True, default=lambda: str(uuid.uuid4()))
    state = CharField(16, default=QUEUED)
    phase = CharField(16, default=WRITING)
    attempts = IntegerField(default=0)
    mail_attempts = IntegerField(default=0)
    mailing_at = UTCDateTimeField(null=True)
    mailed_at = UTCDateTimeField(null=True)
    mail_resent = BooleanField(default=False)
    worker = CharField(32, null=True)
    run_after = UTCDateTimeField(default=clock.now)
    error = CharField(null=True)
    created_at = UTCDateTimeField(default=clock.now)
    started_at = UTCDateTimeField(null=True)
    finished_at = UTCDateTimeField(null=True)

    class Meta:
        constraints = (
            Check("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')"),
            Check("(finished_at IS NULL) = (state IN ('queued', 'running'))"),
            Check("state <> 'failed' OR error IS NOT NULL"),
        )

    @property
    def complete(self):
        return self.finished_at is not None

    @property
    def gone(self):
        """Whether the row has been deleted meanwhile, as those of people who leave are."""
        cls = type(self)
        return not cls.select().where(cls.id == self.id).exists()

    @classmethod
    def claim(cls, row_id, worker):
        """
        Take the queued, due row for *worker* and return it; nothing when there is none to take.

        The attempt is counted here, so that a crash counts as one.
        """
        now = clock.now()
        claimed = (
            cls.update(
                state=RUNNING,
                worker=worker,
                started_at=now,
                attempts=cls.attempts + (cls.phase == WRITING),
                mail_attempts=cls.mail_attempts + (cls.phase == MAILING),
            )
            .where(cls.id == row_id, cls.state == QUEUED, cls.run_after <= now, *cls.may_start(worker, now))
            .execute()
        )
        return cls.get_by_id(row_id) if claimed else None

    @classmethod
    def may_start(cls, worker, now):
        """Further conditions on a claim; none here."""
        return ()

    @classmethod
    def running(cls):
        return cls.select().where(cls.state == RUNNING)

    @classmethod
    def due(cls):
        """Queued rows whose time has come, oldest first."""
        return (
            cls.select()
            .where(cls.state == QUEUED, cls.run_after <= clock.now())
            .order_by(cls.run_after, cls.created_at)
        )

    def write(self, **values):
        """
        Change the row while it is ours.

        Raises:
            Lost: it is not ours any more.
        """
        cls = type(self)
        mine = (
            cls.id == self.id,
            cls.state == self.state,
            cls.worker == self.worker,
            cls.attempts == self.attempts,
            cls.mail_attempts == self.mail_attempts,
        )
        if not cls.update(**values).where(*mine).execute():
            raise Lost(self.id)
        for name, value in values.items():
            setattr(self, name, value)

    def finish(self, state, **values):
        """
        Write the one final state.

        Raises:
            Lost: the row is not ours any more.
        """
        with db.atomic():
            if state == SUCCEEDED:
                values.setdefault("error", None)
            self.write(state=state, finished_at=clock.now(), **values)
            self.announce()

    def requeue(self, delay=timedelta(), **values):
        """
        Put the row back, to be claimed again after *delay*.

        Raises:
            Lost: the row is not ours any more.
        """
        with db.atomic():
            self.write(state=QUEUED, worker=None, run_after=clock.now() + delay, **values)
            self.announce()

    def give_back(self):
        """Put the row back after a graceful stop, which does not count as an attempt."""
        if self.phase == MAILING:
            self.requeue(mail_attempts=max(self.mail_attempts - 1, 0))
        else:
            self.requeue(attempts=self.attempts - 1)

    def fail(self, reason):
        """End the row badly; once its file was offered, what failed is the mail alone."""
        if self.phase == MAILING:
            self.give_up_mail(reason)
        else:
            self.finish(FAILED, error=reason)

    def retry_or_fail(self, reason):
        """Put the row back with a pause, or end it as failed when its attempts are used up."""
        if self.phase == MAILING:
            self.retry_mail(reason)
        elif self.attempts < MAX_ATTEMPTS:
            self.requeue(delay=timedelta(seconds=10) * self.attempts)
        else:
            self.finish(FAILED, error=reason)

    def abandoned(self):
        """Mend a running row whose worker is gone."""
        used_up = (
            self.mail_attempts >= MAX_MAIL_ATTEMPTS
            if self.phase == MAILING
            else self.attempts >= MAX_ATTEMPTS
        )
        if used_up:
            self.fail(MAIL_CUT_SHORT if self.phase == MAILING else WORKER_STOPPED)
        else:
            self.requeue()

    def announce(self):
        """Tell whoever watches this row that it changed; nobody does here."""
