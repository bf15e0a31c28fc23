"""What the consumer runs besides jobs: at its start, at intervals, and when it stops."""

import logging
import time

log = logging.getLogger(__name__)


class Chore:
    """A function whose exceptions are logged, so that they end neither scheduler nor consumer."""

    def __init__(self, function, interval_s=0):
        self.function = function
        self.interval_s = interval_s
        self.due_at_s = 0.0

    def run_if_due(self):
        if time.monotonic() >= self.due_at_s:
            self.due_at_s = time.monotonic() + self.interval_s
            self.run()

    def run(self):
        try:
            self.function()
        except Exception:
            log.exception("%s failed", self.function.__name__)
