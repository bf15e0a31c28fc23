import json
import math
from unittest.mock import Mock

import pytest
from peewee import OperationalError, sqlite3
from redis.exceptions import RedisError

from microblog.base import clock
from microblog.base.database import FILE_NAME, db
from microblog.mail.mail import Mail
from microblog.models import Notification
from microblog.tasks import crash_recovery, reconciler
from microblog.tasks import queue as queue_module
from microblog.tasks.exceptions import JobFailed, RetryLater
from microblog.tasks.message_store import held
from microblog.tasks.queue import huey
from microblog.tasks.states import FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.worker import BROKEN, BUSY, OUT_OF_SPACE, active, job, jobs, work


def full():
    """The error of a database whose disk has no space left."""
    reason = sqlite3.OperationalError("database or disk is full")
    reason.sqlite_errorname = "SQLITE_FULL"
    return OperationalError(reason, *reason.args)


@pytest.fixture
def make_job(app):
    """A function that makes a job of *function*, for this test only."""
    made = []

    def make(function):
        made.append(job()(function))
        return made[-1]

    yield make
    for each in made:
        jobs.pop(each.name).huey_task.unregister()


@pytest.fixture
def run(make_job, susan):
    """A function that runs *function* as a job of susan's and returns the row that is left."""
    return lambda function: Task.get_by_id(Task.launch(make_job(function), susan, "Testing...").id)


@pytest.fixture
def other(app, settings):
    """Somebody else's connection, which can lock the database; ours does not wait for long."""
    db.execute_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(settings.data_dir / FILE_NAME, isolation_level=None)
    yield other
    other.close()


def lock(connection):
    connection.execute("BEGIN IMMEDIATE")


def mend(connection):
    """Let the lock go and the reconciler do its work, then do at once what has to wait."""
    if connection.in_transaction:
        connection.execute("COMMIT")
    reconciler.reconcile()
    Task.update(run_after=clock.now()).where(Task.state == QUEUED).execute()
    reconciler.reconcile()


def test_a_job_that_returns_has_succeeded(run):
    row = run(lambda task: None)

    assert (row.state, row.progress, row.attempts) == (SUCCEEDED, 100, 1)


def test_a_job_that_gives_a_reason_has_failed_for_it(run):
    def refuse(task):
        raise JobFailed("The server is out of space. Tell the administrator.")

    row = run(refuse)

    assert (row.state, row.error) == (
        FAILED,
        "The server is out of space. Tell the administrator.",
    )


def test_an_unforeseen_error_is_logged_and_told_in_plain_words(run, logged_errors):
    def divide(task):
        return 1 / 0

    row = run(divide)

    assert (row.state, row.error) == (FAILED, BROKEN)
    assert "ZeroDivisionError" in row.trace
    assert row.id in logged_errors.pop()


def test_a_busy_database_is_tried_again_later_and_at_most_three_times(run, make_job):
    def lock(task):
        raise OperationalError("database is locked")

    row = run(lock)
    assert (row.state, row.attempts) == (QUEUED, 1)
    assert row.run_after > clock.now()

    for _ in range(2):
        Task.update(run_after=clock.now()).execute()
        reconciler.reconcile()

    row = Task.get_by_id(row.id)
    assert (row.state, row.attempts, row.error) == (FAILED, 3, BUSY)


@pytest.mark.parametrize("outcome", [None, JobFailed("x"), RetryLater("x"), OperationalError("locked")])
def test_an_outcome_that_a_busy_database_refuses_costs_an_attempt_and_no_crash(run, other, outcome):
    def finish_too_late(task):
        lock(other)
        if outcome:
            raise outcome

    row = run(finish_too_late)
    assert row.state == RUNNING
    for _ in range(3):
        mend(other)

    row = Task.get_by_id(row.id)
    assert (row.state, row.error) == (FAILED, BUSY)
    assert (row.attempts, row.crash_count) == (3, 0)


def test_a_claim_that_a_busy_database_refuses_costs_nothing(run, nobody_works, other, caplog):
    row = run(lambda task: None)
    [message] = huey.pending()
    lock(other)

    work(jobs[message.name], message)

    assert f"{row.id} could not be claimed" in caplog.text
    huey.immediate = True
    mend(other)
    row = Task.get_by_id(row.id)
    assert (row.state, row.attempts) == (SUCCEEDED, 1)


def test_progress_that_a_busy_database_refuses_stops_no_job(run, other, caplog):
    def count_up(task):
        lock(other)
        task.advance(1, 4)
        other.execute("COMMIT")
        task.advance(4, 4)

    row = run(count_up)

    assert f"the progress of {row.id} could not be written" in caplog.text
    assert (row.state, row.done, row.attempts) == (SUCCEEDED, 4, 1)


def test_the_end_comes_with_its_notification(run, susan):
    row = run(lambda task: None)

    [news] = Notification.since(susan, 0)
    assert (news.key, news.data["state"]) == (row.id, SUCCEEDED)


def test_nothing_is_active_after_the_work(run):
    run(lambda task: None)

    assert not active


def test_a_doubled_message_leaves_the_first_ones_mark(run, make_job, john):
    seen = []

    def receive_again(task):
        work(jobs["receive_again"], task.message)
        seen.append(task.id in active)
        crash_recovery.recover_orphans()

    row = run(receive_again)

    assert seen == [True]
    assert (row.state, row.attempts) == (SUCCEEDED, 1)


def test_the_reconciler_puts_back_what_a_dead_worker_left(run, make_job, nobody_works):
    row = run(lambda task: None)
    Task.update(state=RUNNING, consumer_id="dead", attempts=1).execute()

    reconciler.reconcile()

    assert (Task.get_by_id(row.id).state, Task.get_by_id(row.id).attempts) == (QUEUED, 1)


def test_the_reconciler_puts_back_what_this_process_holds_but_does_not_work_on(run, nobody_works):
    row = run(lambda task: None)
    Task.update(state=RUNNING, consumer_id=huey.consumer_id, attempts=1).execute()

    active[row.id] += 1
    reconciler.reconcile()
    assert Task.get_by_id(row.id).state == RUNNING
    del active[row.id]
    reconciler.reconcile()
    assert (Task.get_by_id(row.id).state, Task.get_by_id(row.id).crash_count) == (QUEUED, 0)


def test_a_file_that_cannot_be_deleted_keeps_no_other_row_from_being_recovered(
    run, john, nobody_works, logged_errors
):
    first = run(lambda task: None)
    second = Task.create(name=first.name, description="Testing...", user=john)
    Task.update(state=RUNNING, consumer_id="dead", crash_count=2).execute()
    draft = first.file.with_suffix(".part")
    draft.mkdir(parents=True)  # No file: it cannot be unlinked.

    reconciler.reconcile()

    assert f"{first.id} left files behind" in logged_errors.pop()
    assert [Task.get_by_id(row.id).state for row in (first, second)] == [FAILED, FAILED]


@pytest.mark.parametrize(("ours", "why"), [(True, "nobody was working on it"), (False, "its worker is gone")])
def test_the_reconciler_says_what_it_mended_once_it_has(run, nobody_works, other, caplog, ours, why):
    row = run(lambda task: None)
    Task.update(state=RUNNING, consumer_id=huey.consumer_id if ours else "dead").execute()

    lock(other)
    with pytest.raises(OperationalError):
        reconciler.reconcile()
    assert row.id not in caplog.text
    mend(other)

    assert f"{row.id} is queued now: {why}" in caplog.text


def test_the_reconciler_enqueues_what_no_message_stands_for_and_only_once(run, nobody_works):
    row = run(lambda task: None)
    huey.flush()

    reconciler.reconcile()
    reconciler.reconcile()

    assert [message.id for message in huey.pending()] == [row.id]


@pytest.fixture
def waiting(make_job, nobody_works):
    """Three tasks and three mails whose messages are lost, the oldest first."""
    name = make_job(lambda task: None).name
    mails = [Mail.create(kind="x", recipient="x", priority=10) for _ in range(3)]
    return [Task.create(name=name, description="x") for _ in range(3)], mails


def test_the_reconciler_enqueues_all_that_is_due(waiting):
    tasks, mails = waiting

    reconciler.reconcile()

    assert huey.queued_ids() == {row.id for row in (*tasks, *mails)}


def test_the_reconciler_enqueues_the_next_ones_first(waiting, monkeypatch):
    tasks, mails = waiting
    monkeypatch.setattr(reconciler, "LOOKED_AT", 1)

    reconciler.reconcile()

    assert huey.queued_ids() == {tasks[0].id, mails[0].id}


def test_what_has_to_run_alone_and_links_overtake_others(waiting):
    """Otherwise the others would be taken first, not start beside it, and be held back."""
    tasks, mails = waiting
    Task.update(crash_count=1).where(Task.id == tasks[2].id).execute()

    reconciler.reconcile()

    first = [message.id for message in huey.pending()][:4]
    assert set(first) == {tasks[2].id, *(mail.id for mail in mails)}


@pytest.fixture
def busy(waiting, monkeypatch):
    """The first task runs beside the only worker that may run tasks; the messages of the other two."""
    monkeypatch.setattr(huey, "workers", 2)
    first, *others = waiting[0]
    yield Task.claim(first.id), [message_of(row) for row in others]
    held.clear()


def message_of(row):
    return jobs[row.name].huey_task.s(id=row.id)


def states(*messages):
    return [Task.get_by_id(message.id).state for message in messages]


def test_what_may_not_start_yet_is_done_when_another_has_ended(busy):
    running, (second, third) = busy
    for message in (second, third):
        huey.execute(message)
    assert states(second, third) == [QUEUED, QUEUED]

    running.finish(SUCCEEDED)
    huey.execute(message_of(running))

    assert states(second, third) == [SUCCEEDED, SUCCEEDED]
    assert not held


def test_what_is_held_back_just_when_the_other_ends_is_done_at_once(busy, monkeypatch):
    """Its worker saw the other one run, which then found nothing held back: nobody else would do it."""
    running, (second, _third) = busy
    claim = Task.claim

    def claim_before_the_end(item_id):
        try:
            return claim(item_id)
        finally:
            if not running.complete:
                running.finish(SUCCEEDED)

    monkeypatch.setattr(Task, "claim", claim_before_the_end)
    huey.execute(second)

    assert states(second) == [SUCCEEDED]
    assert not held


def test_a_message_that_came_twice_is_not_held_back(busy):
    running, _others = busy

    huey.execute(message_of(running))

    assert not held


def test_the_reconciler_enqueues_what_is_held_back(busy):
    """What it waits for may have ended in another process, or grown silent."""
    _running, (second, third) = busy
    huey.execute(second)
    huey.flush()

    reconciler.reconcile()

    assert huey.queued_ids() >= {second.id, third.id}
    assert not held


def test_a_full_database_is_told_as_such(run):
    def fill(task):
        raise full()

    row = run(fill)

    assert (row.state, row.error) == (FAILED, OUT_OF_SPACE)


def test_a_row_that_no_job_is_known_for_ends_and_keeps_no_other_waiting(
    run, susan, nobody_works, logged_errors
):
    unknown = Task.create(name="of_a_newer_version", description="x", user=susan)
    row = run(lambda task: None)
    huey.flush()

    reconciler.reconcile()

    assert "no such job" in logged_errors.pop()
    assert (Task.get_by_id(unknown.id).state, Task.get_by_id(unknown.id).error) == (
        FAILED,
        reconciler.UNKNOWN,
    )
    assert huey.queued_ids() == {row.id}


def test_a_success_that_was_rolled_back_is_none(run, monkeypatch, logged_errors):
    """What a transaction wrote into the job's row object is rolled back with it."""

    def publish(task):
        with monkeypatch.context() as patch:
            patch.setattr(Notification, "push", Mock(side_effect=ValueError("no such thing")))
            task.finish(SUCCEEDED, file_expires_at=clock.now())

    row = run(publish)

    assert (row.state, row.error, row.file_expires_at) == (FAILED, BROKEN, None)
    logged_errors.clear()


@pytest.mark.parametrize("data", [b"", b"x" * 1000, b"cposix\nsystem\n(S'true'\ntR."])
def test_a_message_that_nobody_can_read_is_skipped_and_logged_once(run, nobody_works, caplog, data):
    row = run(lambda task: None)
    huey.storage.enqueue(data, 99)

    assert huey.queued_ids() == {row.id}
    assert "queue message" not in caplog.text
    assert huey.dequeue() is None
    assert caplog.text.count("skipped a queue message") == 1
    assert huey.dequeue().id == row.id


def test_a_message_is_the_name_of_the_job_and_the_id_of_the_row(run, nobody_works):
    row = run(lambda task: None)

    [data] = huey.storage.enqueued_items()

    text, _signature = data.decode().rsplit(".", 1)
    assert json.loads(text) == [row.name, row.id]


def test_an_outage_is_logged_once_a_minute(app, monkeypatch, caplog):
    monkeypatch.setattr(huey.storage, "dequeue", Mock(side_effect=RedisError("gone")))
    monkeypatch.setattr(huey, "consumer", Mock())
    now_s = 1000
    monkeypatch.setattr(huey, "_outage_logged_at_s", -math.inf)
    monkeypatch.setattr(queue_module, "time", Mock(monotonic=lambda: now_s))

    for _ in range(3):
        assert huey.dequeue() is None
    assert caplog.text.count("the queue does not answer") == 1
    now_s += 61
    huey.dequeue()
    assert caplog.text.count("the queue does not answer") == 2
