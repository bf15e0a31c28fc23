"""
The loop of a web process: what waits for what, told to the kernel when it changes.

waitress' own asks every connection at each turn what it waits for, and tells the kernel all of it anew: among
a thousand open connections that cost more than the answer to a request.
"""

import select
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

from waitress import wasyncore

NOTHING = 0
FLAGS = {
    EVENT_READ: select.POLLIN,
    EVENT_WRITE: select.POLLOUT,
    EVENT_READ | EVENT_WRITE: select.POLLIN | select.POLLOUT,
}


class EventLoop(dict):
    """
    What is open, by the number of its file: waitress' *map*.

    The thread that turns the loop opens and closes; others only ask whether it ``misses`` something.
    """

    def __init__(self):
        super().__init__()
        self._selector = DefaultSelector()
        self._watched = {}  # For which events, by the number of the file.

    def __setitem__(self, number, dispatcher):
        super().__setitem__(number, dispatcher)
        self._watch(dispatcher, number, EVENT_READ)

    def __delitem__(self, number):
        self._watch(self[number], number, NOTHING)
        del self._watched[number]
        super().__delitem__(number)

    def turn(self, timeout_s):
        """Wait until something is ready, and have it read and write."""
        for key, events in self._selector.select(timeout_s):
            dispatcher = key.data
            if self.get(key.fd) is not dispatcher:  # One before it in this turn has closed it.
                continue
            ready = events & wanted(dispatcher)
            if ready:
                wasyncore.readwrite(dispatcher, FLAGS[ready])
            if not ready or self.misses(dispatcher):
                self.look_at(dispatcher)

    def misses(self, dispatcher):
        """
        Whether *dispatcher* waits for what it is not watched for; any thread may ask, having changed that.

        While its request is answered, a connection waits for nothing. It is watched all the same until its
        client says more, which few do: else the kernel would have to be told twice for each request.
        """
        events = wanted(dispatcher)
        return events != NOTHING and events != self._watched.get(dispatcher._fileno)

    def look_at(self, dispatcher):
        """Watch *dispatcher* for what it waits for now."""
        number = dispatcher._fileno
        if self.get(number) is dispatcher:  # It may have been closed.
            self._watch(dispatcher, number, wanted(dispatcher))
            if self.misses(dispatcher):  # A thread was done in between, and saw it still watched.
                self._watch(dispatcher, number, wanted(dispatcher))

    def _watch(self, dispatcher, number, events):
        before = self._watched.get(number, NOTHING)
        self._watched[number] = events
        if before == events:
            return
        if before == NOTHING:
            self._selector.register(number, events, dispatcher)
        elif events == NOTHING:
            self._selector.unregister(number)
        else:
            self._selector.modify(number, events, dispatcher)


def wanted(dispatcher):
    """The events that *dispatcher* waits for."""
    reading = EVENT_READ if dispatcher.readable() else NOTHING
    return reading | EVENT_WRITE if dispatcher.writable() else reading
