"""An outage of the queue: known to all processes, logged once when it begins and once when it ends."""

import logging

from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class Outage(logging.Filter):
    """
    Records in an empty file, which all processes of the site see, that the queue does not answer.

    As a filter on Huey's loggers it drops the traceback that each worker would log every second.
    """

    def __init__(self):
        super().__init__()
        # Path of the file; set when the app is known.
        self.marker = None

    @property
    def lasts(self):
        return self.marker.exists()

    def began(self, error):
        try:
            self.marker.parent.mkdir(mode=0o700, exist_ok=True)
            self.marker.touch(exist_ok=False)
        except FileExistsError:
            # Another process has created the file, and logs the outage.
            return
        except OSError as unwritable:
            log.warning("an outage of the queue cannot be noted: %s", unwritable)
        log.warning("the queue does not answer (%s); tasks wait in the database", error)

    def ended(self):
        try:
            self.marker.unlink()
        except FileNotFoundError:
            return
        log.warning("the queue answers again")

    def filter(self, record):
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, RedisError):
            self.began(error)
            return False
        return True
