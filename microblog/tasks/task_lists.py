"""Lists of tasks: a user's, everybody's, and those whose cards a user sees."""

from datetime import timedelta
from itertools import chain

from peewee import JOIN, Tuple

from microblog.base import clock
from microblog.base.prepared import prepared
from microblog.models import User
from microblog.tasks.task_row import TaskRow

SHOWN_AFTER_END = timedelta(hours=24)
REFERENCE_LENGTH = 8


class TaskLists(TaskRow):
    """Queries that return ``Task`` rows."""

    @classmethod
    def in_progress(cls, user, job=None):
        """Unfinished tasks of *user*, oldest first; with *job*, those of its kind."""
        query = cls.select().where(cls.user == user, cls.finished_at.is_null()).order_by(cls.created_at)
        return query.where(cls.name == job.name) if job else query

    @classmethod
    def for_user(cls, user):
        """All tasks of *user*, newest first."""
        return cls.select().where(cls.user == user).order_by(cls.created_at.desc(), cls.id.desc())

    @classmethod
    def age(cls):
        """The sort key of `for_user`; the id only orders tasks of the same moment."""
        return Tuple(cls.created_at, cls.id)

    @classmethod
    def age_of(cls, task_id):
        """Query for the ``age()`` of one task, to compare with that of others."""
        one = cls.alias()
        return one.select(one.created_at, one.id).where(one.id == task_id)

    @classmethod
    def in_state(cls, *states):
        """Everybody's tasks of these *states* with their users, newest first."""
        with_users = cls.select(cls, User).join(User, JOIN.LEFT_OUTER)
        return with_users.where(cls.state.in_(states)).order_by(cls.created_at.desc())

    @classmethod
    def newest(cls, limit, *states):
        """The *limit* newest of ``in_state``, a list: of each state by its index, however many have ended."""
        tasks = chain.from_iterable(cls.in_state(state).limit(limit) for state in states)
        return sorted(tasks, key=lambda task: task.created_at, reverse=True)[:limit]

    @classmethod
    def beginning_with(cls, text):
        """Tasks whose id begins with *text*, newest first; none if *text* is shorter than a reference."""
        long_enough = len(text) >= REFERENCE_LENGTH
        return cls.select().where(long_enough, cls.id.startswith(text)).order_by(cls.created_at.desc())

    @classmethod
    def shown(cls, user):
        """Tasks whose cards *user* sees: unfinished, or just ended and not yet dismissed; newest first."""
        return cls._shown(user, clock.now() - SHOWN_AFTER_END)

    @classmethod
    @prepared
    def _shown(cls, user, since):
        just_ended = (cls.finished_at > since) & cls.dismissed_at.is_null()
        shown = cls.select().where(cls.user == user, cls.finished_at.is_null() | just_ended)
        return shown.order_by(cls.created_at.desc())
