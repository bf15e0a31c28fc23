"""An outage of the queue, told once when it begins and once when it is over."""

import logging
import threading

from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class Outage(logging.Filter):
    """
    Says once that the queue does not answer and once that it does again.

    As a filter on Huey's loggers it swallows the traceback that each worker would log each second.
    """

    def __init__(self):
        super().__init__()
        self.lasts = False
        self._turning = threading.Lock()

    def began(self, error):
        if self._turns(True):
            log.warning("the queue does not answer (%s); tasks wait in the database", error)

    def ended(self):
        if self._turns(False):
            log.warning("the queue answers again")

    def _turns(self, lasts):
        """Whether that is new; of several threads that find out at once only one is to tell."""
        with self._turning:
            new, self.lasts = self.lasts != lasts, lasts
        return new

    def filter(self, record):
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, RedisError):
            self.began(error)
            return False
        return True
