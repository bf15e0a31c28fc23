"""kill -9, stops and crashes at every point: no task is lost and none is done twice."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.base.config import ROOT
from microblog.mail.mail import URGENT, Mail
from microblog.models import Notification
from microblog.tasks.crash_recovery import WORKER_STOPPED
from microblog.tasks.example import example
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end import faulty_jobs
from tests.end_to_end.running_site import NO_SETTINGS
from tests.end_to_end.world import fill

SLOW = {"EXPORT_DELAY_S": "0.02"}
DIE_BEFORE_THE_MESSAGE = """
import os, signal
from microblog import create_app
from microblog.base.database import connected
from microblog.exports import export_posts
from microblog.models import User
from microblog.tasks.task import Task
from microblog.tasks.queue import huey

huey.enqueue_item = lambda _item: os.kill(os.getpid(), signal.SIGKILL)
with create_app().app_context(), connected():
    Task.launch(export_posts, User.named("susan"), "Exporting posts...", by="a test")
"""


def kill(consumer):
    consumer.kill()
    consumer.wait()


def test_web_killed_between_commit_and_enqueue(world, susan):
    fill(susan, 3)
    world.start_consumer()
    environment = {"DATA_DIR": str(world.settings.data_dir), "SECRET_KEY": world.settings.secret_key}

    died = subprocess.run(
        [sys.executable, "-c", DIE_BEFORE_THE_MESSAGE],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **NO_SETTINGS, **environment},
    )

    assert died.returncode == -signal.SIGKILL
    assert Task.for_user(susan).count() == 1
    world.settle()
    assert len(world.postbox.mails) == 1


@pytest.mark.parametrize("step", [0, 1, 20, 39, 40])
def test_consumer_killed_while_it_writes(world, susan, step):
    fill(susan, 40)
    consumer = world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for(lambda: Task.get_by_id(task.id).state == RUNNING)
    world.wait_for_step(task, step)
    kill(consumer)

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert row.state == SUCCEEDED
    assert row.result["posts"] == 40
    # After the last steps the mail may have been on its way already: then another one follows.
    assert len(world.mails_of(task)) in ((1, 2) if row.mail.resent else (1,))


@pytest.mark.parametrize(
    ("function", "attempts", "mail_attempts"),
    [
        # The export is claimed, and nothing is written yet.
        ("microblog.exports.archive.write", 2, 1),
        # The file has its name, and its row does not offer it yet: it is written again.
        ("microblog.exports.publish_file", 2, 1),
        # In the middle of the transaction that offers the file.
        ("microblog.mail.mail.Mail.send", 2, 1),
        # That transaction is committed; nobody has claimed the mail.
        ("microblog.mail.mail.Mail.claim", 1, 1),
        # The mail is claimed, and about to leave.
        ("microblog.mail.retries.mark_sending", 1, 2),
    ],
)
def test_consumer_killed_on_the_way_from_the_claim_to_the_mail(
    world, susan, function, attempts, mail_attempts
):
    fill(susan, 3)
    consumer = world.start_consumer(DIES_AT=function)
    task = world.export(susan)
    world.wait_for(lambda: consumer.poll() is not None)

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.attempts, row.crash_count) == (SUCCEEDED, attempts, attempts - 1)
    assert (row.mail.state, row.mail.attempts, row.mail.crash_count) == (
        SUCCEEDED,
        mail_attempts,
        mail_attempts - 1,
    )
    assert not row.mail.resent
    assert len(world.mails_of(task)) == 1


def test_consumer_killed_before_the_end_of_the_mail(world, susan):
    """Its row says that it is about to leave: nobody can know that the server has only a part of it."""
    fill(susan, 3)
    consumer = world.start_consumer(DIES_AFTER="microblog.mail.retries.mark_sending")
    task = world.export(susan)
    world.wait_for(lambda: consumer.poll() is not None)
    assert world.postbox.mails == []

    world.start_consumer()
    world.settle()

    mail = Task.get_by_id(task.id).mail
    assert (mail.state, mail.resent) == (SUCCEEDED, True)
    assert len(world.mails_of(task)) == 1


def test_consumer_killed_while_it_mails(world, susan):
    fill(susan, 3)
    world.postbox.answers = ["silent"]
    consumer = world.start_consumer()
    task = world.export(susan)
    world.wait_for(lambda: world.postbox.tries == 1)
    kill(consumer)
    row = Task.get_by_id(task.id)
    assert row.state == SUCCEEDED, "the file is ready, whatever becomes of its mail"
    written = task.file.stat().st_mtime_ns

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.attempts) == (SUCCEEDED, 1)
    assert (row.mail.state, row.mail.attempts, row.mail.resent) == (SUCCEEDED, 2, True)
    assert len(world.mails_of(task)) == 1
    assert task.file.stat().st_mtime_ns == written, "the file is not written a second time"


@pytest.mark.parametrize("function", [None, "microblog.mail.mail.Mail.finish"])
def test_consumer_killed_after_the_mail_was_accepted(world, susan, function):
    """
    Nobody can know whether that mail counts: one more is sent, recognizable as the same.

    Killed by the mail server before it answers, or by itself once it has the answer.
    """
    fill(susan, 3)
    consumer = world.start_consumer(DIES_AT=function or "")
    if function is None:
        world.postbox.on_accept = consumer.kill
    task = world.export(susan)
    world.wait_for(lambda: consumer.poll() is not None)
    world.postbox.on_accept = lambda: None

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.mail.state, row.mail.resent) == (SUCCEEDED, SUCCEEDED, True)
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


def launch_abort(user):
    return Task.launch(faulty_jobs.abort, user, "Aborting...")


def send_abort(user, priority=URGENT):
    return Mail.send(faulty_jobs.ABORTING_MAIL, user.email, user, priority=priority)


@pytest.mark.parametrize(
    "launch",
    [launch_abort, send_abort, lambda user: send_abort(user, priority=0)],
    ids=["task", "mail", "mail without priority"],
)
def test_a_job_that_kills_its_worker_each_time_ends_after_three_and_harms_no_other(
    world, susan, john, launch
):
    fill(john, 100)
    consumer = world.start_consumer(**SLOW)
    beside = world.export(john)
    world.wait_for_step(beside, 2)
    poison = launch(susan)

    while world.unfinished():
        if consumer.poll() is not None:
            consumer = world.start_consumer(wait=False, **SLOW)
        world.wait_for(lambda consumer=consumer: consumer.poll() is not None or not world.unfinished())

    world.settle()
    row = type(poison).get_by_id(poison.id)
    assert (row.state, row.attempts, row.error) == (FAILED, 3, WORKER_STOPPED)
    others = [each for model in (Task, Mail) for each in model.select() if each.id != row.id]
    assert {each.state for each in others} == {SUCCEEDED}
    assert all(each.crash_count <= 1 for each in others)
    assert Task.get_by_id(beside.id) in others


def test_two_consumers_share_the_work_and_do_nothing_twice(world, susan, john):
    fill(susan, 20)
    fill(john, 20)
    world.start_consumer(**SLOW)
    world.start_consumer(**SLOW)

    tasks = [world.export(user) for user in (susan, john)]
    world.settle()

    assert all(len(world.mails_of(task)) == 1 for task in tasks)
    assert all(Task.get_by_id(task.id).attempts == 1 for task in tasks)
    assert all(Task.get_by_id(task.id).mail.attempts == 1 for task in tasks)


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


@pytest.mark.parametrize("end", [CANCELLED, FAILED])
def test_the_last_notification_tells_how_far_the_row_came(world, susan, end):
    fill(susan, 41)
    world.start_consumer(EXPORT_DELAY_S="0.05")
    if end == CANCELLED:
        task = world.export(susan)
        world.wait_for_step(task, 16)
        Task.get_by_id(task.id).cancel()
    else:
        task = Task.launch(faulty_jobs.fail_halfway, susan, "Failing...")
    world.settle()

    row = Task.get_by_id(task.id)
    [told] = [each.data for each in Notification.since(susan, 0) if each.key == task.id]
    assert row.state == end
    assert 0 < row.progress < 100
    assert (told["state"], told["progress"], told["done"], told["total"]) == (
        end,
        row.progress,
        row.done,
        row.total,
    )


def test_the_promise_breaks_without_the_reconciler(world, susan):
    """Test of the tests: with the reconciler switched off, a kill does leave a task behind."""
    fill(susan, 40)
    consumer = world.start_consumer(**SLOW, WITHOUT_RECONCILER="1")
    task = world.export(susan)
    world.wait_for_step(task, 5)
    kill(consumer)

    world.start_consumer(WITHOUT_RECONCILER="1")
    other = Task.launch(example, None, "Counting seconds...", seconds=1)
    world.wait_for(lambda: Task.get_by_id(other.id).complete)

    assert Task.get_by_id(task.id).state == RUNNING
    assert Task.get_by_id(task.id).consumer_id not in huey.lock.living()
    with pytest.raises(AssertionError):
        world.assert_promise_kept()


def test_the_promise_breaks_without_the_reconciler_when_the_queue_is_emptied(world, susan):
    task = world.export(susan)
    [message] = huey.pending()
    world.empty_queue()
    message.id = "of a row that never was"
    huey.enqueue(message)

    world.start_consumer(WITHOUT_RECONCILER="1")
    world.wait_for(lambda: huey.pending_count() == 0)

    assert Task.get_by_id(task.id).state == QUEUED
