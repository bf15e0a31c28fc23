import os
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.exports import export_posts
from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.models import Notification, OneTimeToken, Session, Token
from microblog.models.one_time_token import INVITE, RESET_PASSWORD
from microblog.ops import backup, nightly
from microblog.tasks import crash_recovery
from microblog.tasks.task import Task


def work():
    """Do the nightly work, as a worker does for each launch of it."""
    Task.delete().where(Task.name == nightly.nightly.name).execute()
    nightly.launch_if_due()


@pytest.fixture
def exported(susan, write_posts):
    write_posts(susan, "first")
    return Task.get_by_id(Task.launch(export_posts, susan, "Exporting posts...", by="a test").id)


def test_a_file_is_kept_for_seven_days_and_then_withdrawn(exported, later):
    later(days=6)
    work()
    assert exported.file.exists()

    later(days=8)
    work()

    assert not exported.file.exists()
    assert not exported.mail.is_in_outbox, "the file is attached to it"
    assert Task.get_by_id(exported.id).file_expires_at is None


def test_ended_tasks_and_their_notifications_are_forgotten_after_ninety_days(exported, susan, later):
    later(days=89)
    work()
    assert Task.get_by_id(exported.id).mail

    later(days=91)
    work()

    assert not Task.select().where(Task.user == susan).exists()
    assert not Mail.select().exists()
    assert list(Notification.since(susan, 0)) == []


def test_a_task_whose_file_is_kept_for_longer_stays_as_long(exported, later):
    Task.update(file_expires_at=clock.now() + timedelta(days=365)).where(Task.id == exported.id).execute()

    later(days=364)
    work()
    assert Task.get_by_id(exported.id).file.exists()

    later(days=366)
    work()
    assert not Task.select().where(Task.id == exported.id).exists()
    assert not exported.file.exists()


def test_files_without_a_task_and_drafts_that_nobody_writes_are_removed(exported):
    strays = [exported.file.with_name("gone.json"), exported.file.with_suffix(".1.part")]
    for stray in strays:
        stray.write_text("x")

    work()

    assert [stray.exists() for stray in strays] == [False, False]
    assert exported.file.exists()


def test_what_a_running_task_writes_stays(exported, susan):
    running = Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    Task.update(file_expires_at=None).where(Task.id == running.id).execute()
    other = Task.create(name="x", description="x", state="running", consumer_id="w")
    other.file.write_text("x")

    work()

    assert other.file.exists()


def test_ended_sessions_are_deleted_and_living_ones_stay(susan, later):
    for remembered in (True, False):
        Session.start(susan, remembered, "")

    later(days=2)
    work()

    assert [session.remembered for session in Session.select()] == [True]


def test_tokens_that_were_not_used_for_half_a_year_go(susan, john, later):
    Token.issue(susan, "forgotten")
    _row, secret = Token.issue(john, "in use")
    later(days=100)
    Token.from_secret(secret).note_use()
    later(days=181)

    work()

    assert [token.name for token in Token.select()] == ["in use"]


@pytest.fixture
def runs(app, monkeypatch):
    """A list of when the nightly work was done; the consumer looks every ten seconds whether it is due."""
    runs = []
    monkeypatch.setattr(nightly, "CHORES", [lambda: runs.append(clock.now())])
    return runs


def test_it_is_launched_when_none_is_younger_than_a_day(runs, later):
    for hours in (0, 1, 23, 25, 26, 50):
        later(hours=hours)
        for _ in range(2):
            nightly.launch_if_due()

    assert len(runs) == 3


def test_it_does_not_wait_for_a_clock_that_was_set_back(runs, later):
    later(days=365)
    nightly.launch_if_due()

    for hours in (0, 1, 23, 25):
        later(hours=hours)
        nightly.launch_if_due()

    assert len(runs) == 3


def test_one_that_waits_or_runs_is_not_launched_again(runs, later, nobody_works):
    nightly.launch_if_due()
    later(days=3)

    nightly.launch_if_due()

    assert Task.select().where(Task.name == "nightly").count() == 1


def test_a_stop_in_the_middle_gives_the_attempt_back(runs, monkeypatch, nobody_works):
    nightly.launch_if_due()
    running = Task.claim(Task.get().id)

    crash_recovery.release_all()

    row = Task.get_by_id(running.id)
    assert (row.state, row.attempts) == ("queued", 0)


def test_it_can_be_cancelled_between_two_chores(app, monkeypatch):
    done = []
    monkeypatch.setattr(nightly, "CHORES", [lambda: Task.get().cancel(), lambda: done.append(1)])

    nightly.launch_if_due()

    assert (Task.get().state, done) == ("cancelled", [])


@pytest.mark.parametrize("left", ["staging", "workshop"])
def test_what_a_backup_left_that_was_cut_short_goes_when_the_consumer_starts(app, settings, left):
    folder = settings.data_dir / "run" / left
    folder.mkdir(parents=True)
    (folder / "microblog.db").write_text("a copy")

    backup.empty_staging_dir()

    assert not folder.exists()


def test_what_a_backup_is_packing_stays(app):
    with backup.staging_dir() as folder:
        (folder / "microblog.db").write_text("a copy")
        backup.empty_staging_dir()
        assert (folder / "microblog.db").exists()


def test_a_chore_that_fails_keeps_none_from_being_done(app, monkeypatch, logged_errors):
    done = []

    def fail():
        raise KeyError("x")

    monkeypatch.setattr(nightly, "CHORES", [fail, lambda: done.append(True)])
    work()

    assert done == [True]
    assert "fail failed" in logged_errors.pop()


def test_mails_in_the_outbox_go_with_their_rows(susan, settings, later):
    mail = Mail.send("email_changed", susan.email, user=susan)
    strays = [outbox_files.path_of(mail.id).with_name(name) for name in ("gone.eml", "gone.part")]
    for stray in strays:
        stray.touch()

    work()
    assert [stray.exists() for stray in strays] == [False, False]
    assert outbox_files.path_of(mail.id).exists()
    later(days=91)
    work()

    assert not outbox_files.path_of(mail.id).exists()


def test_half_a_mail_goes_unless_somebody_is_writing_it(susan, settings):
    rows = [
        Mail.create(kind="email_changed", recipient=susan.email, user=susan, **values)
        for values in ({"state": "queued"}, {"state": "running", "consumer_id": "w"})
    ]
    halves = [outbox_files.path_of(row.id).with_suffix(".part") for row in rows]
    halves[0].parent.mkdir()
    for half in halves:
        half.touch()

    work()

    assert [half.exists() for half in halves] == [False, True]


def test_tokens_that_nobody_can_use_are_deleted(susan, later):
    OneTimeToken.issue(RESET_PASSWORD, susan)
    OneTimeToken.issue(INVITE)
    later(minutes=11)

    work()

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

    work()

    assert [path.exists() for path in made] == [False, False, True, True, True]


def test_no_former_database_of_the_last_week_is_removed(app, put_aside):
    """The clock may have been wrong: what was just made can have the oldest name."""
    made = [put_aside("before-restore", f"2026-01-0{day}", days=6) for day in range(1, 6)]
    just_made = put_aside("before-restore", "1970-01-01", days=0)

    work()

    assert all(path.exists() for path in [just_made, *made])


def test_a_copy_that_was_cut_short_takes_no_place_from_a_whole_one(app, put_aside):
    whole = put_aside("before-upgrade", "2026-01-01.db", days=60)
    drafts = [put_aside("before-upgrade", f"2026-02-0{day}.part", days=30) for day in (1, 2, 3)]

    work()

    assert whole.exists()
    assert not any(draft.exists() for draft in drafts)
