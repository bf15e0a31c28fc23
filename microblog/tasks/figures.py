"""Figures of tasks, from their rows: how many of each kind, how many failed, how long they waited and ran."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import NamedTuple

from peewee import SQL, ModelSelect, fn

from microblog.base import clock
from microblog.tasks.queue import jobs
from microblog.tasks.states import FAILED, STATES, SUCCEEDED
from microblog.tasks.task import Task

# Times are those of so many that ended last, of either ending: medians of a million rows would take a second.
SAMPLE = 500
HOURS = 24
# Not of a column: the index alone is enough.
EACH = fn.COUNT(SQL("*"))


class Times(NamedTuple):
    """Timedeltas: half of them took at most the *median*, 95 of 100 at most *most*."""

    median: timedelta
    most: timedelta


@dataclass(frozen=True)
class Figures:
    """Of the tasks of one *kind* that were asked for in a span; the times are None if none has ended."""

    kind: str
    count: int
    failed: int
    waited: Times | None
    ran: Times | None


class Hour(NamedTuple):
    """How many tasks of one hour succeeded and failed; *ago*: 0 is the last one."""

    ago: int
    succeeded: int
    failed: int


def of_kinds(span: timedelta) -> list[Figures]:
    """Figures of each kind that was asked for in the last *span*, a timedelta."""
    since = clock.now() - span
    kinds = [name for name, job in jobs.items() if job.model is Task]
    return [figures for kind in sorted(kinds) if (figures := _of(kind, since)).count]


def of_hours() -> list[Hour]:
    """The last 24 hours, oldest first."""
    now = clock.now()
    since = now - timedelta(hours=HOURS)
    counts = {state: _by_hour(state, since, now) for state in (SUCCEEDED, FAILED)}
    return [
        Hour(ago, counts[SUCCEEDED].get(ago, 0), counts[FAILED].get(ago, 0)) for ago in reversed(range(HOURS))
    ]


def counts() -> list[tuple[str, str, int]]:
    """How many tasks there are of each kind and state: triples."""
    grouped = Task.select(Task.name, Task.state, EACH).group_by(Task.name, Task.state)
    return list(grouped.tuples().execute())


def _of(kind: str, since: datetime) -> Figures:
    by_state: dict[str, int] = dict(_asked(kind, since).tuples().execute())
    waited, ran = _times(kind, since)
    return Figures(kind, sum(by_state.values()), by_state.get(FAILED, 0), waited, ran)


def _asked(kind: str, since: datetime) -> "ModelSelect[Task]":
    # With every state named, each is counted by its part of the index.
    asked = (Task.name == kind, Task.state.in_(STATES), Task.created_at >= since)
    return Task.select(Task.state, EACH).where(*asked).group_by(Task.state)


def _times(kind: str, since: datetime) -> tuple[Times | None, Times | None]:
    ended = [task for state in (SUCCEEDED, FAILED) for task in _ended(kind, state, since)]
    started = [task for task in ended if task.started_at]
    waited = [task.started_at - task.created_at for task in started]
    ran = [task.finished_at - task.started_at for task in started]
    return _summary(waited), _summary(ran)


def _ended(kind: str, state: str, since: datetime) -> "ModelSelect[Task]":
    ended = (Task.name == kind, Task.state == state, Task.created_at >= since)
    columns = (Task.created_at, Task.started_at, Task.finished_at)
    return Task.select(*columns).where(*ended).order_by(Task.created_at.desc()).limit(SAMPLE)


def _summary(spans: list[timedelta]) -> Times | None:
    if not spans:
        return None
    # A clock that was set back in between.
    seconds = [max(0, span.total_seconds()) for span in spans]
    cuts = quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else seconds * 19
    return Times(timedelta(seconds=cuts[9]), timedelta(seconds=cuts[18]))


def _by_hour(state: str, since: datetime, now: datetime) -> dict[int, int]:
    """Counts by how many hours ago the tasks were asked for."""
    begun = fn.strftime("%s", Task.created_at).cast("INTEGER")
    ago = ((int(now.timestamp()) - begun) / 3600).alias("ago")
    asked = (Task.state == state, Task.created_at > since, Task.created_at <= now)
    return dict(Task.select(ago, EACH).where(*asked).group_by(ago).tuples().execute())
