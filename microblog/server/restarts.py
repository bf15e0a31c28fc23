"""When a process that died is started again: at once, then after pauses that double."""

import time

SHORTEST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30
# Only deaths of the last minute count.
WITHIN_S = 60
# So often the web server or the worker dies within that time until the site ends.
MOST_DEATHS = 5


class Restarts:
    """The deaths of one process, and when it is started next; *most_deaths* are too many, None: never."""

    def __init__(self, most_deaths=None):
        self.most_deaths = most_deaths
        self.died_at = []
        self.start_at = 0.0  # None while it runs.

    @property
    def is_due(self):
        return self.start_at is not None and time.monotonic() >= self.start_at

    @property
    def deaths(self):
        """How many there were within the minute before the latest, with it."""
        return len(self.died_at)

    @property
    def too_many(self):
        return self.deaths == self.most_deaths

    @property
    def pause_s(self):
        """The pause after the latest death."""
        before = self.deaths - 1
        return min(SHORTEST_PAUSE_S * 2 ** (before - 1), LONGEST_PAUSE_S) if before else 0

    def note_start(self):
        self.start_at = None

    def note_death(self):
        """Let it be started again after the pause."""
        now = time.monotonic()
        self.died_at = [at for at in self.died_at if at > now - WITHIN_S] + [now]
        self.start_at = now + self.pause_s
