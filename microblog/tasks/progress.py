"""The progress of a task, and when to report it."""

from datetime import timedelta
from functools import cached_property
from time import monotonic
from typing import NamedTuple

from peewee import Case, fn

from microblog.base import clock
from microblog.tasks.exceptions import Cancelled, ClaimLost
from microblog.tasks.queue import huey
from microblog.tasks.states import RUNNING

TELL_EVERY_S = 0.25
# Even without a new percentage: a running task must not look stuck.
TELL_AFTER_SILENCE_S = 10
STUCK_AFTER = timedelta(minutes=2)
# No time left is estimated before both are reached.
TELL_AFTER = timedelta(seconds=2)
TELL_AFTER_PERCENT = 5


class Progress(NamedTuple):
    """Payload of the ``progress`` signal; *worker* and *attempt* identify the claim it belongs to."""

    done: int
    total: int
    worker: str
    attempt: int

    @property
    def percent(self):
        """0 to 99: 100 is reserved for tasks that have succeeded."""
        return min(99, 100 * self.done // self.total) if self.total else 0


class Throttle:
    """Limits how often the progress of a running task is reported."""

    def __init__(self):
        self.last = None
        self.told_at_s = None

    def admits(self, progress):
        """
        Whether *progress* should be reported now; if so, remember it as reported.

        Each whole per cent is, at most four times a second, and any progress after ten seconds of silence;
        the first and the last always are.
        """
        admitted = self.last is None or progress.done >= progress.total or self._is_news(progress)
        if admitted:
            # Not by the clock: while one that was set back catches up, the bar would stand still.
            self.last, self.told_at_s = progress, monotonic()
        return admitted

    def _is_news(self, progress):
        silence_s = monotonic() - self.told_at_s
        newer = progress.percent > self.last.percent and silence_s >= TELL_EVERY_S
        return newer or silence_s >= TELL_AFTER_SILENCE_S


def time_left(began_at, advanced_at, done, total):
    """
    Estimated timedelta until *total*, at the pace up to the last step; None while it is too early.

    It stays the same between steps: measured up to now, it would grow with each page load in between.
    """
    passed = advanced_at - began_at
    if not done or passed < TELL_AFTER or 100 * done < TELL_AFTER_PERCENT * total:
        return None
    return passed * (total - done) / done


class HasProgress:
    """How a running task reports its progress and learns that it should stop."""

    # The envelope that the worker received; None elsewhere.
    envelope = None

    def advance(self, done, total):
        """
        Report that *done* of *total* steps are complete, then check whether to go on.

        Emits Huey's ``progress`` signal, as often as ``Throttle`` admits.

        Raises:
            Cancelled: the user has asked to cancel it.
            ClaimLost: the task was taken away, or its user is gone.
        """
        progress = Progress(done, total, self.worker, self.attempts)
        if self._throttle.admits(progress):
            huey.emit_progress(self.envelope, progress)
        self._look_up()

    @classmethod
    def record_progress(cls, task_id, progress):
        """Store *progress* and return the task; None if the task no longer belongs to that worker."""
        done = fn.MIN(progress.total, fn.MAX(cls.done, progress.done))
        # In a second attempt the stored progress stands still until the attempt has caught up.
        caught_up = cls.done < progress.done
        advanced_at = Case(None, [(caught_up, cls.advanced_at.db_value(clock.now()))], cls.advanced_at)
        percent = fn.MAX(cls.progress, progress.percent)
        its_own = (
            cls.id == task_id,
            cls.state == RUNNING,
            cls.worker == progress.worker,
            cls.attempts == progress.attempt,
        )
        change = cls.update(done=done, total=progress.total, progress=percent, advanced_at=advanced_at)
        return cls.get_by_id(task_id) if change.where(*its_own).execute() else None

    @property
    def silent_since(self):
        """When a running task last made progress, or when it started."""
        return max(self.started_at, self.advanced_at or self.started_at)

    @property
    def stuck(self):
        """Whether a running task has made no progress for two minutes."""
        return self.state == RUNNING and clock.now() - self.silent_since > STUCK_AFTER

    @cached_property
    def _throttle(self):
        return Throttle()

    def _look_up(self):
        cls = type(self)
        row = cls.select(cls.state, cls.worker, cls.attempts, cls.cancel_requested).where(cls.id == self.id)
        now = row.tuples().first()
        if now is None or now[:3] != (RUNNING, self.worker, self.attempts):
            raise ClaimLost(self.id)
        if now[3]:
            raise Cancelled(self.id)
