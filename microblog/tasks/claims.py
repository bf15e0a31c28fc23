"""
The row of a work item and its claim: which rows are due, which may start, and which one a worker gets.

A claim looks at what else runs here and moves the row to ``running``, in one transaction.
"""

import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from peewee import SQL, CharField, Check, ColumnBase, IntegerField, ModelIndex, ModelSelect, TextField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.tasks.exceptions import MustWait
from microblog.tasks.jobs import jobs
from microblog.tasks.queue import huey
from microblog.tasks.states import QUEUED, RUNNING, STATES

if TYPE_CHECKING:
    from microblog.tasks.work_item import WorkItem

# Longer than any pause between attempts: a row whose time lies further ahead met a clock that was set back.
LONGEST_PAUSE = timedelta(minutes=30)
# As a literal, not a bound value: SQLite uses a partial index only for the condition that it was made with.
CRASHED = SQL("crash_count > 0")
# Whoever runs and says nothing for that long blocks nobody else, and can be cancelled at once.
SILENT_AFTER = timedelta(minutes=2)


class Claimable(BaseModel):
    """The columns of a work item, and what happens up to its claim."""

    # That of its job: a column of tasks; all mails have the same.
    name: "CharField[str] | str"
    # That of ``WorkItem``, which builds on this.
    write: Callable[..., None]
    # Written with each claim.
    CLAIM_VALUES: Mapping[str, object] = MappingProxyType({})

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

    @staticmethod
    def kinds() -> "list[type[WorkItem]]":
        """The models of work items: tasks and mails."""
        return list({job.model: job for job in jobs.values()})

    @classmethod
    def queued(cls) -> "ModelSelect[Self]":
        return cls.select().where(cls.state == QUEUED)

    @classmethod
    def running(cls) -> "ModelSelect[Self]":
        return cls.select().where(cls.state == RUNNING)

    @classmethod
    def due(cls) -> "ModelSelect[Self]":
        """Queued rows whose time has come, in the order to start them: all others wait for what crashed."""
        crashed_first = (cls.crash_count > 0).desc()
        order = (crashed_first, cls.priority.desc(), cls.run_after, cls.created_at)
        return cls.select().where(cls.is_due()).order_by(*order)

    @classmethod
    def is_due(cls) -> ColumnBase:
        """The condition that a row is queued and its time has come."""
        return cls._is_due(*cls._times())

    @classmethod
    def _is_due(cls, now: datetime, latest: datetime) -> ColumnBase:
        # A time further ahead than any pause was written before the clock was set back.
        return (cls.state == QUEUED) & ((cls.run_after <= now) | (cls.run_after > latest))

    @staticmethod
    def _times() -> tuple[datetime, datetime]:
        now = clock.now()
        return now, now + LONGEST_PAUSE

    @classmethod
    def claim(cls, item_id: str) -> Self | None:
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
                thread=threading.current_thread().name,
                started_at=clock.now(),
                attempts=item.attempts + 1,
                **cls.CLAIM_VALUES,
            )
            return item

    @classmethod
    @prepared
    def _if_due(cls, item_id: str, now: datetime, latest: datetime) -> "ModelSelect[Self]":
        return cls.select().where(cls.id == item_id, cls._is_due(now, latest))

    def _may_start(self) -> bool:
        """
        Whether the row may start beside what this process works on.

        What has a priority and never crashed always may. Of the rest one worker less than there are may be
        busy, so that one stays free for mails; and a row that has crashed its consumer once runs alone, so
        that it takes no other down with it. A row that is silent is in nobody's way. While the operator holds
        new work, nothing else starts.
        """
        if self.priority and not self.crash_count:
            return True
        if huey.is_held:
            return False
        in_the_way = [
            item
            for kind in Claimable.kinds()
            for item in kind._beside(huey.consumer_id, *self._times())
            if (item.crash_count or not item.priority) and not item.is_silent
        ]
        if self.crash_count:
            return not any(item.state == RUNNING for item in in_the_way)
        return len(in_the_way) < huey.task_limit and not any(item.crash_count for item in in_the_way)

    @classmethod
    @prepared
    def _beside(cls, consumer_id: str, now: datetime, latest: datetime) -> "ModelSelect[Self]":
        """What this process runs, and what waits after a crash."""
        runs_here = (cls.state == RUNNING) & (cls.consumer_id == consumer_id)
        return cls.select().where(runs_here | (CRASHED & cls._is_due(now, latest)))

    @property
    def silent_since(self) -> datetime:
        """When a running row last made progress; where none is reported, when it started."""
        return self.started_at

    @property
    def is_silent(self) -> bool:
        """Whether a running row has made no progress for two minutes."""
        if self.state != RUNNING:
            return False
        # A time ahead of now is of a clock that was set back: nobody knows how long it has been silent.
        return not timedelta() <= clock.now() - self.silent_since <= SILENT_AFTER


def crashed_index(model: type[Claimable]) -> ModelIndex:
    """The index by which a claim finds what waits after a crash, however much else waits."""
    name = f"{model._meta.table_name}_crashed"
    return model.index(model.state, model.run_after, where=CRASHED, name=name)
