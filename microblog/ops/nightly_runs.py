"""What became of nightly work: each chore's last run, and when the next one is due."""

from datetime import datetime, timedelta
from typing import NamedTuple

from microblog.ops import nightly
from microblog.tasks.task import Task

# Those that were cut short have no outcome of every chore.
LOOKED_AT = 14


class ChoreRun(NamedTuple):
    """
    *ended_at* is None of a chore that did not run lately; *error* is None if all went well.

    *made* names what it left behind; "" if there was nothing to do, None of a chore that does not tell.
    """

    name: str
    ended_at: datetime | None
    took: timedelta | None
    error: str | None
    made: str | None = None


class Night(NamedTuple):
    """The newest nightly *task*, and how many of its chores *failed*, which it survives."""

    task: Task
    failed: int


def last():
    """The last Night; None if there was none yet."""
    task = next(iter(newest(1)), None)
    return task and Night(task, sum(bool(outcome["error"]) for outcome in (task.result or {}).values()))


def newest(most=LOOKED_AT):
    """The *most* newest nightly tasks, a list."""
    tasks = Task.select().where(Task.name == nightly.nightly.name).order_by(Task.created_at.desc())
    return list(tasks.limit(most))


def last_runs(tasks):
    """The last run of each chore in *tasks*, newest first."""
    return [_last_run(chore.__name__, tasks) for chore in nightly.CHORES]


def next_at(tasks):
    """When it is next launched by itself; None if it never was."""
    return tasks[0].created_at + nightly.EVERY if tasks else None


def _last_run(name, tasks):
    for task in tasks:
        if outcome := (task.result or {}).get(name):
            ended_at, took = (
                datetime.fromisoformat(outcome["ended_at"]),
                timedelta(seconds=outcome["seconds"]),
            )
            return ChoreRun(name, ended_at, took, outcome["error"], outcome.get("made"))
    return ChoreRun(name, None, None, None)
