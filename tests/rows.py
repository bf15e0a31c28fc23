"""Rows of tasks in whatever state a test speaks of."""

from microblog.tasks.states import QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task


def put(task, **values):
    """Update the row of *task*, by way of the states in between."""
    row = Task.update(**values).where(Task.id == task.id)
    if values.get("state", QUEUED) == SUCCEEDED:
        Task.update(state=RUNNING).where(Task.id == task.id).execute()
    row.execute()
