"""
A row that stands for work: claimed by one consumer, worked on, finished once.

The row is the truth; the queue message only wakes a worker. Every write that leaves a state is here, guarded
by the claim; ``states.TRANSITIONS`` says which there are.
"""

import uuid
from datetime import timedelta

from peewee import SQL, CharField, Check, IntegerField, TextField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared, update
from microblog.tasks.exceptions import ClaimLost, MustWait
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, STATES, SUCCEEDED, TRANSITIONS

# Longer than any pause between attempts: a row whose time lies further ahead met a clock that was set back.
LONGEST_PAUSE = timedelta(minutes=30)
# As a literal, not a bound value: SQLite uses a partial index only for the condition that it was made with.
CRASHED = SQL("crash_count > 0")
# Whoever runs and says nothing for that long blocks nobody else, and can be cancelled at once.
SILENT_AFTER = timedelta(minutes=2)


class WorkItem(BaseModel):
    """
    What tasks and mails have in common.

    Each kind of work item adds:

    - ``name`` of its job;
    - ``PAUSES`` between attempts, timedeltas; ``CLAIM_VALUES`` and ``FINAL_VALUES``, written with a claim and
      with each final state;
    - ``advanced_at``: when it last made progress;
    - ``cancel_asked``: whether its user has asked to cancel it, as the database knows;
    - ``notify()`` whoever watches the row, ``delete_drafts()``, and ``delete_leftovers()`` of an end without
      success.
    """

    id = CharField(36, primary_key=True, default=lambda: str(uuid.uuid4()))
    state = CharField(16, default=QUEUED)
    attempts = IntegerField(default=0)
    crash_count = IntegerField(default=0)
    # Also that of its queue message; what is above 0 need not wait for others.
    priority = IntegerField(default=0)
    # The consumer process that holds the claim, by the id of its lock.
    consumer_id = CharField(32, null=True)
    run_after = UTCDateTimeField(default=lambda: clock.now())
    error = CharField(null=True)
    trace = TextField(null=True)
    created_at = UTCDateTimeField(default=lambda: clock.now())
    started_at = UTCDateTimeField(null=True)
    finished_at = UTCDateTimeField(null=True)

    class Meta:
        constraints = (
            Check(f"state IN ({', '.join(map(repr, STATES))})"),
            Check("(finished_at IS NULL) = (state IN ('queued', 'running'))"),
            Check("state <> 'failed' OR error IS NOT NULL"),
        )

    @classmethod
    def running(cls):
        return cls.select().where(cls.state == RUNNING)

    @classmethod
    def due(cls):
        """Queued rows whose time has come, in the order to start them: all others wait for what crashed."""
        crashed_first = (cls.crash_count > 0).desc()
        order = (crashed_first, cls.priority.desc(), cls.run_after, cls.created_at)
        return cls.select().where(cls.is_due()).order_by(*order)

    @classmethod
    def is_due(cls):
        """The condition that a row is queued and its time has come."""
        return cls._is_due(*cls._times())

    @classmethod
    def _is_due(cls, now, latest):
        # A time further ahead than any pause was written before the clock was set back.
        return (cls.state == QUEUED) & ((cls.run_after <= now) | (cls.run_after > latest))

    @staticmethod
    def _times():
        now = clock.now()
        return now, now + LONGEST_PAUSE

    @classmethod
    def claim(cls, item_id):
        """
        Claim the row for this process and return it; None if it is not due.

        The attempt is counted here, so that a crash counts as one.

        Raises:
            MustWait: it may not start beside what else runs.
        """
        # In one transaction: no other row starts between the look at those that run and the claim.
        with db.atomic():
            item = cls._if_due(item_id, *cls._times()).first()
            if item is None:
                return None
            if not item._may_start():
                raise MustWait(item_id)
            item.write(
                state=RUNNING,
                consumer_id=huey.consumer_id,
                started_at=clock.now(),
                attempts=item.attempts + 1,
                **cls.CLAIM_VALUES,
            )
            return item

    @classmethod
    @prepared
    def _if_due(cls, item_id, now, latest):
        return cls.select().where(cls.id == item_id, cls._is_due(now, latest))

    def _may_start(self):
        """
        Whether the row may start beside what this process works on.

        What has a priority and never crashed always may. Of the rest one worker less than there are may be
        busy, so that one stays free for mails; and a row that has crashed its consumer once runs alone, so
        that it takes no other down with it. A row that is silent is in nobody's way.
        """
        if self.priority and not self.crash_count:
            return True
        in_the_way = [
            item
            for kind in WorkItem.__subclasses__()
            for item in kind._beside(huey.consumer_id, *self._times())
            if (item.crash_count or not item.priority) and not item.is_silent
        ]
        if self.crash_count:
            return not any(item.state == RUNNING for item in in_the_way)
        return len(in_the_way) < huey.task_limit and not any(item.crash_count for item in in_the_way)

    @classmethod
    @prepared
    def _beside(cls, consumer_id, now, latest):
        """What this process runs, and what waits after a crash."""
        runs_here = (cls.state == RUNNING) & (cls.consumer_id == consumer_id)
        return cls.select().where(runs_here | (CRASHED & cls._is_due(now, latest)))

    def write(self, **values):
        """
        Update the row, provided that its claim is still ours.

        Raises:
            ClaimLost: it is not ours any more.
        """
        mine = {name: getattr(self, name) for name in ("id", "state", "consumer_id", "attempts")}
        if not update(type(self), values, where=mine):
            raise ClaimLost(self.id)
        for name, value in values.items():
            setattr(self, name, value)

    def finish(self, state, error=None, **values):
        """
        Write the one final state: CANCELLED if that was asked for before, however far the work got.

        *error* is why it FAILED, one sentence for the user.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        with db.atomic():
            if self.cancel_asked:
                state, error, values = CANCELLED, None, {}
            final = {**self.FINAL_VALUES.get(state, {}), **values}
            self.write(state=state, error=error, finished_at=clock.now(), **final)
            self.notify()
        # Only after the commit: while the row offers a file, the file must exist.
        db.after_commit(self.delete_drafts if state == SUCCEEDED else self.delete_leftovers)

    def fail(self, reason, **values):
        """
        Finish the row as failed; *reason* is a sentence for the user.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        self.finish(FAILED, error=reason, **values)

    def retry_or_fail(self, reason):
        """
        Requeue the row after a pause, or fail it when its attempts are used up; crashes are no attempts here.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        attempt = max(self.attempts - self.crash_count, 1)
        if attempt <= len(self.PAUSES):
            self._requeue(run_after=clock.now() + self.PAUSES[attempt - 1], error=reason)
        else:
            self.fail(reason)

    def release(self):
        """
        Requeue the row on a graceful stop, without counting the attempt.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        self._requeue(attempts=max(self.attempts - 1, 0))

    def recover(self):
        """
        Requeue a running row whose consumer is gone, one crash more.

        Raises:
            ClaimLost: another process was faster.
        """
        self._requeue(crash_count=self.crash_count + 1)

    def _requeue(self, **values):
        with db.atomic():
            if self.cancel_asked:
                self.finish(CANCELLED)
            else:
                self.write(**{"state": QUEUED, "consumer_id": None, "run_after": clock.now(), **values})
                self.notify()

    @property
    def silent_since(self):
        """When a running row last made progress, or when it started."""
        return self.advanced_at or self.started_at

    @property
    def is_silent(self):
        """Whether a running row has made no progress for two minutes."""
        if self.state != RUNNING:
            return False
        # A time ahead of now is of a clock that was set back: nobody knows how long it has been silent.
        return not timedelta() <= clock.now() - self.silent_since <= SILENT_AFTER

    @property
    def complete(self):
        return self.finished_at is not None

    @property
    def is_void(self):
        """Whether nobody needs the work any more: the row is gone, failed or cancelled."""
        stored = type(self).get_or_none(type(self).id == self.id)
        return stored is None or stored.state in (FAILED, CANCELLED)

    def reload(self):
        """
        Read the row again: after a rollback this object still holds the values that were not stored.

        Raises:
            ClaimLost: it is not ours any more.
        """
        stored = self._running(self.id, self.consumer_id, self.attempts).first()
        if stored is None:
            raise ClaimLost(self.id)
        self.__data__.update(stored.__data__)

    @classmethod
    @prepared
    def _running(cls, item_id, consumer_id, attempts):
        theirs = (cls.consumer_id == consumer_id, cls.attempts == attempts)
        return cls.select().where(cls.id == item_id, cls.state == RUNNING, *theirs)


def crashed_index(model):
    """The index by which a claim finds what waits after a crash, however much else waits."""
    name = f"{model._meta.table_name}_crashed"
    return model.index(model.state, model.run_after, where=CRASHED, name=name)


def triggers(table, *columns):
    """SQL of the triggers that allow only known transitions, and no change of a final row's *columns*."""
    allowed = ", ".join(f"'{old} {new}'" for old, nexts in TRANSITIONS.items() for new in (old, *nexts))
    return [
        f"""
        CREATE TRIGGER IF NOT EXISTS {table}_transition BEFORE UPDATE OF state ON {table}
        WHEN OLD.finished_at IS NULL AND OLD.state || ' ' || NEW.state NOT IN ({allowed})
        BEGIN SELECT RAISE(ABORT, 'no such transition of a {table}'); END
        """,
        f"""
        CREATE TRIGGER IF NOT EXISTS {table}_final
        BEFORE UPDATE OF {", ".join(("state", "error", "finished_at", *columns))} ON {table}
        WHEN OLD.finished_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a finished {table} is final'); END
        """,
    ]
