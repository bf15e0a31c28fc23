"""Which tasks a list shows, and its pages: newest first, as fast among a million rows as among a hundred."""

from datetime import datetime
from typing import NamedTuple

from peewee import JOIN, Expression, ModelSelect

from microblog.models import User
from microblog.tasks.states import STATES
from microblog.tasks.task import Task


class TaskFilter(NamedTuple):
    """Each part narrows the list; None does not. *since* and *until* are about when a task was asked for."""

    state: str | None = None
    kind: str | None = None
    user: User | None = None
    since: datetime | None = None
    until: datetime | None = None

    def newest(self, most: int, before: Task | None = None, after: Task | None = None) -> list[Task]:
        """The *most* newest of these tasks with their users, a list; only those between two tasks."""
        conditions = [] if before is None else [Task.age() < Task.age_of(before.id)]
        if after is not None:
            conditions.append(Task.age() > Task.age_of(after.id))
        return self._slice(most, conditions, newest_first=True)

    def oldest(self, most: int, after: Task) -> list[Task]:
        """The *most* oldest that are newer than the task *after*, newest first."""
        return self._slice(most, [Task.age() > Task.age_of(after.id)], newest_first=False)[::-1]

    def queries(self) -> "list[ModelSelect[Task]]":
        """
        Queries that each find their part by an index, in order.

        A user's rows are few; several states in one query, or a kind alone, would be sorted whole.
        """
        states = [self.state] if self.state or self.user else STATES
        return [self._query(state) for state in states]

    def _query(self, state: str | None) -> "ModelSelect[Task]":
        wanted = {Task.state: state, Task.name: self.kind, Task.user: self.user}
        conditions = [field == value for field, value in wanted.items() if value is not None]
        if self.since:
            conditions.append(Task.created_at >= self.since)
        if self.until:
            conditions.append(Task.created_at < self.until)
        query = Task.select(Task, User).join(User, JOIN.LEFT_OUTER)
        return query.where(*conditions) if conditions else query

    def _slice(self, most: int, conditions: list[Expression], newest_first: bool) -> list[Task]:
        keys = (Task.created_at, Task.id)
        order = [key.desc() for key in keys] if newest_first else keys
        found: list[Task] = []
        for query in self.queries():
            query = query.where(*conditions) if conditions else query
            found.extend(query.order_by(*order).limit(most))
        return sorted(found, key=lambda task: (task.created_at, task.id), reverse=newest_first)[:most]
