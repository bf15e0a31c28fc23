"""The export from the request to its end: published with its mail in one transaction, expired, deleted."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from peewee import OperationalError

from microblog import exports
from microblog.base import clock
from microblog.exports import TooManyExports, expiry, export_posts
from microblog.exports.archive import Made
from microblog.mail import smtp
from microblog.mail.exceptions import MailDelayed, TooBig
from microblog.mail.mail import Mail
from microblog.models import Notification
from microblog.tasks import reconciler
from microblog.tasks.states import CANCELLED, QUEUED, SUCCEEDED
from microblog.tasks.task import Task


@pytest.fixture
def export(app, susan):
    """A function that lets susan ask for an export, which a worker does at once; returns its row."""

    def export():
        with app.app_context():
            return Task.get_by_id(exports.request(susan).id)

    return export


@pytest.fixture
def delayed(app, monkeypatch):
    """The mail server cannot be reached."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    monkeypatch.setattr(smtp, "send", Mock(side_effect=MailDelayed("The mail server could not be reached.")))


def test_it_succeeds_when_its_file_is_offered_and_its_mail_is_another_row(export, delayed, susan):
    task = export()

    assert (task.state, task.progress, task.file.exists()) == (SUCCEEDED, 100, True)
    assert task.file_expires_at
    assert (task.mail.state, task.mail.kind, task.mail.recipient) == (QUEUED, "export_posts", susan.email)
    assert task.mail.error == "The mail server could not be reached."


def test_file_and_mail_are_recorded_together_or_not_at_all(export, app, monkeypatch, nobody_works):
    task = export()
    claimed = Task.claim(task.id)
    made = Made(0, 1, 1)
    monkeypatch.setattr(Mail, "send", Mock(side_effect=OperationalError("database is locked")))

    with app.app_context(), pytest.raises(OperationalError):
        exports.publish_file(claimed, made)

    task = Task.get_by_id(task.id)
    assert (task.state, task.file_expires_at, task.mail) == ("running", None, None)


def test_the_notification_tells_of_the_mail(export, delayed, susan):
    task = export()

    [news] = Notification.since(susan, 0)
    assert news.data["state"] == SUCCEEDED
    assert news.data["mail"] == {
        "state": QUEUED,
        "error": "The mail server could not be reached.",
        "sent_at": None,
    }
    task.dismiss()
    newest = Notification.since(susan, 0).first().id
    task.mail.withdraw()
    assert Notification.since(susan, 0).first().id == newest, "nobody looks at a card that was dismissed"


def test_a_newer_export_withdraws_the_mail_that_waits(export, delayed):
    first = export()
    second = export()

    assert Task.get_by_id(first.id).mail.state == CANCELLED
    assert second.mail.state == QUEUED


def test_a_newer_export_leaves_alone_what_may_have_left(export, delayed):
    first = export()
    Mail.update(sending_at=clock.now()).execute()

    export()

    assert Task.get_by_id(first.id).mail.state == QUEUED


def test_a_mail_that_is_too_big_leaves_with_a_link_in_the_same_attempt(export, app, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    attached = []

    def refuse_attachments(message, before_data_end):
        attached.append(len(message.attachments))
        before_data_end()
        if message.attachments:
            raise TooBig("The mail server refused the mail.")

    monkeypatch.setattr(smtp, "send", refuse_attachments)

    task = export()

    assert attached == [1, 0]
    assert (task.mail.state, task.mail.attempts) == (SUCCEEDED, 1)
    assert task.mail.arguments["attached"] is False


def test_a_large_file_is_linked(export, app, monkeypatch):
    monkeypatch.setitem(app.config, "EXPORT_ATTACH_MAX_BYTES", 3)

    task = export()

    text = (task.file.parent.parent / "outbox" / f"{task.mail.id}.eml").read_text()
    assert "posts.json" not in text
    assert f"/tasks/{task.id}/download" in text


def test_deleting_the_file_withdraws_the_mail_and_takes_it_out_of_the_outbox(export, delayed, app):
    task = export()

    expiry.delete_file(task)

    task = Task.get_by_id(task.id)
    assert (task.state, task.file_expires_at, task.file.exists()) == (SUCCEEDED, None, False)
    assert task.mail.state == CANCELLED


def test_the_newest_three_files_of_each_person_are_kept(export, app, john):
    with app.app_context():
        johns = exports.request(john)
    tasks = [export() for _ in range(5)]

    tasks = [Task.get_by_id(task.id) for task in tasks]
    offered = [task.file_expires_at is not None for task in tasks]
    assert offered == [task.file.exists() for task in tasks] == [False] * 2 + [True] * 3
    assert all(task.state == SUCCEEDED for task in tasks)
    assert [task.mail.is_in_outbox for task in tasks] == offered
    assert Task.get_by_id(johns.id).file.exists()


def test_an_older_file_stays_until_the_newer_is_published_for_good(export, app, monkeypatch, nobody_works):
    monkeypatch.setattr(expiry, "MOST_FILES", 1)
    first, second = export(), None
    with app.app_context():
        publish(first)
        second = export()
        monkeypatch.setattr(Mail, "send", Mock(side_effect=OperationalError("database is locked")))
        with pytest.raises(OperationalError):
            publish(second)

    first = Task.get_by_id(first.id)
    assert first.file_expires_at
    assert first.file.exists()


def publish(task):
    """Do what a worker does, without an archive."""
    claimed = Task.claim(task.id)
    claimed.file.parent.mkdir(exist_ok=True)
    claimed.file.write_text("{}")
    exports.publish_file(claimed, Made(0, 2, 2))


def test_a_missing_file_ends_the_offer_and_nothing_is_written_again(export, delayed):
    task = export()
    task.file.unlink()

    Mail.update(run_after=clock.now()).execute()
    reconciler.reconcile()

    task = Task.get_by_id(task.id)
    assert (task.state, task.file_expires_at, task.file.exists()) == (SUCCEEDED, None, False)
    assert task.mail.state == CANCELLED


@pytest.mark.parametrize("ending", [".json", ".zip"])
def test_the_offer_of_a_missing_file_ends_without_a_mail_too(export, ending):
    task = export()
    task.file.with_suffix(ending).unlink()

    expiry.expire_files()

    assert Task.get_by_id(task.id).file_expires_at is None
    assert not list(task.file.parent.iterdir())


def test_a_cancel_that_was_committed_before_the_end_wins(export, app, nobody_works):
    task = export()
    claimed = Task.claim(task.id)
    claimed.file.parent.mkdir(exist_ok=True)
    claimed.file.write_text("{}")
    Task.get_by_id(task.id).cancel()

    with app.app_context():
        exports.publish_file(claimed, Made(0, 2, 2))

    assert Task.get_by_id(task.id).state == CANCELLED
    assert Mail.select().count() == 0
    assert not claimed.file.exists()


def test_the_mail_of_a_task_goes_with_it(export):
    export().delete_instance()

    assert Mail.select().count() == 0


@pytest.mark.parametrize("again", [False, True])
def test_no_caller_can_forget_the_limit(app, susan, monkeypatch, nobody_works, again):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    ended = {"name": "export_posts", "description": "x", "user": susan, "finished_at": clock.now()}
    for _ in range(20):
        Task.create(state=SUCCEEDED, progress=100, **ended)
    cancelled = Task.create(state=CANCELLED, **ended)

    with app.app_context(), pytest.raises(TooManyExports) as refused:
        cancelled.launch_again() if again else Task.launch(export_posts, susan, "Exporting posts...")

    assert 0 < refused.value.retry_after_s <= timedelta(hours=1).total_seconds()


def test_whoever_acts_for_somebody_is_exempt(app, susan, monkeypatch, nobody_works):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    monkeypatch.setattr(exports, "MOST_EXPORTS", 0)
    cancelled = Task.create(
        name="export_posts", description="x", user=susan, state=CANCELLED, finished_at=clock.now()
    )

    with app.app_context():
        assert cancelled.launch_again(by="an administrator").state == QUEUED


def test_no_link_to_a_missing_file_is_mailed(export, delayed):
    task = export()
    Mail.update(arguments={"attached": False}, run_after=clock.now()).execute()
    task.file.unlink()

    reconciler.reconcile()

    task = Task.get_by_id(task.id)
    assert (task.file_expires_at, task.mail.state) == (None, CANCELLED)


def test_the_notification_of_the_end_tells_of_the_mail_at_once(export, app, susan, nobody_works):
    claimed = Task.claim(export().id)

    with app.app_context():
        exports.publish_file(claimed, Made(0, 2, 2))

    assert Notification.since(susan, 0).first().data["mail"]["state"] == QUEUED
