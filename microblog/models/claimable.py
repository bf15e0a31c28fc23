"""
A row that stands for work: claimed by one worker, processed, finished once.

The row is the truth; the envelope in Redis is a doorbell that may ring twice, late or not at all.
``docs/architecture.md`` describes the whole life cycle.
"""

import uuid
from datetime import timedelta
from functools import reduce
from operator import and_

from peewee import BooleanField, CharField, Check, IntegerField, TextField, fn

from microblog import clock
from microblog.database import BaseModel, UTCDateTimeField, db
from microblog.i18n import N_
from microblog.models.mail_tries import HasMail
from microblog.models.outcomes import ClaimLost
from microblog.models.states import FAILED, MAILING, QUEUED, RUNNING, SUCCEEDED, WRITING

# The pauses between tries; the try after the last pause is the last one.
PAUSES = {
    WRITING: [timedelta(seconds=10), timedelta(seconds=20)],
    # All five tries to send a mail fit within an hour.
    MAILING: [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8), timedelta(minutes=20)],
}
LONGEST_PAUSE = timedelta(minutes=20)
MAX_CRASHES = 3
WORKER_STOPPED = N_("The background worker stopped three times while working on this.")


class Claimable(HasMail, BaseModel):
    id = CharField(36, primary_key=True, default=lambda: str(uuid.uuid4()))
    state = CharField(16, default=QUEUED)
    phase = CharField(16, default=WRITING)
    attempts = IntegerField(default=0)
    mail_attempts = IntegerField(default=0)
    crashes = IntegerField(default=0)
    mailing_at = UTCDateTimeField(null=True)
    mailed_at = UTCDateTimeField(null=True)
    mail_resent = BooleanField(default=False)
    worker = CharField(32, null=True)
    run_after = UTCDateTimeField(default=clock.now)
    error = CharField(null=True)
    trace = TextField(null=True)
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
        """Whether the row has been deleted meanwhile, for example with its user's account."""
        cls = type(self)
        return not cls.select().where(cls.id == self.id).exists()

    @property
    def tries(self):
        """How often this phase of the work was started, without the starts that a graceful stop gave back."""
        return self.mail_attempts if self.phase == MAILING else self.attempts

    @classmethod
    def claim(cls, row_id, worker):
        """
        Claim the row for *worker* and return it; None if it is not due or may not start now.

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
            .where(cls.id == row_id, cls._is_due(now), *cls.may_start(worker, now))
            .execute()
        )
        return cls.get_by_id(row_id) if claimed else None

    @classmethod
    def may_start(cls, _worker, now):
        """
        Further conditions on a claim: a row that has lost its worker twice runs alone.

        While such a row is due or running, nothing else starts: if it kills its worker again, no other
        row loses its worker for the third time with it.
        """
        kinds = Claimable.__subclasses__()
        nothing_runs = reduce(and_, (~fn.EXISTS(kind.running()) for kind in kinds))
        nothing_dangerous = reduce(and_, (~fn.EXISTS(kind._dangerous(now)) for kind in kinds))
        is_dangerous = cls.crashes == MAX_CRASHES - 1
        return ((is_dangerous & nothing_runs) | (~is_dangerous & nothing_dangerous),)

    @classmethod
    def running(cls):
        return cls.select().where(cls.state == RUNNING)

    @classmethod
    def due(cls):
        """Queued rows whose time has come, oldest first."""
        return cls.select().where(cls._is_due(clock.now())).order_by(cls.run_after, cls.created_at)

    def write(self, **values):
        """
        Update the row, provided that its claim is still ours.

        Raises:
            ClaimLost: it is not ours any more.
        """
        if not type(self).update(**values).where(*self._ours()).execute():
            raise ClaimLost(self.id)
        for name, value in values.items():
            setattr(self, name, value)

    def reload(self):
        """
        Read the row again: after a rollback this object still holds the values that were not stored.

        Raises:
            ClaimLost: it is not ours any more.
        """
        cls = type(self)
        mine = (cls.id == self.id, cls.state == RUNNING, cls.worker == self.worker)
        stored = cls.get_or_none(*mine, cls.attempts == self.attempts)
        if stored is None:
            raise ClaimLost(self.id)
        self.__data__.update(stored.__data__)

    def finish(self, state, **values):
        """
        Write the one final state.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        with db.atomic():
            if state == SUCCEEDED:
                values.setdefault("error", None)
            self.write(state=state, finished_at=clock.now(), **values)
            self.announce()

    def requeue(self, pause=timedelta(), **values):
        """
        Requeue the row, to be claimed again after *pause*, a timedelta.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        with db.atomic():
            self.write(state=QUEUED, worker=None, run_after=clock.now() + pause, **values)
            self.announce()

    def give_back(self):
        """
        Requeue the row on a graceful stop, without counting the try.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        tries = "mail_attempts" if self.phase == MAILING else "attempts"
        self.requeue(**{tries: max(self.tries - 1, 0)})

    def fail(self, reason, **values):
        """
        Finish the row as failed; *reason* is a sentence for the user.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        self.finish(FAILED, error=reason, **values)

    def retry_or_fail(self, reason):
        """
        Requeue the row after a pause, or fail it when its tries are used up.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        pauses = PAUSES[self.phase]
        if self.tries <= len(pauses):
            self.requeue(pauses[max(self.tries, 1) - 1], error=reason)
        else:
            self.fail(reason)

    def recover(self):
        """
        Recover a running row whose worker is gone: requeue it, or fail it if this is its third lost worker.

        Raises:
            ClaimLost: another process was faster.
        """
        if self.crashes + 1 < MAX_CRASHES:
            self.requeue(crashes=self.crashes + 1)
        else:
            self.fail(WORKER_STOPPED)

    def announce(self):
        """Notify whoever watches the row that it changed; does nothing by default."""

    def _ours(self):
        cls = type(self)
        return (
            cls.id == self.id,
            cls.state == self.state,
            cls.worker == self.worker,
            cls.attempts == self.attempts,
            cls.mail_attempts == self.mail_attempts,
        )

    @classmethod
    def _is_due(cls, now):
        # A time further ahead than any pause was written before the clock was set back.
        reached = (cls.run_after <= now) | (cls.run_after > now + LONGEST_PAUSE)
        return (cls.state == QUEUED) & reached

    @classmethod
    def _dangerous(cls, now):
        """Rows that have lost their worker twice and are running or due."""
        return cls.select().where(cls.crashes == MAX_CRASHES - 1, (cls.state == RUNNING) | cls._is_due(now))


def final(table, *columns):
    """SQL of a trigger that refuses changes to the outcome, *columns* included, of a finished row."""
    columns = ", ".join(("state", "error", "finished_at", *columns))
    return f"""
    CREATE TRIGGER IF NOT EXISTS {table}_final BEFORE UPDATE OF {columns} ON {table}
    WHEN OLD.finished_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a finished {table} is final'); END
    """
