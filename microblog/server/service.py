"""A child that is started again whenever it dies: at once, then after pauses that double."""

import time

from microblog.server.children import Child
from microblog.server.console import say

SHORTEST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30
MOST_DEATHS = 5
WITHIN_S = 60


class CannotRun(Exception):
    """The site cannot start or cannot go on; the message says why."""


class Service(Child):
    """Whoever has one calls ``tend`` again and again; that starts it too."""

    # Whether the site ends when it dies for the fifth time within a minute.
    essential = True

    def __init__(self, name, command, **options):
        super().__init__(name, command, **options)
        self.died_at = []
        self.start_at = 0.0  # None while it runs.

    def tend(self):
        """
        Notice its death, and start it if that is due, without waiting. Returns whether it was started.

        Raises:
            CannotRun: it is essential and keeps dying.
        """
        if self.start_at is None and not self.alive:
            self.sweep()
            self._schedule(f"died ({self.ending})")
        if self.start_at is None or time.monotonic() < self.start_at:
            return False
        try:
            self.start()
        except OSError as error:
            self._schedule(f"cannot be started ({error.strerror})")
            return False
        self.start_at = None
        return True

    def _schedule(self, reason):
        now = time.monotonic()
        self.died_at = [at for at in self.died_at if at > now - WITHIN_S] + [now]
        if self.essential and len(self.died_at) == MOST_DEATHS:
            raise CannotRun(
                f"{self.name} {reason}, the fifth death within a minute: giving up; see the lines above"
            )
        pause = self._pause()
        say(f"{self.name} {reason}, starting it again" + (f" in {pause:g} s" if pause else ""))
        self.start_at = now + pause

    def _pause(self):
        before = len(self.died_at) - 1
        return min(SHORTEST_PAUSE_S * 2 ** (before - 1), LONGEST_PAUSE_S) if before else 0
