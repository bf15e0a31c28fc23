"""What happens around a job, which knows nothing of it: claim the row, run the job, record the outcome."""

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from peewee import OperationalError

from microblog.base.error_codes import OUT_OF_SPACE, is_full
from microblog.base.i18n import N_
from microblog.tasks.exceptions import Cancelled, ClaimLost, JobFailed, MustWait, RetryLater
from microblog.tasks.jobs import Job, jobs
from microblog.tasks.message_store import Message, held
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.work_item import WorkItem

BUSY = N_("The server was too busy to do this. Try again later.")
BROKEN = N_("Something went wrong on the server. Try again.")

log = logging.getLogger(__name__)

# How many messages this process is handling for each row id. Counted, because a duplicate message that
# finds nothing to claim must not clear the first one's mark. A running row of ours not in here is orphaned.
active: Counter[str] = Counter()
_counting = threading.Lock()


# Works on one row: that of a task or a mail.
Work = Callable[[Any], None]


def job(model: type[WorkItem] = Task, **rules: Callable[[Any], Any]) -> Callable[[Work], Job]:
    """
    Register the decorated function as a job under its own name: it works on one row of *model*.

    *rules*: ``limit`` and ``can_be_repeated``, see ``Job``.
    """

    def register(function: Work) -> Job:
        name = function.__name__
        huey_task = huey.task(name=name, context=True)(_receive)
        jobs[name] = Job(name, function, model, huey_task, **rules)
        return jobs[name]

    return register


def work(job: Job, message: Message) -> None:
    """Claim the row of *message*, run the function of *job* on it and record the outcome, or hold it back."""
    with _active(message.id):
        try:
            item = _claim(job, message)
        except MustWait:
            held[message.id] = message
            return
        held.pop(message.id, None)
        if item is None:
            return
        item.message = message
        try:
            _run(job, item)
        except ClaimLost:
            log.info("%s %s is not ours any more", job.name, item.id)
            if item.is_void:
                item.delete_leftovers()
        except OperationalError as error:
            # Not even the outcome could be written: the reconciler finds the row that nobody works on.
            log.warning("%s %s could not record its outcome: %s", job.name, item.id, error)


def _claim(job: Job, message: Message) -> WorkItem | None:
    # A waiting worker may still get a message after the stop: leave its row to the next consumer.
    if huey.stopping:
        return None
    try:
        return job.model.claim(message.id)
    except OperationalError as error:
        log.warning("%s %s could not be claimed: %s", job.name, message.id, error)
        return None


def _run(job: Job, item: WorkItem) -> None:
    try:
        job.function(item)
        if not item.complete:
            item.finish(SUCCEEDED)
    except ClaimLost:
        raise
    except Cancelled:
        item.finish(CANCELLED)
    except JobFailed as failure:
        log.warning("%s %s failed: %s", job.name, item.id, failure)
        item.fail(str(failure))
    except RetryLater as delay:
        log.warning("%s %s is to be tried again: %s", job.name, item.id, delay)
        item.retry_or_fail(str(delay))
    except OperationalError as error:
        _give_way(job, item, error)
    except Exception as error:
        if item.is_void:
            # Deleted with its user, whom the job then could not find.
            raise ClaimLost(item.id) from error
        log.exception("%s %s broke", job.name, item.id)
        item.reload()
        item.fail(BROKEN, trace=traceback.format_exc())


def _give_way(job: Job, item: WorkItem, error: OperationalError) -> None:
    """Retry if the database was busy; fail if the disk is full."""
    log.warning("%s %s could not use the database: %s", job.name, item.id, error)
    item.reload()
    if is_full(error):
        item.fail(OUT_OF_SPACE)
    else:
        item.retry_or_fail(BUSY)


def _receive(task: Message) -> None:
    work(jobs[task.name], task)
    # What had to wait for it may start now; and if this one had to wait, what was in its way may have ended
    # before it was held back, and will not look again.
    for message in list(held.values()):
        work(jobs[message.name], message)


@contextmanager
def _active(item_id: str) -> Iterator[None]:
    # Marked before the claim, so that the reconciler never takes a row that we just claimed for an orphan.
    with _counting:
        active[item_id] += 1
    try:
        yield
    finally:
        with _counting:
            active[item_id] -= 1
            if not active[item_id]:
                del active[item_id]
