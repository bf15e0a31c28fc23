"""How far a task is, and when that is worth telling."""

from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from peewee import Case, fn

from microblog import clock
from microblog.models.outcomes import Cancelled, ClaimLost
from microblog.models.states import RUNNING
from microblog.queue import huey

TELL_EVERY = timedelta(milliseconds=250)
# Also when there is no new per cent to tell: what is under way must not look as if it stood still.
TELL_AFTER_SILENCE = timedelta(seconds=10)
STUCK_AFTER = timedelta(minutes=2)
# Time left is not told before this much is known.
TELL_AFTER = timedelta(seconds=2)
TELL_AFTER_PERCENT = 5


class Progress(NamedTuple):
    """Payload of the ``progress`` signal; *worker* and *attempt* tell whose it is."""

    done: int
    total: int
    worker: str
    attempt: int

    @property
    def percent(self):
        """0 to 99: a hundred is for tasks that have ended well."""
        return min(99, 100 * self.done // self.total) if self.total else 0


class Throttle:
    """Remembers what was told of a running task, so that it is not told too often."""

    def __init__(self):
        self.last = None
        self.told_at = None

    def admits(self, progress):
        """
        Whether *progress* is to be told now, and if so remember that it was.

        Each whole per cent is, at most four times a second, and at least every ten seconds; the first and
        the last always are.
        """
        admitted = self.last is None or progress.done >= progress.total or self._is_news(progress)
        if admitted:
            self.last, self.told_at = progress, clock.now()
        return admitted

    def _is_news(self, progress):
        silence = clock.now() - self.told_at
        newer = progress.percent > self.last.percent and silence >= TELL_EVERY
        return newer or silence >= TELL_AFTER_SILENCE


def time_left(began_at, advanced_at, done, total):
    """
    A timedelta until *total*, at the pace up to the last step; None while that cannot be told.

    Between two steps it stands still: counted to now, it would grow on each page that is loaded meanwhile.
    """
    passed = advanced_at - began_at
    if not done or passed < TELL_AFTER or 100 * done < TELL_AFTER_PERCENT * total:
        return None
    return passed * (total - done) / done


class HasProgress:
    """What a running task tells of itself, and by what it learns that it is to stop."""

    # The envelope by which the worker was called; None elsewhere.
    envelope = None

    def advance(self, done, total):
        """
        Report that *done* of *total* steps are behind us, then look whether to go on.

        Emits Huey's ``progress`` signal, as often as ``Throttle`` admits.

        Raises:
            Cancelled: the user does not want it any more.
            ClaimLost: the task was taken away, or its user is gone.
        """
        progress = Progress(done, total, self.worker, self.attempts)
        if self._throttle.admits(progress):
            huey.emit_progress(self.envelope, progress)
        self._look_up()

    @classmethod
    def record_progress(cls, task_id, progress):
        """Write *progress* while the task is still its worker's; return the task, or None when it is not."""
        done = fn.MIN(progress.total, fn.MAX(cls.done, progress.done))
        # In a second attempt what is shown stands still until it is caught up.
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
        """When a running task was last heard of."""
        return max(self.started_at, self.advanced_at or self.started_at)

    @property
    def stuck(self):
        """Whether a running task has not been heard of for two minutes."""
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
