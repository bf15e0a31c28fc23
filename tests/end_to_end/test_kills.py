"""kill -9, stops and crashes at every point: no task is lost and none is done twice."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.base.config import ROOT
from microblog.tasks.example import example
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end import faulty_jobs
from tests.end_to_end.running_site import NO_SETTINGS
from tests.end_to_end.world import fill

SLOW = {"EXPORT_DELAY_S": "0.02"}
DIE_BEFORE_THE_RING = """
import os, signal
from microblog import create_app
from microblog.base.database import connected
from microblog.exports import export_posts
from microblog.models import User
from microblog.tasks.task import Task
from microblog.tasks.queue import huey

huey.ring = lambda _row: os.kill(os.getpid(), signal.SIGKILL)
with create_app().app_context(), connected():
    Task.launch(export_posts, User.named("susan"), "Exporting posts...", by="a test")
"""


def test_web_killed_between_commit_and_ring(world, susan):
    fill(susan, 3)
    world.start_consumer()
    environment = {"DATA_DIR": str(world.settings.data_dir), "SECRET_KEY": world.settings.secret_key}

    died = subprocess.run(
        [sys.executable, "-c", DIE_BEFORE_THE_RING],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **NO_SETTINGS, **environment},
    )

    assert died.returncode == -signal.SIGKILL
    assert Task.select().count() == 1
    world.settle()
    assert len(world.postbox.mails) == 1


@pytest.mark.parametrize("step", [0, 1, 20, 39, 40])
def test_consumer_killed_while_it_writes(world, susan, step):
    fill(susan, 40)
    consumer = world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for(lambda: Task.get_by_id(task.id).state == RUNNING)
    world.wait_for_step(task, step)
    consumer.kill()
    consumer.wait()

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert row.state == SUCCEEDED
    assert row.result["posts"] == 40
    # After the last steps the mail may have been on its way already: then another one follows.
    assert len(world.mails_of(task)) in ((1, 2) if row.mail_resent else (1,))


@pytest.mark.parametrize(
    ("step", "attempts", "mail_attempts"),
    [("offer", 2, 1), ("begin_mail", 1, 1), ("mark_mailing", 1, 2), ("finish", 1, 1)],
)
def test_consumer_killed_after_the_file(world, susan, step, attempts, mail_attempts):
    """Before the file is offered, before the mail, as it is about to leave, and before the end is written."""
    fill(susan, 3)
    consumer = world.start_consumer(DIES_AT=step)
    task = world.export(susan)
    world.wait_for(lambda: consumer.poll() is not None)

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.note, row.mail_resent) == (SUCCEEDED, None, False)
    assert (row.attempts, row.mail_attempts) == (attempts, mail_attempts)
    assert len(world.mails_of(task)) == 1


def test_consumer_killed_while_it_mails(world, susan):
    fill(susan, 3)
    world.postbox.answers = ["silent"]
    consumer = world.start_consumer()
    task = world.export(susan)
    world.wait_for(lambda: world.postbox.tries == 1)
    consumer.kill()
    consumer.wait()
    written = task.file.stat().st_mtime_ns

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.mail_attempts, row.attempts, row.mail_resent) == (SUCCEEDED, 2, 1, True)
    assert len(world.mails_of(task)) == 1
    assert task.file.stat().st_mtime_ns == written, "the file is not written a second time"


def test_consumer_killed_after_the_mail_was_accepted(world, susan):
    """Nobody can know whether that mail counts: one more is sent, recognizable as the same."""
    fill(susan, 3)
    consumer = world.start_consumer()
    world.postbox.on_accept = consumer.kill
    task = world.export(susan)
    world.wait_for(lambda: consumer.poll() is not None)
    world.postbox.on_accept = lambda: None

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.mail_resent, row.note) == (SUCCEEDED, True, None)
    first, second = world.mails_of(task)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_consumer_stopped_gives_the_attempt_back(world, susan, stop):
    fill(susan, 300)
    consumer = world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for_step(task, 5)

    consumer.send_signal(stop)
    consumer.wait(10)

    row = Task.get_by_id(task.id)
    assert (row.state, row.attempts) == (QUEUED, 0)
    world.start_consumer()
    world.settle()
    assert Task.get_by_id(task.id).attempts == 1


def test_a_second_signal_cuts_the_stop_short_and_loses_nothing(world, susan):
    fill(susan, 300)
    consumer = world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for_step(task, 5)

    consumer.send_signal(signal.SIGTERM)
    world.wait_for(lambda: "Shutting down gracefully" in world.log.read_text())
    consumer.send_signal(signal.SIGTERM)
    consumer.wait(10)

    world.start_consumer()
    world.settle()
    assert Task.get_by_id(task.id).state == SUCCEEDED
    assert len(world.mails_of(task)) == 1


@pytest.mark.parametrize(
    ("job", "end", "tries"), [(faulty_jobs.abort, FAILED, 3), (faulty_jobs.abort_while_mailing, SUCCEEDED, 3)]
)
def test_a_job_that_kills_its_worker_each_time_ends_after_three_and_harms_no_other(
    world, susan, john, job, end, tries
):
    fill(john, 40)
    poison = Task.launch(job, susan, "Aborting...")
    beside = world.export(john)

    for _consumer in range(4):
        consumer = world.start_consumer(wait=False, **SLOW)
        world.wait_for(lambda consumer=consumer: consumer.poll() is not None or not world.unfinished())
        if not world.unfinished():
            break

    world.settle()
    row = Task.get_by_id(poison.id)
    assert (row.state, row.tries) == (end, tries)
    assert "The background worker stopped three times while working on this." in (row.error, row.note)
    assert Task.get_by_id(beside.id).state == SUCCEEDED


def test_two_consumers_share_the_work_and_do_nothing_twice(world, susan, john):
    fill(susan, 20)
    fill(john, 20)
    world.start_consumer(**SLOW)
    world.start_consumer(**SLOW)

    tasks = [world.export(user) for user in (susan, john)]
    world.settle()

    assert all(len(world.mails_of(task)) == 1 for task in tasks)
    assert all(Task.get_by_id(task.id).attempts == 1 for task in tasks)


def test_a_job_that_hangs_can_be_cancelled(world, susan, monkeypatch):
    world.start_consumer()
    task = Task.launch(faulty_jobs.hang, susan, "Hanging...")
    world.wait_for(lambda: Task.get_by_id(task.id).state == RUNNING)
    Task.get_by_id(task.id).cancel()
    assert Task.get_by_id(task.id).state == RUNNING

    in_three_minutes = clock.now() + timedelta(minutes=3)
    monkeypatch.setattr(clock, "now", lambda: in_three_minutes)
    Task.get_by_id(task.id).cancel()

    assert Task.get_by_id(task.id).state == CANCELLED
    monkeypatch.undo()
    fill(susan, 3)
    world.export(susan)
    world.settle()
    assert len(world.postbox.mails) == 1


def test_the_promise_breaks_without_the_reconciler(world, susan):
    """Test of the tests: with the reconciler switched off, a kill does leave a task behind."""
    fill(susan, 40)
    consumer = world.start_consumer(**SLOW, WITHOUT_RECONCILER="1")
    task = world.export(susan)
    world.wait_for_step(task, 5)
    consumer.kill()
    consumer.wait()

    world.start_consumer(WITHOUT_RECONCILER="1")
    other = Task.launch(example, None, "Counting seconds...", seconds=1)
    world.wait_for(lambda: Task.get_by_id(other.id).complete)

    assert Task.get_by_id(task.id).state == RUNNING
    assert Task.get_by_id(task.id).worker not in huey.lock.living()
    with pytest.raises(AssertionError):
        world.assert_promise_kept()


def test_the_promise_breaks_without_the_reconciler_when_the_queue_is_emptied(world, susan):
    task = world.export(susan)
    [envelope] = huey.pending()
    world.empty_queue()
    envelope.id = "of a row that never was"
    huey.enqueue(envelope)

    world.start_consumer(WITHOUT_RECONCILER="1")
    world.wait_for(lambda: huey.pending_count() == 0)

    assert Task.get_by_id(task.id).state == QUEUED
