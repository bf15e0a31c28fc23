from datetime import timedelta
from threading import current_thread

import pytest

from microblog.base import clock
from microblog.tasks import crash_recovery
from microblog.tasks.attempt import Attempt
from microblog.tasks.queue import huey
from microblog.tasks.task import Task

ENDINGS = {
    "succeeded": lambda task: task.finish("succeeded"),
    "failed": lambda task: task.fail("The server is out of space."),
    "cancelled": lambda task: task.finish("cancelled"),
    "retried": lambda task: task.retry_or_fail("The server was too busy."),
    "released": lambda task: task.release(),
    "crashed": lambda task: task.recover(),
}


@pytest.fixture
def task(susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_attempt_tells_who_worked_from_when_to_when_and_how_it_ended(task, ending):
    claimed = Task.claim(task.id)
    [under_way] = Attempt.of(task)
    assert (under_way.ending, under_way.took) == (None, None)

    ENDINGS[ending](claimed)

    [attempt] = Attempt.of(task)
    assert (attempt.consumer_id, attempt.thread) == (huey.consumer_id, current_thread().name)
    assert attempt.started_at == claimed.started_at
    assert timedelta() <= attempt.took < timedelta(minutes=1)
    assert attempt.ending == ending
    assert attempt.error == (claimed.error if ending in ("failed", "retried") else None)
    assert claimed.thread == (None if claimed.state == "queued" else current_thread().name)


def test_a_task_that_kills_its_worker_each_time_shows_three_attempts(task, monkeypatch):
    for _ in range(crash_recovery.MAX_CRASHES):
        Task.claim(task.id)
        Task.update(consumer_id="dead").where(Task.id == task.id).execute()
        crash_recovery.recover_orphans()

    assert [attempt.ending for attempt in Attempt.of(task)] == ["crashed", "crashed", "failed"]
    assert list(Attempt.of(task))[-1].error == crash_recovery.WORKER_STOPPED


def test_attempts_are_written_whoever_moves_the_task_and_go_with_it(task):
    values = {"consumer_id": "another", "thread": "Worker-2", "started_at": clock.now()}
    Task.update(state="running", **values).execute()
    Task.update(state="failed", error="Restored.", finished_at=clock.now()).execute()
    assert [(attempt.thread, attempt.ending) for attempt in Attempt.of(task)] == [("Worker-2", "failed")]

    task.delete_instance()

    assert not Attempt.select().exists()
