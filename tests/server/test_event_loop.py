"""The loop of a web process, with dispatchers at one end of real sockets."""

import socket

import pytest
from waitress import wasyncore

from microblog.server.event_loop import EventLoop


class Dispatcher(wasyncore.dispatcher):
    """Waits for what the test says, and notes what it was asked and had to do."""

    def __init__(self, client, loop):
        self.client = client
        self.reads, self.writes = True, False
        self.asked = 0
        self.done = []
        super().__init__(loop.opened(client), map=loop)
        self.connected = True

    def readable(self):
        self.asked += 1
        return self.reads

    def writable(self):
        return self.writes

    def handle_read(self):
        self.done.append(self.recv(100))

    def handle_write(self):
        self.done.append("written")
        self.writes = False

    def handle_close(self):
        self.close()


class Loop(EventLoop):
    """Keeps the other ends."""

    def __init__(self):
        super().__init__()
        self.others = {}

    def opened(self, client):
        ours, self.others[client] = socket.socketpair()
        return ours


@pytest.fixture
def loop():
    loop = Loop()
    yield loop
    for one in list(loop.values()):
        one.close()
    for other in loop.others.values():
        other.close()


def turn(loop):
    loop.turn(0.01)


def test_only_those_that_are_ready_are_asked(loop):
    dispatchers = [Dispatcher(number, loop) for number in range(50)]
    loop.others[7].send(b"hello")

    turn(loop)

    assert dispatchers[7].done == [b"hello"]
    assert [one.client for one in dispatchers if one.asked] == [7]


def test_what_is_said_meanwhile_is_read_afterwards(loop):
    dispatcher = Dispatcher("client", loop)
    dispatcher.reads = False
    loop.others["client"].send(b"hello")

    for _ in range(3):
        asked = dispatcher.asked
        turn(loop)
    assert dispatcher.done == []
    assert dispatcher.asked == asked, "no turn is wasted on who has to wait"

    dispatcher.reads = True
    assert loop.misses(dispatcher)
    loop.look_at(dispatcher)
    turn(loop)
    assert dispatcher.done == [b"hello"]


def test_who_is_answered_is_read_again_without_another_look(loop):
    """While it waits for nothing it stays watched."""
    dispatcher = Dispatcher("client", loop)
    dispatcher.reads = False
    assert not loop.misses(dispatcher)
    turn(loop)

    dispatcher.reads = True
    assert not loop.misses(dispatcher)
    loop.others["client"].send(b"hello")
    turn(loop)

    assert dispatcher.done == [b"hello"]


def test_a_thread_that_is_done_while_the_loop_looks_is_not_missed(loop):
    dispatcher = Dispatcher("client", loop)
    answers = iter([False, False])
    dispatcher.readable = lambda: next(answers, True)  # It changes right after the look.
    loop.others["client"].send(b"hello")

    turn(loop)
    turn(loop)

    assert dispatcher.done == [b"hello"]


def test_what_is_to_be_sent_is_sent_once(loop):
    dispatcher = Dispatcher("client", loop)
    dispatcher.reads, dispatcher.writes = False, True
    assert loop.misses(dispatcher)
    loop.look_at(dispatcher)

    turn(loop)
    dispatcher.reads = True
    turn(loop)

    assert dispatcher.done == ["written"]


def test_who_was_closed_in_the_same_turn_is_left_alone(loop):
    """The number of the first, which is ready as well, is that of another by then."""
    dispatchers = [Dispatcher(number, loop) for number in range(2)]

    def replace(this, other):
        this.reads = False
        other.close()
        dispatchers.append(Dispatcher("new", loop))

    first, second = dispatchers
    first.handle_read = lambda: replace(first, second)
    second.handle_read = lambda: replace(second, first)
    for number in range(2):
        loop.others[number].send(b"hello")

    turn(loop)

    assert len(dispatchers) == 3
    assert dispatchers[2].asked == 0
    loop.others["new"].send(b"hello again")
    turn(loop)
    assert dispatchers[2].done == [b"hello again"]


def test_an_end_is_noticed(loop):
    Dispatcher("client", loop)
    loop.others["client"].close()

    turn(loop)

    assert loop == {}
