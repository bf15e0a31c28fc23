"""Recovers running rows that nobody works on, and enqueues due rows that no queue message stands for."""

import logging
from collections.abc import Callable

from redis.exceptions import RedisError

from microblog.base.i18n import N_
from microblog.tasks.exceptions import ClaimLost
from microblog.tasks.message_store import held
from microblog.tasks.queue import huey, jobs
from microblog.tasks.task import Task
from microblog.tasks.work_item import WorkItem
from microblog.tasks.worker import BUSY, active

# A row that has crashed its consumer so often fails.
MAX_CRASHES = 3
# So many due rows of each kind, the next ones to start, are looked for in the queue at once.
LOOKED_AT = 1000
WORKER_STOPPED = N_("The background worker stopped three times while working on this.")
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
        _attempt(task, "nobody can do it", task.fail, UNKNOWN)


def recover_orphans() -> None:
    """
    Requeue or end each running row whose consumer is gone, and each that ours holds but does not work on.

    The latter would otherwise stay "running" for as long as the consumer lives. Their last write failed,
    because the database was busy: that costs an attempt, but nothing crashed.
    """
    items = _running()
    # Read after the rows: otherwise a consumer that starts in between would seem dead.
    living = huey.lock.living()
    for item in items:
        if item.consumer_id not in living and item.crash_count + 1 < MAX_CRASHES:
            _attempt(item, "its worker is gone", item.recover)
        elif item.consumer_id not in living:
            _attempt(item, "its worker is gone for the last time", item.fail, WORKER_STOPPED)
        elif item.consumer_id == huey.consumer_id and item.id not in active:
            _attempt(item, "nobody was working on it", item.retry_or_fail, BUSY)


def release_all() -> None:
    """Requeue the rows that this process holds when it stops, without counting the attempt."""
    for item in _running():
        if item.consumer_id == huey.consumer_id:
            _attempt(item, "the consumer stops", item.release)


def _running() -> list[WorkItem]:
    return [item for kind in WorkItem.kinds() for item in kind.running()]


def _attempt(item: WorkItem, why: str, mend: Callable[..., None], *reason: str) -> None:
    try:
        mend(*reason)
    except ClaimLost:
        log.info("%s %s was moved on by someone else", item.name, item.id)
    except OSError:
        # A file that cannot be deleted must not keep the other rows from being recovered.
        log.exception("%s %s left files behind", item.name, item.id)
    else:
        log.warning("%s %s is %s now: %s", item.name, item.id, item.state, why)


huey.housekeeping.append(reconcile)
huey.at_stop.append(release_all)
