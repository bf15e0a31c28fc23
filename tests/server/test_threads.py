"""The threads of a web process, with tasks that the test lets go."""

import threading
from queue import Queue

import pytest

from microblog.server import threads as module
from microblog.server.processes import wait_until
from microblog.server.threads import Threads
from tests.server.conftest import SOON_S


class Task:
    """Notes which thread serves it; lasts until ``end``."""

    def __init__(self, done):
        self.done = done
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.thread = None

    def service(self):
        self.thread = threading.current_thread()
        self.began.set()
        assert self.may_end.wait(SOON_S)
        self.done.put(self)

    def end(self):
        self.may_end.set()
        assert self.done.get(timeout=SOON_S) is self


@pytest.fixture
def threads():
    threads = Threads(3)
    yield threads
    threads.shutdown()


@pytest.fixture
def add(threads):
    """A function that adds a task."""
    done = Queue()

    def add():
        task = Task(done)
        threads.add_task(task)
        return task

    return add


@pytest.fixture
def at_work(add):
    """As many tasks as there are threads, all begun."""
    tasks = [add() for _ in range(3)]
    assert all(task.began.wait(SOON_S) for task in tasks)
    return tasks


def resting(threads, count):
    assert wait_until(lambda: len(threads._resting) == count, SOON_S)


def test_one_task_after_the_other_needs_one_thread(threads, add):
    served_by = set()
    for _ in range(5):
        task = add()
        task.end()
        served_by.add(task.thread)
        resting(threads, 1)

    assert len(served_by) == 1


def test_who_began_to_rest_last_works_next(threads, add, at_work):
    for number in (2, 0, 1):
        at_work[number].end()
        resting(threads, {2: 1, 0: 2, 1: 3}[number])

    task = add()

    task.end()
    assert task.thread is at_work[1].thread


def test_what_finds_no_thread_waits_for_its_turn(at_work, add):
    first, second = add(), add()
    assert not first.began.is_set()

    at_work[0].end()

    assert first.began.wait(SOON_S)
    assert not second.began.is_set()
    first.end()
    assert second.began.wait(SOON_S)
    for task in (second, *at_work[1:]):
        task.end()


def test_those_that_take_no_time_run_one_at_a_time(threads, monkeypatch):
    monkeypatch.setattr(module, "LONG_S", SOON_S)
    served, alone, running = Queue(), [], threading.Lock()

    class Quick:
        def service(self):
            alone.append(running.acquire(blocking=False))
            # Lets the others run, if they may.
            threading.Event().wait(0.005)
            if alone[-1]:
                running.release()
            served.put(self)

    for _ in range(9):
        threads.add_task(Quick())
    for _ in range(9):
        served.get(timeout=SOON_S)

    assert all(alone)


def test_who_takes_long_is_overtaken_by_all_others(threads, add):
    slow = add()
    assert slow.began.wait(SOON_S)

    for _ in range(5):
        quick = add()
        quick.end()

    assert not slow.may_end.is_set()
    slow.end()


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_an_error_costs_no_thread(threads, error, logged_errors):
    class Broken:
        def service(self):
            raise error

    for _ in range(4):
        threads.add_task(Broken())
        resting(threads, 1)

    assert len(logged_errors) == 4
    logged_errors.clear()


def test_a_shutdown_lets_all_finish_and_ends_them(threads, add, at_work):
    waiting = add()
    at_work[0].end()
    assert waiting.began.wait(SOON_S)
    waiting.end()
    resting(threads, 1)

    threads.shutdown()
    for task in at_work[1:]:
        task.end()

    for task in at_work:
        task.thread.join(SOON_S)
        assert not task.thread.is_alive()


def test_they_are_busy_until_the_last_has_come_to_rest(threads, at_work):
    first, *others = at_work
    for task in others:
        task.end()
    assert threads.busy

    first.end()

    assert wait_until(lambda: not threads.busy, SOON_S)
