"""
A row that stands for work: claimed by one worker, processed, finished once.

The row is the truth; the envelope in Redis is a doorbell that may ring twice, late or not at all.
``docs/architecture.md`` describes the whole life cycle.
"""

import uuid
from functools import reduce
from operator import and_

from peewee import BooleanField, CharField, Check, IntegerField, TextField, fn

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.tasks.mail_tries import HasMail
from microblog.tasks.states import MAILING, QUEUED, RUNNING, WRITING
from microblog.tasks.transitions import LONGEST_PAUSE, MAX_CRASHES, Transitions


class Claimable(HasMail, Transitions, BaseModel):
    id = CharField(36, primary_key=True, default=lambda: str(uuid.uuid4()))
    state = CharField(16, default=QUEUED)
    phase = CharField(16, default=WRITING)
    attempts = IntegerField(default=0)
    mail_attempts = IntegerField(default=0)
    crashes = IntegerField(default=0)
    mailing_at = UTCDateTimeField(null=True)
    mailed_at = UTCDateTimeField(null=True)
    mail_resent = BooleanField(default=False)
    # The consumer process that holds the claim, by the name of its lock (``huey.worker``): not one of the
    # threads that the setting WORKERS counts.
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

    @classmethod
    def claim(cls, row_id, worker):
        """
        Claim the row for *worker* and return it; None if it is not due or may not start now.

        The attempt is counted here, so that a crash counts as one.
        """
        now = clock.now()
        # In one transaction: no other row starts between the look at those that run and the claim.
        with db.atomic():
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
    def running_at(cls, worker):
        return cls.running().where(cls.worker == worker)

    @classmethod
    def due(cls):
        """Queued rows whose time has come, oldest first."""
        return cls.select().where(cls._is_due(clock.now())).order_by(cls.run_after, cls.created_at)

    @classmethod
    def next_due(cls, limit=None):
        """The due rows to start next, at most *limit*; a dangerous one first, as all others wait for it."""
        first = cls.crashes == MAX_CRASHES - 1
        return cls.due().order_by(first.desc(), cls.run_after, cls.created_at).limit(limit)

    @classmethod
    def _is_due(cls, now):
        # A time further ahead than any pause was written before the clock was set back.
        reached = (cls.run_after <= now) | (cls.run_after > now + LONGEST_PAUSE)
        return (cls.state == QUEUED) & reached

    @classmethod
    def _dangerous(cls, now):
        """Rows that have lost their worker twice and are running or due."""
        return cls.select().where(cls.crashes == MAX_CRASHES - 1, (cls.state == RUNNING) | cls._is_due(now))
