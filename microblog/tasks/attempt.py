"""
The attempts at a task: each claim of it, from its start to what ended it.

Triggers write them, in the transaction that moves the task, whoever moves it.
"""

from datetime import timedelta
from typing import Self

from peewee import CharField, ForeignKeyField, ModelSelect
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base.database import NOW, BaseModel, UTCDateTimeField
from microblog.tasks.states import CANCELLED, FAILED, SUCCEEDED
from microblog.tasks.task import Task

# What can end an attempt besides the final states of its task: a pause before the next one, the stop of its
# consumer, which does not count, and the death of it.
RETRIED, RELEASED, CRASHED = "retried", "released", "crashed"
ENDINGS = (SUCCEEDED, FAILED, CANCELLED, RETRIED, RELEASED, CRASHED)


class Attempt(BaseModel):
    """*ending*: how it ended, None while it runs; *error*: why, one sentence for the user."""

    id = AutoIncrementField()
    task = ForeignKeyField(Task, on_delete="CASCADE", backref="history")
    consumer_id = CharField(32, null=True)
    thread = CharField(32, null=True)
    started_at = UTCDateTimeField()
    ended_at = UTCDateTimeField(null=True)
    ending = CharField(16, null=True)
    error = CharField(null=True)

    @classmethod
    def of(cls, task: Task) -> "ModelSelect[Self]":
        """The attempts at *task*, oldest first."""
        return cls.select().where(cls.task == task).order_by(cls.id)

    @property
    def took(self) -> timedelta | None:
        """A timedelta; None while it runs."""
        return self.ended_at and max(self.ended_at - self.started_at, timedelta())


# A task that waits again has no time of its end. A crash ends when it is found.
TRIGGERS = [
    f"""
    CREATE TRIGGER IF NOT EXISTS attempt_begins AFTER UPDATE OF state ON task
    WHEN OLD.state = 'queued' AND NEW.state = 'running'
    BEGIN
        INSERT INTO attempt (task_id, consumer_id, thread, started_at)
        VALUES (NEW.id, NEW.consumer_id, NEW.thread, coalesce(NEW.started_at, {NOW}));
    END
    """,  # noqa: S608 - words of this module
    f"""
    CREATE TRIGGER IF NOT EXISTS attempt_ends AFTER UPDATE OF state ON task
    WHEN OLD.state = 'running' AND NEW.state <> 'running'
    BEGIN
        UPDATE attempt SET
            ended_at = coalesce(NEW.finished_at, max(started_at, {NOW})),
            ending = CASE
                WHEN NEW.finished_at IS NOT NULL THEN NEW.state
                WHEN NEW.crash_count > OLD.crash_count THEN '{CRASHED}'
                WHEN NEW.attempts < OLD.attempts THEN '{RELEASED}'
                ELSE '{RETRIED}'
            END,
            error = iif(NEW.attempts = OLD.attempts AND NEW.crash_count = OLD.crash_count, NEW.error, NULL)
        WHERE task_id = NEW.id AND ended_at IS NULL;
    END
    """,  # noqa: S608 - words of this module
]
