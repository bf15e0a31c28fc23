"""An outage of the queue, told once when it begins and once when it is over."""

import logging

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

    def began(self, error):
        if not self.lasts:
            log.warning("the queue does not answer (%s); tasks wait in the database", error)
        self.lasts = True

    def ended(self):
        if self.lasts:
            log.warning("the queue answers again")
        self.lasts = False

    def filter(self, record):
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, RedisError):
            self.began(error)
            return False
        return True
