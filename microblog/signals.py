"""What Huey's signals write: progress into the task and notification tables."""

from microblog.database import db
from microblog.models.task import Task
from microblog.queue import SIGNAL_PROGRESS, huey


@huey.signal(SIGNAL_PROGRESS)
def record_progress(_signal, envelope, progress):
    """Row and notification in one transaction; what is not the worker's any more is left alone."""
    with db.atomic():
        if task := Task.record_progress(envelope.id, progress):
            task.announce()
