"""
The threads of a web process, which run the app.

A request goes to the thread that has begun to rest last: its database connection has read the most, and is
warm. One is started only when all others are busy, so that a quiet site keeps few connections.

Only one of them runs at a time, unless it takes long, as if it waits for the database. Python itself runs one
at a time, but lets another one go on at each look into the database: of eight requests at once each was
interrupted thirty times, and took a third more of the processor.
"""

import logging
from collections import deque
from contextlib import contextmanager
from threading import Lock, Thread

# The longest page takes less, alone. A password takes as long.
LONG_S = 0.05

log = logging.getLogger(__name__)


class Turns:
    """Whose turn it is among threads: one after the other, but whoever takes ``LONG_S`` is overtaken."""

    def __init__(self):
        self._overtaking = Lock()
        self._turn = Lock()

    @contextmanager
    def one(self):
        """Wait for a turn, and have it for the block."""
        turn = self._begin()
        try:
            yield
        finally:
            turn.release()

    def _begin(self):
        while True:
            turn = self._turn
            if turn.acquire(timeout=LONG_S):
                if turn is self._turn:
                    return turn
                # Given back by whoever was overtaken.
                turn.release()
            else:
                with self._overtaking:
                    if turn is self._turn:
                        self._turn = Lock()


class Threads:
    """At most *most* threads. To waitress a "task dispatcher", and a connection with a request a "task"."""

    def __init__(self, most):
        self._most = self._startable = most
        self._lock = Lock()
        self._resting = []
        self._waiting = deque()
        self._ended = False
        self.turns = Turns()

    @property
    def busy(self):
        """Whether one of them has not come to rest yet."""
        with self._lock:
            return self._most - self._startable > len(self._resting)

    def add_task(self, task):
        """Have a thread call ``task.service()``, at once or when the first of them is done."""
        with self._lock:
            if self._resting:
                self._resting.pop().wake(task)
            elif self._startable:
                self._startable -= 1
                worker = Worker(self)
                worker.start()
                worker.wake(task)
            else:
                self._waiting.append(task)

    def next_task(self, worker):
        """What has waited longest, or what *worker* is woken for; None if it has to end."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._ended:
                return None
            self._resting.append(worker)
        return worker.rest()

    def shutdown(self):
        """Have each thread end when it is done."""
        with self._lock:
            self._ended = True
            for worker in self._resting:
                worker.wake(None)
            self._resting = []


class Worker(Thread):
    """Serves what it is woken for, and then what *threads* has for it."""

    def __init__(self, threads):
        super().__init__(daemon=True)
        self._threads = threads
        self._task = None
        self._asleep = Lock()
        self._asleep.acquire()

    def wake(self, task):
        """Have it go on with *task*; another thread calls this."""
        self._task = task
        self._asleep.release()

    def rest(self):
        """Sleep until ``wake``, and return its task."""
        self._asleep.acquire()
        task, self._task = self._task, None
        return task

    def run(self):
        task = self.rest()
        while task:
            try:
                with self._threads.turns.one():
                    task.service()
            except BaseException:  # Whatever it was, the thread is needed.
                log.exception("a request could not be served")
            task = None  # While it rests, nothing keeps a connection that has been closed.
            task = self._threads.next_task(self)
