"""
Running rows whose consumer has died, or stops: recovered, or ended at the third crash.

What crashes its consumer each time is a poison message: it must not go on for ever.
"""

import logging
from collections.abc import Callable

from microblog.base.i18n import N_
from microblog.tasks.exceptions import ClaimLost
from microblog.tasks.queue import huey
from microblog.tasks.work_item import WorkItem
from microblog.tasks.worker import BUSY, active

# A row that has crashed its consumer so often fails.
MAX_CRASHES = 3
WORKER_STOPPED = N_("The background worker stopped three times while working on this.")

log = logging.getLogger(__name__)


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
            mend(item, "its worker is gone", item.recover)
        elif item.consumer_id not in living:
            mend(item, "its worker is gone for the last time", item.fail, WORKER_STOPPED)
        elif item.consumer_id == huey.consumer_id and item.id not in active:
            mend(item, "nobody was working on it", item.retry_or_fail, BUSY)


def release_all() -> None:
    """Requeue the rows that this process holds when it stops, without counting the attempt."""
    for item in _running():
        if item.consumer_id == huey.consumer_id:
            mend(item, "the consumer stops", item.release)


def mend(item: WorkItem, why: str, act: Callable[..., None], *reason: str) -> None:
    """Let *act*, called with *reason*, move *item* on, and log *why*, unless another process was faster."""
    try:
        act(*reason)
    except ClaimLost:
        log.info("%s %s was moved on by someone else", item.name, item.id)
    except OSError:
        # A file that cannot be deleted must not keep the other rows from being recovered.
        log.exception("%s %s left files behind", item.name, item.id)
    else:
        log.warning("%s %s is %s now: %s", item.name, item.id, item.state, why)


def _running() -> list[WorkItem]:
    return [item for kind in WorkItem.kinds() for item in kind.running()]


huey.at_stop.append(release_all)
