"""What mends rows that no worker works on and rings for rows that no envelope stands for."""

import logging

from redis.exceptions import RedisError

from microblog.lifecycle import active, due, ring
from microblog.models import Mail, Task
from microblog.models.outcomes import ClaimLost
from microblog.queue import huey

INTERVAL_S = 10

log = logging.getLogger(__name__)


def reconcile():
    """Mend orphaned rows, then ring for those that wait unheard; an outage of the queue is no error."""
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
    Put back, or end, each running row whose worker is gone.

    Also those that this process holds but does not work on: a final UPDATE that failed would else
    stay undone for as long as the consumer lives.
    """
    rows = [*Task.running(), *Mail.running()]
    # Looked at after the rows were read: else a worker that starts in between would pass for dead.
    living = huey.worker.living()
    for row in rows:
        ours_but_idle = row.worker == huey.worker.name and row.id not in active
        if row.worker not in living or ours_but_idle:
            log.warning("%s %s lost its worker; mending it", row.name, row.id)
            _mend(row)


def ring_unheard():
    """
    Ring for due rows whose envelope is not in the queue, until the queue takes none.

    Returns whether it took all of them.

    Raises:
        RedisError: the queue does not answer.
    """
    heard = huey.waiting_ids() | set(active)
    return all(ring(row) for row in due() if row.id not in heard)


def hand_back():
    """Put back what this process holds as it stops; that costs no attempt."""
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


huey.at_start_and_every(INTERVAL_S, reconcile)
huey.at_stop(hand_back)
