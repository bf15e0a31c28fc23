from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from peewee import IntegrityError

from microblog.base import clock
from microblog.base.database import db
from microblog.exports import export_posts
from microblog.mail.mail import Mail
from microblog.models import Notification
from microblog.tasks import crash_recovery
from microblog.tasks import progress as progress_module
from microblog.tasks.example import example
from microblog.tasks.exceptions import Cancelled, ClaimLost, MustWait, NothingToRetry, TaskInProgress
from microblog.tasks.progress import Progress, record_progress
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, STATES, SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.work_item import WorkItem

pytestmark = pytest.mark.usefixtures("nobody_works")


@pytest.fixture
def task(susan):
    return Task.launch(export_posts, susan, "Exporting posts...", by="a test")


@pytest.fixture
def run_on(monkeypatch):
    """A function that lets time pass, on the clock and on the one that cannot be set."""
    moment, passed_s = clock.now(), 0
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(progress_module, "monotonic", lambda: passed_s)

    def run_on(seconds):
        nonlocal moment, passed_s
        moment += timedelta(seconds=seconds)
        passed_s += seconds

    return run_on


def claim(item, consumer_id=None):
    """
    Claim the row for this process, then let it belong to another one if *consumer_id* says so.

    Returns None if it must wait, or if it is not due.
    """
    with suppress(MustWait):
        return claim_at_once(item, consumer_id)


def claim_at_once(item, consumer_id=None):
    claimed = type(item).claim(item.id)
    if claimed:
        claimed.message = message_for(item)
        if consumer_id:
            claimed.write(consumer_id=consumer_id)
    return claimed


def message_for(item):
    return SimpleNamespace(id=item.id, name=item.name)


def record(task, progress):
    """Let the handler of the signal hear of *progress*."""
    record_progress("progress", message_for(task), progress)


def crash(item, times=1):
    """Let the row have crashed its consumer so often."""
    type(item).update(crash_count=times).where(type(item).id == item.id).execute()


def test_launch_records_a_queued_task_and_enqueues_it(task):
    assert (task.state, task.complete) == (QUEUED, False)
    assert huey.queued_ids() == {task.id}


def test_launch_notifies_the_user(task, susan):
    [news] = Notification.since(susan, 0)

    assert (news.name, news.key) == ("task_progress", task.id)
    assert news.data["state"] == QUEUED


def test_a_second_export_of_a_user_is_refused(task, susan):
    with pytest.raises(TaskInProgress):
        Task.launch(export_posts, susan, "Exporting posts...", by="a test")

    assert Task.select().count() == 1


def test_another_kind_and_another_user_are_free(task, susan, john):
    Task.launch(example, susan, "Counting seconds...", seconds=1)
    Task.launch(export_posts, john, "Exporting posts...", by="a test")

    assert Task.select().count() == 3
    assert [row.id for row in Task.in_progress(susan, export_posts)] == [task.id]
    assert Task.in_progress(susan).count() == 2


def test_an_ended_task_makes_room_for_the_next(task, susan):
    claim(task).finish(SUCCEEDED)

    Task.launch(export_posts, susan, "Exporting posts...", by="a test")

    assert Task.select().count() == 2


def test_a_claim_counts_the_attempt_and_names_the_consumer(task):
    claimed = claim(task)

    assert (claimed.state, claimed.attempts, claimed.consumer_id) == (RUNNING, 1, huey.consumer_id)


def test_the_second_message_finds_nothing_to_claim(task):
    claim(task)

    assert claim_at_once(task) is None


def test_a_task_that_is_not_due_is_not_claimed(task):
    Task.update(run_after=clock.now() + timedelta(seconds=60)).execute()

    assert claim_at_once(task) is None


def test_one_worker_stays_free_for_mails(task, john):
    other = Task.launch(export_posts, john, "Exporting posts...", by="a test")
    claim(task)

    with pytest.raises(MustWait):
        claim_at_once(other)


def test_a_task_that_is_silent_is_in_nobodys_way(task, john, later):
    other = Task.launch(export_posts, john, "Exporting posts...", by="a test")
    claim(task)
    assert claim(other) is None

    later(minutes=3)

    assert claim(other)


@pytest.mark.parametrize(("workers", "tasks"), [(1, 1), (2, 1), (3, 2), (5, 4)])
def test_all_workers_but_one_may_run_tasks(app, monkeypatch, workers, tasks):
    monkeypatch.setattr(huey, "workers", workers)
    rows = [Task.create(name="example", description="x") for _ in range(6)]

    assert len([row for row in rows if claim(row)]) == tasks


def test_the_mail_of_an_export_counts_as_a_task_and_a_link_does_not(task):
    link, export_mail = a_mail(), a_mail(priority=0)

    assert claim(export_mail)
    assert claim(task) is None
    assert claim(link)


def test_what_crashed_runs_alone(task, john, monkeypatch):
    monkeypatch.setattr(huey, "workers", 5)
    other = Task.launch(export_posts, john, "Exporting posts...", by="a test")
    crash(task)

    assert claim(other) is None, "it must not start while one that crashed waits"
    crashed = claim(task)
    assert claim(other) is None, "it must not start beside one that crashed"
    crashed.finish(SUCCEEDED)
    assert claim(other)


def test_what_crashed_waits_until_nothing_else_runs(task, john, monkeypatch):
    monkeypatch.setattr(huey, "workers", 5)
    other = claim(Task.launch(export_posts, john, "Exporting posts...", by="a test"))
    crash(task)

    assert claim(task) is None
    other.finish(SUCCEEDED)
    assert claim(task)


def test_a_link_waits_for_nothing_that_crashed(task):
    crash(task)
    assert claim(a_mail())
    assert claim(task)

    assert claim(a_mail())


def test_a_link_that_crashed_runs_alone_too(task):
    link = a_mail()
    crash(link)

    assert claim(task) is None
    crashed = claim(link)
    assert claim(task) is None
    crashed.finish(SUCCEEDED)
    assert claim(task)


@pytest.mark.parametrize("kind", WorkItem.kinds())
def test_a_claim_takes_no_longer_the_more_wait(task, kind):
    """It looks for what crashed by an index that holds nothing else."""
    sql, values = kind._beside(huey.consumer_id, *kind._times()).sql()
    plan = [step for *_, step in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]

    table = kind._meta.table_name
    searches = [step for step in plan if step.startswith("SEARCH")]
    running, *crashed = searches
    assert f"USING INDEX {table}_state_" in running
    assert "(state=?)" in running
    assert all(f"{table}_crashed (state=? AND run_after" in step for step in crashed)
    assert len(crashed) == 2


def test_what_crashed_comes_first(task, john):
    crashed = Task.launch(export_posts, john, "Exporting posts...", by="a test")
    crash(crashed)

    assert list(Task.due()) == [crashed, task]


def a_mail(**values):
    return Mail.create(kind="email_changed", recipient="john@example.org", **{"priority": 10, **values})


def test_a_clock_that_was_set_back_holds_nothing_up(task, monkeypatch):
    before = clock.now() - timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: before)

    assert list(Task.due()) == [task]
    assert claim(task)


def test_advance_reaches_row_and_notification(task, susan):
    running = claim(task)

    running.advance(0, 200)
    running.advance(200, 200)

    row = Task.get_by_id(task.id)
    assert (row.done, row.total, row.progress) == (200, 200, 99)
    [news] = Notification.since(susan, 0)
    assert news.data["done"] == 200


def test_progress_never_goes_back(task):
    running = claim(task)
    running.advance(90, 100)

    record(task, Progress(10, 100, running.consumer_id, running.attempts))

    row = Task.get_by_id(task.id)
    assert (row.done, row.progress) == (90, 90)


def test_progress_of_a_former_claim_is_not_recorded(task, susan):
    running = claim(task)

    record(task, Progress(10, 100, "a former consumer", 1))
    record(task, Progress(10, 100, running.consumer_id, 7))

    assert Task.get_by_id(task.id).done == 0
    assert Notification.since(susan, 0).first().data["done"] == 0


def test_advance_reports_at_most_four_times_a_second(task, monkeypatch, run_on):
    told = []
    monkeypatch.setattr(huey, "emit", lambda _signal, _message, progress: told.append(progress.done))
    running = claim(task)

    for done in range(0, 1001, 10):
        run_on(seconds=0.0625)
        running.advance(done, 1000)

    assert told[0] == 0
    assert told[-1] == 1000
    assert told == [0, *range(40, 1001, 40)]


def test_a_million_steps_are_reported_in_about_a_hundred_writes(task, monkeypatch, run_on):
    told = []
    monkeypatch.setattr(huey, "emit", lambda _signal, _message, progress: told.append(progress.done))
    running = claim(task)

    for done in range(0, 1_000_001, 1000):
        run_on(seconds=1)
        running.advance(done, 1_000_000)

    assert 90 <= len(told) <= 102


def test_a_slow_export_does_not_look_as_if_it_stood_still(task, run_on):
    running = claim(task)

    for done in range(100):
        run_on(seconds=5)
        running.advance(done, 3000)
        row = Task.get_by_id(task.id)
        assert not row.is_silent
        assert done - row.done <= 2


def test_the_bar_moves_on_after_the_clock_was_set_back(task, monkeypatch, run_on):
    running = claim(task)
    running.advance(0, 100)
    an_hour_ago = clock.now() - timedelta(hours=1)
    run_on(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: an_hour_ago)

    running.advance(50, 100)

    assert Task.get_by_id(task.id).done == 50


def test_advance_stops_a_job_that_is_to_be_cancelled(task):
    running = claim(task)
    Task.get_by_id(task.id).cancel()

    with pytest.raises(Cancelled):
        running.advance(1, 10)


def test_advance_stops_a_job_whose_row_was_taken_away(task):
    running = claim(task)
    Task.update(consumer_id="another").execute()

    with pytest.raises(ClaimLost):
        running.advance(1, 10)


def test_advance_stops_a_job_whose_user_is_gone(task, susan):
    running = claim(task)
    susan.delete_instance()

    with pytest.raises(ClaimLost):
        running.advance(1, 10)


def test_success_shows_a_hundred_and_notifies_the_user(task, susan):
    claim(task).finish(SUCCEEDED)

    row = Task.get_by_id(task.id)
    assert (row.state, row.progress, row.complete) == (SUCCEEDED, 100, True)
    assert Notification.since(susan, 0).first().data["state"] == SUCCEEDED


def test_failure_needs_a_reason_and_never_shows_a_hundred(task):
    running = claim(task)

    with pytest.raises(IntegrityError):
        running.finish(FAILED)
    running.state = RUNNING
    running.finish(FAILED, error="The server is out of space. Tell the administrator.")

    assert Task.get_by_id(task.id).progress < 100


@pytest.mark.parametrize("state", [QUEUED, RUNNING, FAILED, CANCELLED])
def test_the_database_refuses_any_change_of_a_final_state(task, state):
    claim(task).finish(SUCCEEDED)

    with pytest.raises(IntegrityError, match="a finished task is final"):
        Task.update(state=state, finished_at=None, error="x").execute()


def test_an_ending_by_a_former_worker_is_lost(task):
    running = claim(task)
    Task.update(consumer_id="another").execute()

    with pytest.raises(ClaimLost):
        running.finish(SUCCEEDED)

    assert Task.get_by_id(task.id).state == RUNNING


def test_a_queued_task_is_cancelled_at_once(task):
    task.cancel()

    assert Task.get_by_id(task.id).state == CANCELLED
    assert claim(task) is None


def test_a_task_of_a_dead_worker_is_cancelled_at_once(task):
    claim(task, "a dead worker")

    task.cancel()

    assert Task.get_by_id(task.id).state == CANCELLED


def test_cancelling_twice_or_too_late_changes_nothing(task):
    claim(task).finish(SUCCEEDED)

    task.cancel()

    assert Task.get_by_id(task.id).state == task.state == SUCCEEDED


def test_a_task_that_was_asked_to_stop_does_not_go_back_into_the_queue(task):
    running = claim(task)
    task.cancel()

    running.release()

    assert Task.get_by_id(task.id).state == CANCELLED


def test_a_task_that_lost_its_consumer_is_queued_again_twice(task):
    for crashes in (1, 2):
        claim(task, "a dead consumer")
        crash_recovery.recover_orphans()
        row = Task.get_by_id(task.id)
        assert (row.state, row.crash_count) == (QUEUED, crashes)

    claim(task, "a dead consumer")
    crash_recovery.recover_orphans()

    row = Task.get_by_id(task.id)
    assert (row.state, row.error) == (
        FAILED,
        "The background worker stopped three times while working on this.",
    )


def test_crashes_are_no_attempts_that_met_a_busy_database(task):
    for _ in range(2):
        claim(task).recover()

    claim(task).retry_or_fail("The server was too busy to do this. Try again later.")

    assert Task.get_by_id(task.id).state == QUEUED


def test_a_graceful_stop_gives_the_attempt_back(task):
    claim(task).release()

    row = Task.get_by_id(task.id)
    assert (row.state, row.attempts, row.consumer_id) == (QUEUED, 0, None)


def test_a_card_is_shown_until_it_is_dismissed_or_a_day_old(task, susan, monkeypatch):
    claim(task).finish(SUCCEEDED)
    assert list(Task.shown(susan)) == [task]

    tomorrow = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert list(Task.shown(susan)) == []
    monkeypatch.undo()

    task.dismiss()
    assert list(Task.shown(susan)) == []


def test_other_tabs_hear_that_a_card_was_dismissed(task, susan):
    claim(task).finish(SUCCEEDED)
    before = Notification.newest(susan).scalar()

    task.dismiss()
    dismissed = Notification.newest(susan).scalar()
    task.dismiss()

    assert dismissed > before
    assert Notification.newest(susan).scalar() == dismissed


def test_an_unfinished_card_cannot_be_dismissed(task, susan):
    task.dismiss()

    assert list(Task.shown(susan)) == [task]


def test_time_left_is_told_after_two_seconds_and_five_per_cent(task, monkeypatch):
    running = claim(task)
    began = running.started_at
    assert running.time_left is None

    running.done, running.total, running.progress = 25, 100, 25
    running.advanced_at = began + timedelta(seconds=1)
    assert running.time_left is None
    running.advanced_at = began + timedelta(seconds=10)
    assert running.time_left == timedelta(seconds=30)
    assert running.summary()["seconds_left"] == 30
    running.done = 4
    assert running.time_left is None
    running.done = 100
    assert running.summary()["seconds_left"] == 0


def test_time_left_stands_still_until_the_next_step_and_not_for_ever(task, monkeypatch):
    running = claim(task)
    running.done, running.total = 25, 100
    running.advanced_at = running.started_at + timedelta(seconds=10)

    monkeypatch.setattr(clock, "now", lambda: running.started_at + timedelta(seconds=40))
    assert running.time_left == timedelta(seconds=30)

    monkeypatch.setattr(clock, "now", lambda: running.started_at + timedelta(seconds=41))
    assert running.time_left is None


def test_its_place_in_line_counts_those_before_it(task, john):
    other = Task.launch(export_posts, john, "Exporting posts...", by="a test")

    assert (task.tasks_ahead, other.tasks_ahead) == (0, 1)


def test_a_new_attempt_has_a_pace_of_its_own_and_shows_no_step_back(task, later):
    first = claim(task)
    record(task, Progress(50, 100, first.consumer_id, first.attempts))
    later(minutes=1)
    first.release()
    second = claim(task)
    assert (second.done, second.shown_done, second.time_left) == (0, 50, None)

    later(minutes=1, seconds=10)
    record(task, Progress(20, 100, second.consumer_id, second.attempts))

    row = Task.get_by_id(task.id)
    assert (row.done, row.shown_done, row.progress) == (20, 50, 50)
    assert row.time_left == timedelta(seconds=40)


def test_a_new_attempt_that_catches_up_is_not_silent(task, later):
    first = claim(task)
    record(task, Progress(90, 100, first.consumer_id, first.attempts))
    first.release()
    second = claim(task)

    later(minutes=3)
    record(task, Progress(10, 100, second.consumer_id, second.attempts))

    assert not Task.get_by_id(task.id).is_silent


def test_who_started_ahead_of_a_clock_that_was_set_back_is_in_nobodys_way(task, later):
    later(days=1)
    claim(task)

    later(days=0)

    assert Task.get_by_id(task.id).is_silent


def test_what_was_asked_to_be_cancelled_ends_so_however_far_it_came(task):
    running = claim(task)
    task.cancel()

    running.finish(SUCCEEDED)

    row = Task.get_by_id(task.id)
    assert (row.state, row.error, row.file_expires_at) == (CANCELLED, None, None)


def test_a_cancel_is_not_lost_when_the_third_consumer_dies(task):
    crash(task, times=2)
    claim(task)
    Task.get_by_id(task.id).cancel()
    Task.update(consumer_id="a dead consumer").execute()

    crash_recovery.recover_orphans()

    assert Task.get_by_id(task.id).state == CANCELLED


def test_the_drafts_of_two_attempts_never_share_a_name(task):
    first = claim(task, "one consumer")
    draft, attempts = first.draft, first.attempts
    first.release()
    second = claim(task, "another consumer")

    assert second.attempts == attempts
    assert second.draft != draft


@pytest.mark.parametrize("state", [SUCCEEDED, FAILED, CANCELLED])
def test_a_new_task_takes_the_cards_of_ended_ones_away(task, susan, state):
    claim(task).finish(state, error="why" if state == FAILED else None)
    new = Task.launch(export_posts, susan, "Exporting posts...", by="a test")

    assert list(Task.shown(susan)) == [new]


def test_a_user_who_is_gone_is_not_told_of_a_task_in_progress(app, susan):
    susan.delete_instance()

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        Task.launch(export_posts, susan, "Exporting posts...", by="a test")


def test_the_last_notification_tells_how_far_it_got(task, susan):
    running = claim(task)
    running.advance(16, 41)

    running.fail("The server is out of space. Tell the administrator.")

    [news] = Notification.since(susan, 0)
    assert (news.data["done"], news.data["total"], news.data["progress"]) == (16, 41, 39)


@pytest.mark.parametrize("state", [QUEUED, RUNNING, SUCCEEDED])
def test_only_what_failed_or_was_cancelled_is_done_again(task, state):
    if state != QUEUED:
        claim(task)
    if state == SUCCEEDED:
        Task.get_by_id(task.id).finish(SUCCEEDED)

    with pytest.raises(NothingToRetry):
        Task.get_by_id(task.id).launch_again(by="a test")


def test_no_transition_skips_a_state(task):
    with pytest.raises(IntegrityError, match="no such transition of a task"):
        Task.update(state=SUCCEEDED, progress=100, finished_at=clock.now()).execute()


@pytest.mark.parametrize("state", STATES)
def test_the_newest_of_a_state_are_found_without_looking_at_all_of_it(task, state):
    sql, values = Task.in_state(state).limit(50).sql()

    plan = " ".join(row[-1] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values))

    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan
