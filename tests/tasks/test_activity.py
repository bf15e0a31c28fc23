from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.mail.mail import Mail
from microblog.tasks import activity, hold
from microblog.tasks.exceptions import MustWait
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from tests.rows import put


@pytest.fixture
def task(nobody_works, susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


def another(**values):
    return Task.create(name="example", description="x", **values)


SITUATIONS = {
    "next": lambda _task: None,
    "pause": lambda task: put(task, run_after=clock.now() + timedelta(minutes=1)),
    "no_worker": lambda _task: huey.lock.file.close(),
    "held": lambda _task: hold.begin(by="mary"),
    "crash": lambda _task: another(crash_count=1),
    "others": lambda _task: Task.claim(another().id),
}
# The claim of one that has to wait is refused, one whose time has not come is not found.
CLAIMED = {"next": "running", "pause": None, "no_worker": "running"}


def claimed(task):
    try:
        return getattr(Task.claim(task.id), "state", None)
    except MustWait:
        return "must wait"


@pytest.mark.parametrize("why", SITUATIONS)
def test_why_a_task_waits_is_what_its_claim_meets(task, why):
    SITUATIONS[why](task)

    assert activity.now().why(Task.get_by_id(task.id)) == why
    assert claimed(task) == CLAIMED.get(why, "must wait")


def test_every_reason_is_tried_here(task, monkeypatch):
    monkeypatch.setattr(huey, "count_messages", lambda: None)

    assert {*SITUATIONS, activity.now().why(task)} == set(activity.REASONS)


def test_a_mail_with_a_link_waits_for_no_maintenance_and_no_crash(task, susan):
    mail = Mail.send("reset_password", susan.email)
    another(crash_count=1)
    hold.begin(by="mary")

    assert activity.now().why(mail) == "next"
    assert Mail.claim(mail.id).state == "running"


def test_each_worker_is_told_with_what_it_does(task, susan):
    mail = Mail.claim(Mail.send("reset_password", susan.email, user=susan).id)
    Task.claim(task.id)
    put(another(), state="running", consumer_id="gone", started_at=clock.now())

    told = {worker.consumer_id: worker for worker in activity.now().workers}

    assert told[huey.consumer_id].items == [mail, task]
    assert {name: worker.is_alive for name, worker in told.items()} == {huey.consumer_id: True, "gone": False}
    assert [item.user for item in told[huey.consumer_id].items] == [susan, susan]
