"""Recovers running rows that nobody works on, and enqueues due rows that no queue message stands for."""

import logging

from redis.exceptions import RedisError

from microblog.base.i18n import N_
from microblog.tasks.crash_recovery import mend, recover_orphans
from microblog.tasks.jobs import jobs
from microblog.tasks.message_store import held
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from microblog.tasks.work_item import WorkItem
from microblog.tasks.worker import active

# So many due rows of each kind, the next ones to start, are looked for in the queue at once.
LOOKED_AT = 1000
UNKNOWN = N_("This version of the site cannot do that. Ask the administrator.")

log = logging.getLogger(__name__)


def reconcile() -> None:
    """Recover orphaned rows, then enqueue due rows that are not in the queue; an outage is no error."""
    recover_orphans()
    fail_unknown()
    enqueue_missing()


def enqueue_missing() -> None:
    """Enqueue the due rows that no message stands for, and those whose message is held back."""
    waiting = list(held)
    try:
        known = huey.queued_ids() | set(active)
    except RedisError:
        # The workers, which ask for messages all the time, have logged it.
        return
    # Not everything that a row waits for ends in this process, or with a word.
    for item_id in waiting:
        held.pop(item_id, None)
    due = [item for kind in WorkItem.kinds() for item in kind.due().limit(LOOKED_AT)]
    missing = [item for item in due if item.id not in known and item.name in jobs]
    # Not after the first that is not accepted: each would wait for a queue that has just gone.
    all(huey.enqueue_item(item) for item in sorted(missing, key=lambda item: item.run_after))


def fail_unknown() -> None:
    """End due tasks that no job of this version can do, perhaps after a downgrade."""
    for task in list(Task.due().where(Task.name.not_in(list(jobs)))):
        log.error("%s %s: there is no such job", task.name, task.id)
        mend(task, "nobody can do it", task.fail, UNKNOWN)


huey.housekeeping.append(reconcile)
