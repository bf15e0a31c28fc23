"""Handlers of Huey's signals: they write progress into the task and notification tables."""

from microblog.base.database import db
from microblog.tasks.queue import SIGNAL_PROGRESS, huey
from microblog.tasks.task import Task


@huey.signal(SIGNAL_PROGRESS)
def record_progress(_signal, envelope, progress):
    """Update the row and notify its user in one transaction; ignore a worker that has lost its claim."""
    with db.atomic():
        if task := Task.record_progress(envelope.id, progress):
            task.announce()
