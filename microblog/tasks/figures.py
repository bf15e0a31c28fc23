"""
Figures of tasks, from their rows: how many of each kind, how many failed, how long they waited and ran.

So many of each kind and state are counted and no more: a million rows would take a second.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import NamedTuple

from peewee import ModelSelect

from microblog.base import clock
from microblog.base.database import db
from microblog.tasks.jobs import jobs
from microblog.tasks.states import FAILED, STATES, SUCCEEDED
from microblog.tasks.task import Task

COUNTED = 10_000
# Times are those of so many that ended last, of either ending.
SAMPLE = 500
HOURS = 24
HOUR = timedelta(hours=1)
# Of the kinds and states in two JSON lists: how many there are since a moment.
BY_KIND = """
    SELECT kind.value, state.value, (SELECT count(*) FROM (
        SELECT 1 FROM task WHERE name = kind.value AND state = state.value AND created_at >= ? LIMIT ?
    )) FROM json_each(?) AS kind, json_each(?) AS state
"""
# Of the spans of time in a JSON list: how many there are of a state.
BY_SPAN = """
    SELECT (SELECT count(*) FROM (
        SELECT 1 FROM task WHERE state = ? AND created_at > value ->> 0 AND created_at <= value ->> 1
        LIMIT ?
    )) FROM json_each(?)
"""


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
    by_kind: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, state, count in _counted(Task.created_at.db_value(since)):
        by_kind[kind][state] = count
    return [_of(kind, since, by_kind[kind]) for kind in sorted(by_kind)]


def of_hours() -> list[Hour]:
    """The last 24 hours, oldest first."""
    now = clock.now()
    spans = [(now - (ago + 1) * HOUR, now - ago * HOUR) for ago in reversed(range(HOURS))]
    ends = json.dumps([[Task.created_at.db_value(end) for end in span] for span in spans])
    counts = [
        [count for (count,) in db.execute_sql(BY_SPAN, (state, COUNTED, ends))]
        for state in (SUCCEEDED, FAILED)
    ]
    return [Hour(HOURS - number, *both) for number, both in enumerate(zip(*counts, strict=True), start=1)]


def counts() -> list[tuple[str, str, int]]:
    """How many tasks there are of each kind that this version knows, and state: triples."""
    return _counted(since="")


def _counted(since: str | None) -> list[tuple[str, str, int]]:
    kinds = [name for name, job in jobs.items() if job.model is Task]
    counted = db.execute_sql(BY_KIND, (since, COUNTED, json.dumps(kinds), json.dumps(STATES))).fetchall()
    return [row for row in counted if row[2]]


def _of(kind: str, since: datetime, by_state: dict[str, int]) -> Figures:
    waited, ran = _times(kind, since)
    return Figures(kind, sum(by_state.values()), by_state.get(FAILED, 0), waited, ran)


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
