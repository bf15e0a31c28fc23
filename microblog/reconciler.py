"""Recovers running rows that have lost their worker, and rings for due rows that have no envelope."""

import logging

from redis.exceptions import RedisError

from microblog.lifecycle import active, due, ring
from microblog.models import Mail, Task
from microblog.models.outcomes import ClaimLost
from microblog.queue import huey

INTERVAL_S = 10

log = logging.getLogger(__name__)


def reconcile():
    """Recover orphaned rows, then ring for due rows without an envelope; a queue outage is no error."""
    mend_orphans()
    try:
        answers = ring_unheard()
    except RedisError as error:
        huey.outage.began(error)
    else:
        if answers:
            huey.outage.ended()


def mend_orphans():
    """
    Requeue or fail each running row whose worker is gone.

    This includes rows that our process holds but is not working on: if the final UPDATE failed, they
    would otherwise stay "running" for as long as the consumer lives.
    """
    rows = [*Task.running(), *Mail.running()]
    # Read after the rows: otherwise a worker that starts in between would seem dead.
    living = huey.worker.living()
    for row in rows:
        ours_but_idle = row.worker == huey.worker.name and row.id not in active
        if row.worker not in living or ours_but_idle:
            log.warning("%s %s lost its worker; mending it", row.name, row.id)
            _mend(row)


def ring_unheard():
    """
    Ring for due rows that have no envelope in the queue; stop at the first that it does not accept.

    Returns whether the queue accepted all of them.

    Raises:
        RedisError: the queue does not answer.
    """
    heard = huey.waiting_ids() | set(active)
    return all(ring(row) for row in due() if row.id not in heard)


def hand_back():
    """Requeue the rows that this process holds when it stops, without counting the attempt."""
    for row in [*Task.running(), *Mail.running()]:
        if row.worker == huey.worker.name:
            try:
                row.give_back()
            except ClaimLost:
                log.info("%s %s ended while the consumer stopped", row.name, row.id)


def _mend(row):
    try:
        row.recover()
    except ClaimLost:
        log.info("%s %s was mended by someone else", row.name, row.id)


huey.recover_with(reconcile, hand_back, every_s=INTERVAL_S)
