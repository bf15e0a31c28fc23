"""What happens around a job: claim, run, finish. Jobs themselves know nothing of it."""

import logging
import threading
import traceback
from collections import Counter
from contextlib import contextmanager, suppress

from peewee import OperationalError

from microblog.base import database_errors
from microblog.base.disk import OUT_OF_SPACE
from microblog.base.i18n import N_
from microblog.mail.outgoing import Mail
from microblog.security import security_log
from microblog.tasks.exceptions import Cancelled, ClaimLost, JobFailed, RetryLater
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, SUCCEEDED
from microblog.tasks.task import Task

log = logging.getLogger(__name__)

MAIL_PRIORITY = 10
TASK_PRIORITY = 0
BUSY = N_("The server was too busy to do this. Try again later.")
UNKNOWN = N_("This version of the site cannot do that. Ask the administrator.")
BROKEN = N_("Something went wrong on the server. Try again.")

# Jobs by name: a row stores only the name, by which `ring` finds the job.
jobs = {}
# How many envelopes this process is handling for each row id. Counted, because a duplicate envelope that
# finds nothing to claim must not clear the first one's mark. A running row of ours not in here is orphaned.
active = Counter()
counting = threading.Lock()


class TaskUnfinished(Exception):
    """The task is still under way."""


class UnknownJob(Exception):
    """No job has the task's name."""


class Job:
    """A function that processes one row of *model*, and the Huey task that calls a worker to it."""

    def __init__(self, function, model, priority):
        self.function = function
        self.model = model
        self.name = function.__name__
        self.__doc__ = function.__doc__
        huey.doorbells[self.name] = huey.task(name=self.name, priority=priority, context=True)(self._answer())
        jobs[self.name] = self

    def work(self, envelope):
        """Claim the row of *envelope*, run the function on it and record the outcome."""
        with _active(envelope.id):
            # A waiting worker may still get an envelope after the stop: leave its row to the next consumer.
            row = None if huey.stopping else self.model.claim(envelope.id, huey.worker.name)
            if row is None:
                return
            row.envelope = envelope
            try:
                with huey.slots.held_by(row.id):
                    self._run(row)
            except ClaimLost:
                log.info("%s %s is not ours any more", self.name, row.id)
                if row.gone:
                    row.remove_traces()
            except OperationalError as error:
                # Not even the outcome could be written: the reconciler finds the row without its worker.
                log.warning("%s %s could not record its outcome: %s", self.name, row.id, error)
            finally:
                ring_due()

    def _run(self, row):
        try:
            self.function(row)
            row.finish(SUCCEEDED)
        except ClaimLost:
            raise
        except Cancelled:
            row.finish(CANCELLED)
        except JobFailed as failure:
            log.warning("%s %s failed: %s", self.name, row.id, failure)
            row.fail(str(failure))
        except RetryLater as delay:
            log.warning("%s %s is to be tried again: %s", self.name, row.id, delay)
            row.retry_or_fail(str(delay))
        except OperationalError as error:
            self._give_way(row, error)
        except Exception as error:
            if row.gone:
                # Deleted with its user, whom the job then could not find.
                raise ClaimLost(row.id) from error
            log.exception("%s %s broke", self.name, row.id)
            row.reload()
            row.fail(BROKEN, trace=traceback.format_exc())

    def _give_way(self, row, error):
        """Retry if the database was busy; fail if the disk is full."""
        log.warning("%s %s could not use the database: %s", self.name, row.id, error)
        row.reload()
        if database_errors.is_full(error):
            row.fail(OUT_OF_SPACE)
        else:
            row.retry_or_fail(BUSY)

    def _answer(self):
        def answer(task):
            self.work(task)

        # Part of the task's name in every envelope, so it must not change when this code moves.
        answer.__module__ = "microblog.jobs"
        return answer


def job(model=Task, priority=TASK_PRIORITY):
    """Register the decorated function as a job under its own name."""
    return lambda function: Job(function, model, priority)


def launch_again(task, by=None):
    """
    Launch and return a new task like *task*, which has ended; an ended task is never revived.

    *by* is the name of who retries it, if not its user.

    Raises:
        TaskUnfinished: it has not ended.
        UnknownJob: this version of the site has no job of its name.
        TaskInProgress: the user has an unfinished task of this kind.
    """
    if not task.complete:
        raise TaskUnfinished(task.id)
    if task.name not in jobs:
        raise UnknownJob(task.name)
    again = Task.launch(jobs[task.name], task.user_id, task.description, **task.arguments)
    task.dismiss()
    security_log.record("task-retried", again.user, task=again.id, by=by)
    return again


def ring_due():
    """Ring for due rows again: a worker that was not allowed to claim them has used up their envelopes."""
    limit = huey.slots.count()
    for row in [*Mail.next_due(limit), *Task.next_due(limit)]:
        ring(row)


def ring(row):
    """
    Enqueue an envelope for *row*. Returns whether the queue accepted it.

    A row whose job is unknown, perhaps after a downgrade, fails here, which also returns True.
    """
    if row.name in jobs:
        return huey.ring(row)
    log.error("%s %s: there is no such job", row.name, row.id)
    with suppress(ClaimLost):
        row.fail(UNKNOWN)
    return True


@contextmanager
def _active(row_id):
    # Marked before the claim, so that the reconciler never takes a row that we just claimed for an orphan.
    with counting:
        active[row_id] += 1
    try:
        yield
    finally:
        with counting:
            active[row_id] -= 1
            if not active[row_id]:
                del active[row_id]
