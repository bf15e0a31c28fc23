"""How far a task is, and when that is worth telling."""

from datetime import timedelta
from typing import NamedTuple

from microblog import clock

REPORT_EVERY = timedelta(milliseconds=250)
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


class Reporter:
    """Remembers what was told of a running task, so that it is not told too often."""

    def __init__(self):
        self.last = None
        self.told_at = None

    def is_worth_telling(self, progress):
        """
        Whether *progress* is to be told now, at most once a per cent and four times a second.

        The first and the last always are.
        """
        worth = self.last is None or progress.done >= progress.total or self._is_news(progress)
        if worth:
            self.last, self.told_at = progress, clock.now()
        return worth

    def _is_news(self, progress):
        return progress.percent > self.last.percent and clock.now() - self.told_at >= REPORT_EVERY


def time_left(began_at, done, total):
    """A timedelta until *total* at the pace so far; None while that cannot be told."""
    passed = clock.now() - began_at
    if not done or passed < TELL_AFTER or 100 * done < TELL_AFTER_PERCENT * total:
        return None
    return passed * (total - done) / done
