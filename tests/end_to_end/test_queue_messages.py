"""What the queue server is asked for, as it counts itself."""

import pytest

from microblog.mail.mail import Mail
from microblog.tasks.message_store import held
from microblog.tasks.queue import huey
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from tests.conftest import make_user
from tests.end_to_end.world import fill

PEOPLE = 12
# What a connection begins with, and what the test itself asks.
BEGIN = {"hello", "client|setinfo", "info", "select", "ping"}


@pytest.fixture
def calls(world):
    """A function that tells how often each command was sent to the queue server."""

    def calls():
        stats = huey.storage.conn.info("commandstats")
        counts = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
        return {name: count for name, count in counts.items() if name not in BEGIN}

    return calls


def test_a_life_costs_one_message(world, calls):
    """
    However many have to wait for a worker: none is enqueued again, and none is lost.

    Nobody makes up for what is lost, and nothing else is asked of the queue.
    """
    people = [make_user(f"person{number}") for number in range(PEOPLE)]
    for person in people:
        fill(person, 3)
        world.export(person)
    assert calls() == {"zadd": PEOPLE}

    world.start_consumer(WITHOUT_RECONCILER="1")
    world.settle()

    assert {row.state for row in (*Task.select(), *Mail.select())} == {SUCCEEDED}
    asked = calls()
    assert asked.pop("zadd") == Task.select().count() + Mail.select().count()
    assert set(asked) == {"bzpopmin"}


def test_while_a_row_waits_only_urgent_messages_are_taken(world):
    huey.storage.enqueue(b"ordinary")
    huey.storage.enqueue(b"urgent", 1)
    held["the id of a row"] = None
    try:
        assert huey.storage.enqueued_items() == [b"urgent", b"ordinary"]
        assert huey.storage.dequeue() == b"urgent"
        assert huey.storage.dequeue() is None
    finally:
        held.clear()

    assert huey.storage.dequeue() == b"ordinary"
    assert huey.storage.queue_size() == 0
