"""
Failures that nobody has seen to, by kind and reason: tried again or discarded all at once.

Whoever tries a task again, or dismisses its card, has seen to it. Discarding dismisses cards; rows stay.
"""

from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, ModelSelect, fn

from microblog.models import User
from microblog.security import security_log
from microblog.tasks.exceptions import NothingToRetry, TaskInProgress, UnknownJob
from microblog.tasks.task import FAILURE, Task

# At once; whoever asked is told of the rest.
MOST = 500


@dataclass(frozen=True)
class Failures:
    """How many tasks of the job *name* failed for the same *error*, and when the newest was asked for."""

    name: str
    error: str
    count: int
    newest_at: datetime


def groups(most: int) -> list[Failures]:
    """The *most* largest groups of failures."""
    count = fn.COUNT(Task.id)
    newest_at = fn.MAX(Task.created_at).converter(Task.created_at.python_value)
    by_reason = Task.select(Task.name, Task.error, count, newest_at).where(FAILURE)
    largest = by_reason.group_by(Task.name, Task.error).order_by(count.desc(), Task.name).limit(most)
    return [Failures(*row) for row in largest.tuples().execute()]


def of(name: str, error: str) -> "ModelSelect[Task]":
    """The failures of one group with their users, newest first."""
    with_users = Task.select(Task, User).join(User, JOIN.LEFT_OUTER)
    of_group = with_users.where(FAILURE, Task.name == name, Task.error == error)
    return of_group.order_by(Task.created_at.desc())


def try_again(name: str, error: str, by: str) -> int:
    """
    Launch at most ``MOST`` of a group again, for each user one; *by* is who does it.

    Returns how many were launched; what is under way already stays as it is.
    """
    served, launched = set(), 0
    for task in list(of(name, error).limit(MOST)):
        if task.user_id is None or task.user_id not in served:
            served.add(task.user_id)
            launched += _launch_again(task, by)
    security_log.record("failures-tried-again", kind=name, count=launched, by=by)
    return launched


def _launch_again(task: Task, by: str) -> bool:
    try:
        task.launch_again(by=by)
    except (NothingToRetry, TaskInProgress, UnknownJob):
        return False
    return True


def discard(name: str, error: str, by: str) -> int:
    """Dismiss at most ``MOST`` of a group and return how many; *by* is who does it."""
    discarded = list(of(name, error).limit(MOST))
    for task in discarded:
        task.dismiss()
    security_log.record("failures-discarded", kind=name, count=len(discarded), by=by)
    return len(discarded)
