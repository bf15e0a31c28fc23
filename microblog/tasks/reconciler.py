"""Recovers running rows that nobody works on, and rings for due rows that have no envelope."""

import logging

from redis.exceptions import RedisError

from microblog.mail.outgoing import Mail
from microblog.tasks.exceptions import ClaimLost
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from microblog.tasks.worker import BUSY, active, jobs, ring

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
    Requeue or end each running row whose worker is gone, and each that ours holds but does not work on.

    The latter would otherwise stay "running" for as long as the consumer lives. Their last write failed,
    because the database was busy: that costs a try, but no worker was lost.
    """
    rows = [*Task.running(), *Mail.running()]
    # Read after the rows: otherwise a worker that starts in between would seem dead.
    living = huey.worker.living()
    for row in rows:
        if row.worker not in living:
            _mend(row, "its worker is gone", row.recover)
        elif row.worker == huey.worker.name and row.id not in active:
            _mend(row, "nobody was working on it", row.retry_or_fail, BUSY)


def ring_unheard():
    """
    Ring for due rows that have no envelope in the queue; stop at the first that it does not accept.

    Of the tasks only for as many as may run here at once: each one that finishes rings for the next.

    Returns whether the queue accepted all of them.

    Raises:
        RedisError: the queue does not answer.
    """
    heard = huey.waiting_ids() | set(active)
    known = Task.name.in_(list(jobs))
    tasks = [*Task.next_due().where(~known), *Task.next_due(huey.slots.count()).where(known)]
    return all(ring(row) for row in [*Mail.next_due(), *tasks] if row.id not in heard)


def hand_back():
    """Requeue the rows that this process holds when it stops, without counting the attempt."""
    for row in [*Task.running(), *Mail.running()]:
        if row.worker == huey.worker.name:
            try:
                row.give_back()
            except ClaimLost:
                log.info("%s %s ended while the consumer stopped", row.name, row.id)


def _mend(row, why, mend, *reason):
    try:
        mend(*reason)
    except ClaimLost:
        log.info("%s %s was mended by someone else", row.name, row.id)
    else:
        log.warning("%s %s is %s now: %s", row.name, row.id, row.state, why)


huey.recover_with(reconcile, hand_back, every_s=INTERVAL_S)
