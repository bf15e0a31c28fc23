"""What happens around a job: claim, run, end. Jobs themselves know none of it."""

import logging
import threading
import traceback
from collections import Counter
from contextlib import contextmanager, suppress

from peewee import OperationalError

from microblog.disk import OUT_OF_SPACE
from microblog.i18n import N_
from microblog.models import Mail
from microblog.models.outcomes import Cancelled, ClaimLost, JobFailed, RetryLater
from microblog.models.states import CANCELLED, SUCCEEDED
from microblog.models.task import Task
from microblog.queue import huey
from microblog.security import security_log

log = logging.getLogger(__name__)

MAIL_PRIORITY = 10
TASK_PRIORITY = 0
BUSY = N_("The server was too busy to do this. Try again later.")
UNKNOWN = N_("This version of the site cannot do that. Ask the administrator.")
BROKEN = N_("Something went wrong on the server. Try again.")

# Jobs by name: rows keep the name, whoever rings looks the job up here.
jobs = {}
# Ids that this process works on, and how many envelopes of each: a second one that finds nothing to
# claim must not take the first one's mark away. A running row of ours that is not here is orphaned.
active = Counter()
counting = threading.Lock()


class TaskUnfinished(Exception):
    """The task is still under way."""


class UnknownJob(Exception):
    """There is no job of the task's name."""


class Job:
    """A function that works on one row of *model*, and the bell that calls a worker to it."""

    def __init__(self, function, model, priority):
        self.function = function
        self.model = model
        self.name = function.__name__
        self.__doc__ = function.__doc__
        self._doorbell = huey.task(name=self.name, priority=priority, context=True)(self._answer())
        jobs[self.name] = self

    def ring(self, row):
        """Put an envelope with the row's id into the queue. Returns whether the queue took it."""
        return huey.ring(self._doorbell.s(id=row.id))

    def work(self, envelope):
        """Claim the row of *envelope*, run the function on it, write its end."""
        with _active(envelope.id):
            # A worker that was waiting for an envelope may get one after the stop: the next consumer's.
            row = None if huey.stopping else self.model.claim(envelope.id, huey.worker.name)
            if row is None:
                return
            row.envelope = envelope
            try:
                self._run(row)
            except ClaimLost:
                log.info("%s %s is not ours any more", self.name, row.id)
                if row.gone:
                    row.remove_traces()
            finally:
                ring_due()

    def _run(self, row):
        try:
            self.function(row)
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
                # With its user, whom the job looked for in vain.
                raise ClaimLost(row.id) from error
            log.exception("%s %s broke", self.name, row.id)
            row.reload()
            row.fail(BROKEN, trace=traceback.format_exc())
        else:
            row.finish(SUCCEEDED)

    def _give_way(self, row, error):
        """A database that was busy is tried again; one without space is not."""
        log.warning("%s %s could not use the database: %s", self.name, row.id, error)
        row.reload()
        if "full" in str(error):
            row.fail(OUT_OF_SPACE)
        else:
            row.retry_or_fail(BUSY)

    def _answer(self):
        def answer(task):
            self.work(task)

        # Part of every envelope's address, so it stays the same wherever this code moves.
        answer.__module__ = "microblog.jobs"
        return answer


def job(model=Task, priority=TASK_PRIORITY):
    """Make a function the job of its name."""
    return lambda function: Job(function, model, priority)


def launch_again(task, **facts):
    """
    Launch a new task for what *task*, an ended one, was about; an ended one never lives again.

    The security log tells of it, with *facts*: ``by`` whom, when it was not its user.

    Raises:
        TaskUnfinished: it is still under way.
        UnknownJob: this version of the site has no job of its name.
        TaskInProgress: another of its kind is under way.
    """
    if not task.complete:
        raise TaskUnfinished(task.id)
    if task.name not in jobs:
        raise UnknownJob(task.name)
    again = Task.launch(jobs[task.name], task.user_id, task.description, **task.arguments)
    task.dismiss()
    if again.user:
        security_log.record("export-asked", again.user, task=again.id, **facts)
    return again


def due(limit=None):
    """Rows that wait for a worker, at most *limit* of each kind, mails first; whoever rings may write."""
    return [row for model in (Mail, Task) for row in model.due().limit(limit)]


def ring_due():
    """Ring for rows that wait: a worker that could not claim them then let their envelopes go."""
    for row in due(huey.task_slots):
        ring(row)


def ring(row):
    """
    Call a worker to *row*. Returns whether the queue took the call.

    What no job is known for, after a downgrade perhaps, ends here.
    """
    if row.name in jobs:
        return jobs[row.name].ring(row)
    log.error("%s %s: there is no such job", row.name, row.id)
    with suppress(ClaimLost):
        row.fail(UNKNOWN)
    return True


@contextmanager
def _active(row_id):
    # Before the claim, so that the reconciler never sees a row of ours that nobody seems to work on.
    with counting:
        active[row_id] += 1
    try:
        yield
    finally:
        with counting:
            active[row_id] -= 1
            if not active[row_id]:
                del active[row_id]
