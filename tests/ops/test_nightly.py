import os
from datetime import timedelta
from time import monotonic

import pytest

from microblog.base import clock
from microblog.exports.jobs import export_posts
from microblog.mail.outgoing import Mail
from microblog.models import Notification, OneTimeToken, Session
from microblog.models.one_time_token import INVITE, RESET_PASSWORD
from microblog.ops import nightly
from microblog.tasks.queue import huey, task_slots
from microblog.tasks.task import Task


@pytest.fixture
def exported(susan, write_posts):
    write_posts(susan, "first")
    return Task.get_by_id(Task.launch(export_posts, susan, "Exporting posts...").id)


def test_a_file_is_kept_for_seven_days_and_then_withdrawn(exported, later):
    later(days=6)
    nightly.work.call_local()
    assert exported.file.exists()

    later(days=8)
    nightly.work.call_local()

    assert not exported.file.exists()
    assert not exported.letter.exists(), "the file is attached to it"
    assert Task.get_by_id(exported.id).file_expires_at is None


def test_ended_tasks_and_their_notifications_are_forgotten_after_ninety_days(exported, susan, later):
    later(days=89)
    nightly.work.call_local()
    assert Task.select().count() == 1

    later(days=91)
    nightly.work.call_local()

    assert Task.select().count() == 0
    assert list(Notification.since(susan, 0)) == []


def test_a_task_whose_file_is_kept_for_longer_stays_as_long(exported, later):
    Task.update(file_expires_at=clock.now() + timedelta(days=365)).where(Task.id == exported.id).execute()

    later(days=364)
    nightly.work.call_local()
    assert Task.get_by_id(exported.id).file.exists()

    later(days=366)
    nightly.work.call_local()
    assert Task.select().count() == 0
    assert not exported.file.exists()


def test_files_without_a_task_and_drafts_that_nobody_writes_are_removed(exported):
    strays = [exported.file.with_name("gone.json"), exported.file.with_suffix(".1.part")]
    for stray in strays:
        stray.write_text("x")

    nightly.work.call_local()

    assert [stray.exists() for stray in strays] == [False, False]
    assert exported.file.exists()


def test_what_a_running_task_writes_stays(exported, susan):
    running = Task.launch(export_posts, susan, "Exporting posts...")
    Task.update(file_expires_at=None).where(Task.id == running.id).execute()
    other = Task.create(name="x", description="x", state="running", worker="w")
    other.file.write_text("x")

    nightly.work.call_local()

    assert other.file.exists()


def test_ended_sessions_are_deleted_and_living_ones_stay(susan, later):
    for remembered in (True, False):
        Session.start(susan, remembered, "")

    later(days=2)
    nightly.work.call_local()

    assert [session.remembered for session in Session.select()] == [True]


def test_it_is_done_when_the_last_run_is_over_a_day_old(app, later, monkeypatch):
    runs = []
    monkeypatch.setattr(nightly, "CHORES", [lambda: runs.append(clock.now())])
    (nightly.data_dir() / "run").mkdir(exist_ok=True)

    for hours in (0, 1, 23, 25, 26, 50):
        later(hours=hours)
        for envelope in 2 * huey.read_periodic(clock.now()):
            huey.enqueue(envelope)

    assert len(runs) == 3


def test_it_does_not_wait_for_a_clock_that_was_set_back(app, later, monkeypatch):
    runs = []
    monkeypatch.setattr(nightly, "CHORES", [lambda: runs.append(clock.now())])
    (nightly.data_dir() / "run").mkdir(exist_ok=True)
    later(days=365)
    nightly.work.call_local()

    for hours in (0, 1, 23, 25):
        later(hours=hours)
        nightly.work.call_local()

    assert len(runs) == 3


@pytest.fixture
def runs(app, monkeypatch):
    """A list that gets an item whenever the nightly work is done: which of the waiting tasks could start."""
    runs = []
    monkeypatch.setattr(nightly, "CHORES", [lambda: runs.append(claimed())])
    (nightly.data_dir() / "run").mkdir(exist_ok=True)
    return runs


@pytest.fixture
def tasks(nobody_works):
    """Two tasks that no worker hears of."""
    return [Task.create(name="export_posts", description="Exporting posts...") for _ in range(2)]


def claimed():
    """Claim what can be claimed; returns the tasks."""
    return [task for task in Task.due() if Task.claim(task.id, huey.worker.name)]


@pytest.mark.parametrize("workers", [2, 3])
def test_a_worker_stays_free_for_mails_while_it_works(runs, tasks, workers):
    huey.slots.workers = workers

    nightly.work.call_local()

    assert [len(started) for started in runs] == [workers - 2]
    assert len(claimed()) == 1


def test_it_waits_until_a_task_leaves_it_a_slot_and_comes_next(runs, tasks):
    [running] = claimed()
    nightly.work.call_local()
    assert runs == []

    running = Task.get_by_id(running.id)
    running.finish("cancelled")
    assert claimed() == []
    nightly.work.call_local()

    assert runs == [[]]


def test_the_slot_that_it_waits_for_is_not_reserved_for_ever(runs, tasks, monkeypatch):
    """Another consumer may have done the work meanwhile."""
    [running] = claimed()
    nightly.work.call_local()
    Task.get_by_id(running.id).finish("cancelled")

    lapsed_at_s = monotonic() + nightly.RESERVED_S
    monkeypatch.setattr(task_slots, "monotonic", lambda: lapsed_at_s)

    assert len(claimed()) == 1


def test_of_two_that_were_asked_one_does_it(runs, monkeypatch):
    """The other finds it under way, and leaves its slot alone."""
    monkeypatch.setattr(nightly, "CHORES", [nightly.work.call_local, *nightly.CHORES])

    nightly.work.call_local()

    assert runs == [[]]


def test_a_chore_that_fails_keeps_none_from_being_done(app, monkeypatch, logged_errors):
    done = []

    def fail():
        raise KeyError("x")

    monkeypatch.setattr(nightly, "CHORES", [fail, lambda: done.append(True)])
    nightly.work.call_local()

    assert done == [True]
    assert "fail failed" in logged_errors.pop()


def test_mails_in_the_outbox_go_with_their_rows(susan, settings, later):
    mail = Mail.send("email_changed", susan.email, user=susan)
    strays = [mail.letter.with_name(name) for name in ("gone.eml", "gone.part")]
    for stray in strays:
        stray.touch()

    nightly.work.call_local()
    assert [stray.exists() for stray in strays] == [False, False]
    assert mail.letter.exists()
    later(days=91)
    nightly.work.call_local()

    assert not mail.letter.exists()


def test_half_a_mail_goes_unless_somebody_is_writing_it(susan, settings):
    rows = [
        Mail.create(kind="email_changed", recipient=susan.email, phase="mailing", **values)
        for values in ({"state": "queued"}, {"state": "running", "worker": "w"})
    ]
    halves = [row.letter.with_suffix(".part") for row in rows]
    halves[0].parent.mkdir()
    for half in halves:
        half.touch()

    nightly.work.call_local()

    assert [half.exists() for half in halves] == [False, True]


def test_tokens_that_nobody_can_use_are_deleted(susan, later):
    OneTimeToken.issue(RESET_PASSWORD, susan)
    OneTimeToken.issue(INVITE)
    later(minutes=11)

    nightly.work.call_local()

    assert [token.kind for token in OneTimeToken.select()] == [INVITE]


@pytest.fixture
def put_aside(settings):
    """A function that puts something aside in *folder*, made so many days ago, and returns its path."""

    def put_aside(folder, name, days):
        path = settings.data_dir / folder / name
        database = path if path.suffix else path / "microblog.db"
        database.parent.mkdir(parents=True, exist_ok=True)
        database.write_text("a former database")
        made_at = (clock.now() - timedelta(days=days)).timestamp()
        os.utime(path, (made_at, made_at))
        return path

    return put_aside


@pytest.mark.parametrize(("folder", "suffix"), [("before-upgrade", ".db"), ("before-restore", "")])
def test_of_former_databases_the_newest_three_are_kept(app, put_aside, folder, suffix):
    made = [put_aside(folder, f"2026-01-0{day}{suffix}", days=60 - day) for day in range(1, 6)]

    nightly.work.call_local()

    assert [path.exists() for path in made] == [False, False, True, True, True]


def test_no_former_database_of_the_last_week_is_removed(app, put_aside):
    """The clock may have been wrong: what was just made can have the oldest name."""
    made = [put_aside("before-restore", f"2026-01-0{day}", days=6) for day in range(1, 6)]
    just_made = put_aside("before-restore", "1970-01-01", days=0)

    nightly.work.call_local()

    assert all(path.exists() for path in [just_made, *made])


def test_a_copy_that_was_cut_short_takes_no_place_from_a_whole_one(app, put_aside):
    whole = put_aside("before-upgrade", "2026-01-01.db", days=60)
    drafts = [put_aside("before-upgrade", f"2026-02-0{day}.part", days=30) for day in (1, 2, 3)]

    nightly.work.call_local()

    assert whole.exists()
    assert not any(draft.exists() for draft in drafts)
