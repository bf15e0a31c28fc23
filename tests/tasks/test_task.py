from datetime import timedelta

import pytest
from peewee import IntegrityError

from microblog.base import clock
from microblog.exports.jobs import example, export_posts
from microblog.mail.outgoing import Mail
from microblog.models import Notification
from microblog.tasks import progress as task_progress
from microblog.tasks.exceptions import Cancelled, ClaimLost
from microblog.tasks.progress import Progress
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, MAILING, QUEUED, RUNNING, SUCCEEDED, WRITING
from microblog.tasks.task import Task, TaskInProgress

pytestmark = pytest.mark.usefixtures("nobody_works")


@pytest.fixture
def task(susan):
    return Task.launch(export_posts, susan, "Exporting posts...")


@pytest.fixture
def run_on(monkeypatch):
    """A function that lets time pass, on the clock and on the one that cannot be set."""
    moment, passed_s = clock.now(), 0
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(task_progress, "monotonic", lambda: passed_s)

    def run_on(seconds):
        nonlocal moment, passed_s
        moment += timedelta(seconds=seconds)
        passed_s += seconds

    return run_on


def claim(task, worker=None):
    claimed = Task.claim(task.id, worker or huey.worker.name)
    if claimed:
        claimed.envelope = type("Envelope", (), {"id": task.id, "name": task.name})()
    return claimed


def test_launch_records_a_queued_task_and_rings(task):
    assert (task.state, task.complete) == (QUEUED, False)
    assert huey.waiting_ids() == {task.id}


def test_launch_tells_the_user(task, susan):
    [news] = Notification.since(susan, 0)

    assert (news.name, news.key) == ("task_progress", task.id)
    assert news.data["state"] == QUEUED


def test_a_second_export_of_a_user_is_refused(task, susan):
    with pytest.raises(TaskInProgress):
        Task.launch(export_posts, susan, "Exporting posts...")

    assert Task.select().count() == 1


def test_another_kind_and_another_user_are_free(task, susan, john):
    Task.launch(example, susan, "Counting seconds...", seconds=1)
    Task.launch(export_posts, john, "Exporting posts...")

    assert Task.select().count() == 3
    assert [row.id for row in Task.in_progress(susan, export_posts)] == [task.id]
    assert Task.in_progress(susan).count() == 2


def test_an_ended_task_makes_room_for_the_next(task, susan):
    claim(task).finish(SUCCEEDED)

    Task.launch(export_posts, susan, "Exporting posts...")

    assert Task.select().count() == 2


def test_a_claim_counts_the_attempt_and_names_the_worker(task):
    claimed = claim(task)

    assert (claimed.state, claimed.attempts, claimed.worker) == (RUNNING, 1, huey.worker.name)


def test_the_second_ring_finds_nothing_to_claim(task):
    claim(task)

    assert claim(task) is None


def test_a_task_that_is_not_due_is_not_claimed(task):
    Task.update(run_after=clock.now() + timedelta(seconds=60)).execute()

    assert claim(task) is None


def test_one_worker_stays_free_for_mails(task, john):
    other = Task.launch(export_posts, john, "Exporting posts...")
    claim(task)

    assert claim(other) is None


def test_a_worker_that_hangs_in_a_cancelled_task_is_not_the_one_that_stays_free(task, john):
    others = [Task.create(name="example", description="x") for _ in range(2)]
    huey.slots.workers = 3
    claim(task)

    with huey.slots.held_by(task.id):
        Task.get_by_id(task.id).finish(CANCELLED)
        assert claim(others[0])
        assert claim(others[1]) is None
    assert claim(others[1])


def test_the_last_worker_that_does_not_hang_serves_tasks_too(task, john):
    """They would otherwise wait until the consumer is restarted."""
    other = Task.launch(export_posts, john, "Exporting posts...")
    huey.slots.workers = 2
    claim(task)

    with huey.slots.held_by(task.id):
        Task.get_by_id(task.id).finish(CANCELLED)
        assert claim(other)


def lose_two_workers(row):
    type(row).update(crashes=2).where(type(row).id == row.id).execute()


def test_what_lost_two_workers_runs_alone(task, john):
    other = Task.launch(export_posts, john, "Exporting posts...")
    lose_two_workers(task)

    assert claim(other, "another worker") is None, "it must not start while a dangerous one waits"
    dangerous = claim(task)
    assert claim(other, "another worker") is None, "it must not start beside a dangerous one"
    dangerous.finish(SUCCEEDED)
    assert claim(other, "another worker")


def test_what_lost_two_workers_waits_until_nothing_else_runs(task, john):
    other = claim(Task.launch(export_posts, john, "Exporting posts..."), "another worker")
    lose_two_workers(task)

    assert claim(task) is None
    other.finish(SUCCEEDED)
    assert claim(task)


def test_mails_and_tasks_endanger_each_other(task):
    mail = Mail.create(phase=MAILING, kind="test", recipient="john@example.org")
    lose_two_workers(mail)

    assert claim(task) is None
    dangerous = Mail.claim(mail.id, huey.worker.name)
    assert claim(task) is None
    dangerous.finish(SUCCEEDED)
    running = claim(task)
    lose_two_workers(running)
    assert Mail.claim(Mail.create(kind="test", recipient="").id, huey.worker.name) is None


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

    Task.record_progress(task.id, Progress(10, 100, running.worker, running.attempts))

    row = Task.get_by_id(task.id)
    assert (row.done, row.progress) == (90, 90)


def test_progress_of_a_former_worker_is_not_recorded(task):
    running = claim(task)

    assert Task.record_progress(task.id, Progress(10, 100, "a former worker", 1)) is None
    assert Task.record_progress(task.id, Progress(10, 100, running.worker, 7)) is None


def test_advance_speaks_at_most_four_times_a_second(task, monkeypatch, run_on):
    told = []
    monkeypatch.setattr(huey, "emit_progress", lambda _envelope, progress: told.append(progress.done))
    running = claim(task)

    for done in range(0, 1001, 10):
        run_on(seconds=0.0625)
        running.advance(done, 1000)

    assert told[0] == 0
    assert told[-1] == 1000
    assert told == [0, *range(40, 1001, 40)]


def test_a_million_steps_are_told_in_about_a_hundred_writes(task, monkeypatch, run_on):
    told = []
    monkeypatch.setattr(huey, "emit_progress", lambda _envelope, progress: told.append(progress.done))
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
        assert not row.stuck
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
    Task.update(worker="another").execute()

    with pytest.raises(ClaimLost):
        running.advance(1, 10)


def test_advance_stops_a_job_whose_user_is_gone(task, susan):
    running = claim(task)
    susan.delete_instance()

    with pytest.raises(ClaimLost):
        running.advance(1, 10)


def test_success_shows_a_hundred_and_tells_the_user(task, susan):
    claim(task).finish(SUCCEEDED)

    row = Task.get_by_id(task.id)
    assert (row.state, row.progress, row.complete) == (SUCCEEDED, 100, True)
    assert Notification.since(susan, 0)[0].data["state"] == SUCCEEDED


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
    Task.update(worker="another").execute()

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

    assert Task.get_by_id(task.id).state == SUCCEEDED


def test_a_task_that_was_asked_to_stop_does_not_go_back_into_the_queue(task):
    running = claim(task)
    task.cancel()

    running.requeue()

    assert Task.get_by_id(task.id).state == CANCELLED


@pytest.mark.parametrize(("phase", "end"), [(WRITING, FAILED), (MAILING, SUCCEEDED)])
def test_a_task_that_lost_its_worker_is_queued_again_twice(task, phase, end):
    Task.update(phase=phase).execute()
    for crashes in (1, 2):
        claim(task).recover()
        assert (Task.get_by_id(task.id).state, Task.get_by_id(task.id).crashes) == (QUEUED, crashes)

    claim(task).recover()

    row = Task.get_by_id(task.id)
    assert row.state == end
    assert "The background worker stopped three times while working on this." in (row.error, row.note)


def test_a_graceful_stop_gives_the_attempt_back(task):
    claim(task).give_back()

    row = Task.get_by_id(task.id)
    assert (row.state, row.attempts, row.worker) == (QUEUED, 0, None)


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
    other = Task.launch(export_posts, john, "Exporting posts...")

    assert (task.tasks_ahead, other.tasks_ahead) == (0, 1)


def test_no_pace_is_told_while_a_new_attempt_catches_up(task, monkeypatch):
    first = claim(task)
    Task.record_progress(task.id, Progress(50, 100, first.worker, first.attempts))
    began = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: began)
    first.give_back()
    second = claim(task)

    monkeypatch.setattr(clock, "now", lambda: began + timedelta(seconds=10))
    Task.record_progress(task.id, Progress(20, 100, second.worker, second.attempts))
    assert Task.get_by_id(task.id).time_left is None
    assert Task.get_by_id(task.id).done == 50

    monkeypatch.setattr(clock, "now", lambda: began + timedelta(seconds=30))
    Task.record_progress(task.id, Progress(60, 100, second.worker, second.attempts))
    assert Task.get_by_id(task.id).time_left == timedelta(seconds=20)


def test_what_was_asked_to_be_cancelled_ends_so_however_far_it_came(task):
    running = claim(task)
    task.cancel()

    running.finish(SUCCEEDED)

    row = Task.get_by_id(task.id)
    assert (row.state, row.note, row.file_expires_at) == (CANCELLED, None, None)


def test_a_cancelled_task_says_that_its_mail_had_left(task):
    running = claim(task)
    running.write(mailed_at=clock.now())
    task.cancel()

    running.finish(SUCCEEDED)

    assert Task.get_by_id(task.id).note == "The mail had left already."


def test_a_mail_in_the_outbox_has_not_left_and_goes_with_a_cancelled_task(task):
    running = claim(task)
    running.write(mailed_at=clock.now())
    running.letter.parent.mkdir()
    running.letter.write_text("with the file attached")
    task.cancel()

    running.finish(SUCCEEDED)

    assert Task.get_by_id(task.id).note is None
    assert not running.letter.exists()


def test_a_cancel_is_not_lost_when_the_third_worker_dies(task):
    lose_two_workers(task)
    running = claim(task)
    Task.get_by_id(task.id).cancel()

    running.recover()

    assert Task.get_by_id(task.id).state == CANCELLED


def test_no_mail_begins_for_what_is_to_be_cancelled(task):
    running = claim(task)
    Task.get_by_id(task.id).cancel()

    with pytest.raises(Cancelled):
        running.begin_mail()


def test_the_drafts_of_two_attempts_never_share_a_name(task):
    first = claim(task, "one worker")
    draft, attempts = first.draft, first.attempts
    first.give_back()
    second = claim(task, "another worker")

    assert second.attempts == attempts
    assert second.draft != draft


@pytest.mark.parametrize("state", [SUCCEEDED, FAILED, CANCELLED])
def test_a_new_task_takes_the_cards_of_ended_ones_away(task, susan, state):
    claim(task).finish(state, error="why" if state == FAILED else None)
    new = Task.launch(export_posts, susan, "Exporting posts...")

    assert list(Task.shown(susan)) == [new]


def test_a_user_who_is_gone_is_not_told_of_a_task_in_progress(app, susan):
    susan.delete_instance()

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        Task.launch(export_posts, susan, "Exporting posts...")
