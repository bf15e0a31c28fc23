"""The tutorial's first job: it counts seconds."""

import time

from microblog.tasks.task import Task
from microblog.tasks.worker import job


@job()
def example(task: Task) -> None:
    """Sleep for ``task.arguments["seconds"]`` and report each second."""
    seconds = task.arguments["seconds"]
    task.advance(0, seconds)
    for second in range(seconds):
        time.sleep(1)
        task.advance(second + 1, seconds)
