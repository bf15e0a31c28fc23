"""The registry of jobs: functions that each work on one row; ``worker.job`` connects them to the queue."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from huey.api import TaskWrapper

from microblog.models import User

if TYPE_CHECKING:
    from microblog.tasks.task import Task
    from microblog.tasks.work_item import WorkItem

# Jobs by name: a row and a queue message store only the name.
jobs: dict[str, "Job"] = {}


class Job(NamedTuple):
    """A function that works on one row of *model*, and the Huey task whose messages wake a worker for it."""

    name: str
    function: "Callable[[WorkItem], None]"
    model: "type[WorkItem]"
    huey_task: TaskWrapper
    # Called with the user before they launch a task of this job; it raises what refuses it.
    limit: Callable[[User | int], None] | None = None
    # Called with a task that did not succeed: whether what it needs is still there.
    can_be_repeated: "Callable[[Task], bool]" = lambda _task: True
