"""Lists of tasks: a user's, everybody's, and those whose cards a user sees."""

from datetime import datetime, timedelta
from itertools import chain
from typing import Self

from peewee import JOIN, ColumnBase, ModelSelect, Tuple

from microblog.base import clock
from microblog.base.prepared import Prepared, prepared
from microblog.models import User
from microblog.tasks.jobs import Job
from microblog.tasks.task_row import REFERENCE_LENGTH, TaskRow

SHOWN_AFTER_END = timedelta(hours=24)


class TaskLists(TaskRow):
    """Queries that return ``Task`` rows."""

    @classmethod
    def in_progress(cls, user: User, job: Job | None = None) -> "ModelSelect[Self]":
        """Unfinished tasks of *user*, oldest first; with *job*, those of its kind."""
        query = cls.select().where(cls.user == user, cls.finished_at.is_null()).order_by(cls.created_at)
        return query.where(cls.name == job.name) if job else query

    @classmethod
    def for_user(cls, user: User) -> "ModelSelect[Self]":
        """All tasks of *user*, newest first."""
        return cls.select().where(cls.user == user).order_by(cls.created_at.desc(), cls.id.desc())

    @classmethod
    def age(cls) -> ColumnBase:
        """The sort key of `for_user`; the id only orders tasks of the same moment."""
        return Tuple(cls.created_at, cls.id)

    @classmethod
    def age_of(cls, task_id: str) -> "ModelSelect[Self]":
        """Query for the ``age()`` of one task, to compare with that of others."""
        one = cls.alias()
        return one.select(one.created_at, one.id).where(one.id == task_id)

    @classmethod
    def in_state(cls, *states: str) -> "ModelSelect[Self]":
        """Everybody's tasks of these *states* with their users, newest first."""
        with_users = cls.select(cls, User).join(User, JOIN.LEFT_OUTER)
        return with_users.where(cls.state.in_(states)).order_by(cls.created_at.desc())

    @classmethod
    def newest(cls, limit: int, *states: str) -> list[Self]:
        """The *limit* newest of ``in_state``, a list: of each state by its index, however many have ended."""
        tasks = chain.from_iterable(cls.in_state(state).limit(limit) for state in states)
        return sorted(tasks, key=lambda task: task.created_at, reverse=True)[:limit]

    @classmethod
    def beginning_with(cls, text: str) -> "ModelSelect[Self]":
        """Tasks whose id begins with *text*, newest first; none if *text* is shorter than a reference."""
        long_enough = len(text) >= REFERENCE_LENGTH
        return cls.select().where(long_enough, cls.id.startswith(text)).order_by(cls.created_at.desc())

    @classmethod
    def shown(cls, user: User) -> Prepared[Self]:
        """Tasks whose cards *user* sees: unfinished, or just ended and not yet dismissed; newest first."""
        return cls._shown(user, clock.now() - SHOWN_AFTER_END)

    @classmethod
    @prepared
    def _shown(cls, user: User, since: datetime) -> "ModelSelect[Self]":
        # Each of the two alone is found by an index of those few, however many have ended.
        theirs = (cls.user == user) & cls.dismissed_at.is_null()
        shown = cls.select().where(
            (theirs & cls.finished_at.is_null()) | (theirs & (cls.finished_at > since))
        )
        return shown.order_by(cls.created_at.desc())
