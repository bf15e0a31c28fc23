"""How many tasks may run in this process at once, so that one worker always stays free for mails."""

import math
from contextlib import contextmanager
from time import monotonic


class TaskSlots:
    """The workers here that tasks may occupy: all but one, without those that hang or are reserved."""

    def __init__(self):
        # How many workers there are; set when the consumer is created.
        self.workers = 2
        # Ids of the rows whose jobs have not returned, even if the row has ended or is gone.
        self._held_by = set()
        self._reserved_until_s = -math.inf

    @contextmanager
    def held_by(self, row_id):
        """Within the block a job works on the row *row_id* and thereby occupies a worker."""
        self._held_by.add(row_id)
        try:
            yield
        finally:
            self._held_by.discard(row_id)

    def count(self, running=frozenset()):
        """
        How many tasks may run at once, when the rows with the ids *running*, a set, do.

        A worker whose row has ended before its job is lost: the job hangs. If only one worker is left, it
        serves tasks as well as mails, because tasks would otherwise wait until the consumer is restarted.
        """
        hanging = self._held_by - running
        return max(1, self.workers - len(hanging) - 1)

    def reserve(self, for_s):
        """Reserve a slot for the nightly work during the next *for_s* seconds; 0 ends that."""
        self._reserved_until_s = monotonic() + for_s

    @property
    def reserved(self):
        """How many slots are reserved: 0 or 1."""
        return int(monotonic() < self._reserved_until_s)
