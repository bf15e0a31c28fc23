from datetime import timedelta
from unittest.mock import Mock

import pytest
from peewee import OperationalError, sqlite3
from redis.exceptions import RedisError

from microblog.base import clock
from microblog.base.database import FILE_NAME, db
from microblog.mail.outgoing import Mail
from microblog.models import Notification
from microblog.tasks import reconciler
from microblog.tasks.exceptions import JobFailed, RetryLater
from microblog.tasks.mail_tries import MAIL_UNCERTAIN, MailDelayed, MailRefused
from microblog.tasks.queue import huey
from microblog.tasks.states import FAILED, MAILING, QUEUED, RUNNING, SUCCEEDED, WRITING
from microblog.tasks.task import Task
from microblog.tasks.worker import BROKEN, BUSY, OUT_OF_SPACE, UNKNOWN, active, job, jobs


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
        huey.doorbells.pop(each.name).unregister()
        del jobs[each.name]


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
def test_an_outcome_that_a_busy_database_refuses_costs_a_try_and_no_worker(run, other, outcome):
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
    assert (row.attempts, row.crashes) == (3, 0)


def test_a_mail_whose_sending_could_not_be_recorded_is_sent_once_more_at_most(run, other):
    sent = []

    def mail(task):
        task.begin_mail()
        task.mark_mailing()
        sent.append(task.id)
        lock(other)
        task.write(mailed_at=clock.now())

    row = run(mail)
    for _ in range(3):
        mend(other)

    row = Task.get_by_id(row.id)
    assert len(sent) == 2
    assert (row.state, row.note) == (SUCCEEDED, MAIL_UNCERTAIN)


def test_what_was_mailed_has_succeeded_even_if_a_busy_database_refused_its_end(run, other):
    def mail(task):
        task.begin_mail()
        task.write(mailed_at=clock.now())
        lock(other)

    row = run(mail)
    assert row.state == RUNNING
    mend(other)

    row = Task.get_by_id(row.id)
    assert (row.state, row.note, row.mail_attempts) == (SUCCEEDED, None, 1)


@pytest.mark.parametrize("kind", [Mail, Task])
@pytest.mark.parametrize("ours", [True, False])
def test_what_was_mailed_succeeds_on_its_last_try(susan, kind, ours):
    own = {"kind": "x", "recipient": "x"} if kind is Mail else {"name": "x", "description": "x"}
    tries = {"mail_attempts": 5, "crashes": 2, "mailed_at": clock.now()}
    worker = huey.worker.name if ours else "dead"
    row = kind.create(state=RUNNING, phase=MAILING, worker=worker, user=susan, **own, **tries)

    reconciler.reconcile()

    row = kind.get_by_id(row.id)
    assert (row.state, row.error) == (SUCCEEDED, None)
    assert kind is Mail or row.note is None


def mailing(outcome):
    """A function that tries to send a mail, with an outcome that is certain."""

    def act(task):
        task.begin_mail()
        task.write(mailing_at=None)
        raise outcome

    return act


def test_after_the_file_was_offered_only_the_mail_can_fail(run):
    row = run(mailing(MailRefused("The mail server refused the address.")))

    assert (row.state, row.note) == (SUCCEEDED, "The mail server refused the address.")


def test_an_unforeseen_error_while_mailing_is_a_note(run, logged_errors):
    row = run(mailing(KeyError("x")))

    assert (row.state, row.note) == (SUCCEEDED, BROKEN)
    logged_errors.clear()


def test_delayed_mails_are_tried_five_times_within_an_hour(run):
    row = run(mailing(MailDelayed("The mail server could not be reached.")))
    waits = []
    while row.state == QUEUED:
        waits.append(row.run_after - clock.now())
        Task.update(run_after=clock.now()).execute()
        reconciler.reconcile()
        row = Task.get_by_id(row.id)

    assert row.mail_attempts == 5
    assert (row.state, row.note) == (SUCCEEDED, "The mail server could not be reached.")
    assert sum(waits, timedelta()) < timedelta(hours=1)


def test_the_end_comes_with_its_notification(run, susan):
    row = run(lambda task: None)

    [news] = Notification.since(susan, 0)
    assert (news.key, news.data["state"]) == (row.id, SUCCEEDED)


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (full(), (FAILED, WRITING, OUT_OF_SPACE)),
        (OperationalError("database is locked"), (QUEUED, WRITING, BUSY)),
        (ValueError("no such thing"), (FAILED, WRITING, BROKEN)),
    ],
)
def test_an_offer_that_was_rolled_back_is_none(run, monkeypatch, logged_errors, error, end):
    """What a transaction wrote into the job's row object is rolled back with it."""

    def offer(task):
        push = Notification.push
        monkeypatch.setattr(Notification, "push", Mock(side_effect=error))
        try:
            task.offer(timedelta(days=7), posts=0, size_bytes=0)
        finally:
            monkeypatch.setattr(Notification, "push", push)

    row = run(offer)

    assert (row.state, row.phase, row.error) == end
    assert row.file_expires_at is None
    logged_errors.clear()


def test_a_mail_that_could_not_be_announced_has_not_begun(run, monkeypatch):
    def mail(task):
        with monkeypatch.context() as patch:
            patch.setattr(Notification, "push", Mock(side_effect=OperationalError("database is locked")))
            task.begin_mail()

    row = run(mail)

    assert (row.state, row.phase, row.mail_attempts) == (QUEUED, WRITING, 0)


def test_an_outage_in_the_middle_of_ringing_is_not_taken_for_its_end(run, nobody_works, monkeypatch):
    run(lambda task: None)
    huey.flush()
    monkeypatch.setattr(huey.storage, "enqueue", Mock(side_effect=RedisError("OOM")))

    for _ in range(2):
        reconciler.reconcile()
        assert huey.outage.lasts
    monkeypatch.undo()
    reconciler.reconcile()
    assert not huey.outage.lasts


def test_nothing_is_active_after_the_work(run):
    run(lambda task: None)

    assert not active


def test_a_doubled_envelope_leaves_the_first_ones_mark(run, make_job, john):
    seen = []

    def ring_again(task):
        jobs["ring_again"].work(task.envelope)
        seen.append(task.id in active)
        reconciler.mend_orphans()

    row = run(ring_again)

    assert seen == [True]
    assert (row.state, row.attempts) == (SUCCEEDED, 1)


def test_the_reconciler_puts_back_what_a_dead_worker_left(run, make_job, nobody_works):
    row = run(lambda task: None)
    Task.update(state=RUNNING, worker="dead", attempts=1).execute()

    reconciler.reconcile()

    assert (Task.get_by_id(row.id).state, Task.get_by_id(row.id).attempts) == (QUEUED, 1)


def test_the_reconciler_puts_back_what_this_process_holds_but_does_not_work_on(run, nobody_works):
    row = run(lambda task: None)
    Task.update(state=RUNNING, worker=huey.worker.name, attempts=1).execute()

    active[row.id] += 1
    reconciler.reconcile()
    assert Task.get_by_id(row.id).state == RUNNING
    del active[row.id]
    reconciler.reconcile()
    assert (Task.get_by_id(row.id).state, Task.get_by_id(row.id).crashes) == (QUEUED, 0)


@pytest.mark.parametrize(("ours", "why"), [(True, "nobody was working on it"), (False, "its worker is gone")])
def test_the_reconciler_says_what_it_mended_once_it_has(run, nobody_works, other, caplog, ours, why):
    row = run(lambda task: None)
    Task.update(state=RUNNING, worker=huey.worker.name if ours else "dead").execute()

    lock(other)
    with pytest.raises(OperationalError):
        reconciler.reconcile()
    assert row.id not in caplog.text
    mend(other)

    assert f"{row.id} is queued now: {why}" in caplog.text


def test_the_reconciler_rings_for_what_no_envelope_stands_for_and_only_once(run, nobody_works):
    row = run(lambda task: None)
    huey.flush()

    reconciler.reconcile()
    reconciler.reconcile()

    assert [envelope.id for envelope in huey.pending()] == [row.id]


@pytest.fixture
def waiting(make_job, nobody_works):
    """Three tasks and three mails whose envelopes are lost, the oldest first."""
    name = make_job(lambda task: None).name
    mails = [Mail.create(kind="x", recipient="x", phase=MAILING) for _ in range(3)]
    return [Task.create(name=name, description="x") for _ in range(3)], mails


def test_the_reconciler_rings_for_no_more_tasks_than_may_start_but_for_all_mails(waiting):
    tasks, mails = waiting

    reconciler.reconcile()

    assert huey.waiting_ids() == {tasks[0].id, *(mail.id for mail in mails)}


def test_the_reconciler_rings_first_for_what_has_to_run_alone(waiting):
    """Otherwise the older ones would be rung for, not start beside it, and wait with it for ever."""
    tasks, _mails = waiting
    Task.update(crashes=2).where(Task.id == tasks[2].id).execute()

    reconciler.reconcile()

    assert tasks[2].id in huey.waiting_ids()


def test_a_mailing_task_keeps_its_phase_when_its_worker_dies(run, nobody_works):
    row = run(lambda task: None)
    Task.update(state=RUNNING, phase=MAILING, worker="dead", mail_attempts=1).execute()

    reconciler.reconcile()

    row = Task.get_by_id(row.id)
    assert (row.state, row.phase, row.mail_attempts) == (QUEUED, MAILING, 1)


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
    assert (Task.get_by_id(unknown.id).state, Task.get_by_id(unknown.id).error) == (FAILED, UNKNOWN)
    assert huey.waiting_ids() == {row.id}


def test_a_database_that_is_locked_right_after_the_offer_costs_no_twenty_minutes(run):
    def offer(task):
        task.offer(timedelta(days=7), posts=0, size_bytes=0)
        raise OperationalError("database is locked")

    row = run(offer)

    assert (row.state, row.phase) == (QUEUED, MAILING)
    assert row.run_after - clock.now() <= timedelta(seconds=30)
